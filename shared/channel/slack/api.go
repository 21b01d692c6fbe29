package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// api is one app's access to the Web API.
type api struct {
	http  channel.Doer
	base  string
	token string
}

// answer is what every method gives back: HTTP 200 says nothing yet.
type answer struct {
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	Needed string `json:"needed"`
}

func reach(d channel.Doer, a channel.Account) (api, error) {
	p := api{d, strings.TrimRight(a.Base(publicBase), "/"), strings.TrimSpace(a.Credentials[tokenField])}
	if !strings.HasPrefix(p.token, "xoxb-") || strings.ContainsAny(p.token, " \r\n\t") {
		return p, desk.RefuseField("credentials."+tokenField, "This is no bot token: it begins with xoxb- and is in the app's settings at Slack under OAuth & Permissions.")
	}
	return p, nil
}

// call calls a method: with a form where params are url.Values, else with JSON. The answer is nil where it is not Slack's.
func (p api) call(ctx context.Context, method string, params any) (channel.Reply, *answer) {
	contentType, content := "application/x-www-form-urlencoded", []byte(nil)
	if form, ok := params.(url.Values); ok {
		content = []byte(form.Encode())
	} else {
		b, err := json.Marshal(params)
		if err != nil {
			return channel.Reply{Err: err}, nil
		}
		contentType, content = "application/json; charset=utf-8", b
	}
	req, err := channel.NewRequest(ctx, http.MethodPost, p.base+"/api/"+method, bytes.NewReader(content))
	if err != nil {
		return channel.Reply{Err: err}, nil
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", contentType)
	r := channel.Call(p.http, req)
	r.Err = channel.HideIn(r.Err, p.token)
	var a answer
	if r.Err != nil || r.Status == 0 || json.Unmarshal(r.Body, &a) != nil || !a.OK && a.Error == "" {
		return r, nil
	}
	a.Error = channel.Hide(channel.Clean(a.Error), p.token)
	return r, &a
}

// ask makes a call that may be repeated, and reads its answer. A refusal says in the admin's words what to do.
func (p api) ask(ctx context.Context, method string, params url.Values, into any) (channel.Reply, error) {
	r, a := p.call(ctx, method, params)
	switch {
	case a == nil:
		return r, r.Strange(platform)
	case a.OK && json.Unmarshal(r.Body, into) == nil:
		return r, nil
	case a.OK:
		return r, r.Strange(platform)
	}
	return r, refusal(r, a)
}

func refusal(r channel.Reply, a *answer) error {
	switch m := meaning(a.Error); {
	case m.outcome == channel.Again || m.outcome == channel.Lost || r.Status == http.StatusTooManyRequests:
		return desk.Refuse(desk.Busy, "Slack is busy; try again in a moment: "+a.Error).After(r.Wait)
	case m.broken != "":
		return desk.RefuseField("credentials."+tokenField, m.broken)
	default:
		return desk.Refuse(desk.Invalid, words(a))
	}
}

// what is what an error means, and what follows from it.
type what struct {
	words   string
	outcome channel.Outcome // empty is Refused
	broken  string
}

// words says what went wrong, with Slack's own name for it.
func words(a *answer) string {
	text := "Slack refused"
	if m := meaning(a.Error); m.words != "" {
		text = strings.TrimSuffix(m.words, ".")
	}
	text += " (" + a.Error
	if a.Needed != "" {
		text += ": " + channel.Clean(a.Needed)
	}
	return text + ")."
}

// meaning is Slack's table of errors, those that a message can meet.
func meaning(code string) what {
	switch code {
	case "ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable", "request_timeout", "accesslimited":
		return what{words: "Slack asks for patience", outcome: channel.Again}
	case "fatal_error", "internal_error":
		return what{words: "Something broke at Slack: the message may have been sent", outcome: channel.Lost}
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required", "invalid_token":
		return what{words: "Slack no longer accepts the bot token", broken: "Slack doesn't accept the bot token. Install the app anew and paste the token from OAuth & Permissions."}
	case "missing_scope", "no_permission", "not_allowed_token_type", "ekm_access_denied":
		return what{words: "The app lacks a permission at Slack", broken: "The app lacks a permission at Slack: add the scopes chat:write, files:read and files:write, and install it anew."}
	}
	return what{words: map[string]string{
		"channel_not_found": "Slack knows no such channel, or the app is not in it", "not_in_channel": "The app is not in this Slack channel: invite it there",
		"is_archived": "The Slack channel is archived", "msg_too_long": "The text is too long for Slack", "no_text": "There is nothing to send",
		"restricted_action": "The workspace doesn't allow the app to write in this channel", "restricted_action_thread_locked": "The thread is locked",
		"thread_not_found": "The thread is gone at Slack", "cannot_reply_to_message": "The message can't be answered at Slack", "user_disabled": "The person is no longer at Slack",
		"messages_tab_disabled": "The app takes no direct chats: switch on its messages tab at Slack", "file_not_found": "Slack has lost the file", "file_upload_size_restricted": "The file is too large for Slack",
	}[code]}
}
