package api_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loket-desk/loket/shared/api"
)

// issuer signs tokens and publishes keys.
type issuer struct {
	*httptest.Server
	t     *testing.T
	keys  []map[string]string
	away  bool
	looks int
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case i.away:
			w.WriteHeader(http.StatusBadGateway)
		case strings.HasSuffix(r.URL.Path, "openid-configuration"):
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
		default:
			i.looks++
			_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
		}
	}))
	t.Cleanup(i.Close)
	return i
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// publish makes a key of a kind and publishes it under an id.
func (i *issuer) publish(id, kind string) crypto.Signer {
	i.t.Helper()
	switch kind {
	case "RSA":
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			i.t.Fatal(err)
		}
		i.keys = append(i.keys, map[string]string{"kid": id, "kty": kind, "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())})
		return k
	case "EC":
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			i.t.Fatal(err)
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			i.t.Fatal(err)
		}
		i.keys = append(i.keys, map[string]string{"kid": id, "kty": kind, "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:]), "use": "sig"})
		return k
	}
	public, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.keys = append(i.keys, map[string]string{"kid": id, "kty": "OKP", "crv": "Ed25519", "x": b64(public)})
	return k
}

// token signs claims, the usual ones with those given over them.
func (i *issuer) token(id string, method jwt.SigningMethod, key any, over jwt.MapClaims) string {
	i.t.Helper()
	now := time.Now()
	c := jwt.MapClaims{
		"iss": i.URL, "aud": "desk", "sub": "s1", "email": "ann@example.com", "email_verified": true,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for name, v := range over {
		c[name] = v
	}
	t := jwt.NewWithClaims(method, c)
	t.Header["kid"] = id
	s, err := t.SignedString(key)
	if err != nil {
		i.t.Fatal(err)
	}
	return s
}

func signedIn(t *testing.T) (*stack, *issuer) {
	t.Helper()
	s, i := newStack(t), newIssuer(t)
	s.person("Ann", "agent")
	o := s.options
	o.Issuer, o.Audience, o.Doer = i.URL, "desk", i.Client()
	s.options, s.handler = o, api.New(o)
	return s, i
}

func TestAPersonSignsInByTheIssuersToken(t *testing.T) {
	s, i := signedIn(t)
	for id, c := range map[string]struct {
		kind   string
		method jwt.SigningMethod
	}{"r": {"RSA", jwt.SigningMethodRS256}, "p": {"RSA", jwt.SigningMethodPS256}, "e": {"EC", jwt.SigningMethodES256}, "o": {"OKP", jwt.SigningMethodEdDSA}} {
		key := i.publish(id, c.kind)
		s.handler = api.New(s.options) // as a fresh process
		me := s.ok(i.token(id, c.method, key, jwt.MapClaims{"email": "ANN@example.com", "email_verified": "true"}), "GET", "/v1/me", "")
		if me.text("user.name") != "Ann" || me.text("role.id") != "agent" {
			t.Errorf("%s: %s", id, me.Raw)
		}
	}
	s.ok(s.admin, "GET", "/v1/me", "") // keys still open the door
}

func TestATokenThatIsNotWhatItShouldBeIsRefused(t *testing.T) {
	s, i := signedIn(t)
	key, other := i.publish("k1", "RSA"), newIssuer(t).publish("k1", "RSA")
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	sign := func(over jwt.MapClaims) string { return i.token("k1", jwt.SigningMethodRS256, key, over) }
	for what, token := range map[string]string{
		"another's signature":  i.token("k1", jwt.SigningMethodRS256, other, nil),
		"another issuer":       sign(jwt.MapClaims{"iss": "https://evil.example.com"}),
		"another audience":     sign(jwt.MapClaims{"aud": "shop"}),
		"no audience":          sign(jwt.MapClaims{"aud": nil}),
		"over":                 sign(jwt.MapClaims{"exp": ago(2 * time.Minute)}),
		"without an end":       sign(jwt.MapClaims{"exp": nil}),
		"not begun":            sign(jwt.MapClaims{"nbf": ago(-10 * time.Minute)}),
		"unsigned":             i.token("k1", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"signed by the public": i.token("k1", jwt.SigningMethodHS256, []byte(i.keys[0]["n"]), nil),
		"an unknown key":       i.token("k9", jwt.SigningMethodRS256, key, nil),
		"garbage":              "a.b.c",
		"far too long":         "a." + strings.Repeat("b", 20000) + ".c",
		"cut":                  sign(nil)[:200],
	} {
		if a := s.call(token, "GET", "/v1/me", ""); a.Status != 401 || a.text("code") != "unauthenticated" || strings.Contains(a.Raw, "k9") {
			t.Errorf("%s: %d %s", what, a.Status, a.Raw)
		}
	}
	s.ok(sign(jwt.MapClaims{"exp": ago(30 * time.Second), "aud": []string{"x", "desk"}}), "GET", "/v1/me", "") // clocks differ
	if a := s.call(sign(jwt.MapClaims{"exp": ago(time.Hour)}), "GET", "/v1/me", ""); !strings.Contains(a.text("detail"), "sign in again") {
		t.Errorf("%s", a.Raw)
	}
}

func TestWhoIsNotVerifiedOrDoesNotWorkHereIsForbidden(t *testing.T) {
	s, i := signedIn(t)
	key := i.publish("k1", "RSA")
	for what, over := range map[string]jwt.MapClaims{
		"not verified": {"email_verified": false}, "verified by nobody": {"email_verified": nil}, "no address": {"email": ""},
		"a stranger": {"email": "eve@example.com"},
	} {
		if a := s.call(i.token("k1", jwt.SigningMethodRS256, key, over), "GET", "/v1/me", ""); a.Status != 403 {
			t.Errorf("%s: %d %s", what, a.Status, a.Raw)
		}
	}
	ann := s.ok(s.admin, "GET", "/v1/users", "").text("results.1.id")
	s.ok(s.admin, "PATCH", "/v1/users/"+ann, `{"active":false}`)
	s.refused(403, "forbidden", i.token("k1", jwt.SigningMethodRS256, key, nil), "GET", "/v1/me", "")
}

func TestTheIssuersKeysAreKeptAndChangedKeysAreFound(t *testing.T) {
	s, i := signedIn(t)
	key := i.publish("k1", "RSA")
	ahead := time.Duration(0)
	o := s.options
	o.Now = func() time.Time { return time.Now().Add(ahead) }
	s.handler = api.New(o)
	token := i.token("k1", jwt.SigningMethodRS256, key, jwt.MapClaims{"exp": time.Now().Add(48 * time.Hour).Unix()})
	for range 3 {
		s.ok(token, "GET", "/v1/me", "")
	}
	if i.looks != 1 {
		t.Errorf("the keys were read %d times", i.looks)
	}
	newer := i.publish("k2", "RSA")
	rotated := i.token("k2", jwt.SigningMethodRS256, newer, nil)
	s.refused(401, "unauthenticated", rotated, "GET", "/v1/me", "") // looked a moment ago: nobody makes us look all the time
	ahead = time.Minute
	s.ok(rotated, "GET", "/v1/me", "")
	if i.looks != 2 {
		t.Errorf("the keys were read %d times", i.looks)
	}
	i.away, ahead = true, 2*time.Hour
	s.ok(token, "GET", "/v1/me", "") // the issuer is away; its keys of today still hold
	ahead = 30 * time.Hour
	s.refused(503, "busy", token, "GET", "/v1/me", "")
}

func TestWithoutAnAudienceNoTokenIsTaken(t *testing.T) {
	s, i := signedIn(t)
	key := i.publish("k1", "RSA")
	o := s.options
	o.Audience = ""
	s.handler = api.New(o)
	s.refused(401, "unauthenticated", i.token("k1", jwt.SigningMethodRS256, key, nil), "GET", "/v1/me", "")
}

func TestWeakAndStrangeKeysAreLeftOut(t *testing.T) {
	s, i := signedIn(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	i.keys = append(i.keys,
		map[string]string{"kid": "weak", "kty": "RSA", "n": b64(weak.N.Bytes()), "e": "AQAB"}, map[string]string{"kid": "oct", "kty": "oct", "k": "AAAA"},
		map[string]string{"kid": "curve", "kty": "EC", "crv": "P-521", "x": "AAAA", "y": "AAAA"}, map[string]string{"kid": "point", "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
		map[string]string{"kid": "enc", "kty": "OKP", "crv": "X25519", "x": "AAAA"})
	s.refused(401, "unauthenticated", i.token("weak", jwt.SigningMethodRS256, weak, nil), "GET", "/v1/me", "")
	key := i.publish("good", "EC")
	s.handler = api.New(s.options)
	s.ok(i.token("good", jwt.SigningMethodES256, key, nil), "GET", "/v1/me", "")
}
