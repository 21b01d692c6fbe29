package line

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// api is one account's access to the Messaging API.
type api struct {
	http  channel.Doer
	base  string
	files string // where what people sent lies
	token string
}

func reach(d channel.Doer, a channel.Account) (api, error) {
	p := api{d, strings.TrimRight(a.Base(publicBase), "/"), strings.TrimRight(a.Base(publicFiles), "/"), strings.TrimSpace(a.Credentials[tokenField])}
	if p.token == "" || strings.ContainsAny(p.token, " \r\n\t") {
		return p, desk.RefuseField("credentials."+tokenField, "The channel access token is missing or not whole; it is issued in the LINE Developers console under Messaging API.")
	}
	return p, nil
}

// call makes a call. The fault is set where LINE itself refused.
func (p api) call(ctx context.Context, method, address, retryKey string, body any) (channel.Reply, *fault) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return channel.Reply{Err: err}, nil
		}
		content = bytes.NewReader(b)
	}
	req, err := channel.NewRequest(ctx, method, address, content)
	if err != nil {
		return channel.Reply{Err: err}, nil
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if retryKey != "" {
		req.Header.Set("X-Line-Retry-Key", retryKey)
	}
	r := channel.Call(p.http, req)
	r.Err = channel.HideIn(r.Err, p.token)
	var f fault
	if r.Status < 400 || r.Err != nil || json.Unmarshal(r.Body, &f) != nil || f.Message == "" {
		return r, nil
	}
	f.Message = channel.Hide(f.Message, p.token)
	return r, &f
}

// said is what LINE says, with the details, which say more.
func (f *fault) said() string {
	out := strings.TrimSuffix(f.Message, ".")
	for _, d := range f.Details {
		out += fmt.Sprintf("; %s: %s", d.Property, strings.TrimSuffix(d.Message, "."))
	}
	return "LINE refused: " + out + "."
}

// ask makes a call that may be repeated, and reads its answer. A refusal says in the admin's words what to do.
func (p api) ask(ctx context.Context, method, path string, body, into any) error {
	r, f := p.call(ctx, method, p.base+path, "", body)
	switch {
	case f == nil && r.Err == nil && r.Status == http.StatusOK && json.Unmarshal(r.Body, into) == nil:
		return nil
	case f == nil:
		return r.Strange(platform)
	case r.Status == http.StatusUnauthorized:
		return desk.RefuseField("credentials."+tokenField, "LINE doesn't accept this channel access token. Issue a long-lived one in the LINE Developers console under Messaging API and paste it whole.")
	case r.Status == http.StatusNotFound:
		return desk.Refuse(desk.NotFound, f.said())
	case r.Status == http.StatusTooManyRequests || r.Status >= 500:
		return desk.Refuse(desk.Busy, "LINE is busy; try again in a moment: "+f.Message).After(r.Wait)
	default:
		return desk.Refuse(desk.Invalid, f.said())
	}
}
