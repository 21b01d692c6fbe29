// Package ticketing gives conversations that are new or open again their ticket and somebody who answers.
//
// It decides on what it read and stores the decision in one transaction that holds only if nothing of it changed; then it
// decides again. A job that comes twice finds its work done.
package ticketing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Desk reads conversations and stores decisions about them.
type Desk interface {
	// Conversation: NotFound when it is gone.
	Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error)
	// OpenConversation stores a decision whole, or refuses with Conflict when something of it changed since it was read.
	OpenConversation(ctx context.Context, o desk.Opening) error
}

// Tickets keeps tickets.
type Tickets interface {
	// PutTicket makes a ticket, or gives the one that is there under its id.
	PutTicket(ctx context.Context, k desk.Ticket) (stored desk.Ticket, existed bool, err error)
	// Ticket: NotFound when it is gone.
	Ticket(ctx context.Context, id desk.TicketID) (desk.Ticket, error)
}

// People says who is available. Reads are strong.
type People interface {
	Presence(ctx context.Context, id desk.UserID) (desk.Presence, error)
	Presences(ctx context.Context, ids []desk.UserID) ([]desk.Presence, error)
	// Drained notes that what waited for a person was dealt with.
	Drained(ctx context.Context, id desk.UserID, work string) error
}

// Line is where conversations wait for somebody of a pool, oldest first.
type Line interface {
	Wait(ctx context.Context, pool string, c desk.Conversation) error
	Waiting(ctx context.Context, pool, after string, limit int) ([]desk.Waiting, error)
	EndWait(ctx context.Context, pool string, w desk.Waiting) error
}

// Setup is the set-up.
type Setup interface {
	Config(ctx context.Context) (*desk.Config, error)
	Fresh(ctx context.Context) (*desk.Config, error)
}

// Options are what a Stage needs.
type Options struct {
	Desk    Desk
	Tickets Tickets
	People  People
	Line    Line
	Setup   Setup
	Now     func() time.Time
}

// Stage gives out tickets and work.
type Stage struct{ Options }

// New makes a Stage.
func New(o Options) *Stage { return &Stage{o} }

// rounds bounds how often a decision that lost a race is made again.
const rounds = 10

// Handle does one job of the tickets queue.
func (s *Stage) Handle(ctx context.Context, body []byte) error {
	var job desk.TicketJob
	if err := json.Unmarshal(body, &job); err != nil {
		return desk.Refuse(desk.Malformed, "The job can't be read.").Because(err)
	}
	switch job.Kind {
	case desk.JobOpen:
		return s.open(ctx, job.Conversation)
	case desk.JobDrain:
		return s.drain(ctx, job.User)
	}
	return desk.Refuse(desk.Unsupported, "Nobody does the job \""+string(job.Kind)+"\".")
}

// open decides about a conversation that is new or open again, until the decision holds.
func (s *Stage) open(ctx context.Context, id desk.ConversationID) error {
	for range rounds {
		conv, err := s.Desk.Conversation(ctx, id)
		if desk.CodeOf(err) == desk.NotFound || err == nil && desk.WorkVerb(conv.Work) != desk.WorkOpen {
			return nil // gone, or done before
		}
		if err != nil {
			return err
		}
		o, err := s.decide(ctx, conv)
		if err != nil {
			return err
		}
		if err = s.Desk.OpenConversation(ctx, o); !conflict(err) {
			return ignoreGone(err)
		}
	}
	return contended()
}

func conflict(err error) bool { return err != nil && desk.CodeOf(err) == desk.Conflict }

func ignoreGone(err error) error {
	if err != nil && desk.CodeOf(err) == desk.NotFound {
		return nil
	}
	return err
}

func contended() error { return desk.Refuse(desk.Busy, "Many changes at once; try again.") }

// decide says what a conversation is to have. One that is not open in its inbox any more only has its work taken off.
func (s *Stage) decide(ctx context.Context, conv desk.Conversation) (desk.Opening, error) {
	o := desk.Opening{Conversation: conv, Number: conv.Ticket}
	cfg, ch, ok, err := s.channel(ctx, conv.Channel)
	if err != nil || !ok || !live(conv) {
		return o, err
	}
	if unassigned(conv) && ch.Routing.Assign == desk.AssignSpecific {
		if err := s.assign(ctx, cfg, ch, &o); err != nil {
			return o, err
		}
		if o.Assignee == "" { // in line first, then a second look: whoever comes later finds the line
			if err := s.Line.Wait(ctx, desk.Pool(ch.ID), conv); err != nil {
				return o, err
			}
			if err := s.assign(ctx, cfg, ch, &o); err != nil {
				return o, err
			}
		}
	}
	return o, s.ticket(ctx, cfg, ch, &o)
}

func live(c desk.Conversation) bool {
	return c.State == desk.Open && c.Place == desk.InInbox && c.Into == ""
}

func unassigned(c desk.Conversation) bool { return c.Assignee == "" && c.Team == "" }

// channel finds a channel, also one that is newer than the snapshot of the set-up.
func (s *Stage) channel(ctx context.Context, id desk.ChannelID) (*desk.Config, desk.Channel, bool, error) {
	cfg, err := s.Setup.Config(ctx)
	if err != nil {
		return nil, desk.Channel{}, false, err
	}
	if ch, ok := cfg.Channel(id); ok {
		return cfg, ch, true, nil
	}
	if cfg, err = s.Setup.Fresh(ctx); err != nil {
		return nil, desk.Channel{}, false, err
	}
	ch, ok := cfg.Channel(id)
	return cfg, ch, ok, nil
}
