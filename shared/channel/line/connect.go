package line

import (
	"context"
	"fmt"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

const switchOn = "The webhook is switched off at LINE: switch on “Use webhook” in the LINE Developers console under Messaging API, and switch off auto-reply messages."

// Connect proves the token and sets the webhook's address. Whether the webhook is used, and whether the channel secret is
// the right one, only shows once the channel exists: a probe looks at the one and has LINE try the other.
func (accounts) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Connection{}, err
	}
	if a.Credentials[secretField] == "" {
		return channel.Connection{}, desk.RefuseField("credentials."+secretField, "The channel secret is missing; it is in the LINE Developers console under Basic settings.")
	}
	var me struct {
		User  string `json:"userId"`
		Basic string `json:"basicId"`
		Name  string `json:"displayName"`
	}
	if err := p.ask(ctx, http.MethodGet, "/v2/bot/info", nil, &me); err != nil {
		return channel.Connection{}, err
	}
	out := channel.Connection{
		Account: map[string]string{"id": me.User, "name": me.Name, "username": me.Basic},
		Setup:   []channel.SetupValue{{Label: "Webhook URL (LINE Developers console, Messaging API; set for you)", Value: a.Hook}},
	}
	if a.Hook == "" {
		return out, desk.Refuse(desk.Invalid, "The channel has no address that LINE could call: set the stack's PublicUrl.")
	}
	if a.Probe {
		if a.Extra["id"] == "" { // it is being made: LINE can't know it yet
			return out, nil
		}
		return out, p.probe(ctx, a.Hook, &out)
	}
	if err := p.ask(ctx, http.MethodPut, "/v2/bot/channel/webhook/endpoint", endpoint{Address: a.Hook}, &struct{}{}); err != nil {
		return out, err
	}
	active, err := p.look(ctx, a.Hook)
	if err == nil && !active {
		out.Warning = switchOn
	}
	return out, err
}

type endpoint struct {
	Address string `json:"endpoint"`
	Active  bool   `json:"active,omitempty"`
}

// look reads whether LINE's webhook is ours, which is refused otherwise, and whether it is used.
func (p api) look(ctx context.Context, hook string) (active bool, err error) {
	var now endpoint
	err = p.ask(ctx, http.MethodGet, "/v2/bot/channel/webhook/endpoint", nil, &now)
	switch {
	case desk.CodeOf(err) == desk.NotFound && err != nil:
		return false, desk.Refuse(desk.Conflict, "LINE sends this account's messages nowhere: its webhook was removed. Connect the channel again.")
	case err != nil:
		return false, err
	case now.Address != hook:
		return false, desk.Refuse(desk.Conflict, "LINE sends this account's messages to another program: its webhook was set anew. Connect the channel again.")
	}
	return now.Active, nil
}

// probe looks at the webhook and has LINE call it, which only succeeds with the right channel secret.
func (p api) probe(ctx context.Context, hook string, out *channel.Connection) error {
	active, err := p.look(ctx, hook)
	if err != nil {
		return err
	}
	if !active {
		out.Warning = switchOn
		return nil
	}
	var tried struct {
		Success bool   `json:"success"`
		Status  int    `json:"statusCode"`
		Reason  string `json:"reason"`
	}
	if err := p.ask(ctx, http.MethodPost, "/v2/bot/channel/webhook/test", endpoint{Address: hook}, &tried); err != nil {
		return err
	}
	switch {
	case tried.Success:
		return nil
	case tried.Status == http.StatusUnauthorized:
		return desk.RefuseField("credentials."+secretField, "LINE signs its calls with another channel secret. Copy it from the LINE Developers console under Basic settings.")
	}
	out.Warning = fmt.Sprintf("LINE tried the channel's address and failed: %s (status %d).", short(channel.Clean(tried.Reason)), tried.Status)
	return nil
}
