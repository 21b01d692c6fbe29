package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// answerLimit bounds what is read of an answer; the Bot API's are far smaller.
const answerLimit = 1 << 20

// isToken tells a bot's token by its form: the bot's number, a colon, the secret part. By hand, as a pattern compiled at
// the start costs every function a millisecond.
func isToken(text string) bool {
	id, secret, found := strings.Cut(text, ":")
	return found && len(id) <= 20 && only(id, "0123456789") && only(secret, letters)
}

// letters are what tokens and secrets are made of.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// only reports whether text is not empty and made of the characters given.
func only(text, of string) bool { return text != "" && strings.Trim(text, of) == "" }

// api is one bot's access to the Bot API. The token is part of every address, so no address may appear in an error.
type api struct {
	http  channel.Doer
	base  string
	token string
}

// reach makes the access; a token of another form is refused before it gets into an address.
func reach(d channel.Doer, a channel.Account) (api, error) {
	token := a.Credentials[tokenField]
	if !isToken(token) {
		return api{}, desk.RefuseField("credentials."+tokenField, "This is no bot token: it has the form 123456:ABC-… and is given by @BotFather.")
	}
	return api{d, strings.TrimRight(a.Base(publicBase), "/"), token}, nil
}

// reply is an answer with what is known of its way: Status 0 means that none came. Sent is false when the call surely
// did not arrive. OK means that the answer is Telegram's and says that it was done; Telegram, that it is Telegram's.
type reply struct {
	answer
	Status   int
	Telegram bool
	Sent     bool
	Err      error
}

// callJSON calls a method with JSON parameters.
func (p api) callJSON(ctx context.Context, method string, params any) reply {
	body, err := json.Marshal(params)
	if err != nil {
		return reply{Err: err}
	}
	req, err := p.request(ctx, http.MethodPost, "/bot"+p.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return reply{Err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	return p.call(req)
}

func (p api) call(req *http.Request) reply {
	resp, sent, err := channel.Do(p.http, req)
	if err != nil {
		return reply{Sent: sent, Err: p.safe(err)}
	}
	defer resp.Body.Close()
	out := reply{Status: resp.StatusCode, Sent: true}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		out.Err = p.safe(err)
		return out
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil || !a.OK && a.Code == 0 {
		return out
	}
	a.Description = p.hide(a.Description)
	out.answer, out.Telegram = a, true
	return out
}

// request makes a request; an address that can't be read is refused without being repeated.
func (p api) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, body)
	if err != nil {
		return nil, desk.RefuseField("settings.apiBase", "The address of the Bot API can't be read.")
	}
	return req, nil
}

// safe is an error that holds no token, whatever its text was made of.
func (p api) safe(err error) error {
	if text := err.Error(); strings.Contains(text, p.token) || strings.Contains(text, url.PathEscape(p.token)) {
		return errors.New(p.hide(text))
	}
	return err
}

// bot is the bot's id, the number before the token's secret part; empty for what is no token.
func (p api) bot() string {
	if !isToken(p.token) {
		return ""
	}
	return p.token[:strings.IndexByte(p.token, ':')]
}

func (p api) hide(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, p.token, "…"), url.PathEscape(p.token), "…")
}
