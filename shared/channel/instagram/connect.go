package instagram

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The webhook's fields that are subscribed to, which differ between the two ways of connecting.
const (
	pageFields  = "messages,messaging_postbacks,message_reactions,messaging_referrals,messaging_handovers,messaging_seen"
	loginFields = "messages,messaging_postbacks,message_reactions,messaging_seen,message_edit"
)

// me is what Meta says of an Instagram account. Instagram Login calls its id user_id, and id something else.
type me struct {
	ID       string `json:"id"`
	UserID   string `json:"user_id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

// Connect proves that the token reaches the account and subscribes the app to its messages. The webhook's address and its
// verify token have to be pasted at Meta by hand.
func (x accounts) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	id, login := strings.TrimSpace(a.Settings[accountField]), strings.HasPrefix(a.Credentials[tokenField], "IG")
	if id == "" || strings.Trim(id, "0123456789") != "" {
		return channel.Connection{}, desk.RefuseField("settings."+accountField, "This is no account id: it is digits only, and not the account's name.")
	}
	path, ask, fields := id, "id,username,name", pageFields
	if login {
		path, ask, fields = "me", "user_id,username,name", loginFields
	}
	var found me
	if err := x.Ask(ctx, d, a, http.MethodGet, path, url.Values{"fields": {ask}}, nil, &found); err != nil {
		return channel.Connection{}, explain(err)
	}
	if found.Username == "" || login && found.UserID != "" && found.UserID != id {
		return channel.Connection{}, desk.RefuseField("settings."+accountField, "This is not the id of the token's Instagram account "+found.Username+" ("+or(found.UserID, found.ID)+").")
	}
	out := channel.Connection{Account: map[string]string{"id": id, "name": or(found.Name, found.Username), "username": found.Username}}
	out.Credentials, out.Setup = x.Graph.Setup(a, strings.ReplaceAll(fields, ",", ", "))
	out.Warning = x.Foresee(ctx, d, a, "instagram_manage_messages")
	if a.Probe {
		return out, nil
	}
	if err := x.Ask(ctx, d, a, http.MethodPost, "me/subscribed_apps", url.Values{"subscribed_fields": {fields}}, nil, nil); err != nil {
		out.Warning = strings.TrimSpace(out.Warning + " The app could not be subscribed to the account's messages, so none may come in: " + desk.Reason(explain(err)))
	}
	return out, nil
}

// explain names the field that a refusal is about.
func explain(err error) error {
	switch desk.CodeOf(err) {
	case desk.NotFound:
		return desk.RefuseField("settings."+accountField, desk.Reason(err)).Because(err)
	case desk.Forbidden:
		return desk.RefuseField("credentials."+tokenField, desk.Reason(err)+" It needs instagram_manage_messages, and to send instagram_basic and pages_manage_metadata with it.").Because(err)
	}
	return err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
