// Package ticketing gives conversations that are new or open again their ticket and somebody who answers.
//
// It decides on what it read and stores the decision in one transaction that holds only if nothing of it changed; then it
// decides again. A job that comes twice finds its work done.
package ticketing

import (
	"context"
	"encoding/json"
	"slices"
	"time"
	_ "time/tzdata" // working hours: where functions run there are no zones

	"github.com/loket-desk/loket/shared/desk"
)

// Desk reads conversations and stores decisions about them.
type Desk interface {
	// Conversation: NotFound when it is gone.
	Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error)
	// Message: NotFound when there is none.
	Message(ctx context.Context, id desk.MessageID) (desk.Message, error)
	// OpenConversation stores a decision whole, or refuses with Conflict when something of it changed since it was read.
	OpenConversation(ctx context.Context, o desk.Opening) error
	// Unassign takes a person off a conversation that is theirs, and has it given to somebody else.
	Unassign(ctx context.Context, id desk.ConversationID, from desk.UserID, by desk.Author, note string) error
	// ListConversations finds what a person has by an index, which may lag.
	ListConversations(ctx context.Context, q desk.ConversationQuery) (desk.ConversationPage, error)
}

// Reminders keeps assignments that are taken back at a time. TakeBack: NotFound when nothing is.
type Reminders interface {
	TakeBack(ctx context.Context, id desk.ConversationID) (desk.TakeBack, error)
	TookBack(ctx context.Context, b desk.TakeBack) error
}

// Contacts reads contacts. NotFound when one is gone.
type Contacts interface {
	Contact(ctx context.Context, id desk.ContactID) (desk.Contact, error)
}

// Jobs keeps background work and does its steps on conversations.
type Jobs interface {
	Job(ctx context.Context, id string) (desk.Job, error)
	// SaveJob is a Conflict when another step was saved since the job was read.
	SaveJob(ctx context.Context, j desk.Job) (desk.Job, error)
	ChannelConversations(ctx context.Context, inbox desk.InboxID, ch desk.ChannelID, view desk.View, after string, limit int) (ids []desk.ConversationID, next string, err error)
	MoveConversation(ctx context.Context, id desk.ConversationID, to desk.InboxID, by desk.Author) (moved bool, err error)
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
	// Wait: a place that is there already stays. not is whom the conversation was taken back from.
	Wait(ctx context.Context, pool string, c desk.Conversation, not desk.UserID) error
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
	Desk      Desk
	Reminders Reminders
	Tickets   Tickets
	Contacts  Contacts
	People    People
	Line      Line
	Setup     Setup
	Jobs      Jobs
	Now       func() time.Time
}

// Stage gives out tickets and work.
type Stage struct{ Options }

// Table is all that a Stage needs of one table.
type Table interface {
	Desk
	Reminders
	Tickets
	Contacts
	People
	Line
	Setup
	Jobs
}

// On makes a Stage over one table.
func On(t Table, now func() time.Time) *Stage {
	return New(Options{Desk: t, Reminders: t, Tickets: t, Contacts: t, People: t, Line: t, Setup: t, Jobs: t, Now: now})
}

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
	case desk.JobTake:
		return s.takeBack(ctx, job.Conversation)
	case desk.JobStep:
		return s.step(ctx, job.Job)
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

// decide says what a conversation is to have. One that is closed already gets its ticket, and
// one that is not in its inbox any more only has its work taken off.
func (s *Stage) decide(ctx context.Context, conv desk.Conversation) (desk.Opening, error) {
	o := desk.Opening{Conversation: conv, Number: conv.Ticket}
	cfg, ch, ok, err := s.channel(ctx, conv.Channel)
	if err != nil || !ok {
		return o, err
	}
	if !live(conv) {
		if conv.Ticket == 0 && conv.Place == desk.InInbox && conv.Into == "" { // closed before anybody came to its ticket
			err = s.ticket(ctx, cfg, ch, &o)
		}
		return o, err
	}
	if err := s.keep(ctx, cfg, ch, &o); err != nil {
		return o, err
	}
	if vacant(o) {
		if err := s.place(ctx, cfg, ch, &o, ""); err != nil {
			return o, err
		}
	}
	return o, s.ticket(ctx, cfg, ch, &o)
}

// vacant reports whether a conversation is to be given to somebody. What a person left to nobody stays so.
func vacant(o desk.Opening) bool {
	c := o.Conversation
	return o.Assignee == "" && c.Team == "" && (o.Release || c.Assignee == "" && !c.ByHand)
}

// place gives a conversation to whoever the channel's rule finds, or puts it in line: first in line, then a second look,
// so that whoever comes between the two finds the line.
func (s *Stage) place(ctx context.Context, cfg *desk.Config, ch desk.Channel, o *desk.Opening, not desk.UserID) error {
	found, err := s.choose(ctx, cfg, ch, o.Conversation, not)
	if err != nil {
		return err
	}
	if !found.ok && found.pool != "" {
		if err := s.Line.Wait(ctx, found.pool, o.Conversation, not); err != nil {
			return err
		}
		if cfg, err = s.Setup.Fresh(ctx); err != nil { // whoever was made fit since is known now, or comes to the line
			return err
		}
		ch, ok := cfg.Channel(ch.ID)
		if !ok {
			return nil
		}
		if found, err = s.choose(ctx, cfg, ch, o.Conversation, not); err != nil {
			return err
		}
	}
	found.apply(cfg, ch, o)
	return s.tell(ctx, cfg, found, o)
}

// keep looks at whoever has an open conversation. They keep it when they may, and have it counted to their load; one that
// was given automatically and came back is given anew where they have no room or are not there.
func (s *Stage) keep(ctx context.Context, cfg *desk.Config, ch desk.Channel, o *desk.Opening) error {
	conv := o.Conversation
	if conv.Assignee == "" {
		return nil
	}
	u, known := cfg.Users[conv.Assignee]
	p, err := s.People.Presence(ctx, conv.Assignee)
	if err != nil {
		return err
	}
	if slices.Contains(p.Load, conv.ID) && known && u.Active {
		return nil
	}
	var why desk.Skip
	switch {
	case !known || !u.Active:
		why = desk.SkipGone
	case conv.ByHand || !ch.WantsAssignee():
	default:
		why = s.skip(cfg, ch, conv, need{}, u, p)
	}
	if why == "" {
		o.Assignee, o.Presence = conv.Assignee, p
		return nil
	}
	o.Release = true
	o.Changes = append(o.Changes, desk.Change{What: "assigned", From: string(conv.Assignee), Note: "Came back, and " + name(cfg, conv.Assignee) + " " + skipWords(why) + "."})
	return nil
}

func live(c desk.Conversation) bool {
	return c.State == desk.Open && c.Place == desk.InInbox && c.Into == ""
}

// unassigned reports whether a waiting conversation is still to be given to somebody.
func unassigned(c desk.Conversation) bool { return c.Assignee == "" && c.Team == "" && !c.ByHand }

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
