package telegram

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// wanted are the kinds of updates that Telegram shall send; it sends no others.
var wanted = []string{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction"}

// Connect proves the token, and sets the webhook with a secret of ours: the channel's own where it has one, since setting
// the webhook and saving the channel are two steps, and a failure between them must not shut Telegram out. With Probe it
// only looks whether the webhook is still ours and whether Telegram could deliver.
func (bots) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Connection{}, err
	}
	var me user
	if err := p.ask(ctx, "getMe", struct{}{}, &me); err != nil {
		return channel.Connection{}, err
	}
	out := channel.Connection{Account: map[string]string{"id": decimal(me.ID), "name": me.FirstName, "username": me.Username}}
	if a.Probe {
		out.Warning, err = p.look(ctx, a.Hook)
		return out, err
	}
	if a.Hook == "" { // an empty address would take the webhook away
		return channel.Connection{}, desk.Refuse(desk.Invalid, "The channel has no address that Telegram could call: set the stack's PublicUrl.")
	}
	secret := a.Credentials[secretField]
	if len(secret) < 32 || len(secret) > 256 || !only(secret, letters) {
		secret = rand.Text() + rand.Text() // 260 random bits
	}
	err = p.ask(ctx, "setWebhook", struct {
		URL            string   `json:"url"`
		Secret         string   `json:"secret_token"`
		Allowed        []string `json:"allowed_updates"`
		MaxConnections int      `json:"max_connections"`
	}{a.Hook, secret, wanted, 40}, nil)
	if err != nil {
		return channel.Connection{}, err
	}
	out.Credentials = map[string]string{secretField: secret}
	return out, nil
}

// look reads what Telegram says of its deliveries. Another webhook than ours means that nothing comes in.
func (p api) look(ctx context.Context, hook string) (warning string, err error) {
	var info webhookInfo
	if err := p.ask(ctx, "getWebhookInfo", struct{}{}, &info); err != nil {
		return "", err
	}
	switch {
	case info.URL == "":
		return "", desk.Refuse(desk.Conflict, "Telegram sends this bot's messages nowhere: its webhook was removed. Connect the channel again.")
	case hook != "" && info.URL != hook:
		return "", desk.Refuse(desk.Conflict, "Telegram sends this bot's messages to another program: its webhook was set anew. Connect the channel again, or use a bot of its own for each.")
	case info.LastError != "" && info.Pending > 0:
		return fmt.Sprintf("Telegram has %d messages waiting; its last delivery failed: %s", info.Pending, p.hide(info.LastError)), nil
	default:
		return "", nil
	}
}

// ask calls a method that may be repeated, and reads its result. A refusal says in the admin's words what to do.
func (p api) ask(ctx context.Context, method string, params, result any) error {
	r := p.callJSON(ctx, method, params)
	if err := r.refusal(); err != nil {
		return err
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(r.Result, result); err != nil {
		return desk.Refuse(desk.Busy, "Telegram's answer can't be read; is the address of the Bot API right?").Because(err)
	}
	return nil
}

// refusal is nil when the call was done.
func (r reply) refusal() error {
	switch {
	case r.Status == http.StatusOK && r.OK:
		return nil
	case desk.CodeOf(r.Err) != desk.Internal:
		return r.Err // ours already: a refused address, a wrong setting
	case r.Status == 0:
		return desk.Refuse(desk.Busy, "Telegram can't be reached; try again, and check the address of the Bot API if one is set.").Because(r.Err)
	case !r.Telegram:
		return desk.Refuse(desk.Busy, fmt.Sprintf("Telegram's address gave an answer (status %d) that is not the Bot API's; try again, and check the address if one is set.", r.Status)).Because(r.Err)
	case r.Code == http.StatusUnauthorized || r.Code == http.StatusNotFound:
		return desk.RefuseField("credentials."+tokenField, "Telegram doesn't know this token. Ask @BotFather for the bot's token and paste it whole.")
	case r.Code == http.StatusTooManyRequests || r.Code >= http.StatusInternalServerError:
		return desk.Refuse(desk.Busy, "Telegram is busy; try again in a moment: "+r.Description)
	default:
		return desk.Refuse(desk.Invalid, "Telegram refused: "+r.Description)
	}
}
