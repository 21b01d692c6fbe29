package messenger

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// fields are the webhook's fields that are subscribed to.
const fields = "messages,messaging_postbacks,message_deliveries,message_reads,message_echoes,message_edits,message_reactions,messaging_referrals,messaging_optins,messaging_handovers"

// greetingLimit is in characters.
const greetingLimit = 160

// Connect proves that the token is the page's, subscribes the app to the page's messages, and sets the page's greeting. The
// webhook's address and its verify token have to be pasted at Meta by hand.
func (p pages) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	if utf8.RuneCountInString(a.Settings[greetingField]) > greetingLimit {
		return channel.Connection{}, desk.RefuseField("settings."+greetingField, "A greeting has at most 160 characters.")
	}
	var me struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := p.Ask(ctx, d, a, http.MethodGet, "me", url.Values{"fields": {"id,name"}}, nil, &me); err != nil {
		return channel.Connection{}, explain(err)
	}
	if page := strings.TrimSpace(a.Settings[pageField]); me.ID != page {
		return channel.Connection{}, desk.RefuseField("credentials."+tokenField, "This token is not the page's: it belongs to "+me.Name+" ("+me.ID+"). Generate one for the page "+page+".")
	}
	out := channel.Connection{Account: map[string]string{"id": me.ID, "name": me.Name}}
	out.Credentials, out.Setup = p.Graph.Setup(a, strings.ReplaceAll(fields, ",", ", "))
	warnings := []string{p.Foresee(ctx, d, a, "pages_messaging")}
	if a.Probe {
		out.Account["greeted"] = a.Extra["greeted"]
		warnings = append(warnings, p.look(ctx, d, a))
	} else {
		if err := p.Ask(ctx, d, a, http.MethodPost, url.PathEscape(me.ID)+"/subscribed_apps", url.Values{"subscribed_fields": {fields}}, nil, nil); err != nil {
			return channel.Connection{}, explain(err)
		}
		greeted, warning := p.greet(ctx, d, a)
		out.Account["greeted"] = greeted
		warnings = append(warnings, warning)
	}
	if out.Account["greeted"] == "" {
		delete(out.Account, "greeted")
	}
	out.Warning = strings.TrimSpace(strings.Join(warnings, " "))
	return out, nil
}

// look says whether messages still come in.
func (p pages) look(ctx context.Context, d channel.Doer, a channel.Account) (warning string) {
	var apps struct {
		Data []struct{} `json:"data"`
	}
	err := p.Ask(ctx, d, a, http.MethodGet, url.PathEscape(a.Settings[pageField])+"/subscribed_apps", nil, nil, &apps)
	if err == nil && len(apps.Data) == 0 {
		return "No app is subscribed to the page's messages, so none come in. Connect the channel again."
	}
	return ""
}

type greeting struct {
	Locale string `json:"locale"`
	Text   string `json:"text"`
}

type profile struct {
	GetStarted *started   `json:"get_started,omitempty"`
	Greeting   []greeting `json:"greeting,omitempty"`
	Fields     []string   `json:"fields,omitempty"`
}

type started struct {
	Payload string `json:"payload"`
}

// greet sets the greeting, which is only shown with a button to begin, or takes away the one that we set before. What is
// wrong is a warning: messages come and go all the same.
func (p pages) greet(ctx context.Context, d channel.Doer, a channel.Account) (greeted, warning string) {
	text := strings.TrimSpace(a.Settings[greetingField])
	var err error
	switch {
	case text != "":
		greeted = "yes"
		body := profile{GetStarted: &started{"GET_STARTED"}, Greeting: []greeting{{"default", text}}}
		err = p.Ask(ctx, d, a, http.MethodPost, "me/messenger_profile", nil, body, nil)
	case a.Extra["greeted"] != "":
		err = p.Ask(ctx, d, a, http.MethodDelete, "me/messenger_profile", nil, profile{Fields: []string{"greeting", "get_started"}}, nil)
	}
	if err != nil {
		return a.Extra["greeted"], "The greeting could not be changed: " + desk.Reason(err)
	}
	return greeted, ""
}

// explain names the field that a refusal is about.
func explain(err error) error {
	switch desk.CodeOf(err) {
	case desk.NotFound:
		return desk.RefuseField("settings."+pageField, desk.Reason(err)).Because(err)
	case desk.Forbidden:
		return desk.RefuseField("credentials."+tokenField, desk.Reason(err)+" It needs pages_messaging and pages_manage_metadata.").Because(err)
	}
	return err
}
