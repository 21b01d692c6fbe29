package twilio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// api is one account's access to Twilio.
type api struct {
	http    channel.Doer
	base    string
	account string
	token   string
}

// fault is what Twilio says of a call that it did not do.
type fault struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// reach makes the access; what can't be an account is refused before it gets into an address.
func reach(d channel.Doer, a channel.Account) (api, error) {
	p := api{d, strings.TrimRight(a.Base(publicBase), "/"), strings.TrimSpace(a.Settings[accountField]), a.Credentials[tokenField]}
	switch {
	case !isSID(p.account, "AC"):
		return p, desk.RefuseField("settings."+accountField, "This is no account SID: it is AC and 32 characters, on the first page of Twilio's console.")
	case p.token == "":
		return p, desk.RefuseField("credentials."+tokenField, "The auth token is missing; it is on the first page of Twilio's console.")
	}
	return p, nil
}

// call makes a call of the account. form is nil for reading. The fault is set where Twilio itself refused.
func (p api) call(ctx context.Context, path string, form url.Values) (channel.Reply, *fault) {
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := channel.NewRequest(ctx, method, p.base+"/2010-04-01/Accounts/"+p.account+path, strings.NewReader(body))
	if err != nil {
		return channel.Reply{Err: err}, nil
	}
	req.SetBasicAuth(p.account, p.token)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r := channel.Call(p.http, req)
	r.Err = channel.HideIn(r.Err, p.token)
	var f fault
	if r.Status < 400 || r.Err != nil || json.Unmarshal(r.Body, &f) != nil || f.Code == 0 {
		return r, nil
	}
	f.Message = channel.Hide(f.Message, p.token)
	return r, &f
}

// ask makes a call that may be repeated, and reads its answer. A refusal says in the admin's words what to do.
func (p api) ask(ctx context.Context, path string, form url.Values, into any) error {
	r, f := p.call(ctx, path, form)
	switch {
	case f != nil:
		return refusal(r, f)
	case r.Err != nil || r.Status != http.StatusOK || json.Unmarshal(r.Body, into) != nil:
		return r.Strange(platform)
	}
	return nil
}

func refusal(r channel.Reply, f *fault) error {
	switch m := meaning(f.Code); {
	case f.Code == 20404:
		return desk.RefuseField("settings."+accountField, "Twilio knows no such account.")
	case r.Status == http.StatusUnauthorized:
		return desk.RefuseField("credentials."+tokenField, "Twilio doesn't accept this account SID and auth token together. Copy both from the first page of its console.")
	case m.broken != "":
		return desk.Refuse(desk.Invalid, m.broken)
	case m.outcome == channel.Again || r.Status == http.StatusTooManyRequests || r.Status >= 500:
		return desk.Refuse(desk.Busy, "Twilio is busy; try again in a moment: "+f.Message).After(r.Wait)
	default:
		return desk.Refuse(desk.Invalid, words(f.Code, f.Message))
	}
}
