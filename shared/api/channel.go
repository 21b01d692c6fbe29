package api

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// ChannelType is something that can be connected.
type ChannelType struct {
	Type         string               `json:"type" example:"telegram"`
	Name         string               `json:"name"`
	Description  string               `json:"description"`
	LogoURL      *string              `json:"logoUrl"`
	Fields       []channel.Field      `json:"fields" nullable:"false"`
	Capabilities channel.Capabilities `json:"capabilities"`
}

// Channel is one connected account of a channel type. Credentials are never read back.
type Channel struct {
	ID         string               `json:"id"`
	Type       string               `json:"type" example:"telegram"`
	InboxID    string               `json:"inboxId"`
	Name       string               `json:"name"`
	Active     bool                 `json:"active" doc:"A channel that is off sends nothing and takes nothing."`
	Fallback   bool                 `json:"fallback" doc:"The mail channel that its inbox was born with; it can't be deleted."`
	Account    map[string]string    `json:"account" doc:"What the platform calls the account."`
	Settings   map[string]string    `json:"settings"`
	Routing    ChannelRouting       `json:"routing"`
	Ticket     ChannelTicket        `json:"ticket"`
	Identity   ChannelIdentity      `json:"identity"`
	WebhookURL *string              `json:"webhookUrl" doc:"The address that the platform calls."`
	Health     ChannelHealth        `json:"health"`
	Setup      []channel.SetupValue `json:"setup" nullable:"false" doc:"What has to be pasted at the platform, shown when it is connected or tested."`
	CreatedAt  time.Time            `json:"createdAt"`
	MoveJobID  *string              `json:"moveJobId" doc:"The job that moves its history, in the answer to the call that moved it."`
}

// ChannelRouting says whom new conversations go to.
type ChannelRouting struct {
	Assign        string   `json:"assign" enum:"NOBODY,SPECIFIC,CONTACT_OWNER,SKILLS"`
	UserIDs       []string `json:"userIds" nullable:"false"`
	TeamIDs       []string `json:"teamIds" nullable:"false"`
	OnlyAvailable bool     `json:"onlyAvailable" doc:"Only people who are available; nobody is: unassigned."`
	TakeBack      *int     `json:"takeBackMinutes" doc:"An automatic assignment is taken back after so long without an answer; null is never."`
}

// ChannelTicket is what tickets of the channel begin with.
type ChannelTicket struct {
	Create     bool              `json:"create" doc:"Make a ticket of every conversation; in a help desk every one has one anyway."`
	PipelineID *string           `json:"pipelineId"`
	StageID    *string           `json:"stageId"`
	Priority   *string           `json:"priority"`
	Properties map[string]string `json:"properties"`
	Tags       []string          `json:"tags" nullable:"false"`
}

// ChannelIdentity is how mail from the channel signs itself.
type ChannelIdentity struct {
	FromName string `json:"fromName" enum:"AGENT_AND_COMPANY,COMPANY"`
	Company  string `json:"company"`
	Address  string `json:"address"`
	HTML     string `json:"signatureHtml"`
	Original bool   `json:"originalSenderOfForwards" doc:"The original sender of a forwarded mail is the contact."`
}

// ChannelHealth is what the last look at a channel found.
type ChannelHealth struct {
	State     string     `json:"state" enum:"OK,WARNING,BROKEN,UNKNOWN"`
	Detail    string     `json:"detail"`
	CheckedAt *time.Time `json:"checkedAt"`
}

func (a *API) showChannel(x desk.Channel, setup []channel.SetupValue) Channel {
	out := Channel{
		ID: string(x.ID), Type: string(x.Type), InboxID: string(x.Inbox), Name: x.Name, Active: x.Active, Fallback: x.Fallback,
		Account: copied(x.Account), Settings: copied(x.Settings), Setup: setup, CreatedAt: x.Created, WebhookURL: some(x.Hook),
		Routing: ChannelRouting{string(x.Routing.Assign), texts(x.Routing.UserIDs), texts(x.Routing.TeamIDs), x.Routing.OnlyAvailable, positive(x.Routing.TakeBack)},
		Ticket: ChannelTicket{
			x.Ticket.Create, some(string(x.Ticket.Pipeline)), some(string(x.Ticket.Stage)), some(string(x.Ticket.Priority)), copied(x.Ticket.Properties),
			texts(x.Ticket.Tags),
		},
		Identity: ChannelIdentity{x.Sender.FromName, x.Sender.Company, x.Sender.Address, x.Sender.Signature, !x.Sender.KeepForwarder},
		Health:   ChannelHealth{x.Health.State, x.Health.Detail, moment(x.Health.CheckedAt)},
	}
	if out.Setup == nil {
		out.Setup = []channel.SetupValue{}
	}
	if out.Routing.Assign == "" {
		out.Routing.Assign = string(desk.AssignNobody)
	}
	if out.Identity.FromName == "" {
		out.Identity.FromName = "AGENT_AND_COMPANY"
	}
	if out.Health.State == "" {
		out.Health.State = "UNKNOWN"
	}
	return out
}

// some is a text, or null when it is empty.
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// positive is a number, or null when it is none.
func positive(n int) *int {
	if n <= 0 {
		return nil
	}
	return &n
}

// moment is a time, or null when it is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// copied is a map that JSON shows as an object even when it is empty.
func copied(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

func (a *API) channelCalls(b *book) {
	on(b, "listChannelTypes", func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[ChannelType]], error) {
		out := listOf[ChannelType]{Results: []ChannelType{}}
		for _, k := range a.Kinds {
			fields := append([]channel.Field{}, k.Fields...)
			out.Results = append(out.Results, ChannelType{string(k.Type), k.Name, k.Description, nil, fields, k.Capabilities})
		}
		out.Results = append(out.Results, a.customTypes(who.cfg)...)
		return &reply[listOf[ChannelType]]{out}, nil
	})
	on(b, "listChannels", a.listChannels)
	on(b, "readChannel", func(ctx context.Context, who *caller, in *ByID) (*reply[Channel], error) {
		x, err := channelOf(who, who.cfg, in.ID)
		if err != nil {
			return nil, err
		}
		shown, err := a.showLive(ctx, who.cfg, x, nil)
		return &reply[Channel]{shown}, err
	})
	on(b, "createChannel", a.createChannel)
	on(b, "changeChannel", a.changeChannel)
	on(b, "deleteChannel", a.deleteChannel)
	on(b, "testChannel", a.testChannel)
	on(b, "verifyChannel", a.verifyChannel)
	on(b, "previewIdentity", a.previewIdentity)
}

func (a *API) listChannels(_ context.Context, who *caller, in *struct {
	InboxID string `query:"inboxId" maxLength:"200"`
},
) (*reply[listOf[Channel]], error) {
	out := listOf[Channel]{Results: []Channel{}}
	for _, x := range who.cfg.Channels {
		seen := who.sees(x.Inbox) || who.may(desk.PermInboxesManage)
		if !x.Deleted && seen && (in.InboxID == "" || in.InboxID == string(x.Inbox)) {
			out.Results = append(out.Results, a.showChannel(x, nil))
		}
	}
	slices.SortFunc(out.Results, func(x, y Channel) int { return strings.Compare(x.Name+x.ID, y.Name+y.ID) })
	return &reply[listOf[Channel]]{out}, nil
}

// channelOf is a live channel that the caller may see or manage.
func channelOf(who *caller, cfg *desk.Config, id string) (desk.Channel, error) {
	x, live := cfg.Channel(desk.ChannelID(id))
	if !live || !(who.sees(x.Inbox) || who.may(desk.PermInboxesManage)) {
		return desk.Channel{}, desk.Refuse(desk.NotFound, "There is no such channel.")
	}
	return x, nil
}

func (a *API) deleteChannel(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
	return remove(ctx, a, who, func(cfg *desk.Config) error {
		x, err := channelOf(who, cfg, in.ID)
		if err != nil {
			return err
		}
		if x.Fallback {
			return desk.Refuse(desk.Conflict, "An inbox is born with this channel and keeps it. Switch it off, or delete the inbox.")
		}
		_, err = a.saveChannel(ctx, cfg, x, a.archivedAccount(x), who.audit("channel.delete", in.ID, x.Name))
		return err
	})
}

func (a *API) testChannel(ctx context.Context, who *caller, in *ByID) (*reply[Channel], error) {
	x, err := channelOf(who, who.cfg, in.ID)
	if err != nil {
		return nil, err
	}
	kind, known := a.kind(who.cfg, x.Type)
	if !known {
		return nil, desk.Refuse(desk.Invalid, "There is nothing to test: mail to this channel comes in without credentials.")
	}
	account, err := channel.OpenAccount(ctx, a.Sealer, who.cfg, x)
	if err != nil {
		return nil, err
	}
	account.Probe = true
	seen, err := kind.Connect(ctx, a.Doer, account)
	health := desk.Health{State: "OK", CheckedAt: a.Now()}
	switch {
	case err != nil:
		health.State, health.Detail = "BROKEN", desk.Reason(err)
	case seen.Warning != "":
		health.State, health.Detail = "WARNING", seen.Warning
	}
	again, err := a.connectCustom(ctx, who, who.cfg, connected{channel: x, setup: seen.Setup})
	if err != nil {
		return nil, err
	}
	if again.channel.Health.CheckedAt.After(x.Health.CheckedAt) { // an account that is not connected yet
		health = again.channel.Health
	}
	return change(ctx, a, who, func(cfg *desk.Config) (Channel, error) {
		x, err := channelOf(who, cfg, in.ID)
		if err != nil {
			return Channel{}, err
		}
		x.Health = health
		if x, err = a.Desk.SaveChannel(ctx, x, who.audit("channel.test", in.ID, health.State)); err != nil {
			return Channel{}, err
		}
		return a.showLive(ctx, cfg, x, again.setup)
	})
}
