package meta

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// answerLimit bounds what is read of an answer; Meta's are far smaller.
const answerLimit = 1 << 20

// fault is what Meta says of a call that it did not do.
type fault struct {
	Message string `json:"message"`
	Code    int    `json:"code"`
	Subcode int    `json:"error_subcode"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

// said is Meta's own words, of which the details say more.
func (f fault) said() string {
	if f.Data.Details != "" {
		return f.Data.Details
	}
	return f.Message
}

// reply is an answer with what is known of its way: Status 0 means that none came. Sent is false when the call surely did
// not arrive. Fault is set where Meta itself refused.
type reply struct {
	Status int
	Body   []byte
	Fault  *fault
	Wait   time.Duration // how long Meta asks to wait
	Sent   bool
	Err    error
}

// call makes one call. No error of it holds the token.
func (p API) call(ctx context.Context, d channel.Doer, a channel.Account, method, path string, query url.Values, body any) reply {
	req, err := p.request(ctx, a, method, path, query, body)
	if err != nil {
		return reply{Err: err}
	}
	resp, sent, err := channel.Do(d, req)
	if err != nil {
		return reply{Sent: sent, Err: safe(a, err)}
	}
	defer resp.Body.Close()
	out := reply{Status: resp.StatusCode, Sent: true}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		out.Wait = time.Duration(min(seconds, 86400)) * time.Second
	}
	if out.Body, err = io.ReadAll(io.LimitReader(resp.Body, answerLimit)); err != nil {
		out.Err = safe(a, err)
		return out
	}
	var said struct {
		Error *fault `json:"error"`
	}
	if json.Unmarshal(out.Body, &said) == nil && said.Error != nil {
		said.Error.Message, said.Error.Data.Details = hide(a, said.Error.Message), hide(a, said.Error.Data.Details)
		out.Fault = said.Error
	}
	return out
}

func (p API) request(ctx context.Context, a channel.Account, method, path string, query url.Values, body any) (*http.Request, error) {
	token := a.Credentials[tokenField]
	if token == "" {
		return nil, desk.RefuseField("credentials."+tokenField, "The channel has no access token.")
	}
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	if query == nil {
		query = url.Values{}
	}
	if p.inQuery {
		query.Set("access_token", token)
	}
	if secret := a.Credentials[secretField]; secret != "" && !byLogin(a) {
		query.Set("appsecret_proof", proof(secret, token)) // a stolen token is worthless to others, and a wrong secret shows
	}
	address := p.base(a) + "/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, desk.RefuseField("settings.apiBase", "The address of the Graph API can't be read.")
	}
	if !p.inQuery {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// base is the Graph API's address with its version.
func (p API) base(a channel.Account) string {
	base, v := facebook, a.Settings["graphVersion"]
	if byLogin(a) {
		base = instagram
	}
	if v == "" {
		v = version
	}
	return strings.TrimRight(a.Base(base), "/") + "/" + url.PathEscape(v)
}

// byLogin tells an account that was connected by Instagram Login: its tokens begin so, those of pages by EAA.
func byLogin(a channel.Account) bool {
	return a.Type == "instagram" && strings.HasPrefix(a.Credentials[tokenField], "IG")
}

func proof(secret, token string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

// safe is an error that holds no token, whatever its text was made of. Refusals of ours keep their code.
func safe(a channel.Account, err error) error {
	if text := err.Error(); desk.CodeOf(err) == desk.Internal && text != hide(a, text) {
		return errors.New(hide(a, text))
	}
	return err
}

// hide takes the credentials out of words.
func hide(a channel.Account, text string) string {
	for _, name := range []string{tokenField, secretField, otherSecret} {
		if c := a.Credentials[name]; len(c) > 5 {
			text = strings.ReplaceAll(strings.ReplaceAll(text, c, "…"), url.QueryEscape(c), "…")
		}
	}
	return text
}
