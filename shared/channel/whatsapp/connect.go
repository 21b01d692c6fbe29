package whatsapp

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// number is what Meta says of a phone number.
type number struct {
	ID      string `json:"id"`
	Number  string `json:"display_phone_number"`
	Name    string `json:"verified_name"`
	Quality string `json:"quality_rating"`
}

// Connect proves the token and the secret by reading the phone number, and subscribes the app to the business account
// where it is named. The webhook's address and its verify token have to be pasted at Meta by hand.
func (n numbers) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	id := strings.TrimSpace(a.Settings[numberField])
	if strings.Trim(id, "0123456789") != "" || id == "" {
		return channel.Connection{}, desk.RefuseField("settings."+numberField, "This is no phone number id: it is digits only, and not the phone number.")
	}
	var me number
	query := url.Values{"fields": {"id,display_phone_number,verified_name,quality_rating"}}
	if err := n.graph.Ask(ctx, d, a, http.MethodGet, id, query, nil, &me); err != nil {
		return channel.Connection{}, explain(err, "settings."+numberField, "whatsapp_business_management")
	}
	if me.Number == "" {
		return channel.Connection{}, desk.RefuseField("settings."+numberField, "This is not the id of a phone number; perhaps it is the business account's.")
	}
	out := channel.Connection{Account: map[string]string{"id": id, "name": me.Name, "username": me.Number}}
	out.Credentials, out.Setup = n.graph.Setup(a, "messages, smb_message_echoes")
	warnings := []string{n.subscribe(ctx, d, a), n.graph.Foresee(ctx, d, a, "whatsapp_business_messaging")}
	if me.Quality == "RED" {
		warnings = append(warnings, "WhatsApp rates the number's quality as low: people block or report it, and it may be restricted.")
	}
	out.Warning = strings.Join(said(warnings), " ")
	return out, nil
}

// subscribe makes the business account's messages come to the app; with Probe it only looks whether they do. What is wrong
// is a warning: sending works all the same.
func (n numbers) subscribe(ctx context.Context, d channel.Doer, a channel.Account) (warning string) {
	business := strings.TrimSpace(a.Settings[businessField])
	if business == "" {
		return ""
	}
	path := url.PathEscape(business) + "/subscribed_apps"
	var apps struct {
		Data []struct{} `json:"data"`
	}
	var err error
	if a.Probe {
		err = n.graph.Ask(ctx, d, a, http.MethodGet, path, nil, nil, &apps)
	} else {
		err = n.graph.Ask(ctx, d, a, http.MethodPost, path, nil, nil, nil)
	}
	switch {
	case err != nil:
		return "The app could not be subscribed to the business account's messages, so none may come in: " + desk.Reason(explain(err, "settings."+businessField, "whatsapp_business_management"))
	case a.Probe && len(apps.Data) == 0:
		return "No app is subscribed to the business account's messages, so none come in. Connect the channel again."
	}
	return ""
}

// explain names the field that a refusal is about.
func explain(err error, field, permission string) error {
	switch desk.CodeOf(err) {
	case desk.NotFound:
		return desk.RefuseField(field, desk.Reason(err)).Because(err)
	case desk.Forbidden:
		return desk.RefuseField("credentials."+tokenField, desk.Reason(err)+" It needs "+permission+".").Because(err)
	}
	return err
}

// said leaves out what is empty.
func said(words []string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}
