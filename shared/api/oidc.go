package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	keysFor     = time.Hour        // how long the issuer's keys are kept
	keysAgain   = 30 * time.Second // how soon an unknown key may make us look for new ones
	clockSkew   = time.Minute
	issuerLimit = 1 << 20 // bytes of an answer of the issuer
	issuerTime  = 5 * time.Second
)

// tokens proves OIDC tokens by the issuer's published keys.
type tokens struct {
	issuer, audience string
	doer             channel.Doer
	now              func() time.Time
	parser           *jwt.Parser

	mu     sync.Mutex
	keys   map[string]any // by key id
	read   time.Time
	looked time.Time
}

func newTokens(issuer, audience string, doer channel.Doer, now func() time.Time) *tokens {
	return &tokens{
		issuer: issuer, audience: audience, doer: doer, now: now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"}),
			jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithLeeway(clockSkew), jwt.WithExpirationRequired(), jwt.WithTimeFunc(now),
		),
	}
}

// claims is what a token must say: whom it is about, by a mail address that the issuer has verified.
type claims struct {
	jwt.RegisteredClaims
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // some issuers send it as text
}

// address is the verified mail address of the person that a token is about. Whatever is wrong with the token is
// Unauthenticated; that the issuer can't be reached is Busy.
func (t *tokens) address(ctx context.Context, token string) (string, error) {
	if t.audience == "" {
		return "", desk.Refuse(desk.Unauthenticated, "Sign-in is not set up to its end: the audience of tokens is missing.")
	}
	if len(token) > 16<<10 {
		return "", desk.Refuse(desk.Unauthenticated, "The token is not valid.")
	}
	var c claims
	_, err := t.parser.ParseWithClaims(token, &c, func(j *jwt.Token) (any, error) {
		id, _ := j.Header["kid"].(string)
		return t.key(ctx, id, j.Method.Alg())
	})
	if err != nil {
		if desk.CodeOf(err) == desk.Busy {
			return "", desk.Refuse(desk.Busy, "The issuer of sign-ins can't be reached; try again.").Because(err)
		}
		words := "The token is not valid."
		if errors.Is(err, jwt.ErrTokenExpired) {
			words = "The token is over; sign in again."
		}
		return "", desk.Refuse(desk.Unauthenticated, words).Because(err)
	}
	if c.Email == "" || fmt.Sprint(c.Verified) != "true" {
		return "", desk.Refuse(desk.Forbidden, "The sign-in carries no verified mail address. Send the ID token, and verify the address at the issuer.")
	}
	return c.Email, nil
}

// key finds the issuer's key with an id. An id that isn't known makes us look again, but not more often than now and then.
func (t *tokens) key(ctx context.Context, id, alg string) (any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	k, known := t.keys[id]
	if (!known && now.Sub(t.looked) >= keysAgain) || now.Sub(t.read) >= keysFor {
		t.looked = now
		keys, err := t.fetch(ctx)
		if err != nil {
			if known && now.Sub(t.read) < 24*keysFor { // the issuer is away: what it said today still holds
				return k, nil
			}
			return nil, err
		}
		t.keys, t.read = keys, now
		k, known = t.keys[id]
	}
	if !known {
		return nil, errors.New("the token is signed by a key that the issuer doesn't publish")
	}
	if !fits(k, alg) {
		return nil, errors.New("the token's algorithm is not its key's")
	}
	return k, nil
}

// fetch reads the issuer's keys, from where its discovery document says they are.
func (t *tokens) fetch(ctx context.Context) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, issuerTime)
	defer cancel()
	var about struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := t.get(ctx, strings.TrimSuffix(t.issuer, "/")+"/.well-known/openid-configuration", &about); err != nil {
		return nil, err
	}
	if about.Issuer != t.issuer {
		return nil, errors.New("the discovery document is another issuer's")
	}
	var set struct {
		Keys []publicKey `json:"keys"`
	}
	if err := t.get(ctx, about.Keys, &set); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, k := range set.Keys {
		if key, err := k.read(); err == nil && (k.Use == "" || k.Use == "sig") {
			out[k.ID] = key // one that we don't understand is left out: others may be fine
		}
	}
	return out, nil
}

func (t *tokens) get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	away := desk.Refuse(desk.Busy, "The issuer of sign-ins can't be reached; try again.")
	res, err := t.doer.Do(req)
	if err != nil {
		return away.Because(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode != http.StatusOK {
		return away.Because(fmt.Errorf("%s answered %d", address, res.StatusCode))
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, issuerLimit)).Decode(into); err != nil {
		return away.Because(err)
	}
	return nil
}
