package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// stagingFor is how long an admin has to connect an account at the integration.
const stagingFor = 30 * time.Minute

// kind is a type of channels: a built-in one, or what a registered custom channel declared.
func (a *API) kind(cfg *desk.Config, t desk.ChannelType) (channel.Kind, bool) {
	if id, custom := t.Registration(); custom {
		x, there := cfg.Custom[id]
		if !there || x.Archived || a.Custom == nil {
			return channel.Kind{}, false
		}
		return a.Custom(x), true
	}
	k, known := a.kinds[string(t)]
	return k, known
}

// customTypes are the registered channels as the picker shows them, by their names.
func (a *API) customTypes(cfg *desk.Config) []ChannelType {
	out := []ChannelType{}
	for _, x := range cfg.Custom {
		if k, live := a.kind(cfg, desk.CustomType(x.ID)); live {
			out = append(out, ChannelType{string(k.Type), k.Name, k.Description, some(x.LogoURL), append([]channel.Field{}, k.Fields...), k.Capabilities})
		}
	}
	slices.SortFunc(out, func(x, y ChannelType) int { return strings.Compare(x.Name+x.Type, y.Name+y.Type) })
	return out
}

// connectCustom makes an account of what connecting learned. Where the integration has a connect flow, the account is not
// there for it until it says whose it is: the admin goes to the address that the set-up shows.
func (a *API) connectCustom(ctx context.Context, who *caller, cfg *desk.Config, c connected) (connected, error) {
	registration, custom := c.channel.Type.Registration()
	if !custom {
		return c, nil
	}
	x := cfg.Custom[registration]
	own := desk.CustomAccount{}
	if c.channel.Custom != nil {
		own = *c.channel.Custom
	}
	c.channel.Hook = ""
	if x.ConnectURL == "" {
		own.Authorized, own.Type, own.Value = true, c.channel.Account["type"], c.channel.Account["id"]
		c.channel.Custom = &own
		return c, nil
	}
	c.channel.Custom = &own
	setup, err := a.stage(ctx, who, x, c.channel)
	c.setup = append(c.setup, setup)
	if own.Value == "" {
		c.channel.Health = desk.Health{State: "WARNING", Detail: "The account is not connected yet: open the address that was shown, or test the channel for a new one.", CheckedAt: a.Now()}
	}
	return c, err
}

// stage begins a connect flow: a token that is good once, and the address of the integration with it.
func (a *API) stage(ctx context.Context, who *caller, x desk.CustomChannel, ch desk.Channel) (channel.SetupValue, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	token, now := base64.RawURLEncoding.EncodeToString(random[:]), a.Now()
	to, err := url.Parse(x.ConnectURL)
	if err != nil {
		return channel.SetupValue{}, desk.Refuse(desk.Conflict, "The connect address of "+x.Name+" is none. Its maker has to change it.").Because(err)
	}
	q := to.Query()
	q.Set("accountToken", token)
	to.RawQuery = q.Encode()
	err = a.Desk.NewStaging(ctx, desk.Staging{
		Token: token, Custom: x.ID, Channel: ch.ID, Inbox: ch.Inbox, User: who.user.ID, Created: now, Expires: now.Add(stagingFor),
	})
	return channel.SetupValue{Label: "Open this address within 30 minutes to connect the account", Value: to.String()}, err
}

// stagedInput is what an integration says at the end of its connect flow.
type stagedInput struct {
	Name       *string                   `json:"accountName"`
	Identifier *channel.CustomIdentifier `json:"deliveryIdentifier"`
}

type stagedShown struct {
	Token      string                    `json:"accountToken"`
	ChannelID  string                    `json:"genericChannelId"`
	InboxID    string                    `json:"inboxId"`
	UserID     string                    `json:"userId"`
	CreatedAt  time.Time                 `json:"createdAt"`
	Name       string                    `json:"accountName"`
	Identifier *channel.CustomIdentifier `json:"deliveryIdentifier"`
	AccountID  string                    `json:"channelAccountId"`
}

// connectStaged ends a connect flow: the account that the admin began gets its name and address, and is authorized.
func (a *API) connectStaged(ctx context.Context, in customCall) (customAnswer, error) {
	if _, err := registrationOf(in.who.cfg, in.channel); err != nil {
		return customAnswer{}, err
	}
	var b stagedInput
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	s, err := a.Desk.Staging(ctx, in.id)
	if err != nil {
		return customAnswer{}, err
	}
	if s.Custom != in.channel {
		return customAnswer{}, desk.Refuse(desk.NotFound, "This token is not one of this channel.")
	}
	if s.Used {
		return customAnswer{}, desk.Refuse(desk.Conflict, "This token was used already. Ask for the account to be connected again.")
	}
	var wrong faults
	if b.Name == nil {
		wrong.add("accountName", isRequired)
	}
	if b.Identifier == nil {
		wrong.add("deliveryIdentifier", isRequired)
	}
	if err := wrong.refusal(); err != nil {
		return customAnswer{}, err
	}
	out, err := change(ctx, a, in.who, func(cfg *desk.Config) (desk.Channel, error) { return a.connectAccount(ctx, in, cfg, s, b) })
	if err != nil {
		return customAnswer{}, err
	}
	ch := out.Body
	return customAnswer{http.StatusOK, stagedShown{
		s.Token, s.Custom, string(ch.Inbox), string(s.User), s.Created, ch.Name, &channel.CustomIdentifier{Type: ch.Custom.Type, Value: ch.Custom.Value}, string(ch.ID),
	}}, nil
}

func (a *API) connectAccount(ctx context.Context, in customCall, cfg *desk.Config, s desk.Staging, b stagedInput) (desk.Channel, error) {
	before, live := cfg.Channel(s.Channel)
	x, err := registrationOf(cfg, s.Custom)
	if err != nil || !live || before.Custom == nil {
		return before, desk.Refuse(desk.NotFound, "The account that this token connects was deleted.")
	}
	after, yes, wrong := before, true, faults(nil)
	accountInput{Name: b.Name, Authorized: &yes, Identifier: b.Identifier}.apply(x, &after, &wrong)
	if err := wrong.refusal(); err != nil {
		return before, err
	}
	after.Active, after.Health = true, desk.Health{State: desk.HealthOK, CheckedAt: a.Now()}
	by := in.who.audit("channel.connect", string(after.ID), after.Name)
	return a.Desk.ConnectAccount(ctx, after, s.Token, tell(cfg, before, after, by.Actor), by)
}
