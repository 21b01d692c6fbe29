// Package routing decides for each inbound event: who is this, which conversation, seen before? It then has it filed.
package routing

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Setup gives the configuration: Config may be seconds old, Fresh is not.
type Setup interface {
	Config(ctx context.Context) (*desk.Config, error)
	Fresh(ctx context.Context) (*desk.Config, error)
}

// Filer files a message exactly once. An error means that trying again may help.
type Filer interface {
	FileInbound(ctx context.Context, f desk.Filing) (desk.Filed, error)
}

// Changes applies what happened to a message that is here already. NotFound: it isn't here.
type Changes interface {
	EditMessage(ctx context.Context, ch desk.ChannelID, target string, e desk.Inbound) (desk.MessageID, error)
	MarkDeleted(ctx context.Context, ch desk.ChannelID, target string) (desk.MessageID, error)
	React(ctx context.Context, ch desk.ChannelID, target, by, emoji string) (desk.MessageID, error)
	ApplyStatus(ctx context.Context, ch desk.ChannelID, thread, target string, news desk.StatusNews) error
	// MarkAddress notes on whoever has a mail address that it is BOUNCED or COMPLAINED.
	MarkAddress(ctx context.Context, address, state string) error
}

// Evidence is what threading looks up.
type Evidence interface {
	FindMessages(ctx context.Context, ch desk.ChannelID, ids []string) (map[string]desk.MessageID, error)
	TakesPart(ctx context.Context, id desk.ConversationID, address string) (bool, error)
	Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error)
	ContactOf(ctx context.Context, who desk.Identity) (desk.ContactID, error)
	TicketByNumber(ctx context.Context, number int64) (desk.Ticket, error)
}

// Copies finds the second copy of a mail in one inbox.
type Copies interface {
	// ClaimCopy says which event of the inbox first had this hash; the caller's own when it is the first.
	ClaimCopy(ctx context.Context, inbox desk.InboxID, hash string, ch desk.ChannelID, ext string) (desk.ChannelID, string, error)
	// AddRecipient adds one of our addresses to a message that is filed. NotFound when it isn't yet.
	AddRecipient(ctx context.Context, ch desk.ChannelID, ext, address string) error
	// OpenThread is the conversation that a thread's pointer names; empty when there is none.
	OpenThread(ctx context.Context, ch desk.ChannelID, thread string) (desk.ConversationID, error)
}

// Failures keeps what can't be processed.
type Failures interface {
	RecordFailure(ctx context.Context, f desk.Failure) error
}

// Tokens opens the signed token of a reply address: which conversation it names, and whether the signature holds.
type Tokens interface {
	OpenReplyToken(ctx context.Context, token string) (desk.ConversationID, bool, error)
}

// Chooser finds somebody for a conversation that is about to begin; ok is false when nobody is free, or nobody is to
// have it.
type Chooser interface {
	Choose(ctx context.Context, cfg *desk.Config, ch desk.Channel, c desk.Conversation) (g desk.Given, ok bool, err error)
}

// Router routes events. All fields are set once, before use.
type Router struct {
	Setup    Setup
	Filer    Filer
	Changes  Changes
	Evidence Evidence
	Copies   Copies
	Failures Failures
	Tokens   Tokens
	People   Chooser // nil gives nothing to anybody at once
	Now      func() time.Time
	Count    func() // called for each failure that is recorded: the metric behind an alarm
}

// Desk is everything that the router asks of the table.
type Desk interface {
	Setup
	Filer
	Changes
	Evidence
	Copies
	Failures
}

// New makes a Router on a desk. people are asked who is free for a new conversation; count is called for each failure that
// is recorded.
func New(d Desk, tokens Tokens, people Chooser, count func()) *Router {
	return &Router{Setup: d, Filer: d, Changes: d, Evidence: d, Copies: d, Failures: d, Tokens: tokens, People: people, Now: time.Now, Count: count}
}

// Route handles one inbound event. An error means: bring it back. What can never be processed is recorded as a failure
// and is no error. id is the queue's id of the letter; tries is how often it was received, this time included.
func (r *Router) Route(ctx context.Context, l desk.QueueMessage) error {
	var e desk.Inbound
	if err := json.Unmarshal(l.Body, &e); err != nil {
		return r.fail(ctx, l, e, desk.Malformed, "This is not an inbound event: "+err.Error())
	}
	cfg, ch, err := r.channel(ctx, e.Channel)
	if desk.CodeOf(err) == desk.NotFound {
		return r.fail(ctx, l, e, desk.NotFound, "The channel that this came in by is gone.")
	}
	if err != nil {
		return err
	}
	switch e.Type {
	case desk.InUnparsed:
		return r.fail(ctx, l, e, desk.Malformed, reason(e))
	case desk.InMessage:
		_, err = r.message(ctx, cfg, ch, e)
		return err
	case desk.InEdit:
		return r.edit(ctx, cfg, ch, e)
	case desk.InEcho:
		return r.echo(ctx, cfg, ch, e)
	case desk.InBlocked:
		return r.blocked(ctx, cfg, ch, e)
	case desk.InDelete:
		_, err = r.Changes.MarkDeleted(ctx, ch.ID, e.Target)
	case desk.InReaction:
		_, err = r.Changes.React(ctx, ch.ID, e.Target, e.From.Value, e.Text)
	case desk.InStatus:
		if e.Status == nil {
			return r.fail(ctx, l, e, desk.Malformed, "A status without a state.")
		}
		err = r.status(ctx, ch, e)
	default:
		return r.fail(ctx, l, e, desk.Unsupported, "Nobody knows what to do with an event of type "+string(e.Type)+".")
	}
	if desk.CodeOf(err) == desk.NotFound { // about a message from before the channel was connected
		slog.InfoContext(ctx, "no such message", "type", e.Type, "channel", ch.ID)
		return nil
	}
	return err
}

// GiveUp records the failure of a letter that was tried often enough; whoever calls it counts it.
func (r *Router) GiveUp(ctx context.Context, l desk.QueueMessage, cause error) error {
	var e desk.Inbound
	_ = json.Unmarshal(l.Body, &e) // what can't be read has no channel to tell
	return r.keep(ctx, l, e, desk.CodeOf(cause), Words(cause))
}

// Words is the sentence of an error that is safe to show.
func Words(err error) string {
	if e, ok := err.(*desk.Error); ok { //nolint:errorlint // the outermost sentence is the one for people
		return e.Message
	}
	return "Something went wrong on our side."
}

func reason(e desk.Inbound) string {
	if e.Reason != "" {
		return e.Reason
	}
	return "The platform sent something that could not be read."
}

// fail keeps what can never be processed, and counts it.
func (r *Router) fail(ctx context.Context, l desk.QueueMessage, e desk.Inbound, code desk.Code, why string) error {
	err := r.keep(ctx, l, e, code, why)
	if err == nil {
		r.Count()
	}
	return err
}

func (r *Router) keep(ctx context.Context, l desk.QueueMessage, e desk.Inbound, code desk.Code, why string) error {
	return r.Failures.RecordFailure(ctx, desk.Failure{
		ID: desk.FailureID(l.ID), Stage: desk.QueueInbound, Code: code, Reason: why, Channel: e.Channel,
		Payload: l.Body, PayloadKey: e.PayloadKey, Group: e.Group(), Tries: l.Tries, At: r.Now(),
	})
}

// channel finds the event's channel, reading the set-up again when a cached one doesn't know it.
func (r *Router) channel(ctx context.Context, id desk.ChannelID) (*desk.Config, desk.Channel, error) {
	for _, read := range []func(context.Context) (*desk.Config, error){r.Setup.Config, r.Setup.Fresh} {
		cfg, err := read(ctx)
		if err != nil {
			return nil, desk.Channel{}, err
		}
		if ch, ok := cfg.Channel(id); ok {
			return cfg, ch, nil
		}
	}
	return nil, desk.Channel{}, desk.Refuse(desk.NotFound, "There is no such channel.")
}
