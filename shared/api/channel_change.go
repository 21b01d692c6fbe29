package api

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// RoutingInput says whom new conversations go to; what is left out stays.
type RoutingInput struct {
	Assign        opt[string]   `json:"assign,omitempty" enum:"NOBODY,SPECIFIC,CONTACT_OWNER,SKILLS"`
	UserIDs       opt[[]string] `json:"userIds,omitempty" maxItems:"500"`
	TeamIDs       opt[[]string] `json:"teamIds,omitempty" maxItems:"500"`
	OnlyAvailable opt[bool]     `json:"onlyAvailable,omitempty"`
	TakeBack      opt[int]      `json:"takeBackMinutes,omitempty" minimum:"1" maximum:"10080" doc:"Null takes nothing back."`
}

// TicketDefaultsInput are what tickets of the channel begin with; what is left out stays.
type TicketDefaultsInput struct {
	Create     opt[bool]              `json:"create,omitempty"`
	PipelineID opt[string]            `json:"pipelineId,omitempty" maxLength:"200"`
	StageID    opt[string]            `json:"stageId,omitempty" maxLength:"200"`
	Priority   opt[string]            `json:"priority,omitempty" enum:"LOW,MEDIUM,HIGH,URGENT"`
	Properties opt[map[string]string] `json:"properties,omitempty" maxProperties:"50"`
	Tags       opt[[]string]          `json:"tags,omitempty" maxItems:"50"`
}

// IdentityInput is how mail signs itself; what is left out stays.
type IdentityInput struct {
	FromName opt[string] `json:"fromName,omitempty" enum:"AGENT_AND_COMPANY,COMPANY"`
	Company  opt[string] `json:"company,omitempty" maxLength:"100"`
	HTML     opt[string] `json:"signatureHtml,omitempty" maxLength:"20000"`
	Original opt[bool]   `json:"originalSenderOfForwards,omitempty"`
}

// ChannelFields are what both a new channel and a change of one may say.
type ChannelFields struct {
	Active      opt[bool]                `json:"active,omitempty"`
	Settings    opt[map[string]string]   `json:"settings,omitempty"`
	Credentials opt[map[string]string]   `json:"credentials,omitempty" doc:"Kept sealed and never read back."`
	Routing     opt[RoutingInput]        `json:"routing,omitempty"`
	Ticket      opt[TicketDefaultsInput] `json:"ticket,omitempty"`
	Identity    opt[IdentityInput]       `json:"identity,omitempty"`
}

// NewChannel is an account to connect: its platform is called with the credentials before it is there.
type NewChannel struct {
	Type    string      `json:"type" maxLength:"100" example:"telegram"`
	InboxID string      `json:"inboxId" maxLength:"200"`
	Name    opt[string] `json:"name,omitempty" maxLength:"100" doc:"What the platform calls the account, unless given."`
	ChannelFields
}

// ChannelChange is a change of a channel. New credentials or settings connect it anew.
type ChannelChange struct {
	Name    opt[string] `json:"name,omitempty" minLength:"1" maxLength:"100"`
	InboxID opt[string] `json:"inboxId,omitempty" maxLength:"200" doc:"Moves the channel into another inbox; its conversations follow with ?withHistory=true. Nothing else may be changed in the same call."`
	ChannelFields
}

// connected is a channel as it is shown after its platform was called.
type connected struct {
	channel desk.Channel
	setup   []channel.SetupValue
}

func (a *API) createChannel(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewChannel
},
) (*made[Channel], error) {
	kind, known := a.kind(who.cfg, desk.ChannelType(in.Body.Type))
	if !known {
		return nil, desk.RefuseField("type", "there is no such channel type; GET /v1/channel-types lists them")
	}
	if _, err := inboxOf(who, who.cfg, in.Body.InboxID); err != nil {
		return nil, desk.RefuseField("inboxId", "there is no such inbox")
	}
	return once(ctx, a, who, "POST /v1/channels", in.Key, func(id string) (Channel, error) {
		x := desk.Channel{
			ID: desk.ChannelID(id), Type: kind.Type, Inbox: desk.InboxID(in.Body.InboxID), Name: strings.TrimSpace(in.Body.Name.value), Active: true,
			Routing: desk.Routing{Assign: desk.AssignNobody, OnlyAvailable: true}, Hook: a.base(ctx) + "/hooks/" + id, Created: a.Now(),
		}
		if err := in.Body.apply(who.cfg, &x); err != nil {
			return Channel{}, err
		}
		if err := a.applyIdentity(who.cfg, in.Body.Identity, &x); err != nil {
			return Channel{}, err
		}
		c, err := a.connect(ctx, who.cfg, kind, x, in.Body.Credentials.value)
		if err == nil {
			c, err = a.connectCustom(ctx, who, who.cfg, c)
		}
		if err != nil {
			return Channel{}, err
		}
		if x, err = a.saveChannel(ctx, who.cfg, desk.Channel{}, c.channel, who.audit("channel.create", id, x.Name)); err != nil {
			return Channel{}, err
		}
		return a.showLive(ctx, who.cfg, x, c.setup)
	}, func(id string) (Channel, error) {
		cfg, err := a.Desk.Fresh(ctx)
		if err != nil {
			return Channel{}, err
		}
		x, err := channelOf(who, cfg, id)
		return a.showChannel(x, nil), err
	})
}

func (a *API) changeChannel(ctx context.Context, who *caller, in *struct {
	ByID
	History bool `query:"withHistory" doc:"Whether the conversations and tickets of a channel that moves follow it, as a job."`
	Body    ChannelChange
},
) (*reply[Channel], error) {
	b := in.Body
	return change(ctx, a, who, func(cfg *desk.Config) (Channel, error) {
		x, err := channelOf(who, cfg, in.ID)
		if err != nil {
			return Channel{}, err
		}
		if to := b.InboxID.value; to != "" && to != string(x.Inbox) {
			moved, job, err := a.moveChannel(ctx, who, cfg, x, to, in.History)
			shown := a.showChannel(moved, nil)
			shown.MoveJobID = some(job)
			return shown, err
		}
		before := x
		kind, known := a.kind(cfg, x.Type)
		if b.Name.set {
			if x.Name = strings.TrimSpace(b.Name.value); x.Name == "" {
				return Channel{}, desk.RefuseField("name", "a channel needs a name")
			}
		}
		if err := b.apply(cfg, &x); err != nil {
			return Channel{}, err
		}
		if err := a.applyIdentity(cfg, b.Identity, &x); err != nil {
			return Channel{}, err
		}
		c := connected{channel: x}
		if b.Settings.set || b.Credentials.set {
			if !known || x.Fallback {
				return Channel{}, desk.RefuseField("credentials", "this channel has neither credentials nor settings")
			}
			if c, err = a.connect(ctx, cfg, kind, x, b.Credentials.value); err == nil {
				c, err = a.connectCustom(ctx, who, cfg, c)
			}
			if err != nil {
				return Channel{}, err
			}
		}
		saved, err := a.saveChannel(ctx, cfg, before, c.channel, who.audit("channel.update", in.ID, x.Name))
		return a.showChannel(saved, c.setup), err
	})
}

// mayCall refuses a platform's address that is never called, before it is tried: trying again would not help. The guarded
// client says what is wrong with it.
func (a *API) mayCall(ctx context.Context, account channel.Account) error {
	guard, ok := a.Doer.(interface {
		Check(ctx context.Context, address string) error
	})
	base := account.Settings["apiBase"]
	if !ok || base == "" {
		return nil
	}
	if err := guard.Check(ctx, base); err != nil {
		return desk.RefuseField("settings.apiBase", desk.Reason(err))
	}
	return nil
}

// connect proves a channel's credentials and tells its platform where to send. given are new credentials; the others stay.
// It looks first whether another channel has the account: connecting would take the platform's messages away from it.
func (a *API) connect(ctx context.Context, cfg *desk.Config, kind channel.Kind, x desk.Channel, given map[string]string) (connected, error) {
	account, err := channel.OpenAccount(ctx, a.Sealer, cfg, x)
	if err != nil {
		return connected{}, err
	}
	maps.Copy(account.Credentials, given)
	if err := complete(kind, given, account); err != nil {
		return connected{}, err
	}
	if err := a.mayCall(ctx, account); err != nil {
		return connected{}, err
	}
	account.Probe = true
	look, err := kind.Connect(ctx, a.Doer, account)
	if err == nil || look.Account["id"] != "" {
		other, taken := cfg.ChannelOfAccount(x.Type, look.Account["id"])
		if taken && other.ID != x.ID && look.Account["id"] != "" {
			return connected{}, desk.Refuse(desk.Conflict, "This account is connected already, by the channel "+other.Name+".")
		}
	}
	account.Probe = false
	made, err := kind.Connect(ctx, a.Doer, account)
	if err != nil {
		return connected{}, connectRefusal(err)
	}
	maps.Copy(account.Credentials, made.Credentials)
	x.Sealed = map[string]string{}
	for name, plain := range account.Credentials {
		if x.Sealed[name], err = a.Sealer.Seal(ctx, channel.SealPurpose(x.ID, name), plain); err != nil {
			return connected{}, err
		}
	}
	x.Account = made.Account
	x.Health = desk.Health{State: "OK", CheckedAt: a.Now()}
	if made.Warning != "" {
		x.Health.State, x.Health.Detail = "WARNING", made.Warning
	}
	if x.Name == "" {
		x.Name = firstOf(made.Account["name"], made.Account["username"], kind.Name)
	}
	return connected{x, made.Setup}, nil
}

// connectRefusal keeps a platform's refusal from looking like one of our own authentication.
func connectRefusal(err error) error {
	switch desk.CodeOf(err) {
	case desk.Unauthenticated, desk.Forbidden, desk.NotFound:
		return desk.RefuseField("credentials", desk.Reason(err)).Because(err)
	}
	return err
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// complete refuses what the channel type doesn't know, and what it needs and wasn't given.
func complete(kind channel.Kind, given map[string]string, have channel.Account) error {
	known := map[string]bool{}
	for _, f := range kind.Fields {
		known[place(f)] = true
		value := have.Settings[f.Name]
		if f.Secret {
			value = have.Credentials[f.Name]
		}
		if f.Required && strings.TrimSpace(value) == "" {
			return desk.RefuseField(place(f), strings.TrimSpace(f.Label+" is missing. "+f.Help))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(given)) {
		if !known["credentials."+at] {
			return desk.RefuseField("credentials."+at, kind.Name+" has no such credential")
		}
	}
	for _, at := range slices.Sorted(maps.Keys(have.Settings)) {
		if !known["settings."+at] && at != "apiBase" {
			return desk.RefuseField("settings."+at, kind.Name+" has no such setting")
		}
	}
	return nil
}

func place(f channel.Field) string {
	if f.Secret {
		return "credentials." + f.Name
	}
	return "settings." + f.Name
}

// apply puts the fields over x and checks what came of it. Credentials are not x's to hold.
func (f ChannelFields) apply(cfg *desk.Config, x *desk.Channel) error {
	f.Active.apply(&x.Active)
	if f.Settings.set {
		x.Settings = maps.Clone(f.Settings.value)
		if own := ownAddress(*x); own != x.Sender.Address {
			x.Sender.Address = "" // another address is to be verified anew
		}
	}
	if err := f.applyRouting(cfg, &x.Routing); err != nil {
		return err
	}
	return f.applyTicket(cfg, &x.Ticket)
}

func (f ChannelFields) applyRouting(cfg *desk.Config, x *desk.Routing) error {
	r := f.Routing.value
	applyAs(r.Assign, &x.Assign)
	if r.UserIDs.set {
		x.UserIDs = ids[desk.UserID](r.UserIDs.value)
	}
	if r.TeamIDs.set {
		x.TeamIDs = ids[desk.TeamID](r.TeamIDs.value)
	}
	r.OnlyAvailable.apply(&x.OnlyAvailable)
	r.TakeBack.apply(&x.TakeBack)
	if f.Routing.null {
		*x = desk.Routing{OnlyAvailable: true}
	}
	if x.Assign == "" {
		x.Assign = desk.AssignNobody
	}
	if x.Assign == desk.AssignSpecific && len(x.UserIDs)+len(x.TeamIDs) == 0 {
		return desk.RefuseField("routing.userIds", "name the users or teams that conversations go to")
	}
	if err := knownUsers(cfg, "routing.userIds", x.UserIDs); err != nil {
		return err
	}
	return knownTeams(cfg, "routing.teamIds", x.TeamIDs)
}

func (f ChannelFields) applyTicket(cfg *desk.Config, x *desk.TicketDefaults) error {
	t := f.Ticket.value
	t.Create.apply(&x.Create)
	applyAs(t.PipelineID, &x.Pipeline)
	if t.PipelineID.set && !t.StageID.set {
		x.Stage = ""
	}
	applyAs(t.StageID, &x.Stage)
	applyAs(t.Priority, &x.Priority)
	if t.Properties.set {
		x.Properties = maps.Clone(t.Properties.value)
	}
	if t.Tags.set {
		x.Tags = tags(t.Tags.value)
	}
	if f.Ticket.null {
		*x = desk.TicketDefaults{}
	}
	if x.Pipeline == "" {
		if x.Stage != "" {
			return desk.RefuseField("ticket.stageId", "say which pipeline the stage is in")
		}
		return nil
	}
	p, there := cfg.Pipelines[x.Pipeline]
	if !there {
		return desk.RefuseField("ticket.pipelineId", "there is no such pipeline")
	}
	if _, there := p.Stage(x.Stage); x.Stage != "" && !there {
		return desk.RefuseField("ticket.stageId", "the pipeline "+p.Name+" has no such stage")
	}
	return nil
}
