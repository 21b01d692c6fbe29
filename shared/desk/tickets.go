package desk

import (
	"strconv"
	"time"
)

// TicketQuery lists tickets, newest first. Empty fields don't filter; Pipelines are those to look at, and neither Open
// nor Closed means both.
type TicketQuery struct {
	Pipelines []PipelineID
	Open      bool
	Closed    bool
	Owner     UserID
	Contact   ContactID
	Inboxes   []InboxID // those the caller may see; tickets of no inbox are seen by all
	Limit     int
	After     string // cursor of the page before; opaque to everybody but the table
}

// TicketPage is a page of a list; Next is empty at the end. A filtered page may be short and still have a Next.
type TicketPage struct {
	Tickets []Ticket
	Next    string
}

// Move puts a ticket into a stage of a pipeline. Entering a closing stage closes it, leaving one opens it again. A stage
// that the pipeline doesn't have is refused.
func (t *Ticket) Move(p Pipeline, id StageID, now time.Time) error {
	s, ok := p.Stage(id)
	if !ok {
		return RefuseField("stageId", "the pipeline "+p.Name+" has no such stage")
	}
	t.Pipeline, t.Stage = p.ID, s.ID
	switch {
	case s.State != StageClosed:
		t.ClosedAt = time.Time{}
	case t.ClosedAt.IsZero():
		t.ClosedAt = now
	}
	return nil
}

// NewTicket is the ticket that a conversation of a channel begins with: the channel's defaults, else the first pipeline's
// first open stage; its name is the subject, else what was written.
func (c *Config) NewTicket(conv Conversation, ch Channel, now time.Time) Ticket {
	p := c.pipeline(ch.Ticket.Pipeline)
	stage := p.First(StageOpen)
	if s, ok := p.Stage(ch.Ticket.Stage); ok {
		stage = s
	}
	t := Ticket{
		ID: conv.ID.TicketID(), Name: conv.Subject, Inbox: conv.Inbox, Pipeline: p.ID, Stage: stage.ID, Priority: ch.Ticket.Priority,
		Contact: conv.Contact, Conversation: conv.ID, Source: string(ch.Type), CreatedAt: now, Team: conv.Team, Owner: conv.Assignee,
	}
	if t.Name == "" {
		t.Name = conv.Preview
	}
	for name, v := range ch.Ticket.Properties {
		if t.Properties == nil {
			t.Properties = map[string]string{}
		}
		t.Properties[name] = v
	}
	if stage.State == StageClosed {
		t.ClosedAt = now
	}
	return t
}

// pipeline is the one named, else the one with the smallest id, so that every process takes the same.
func (c *Config) pipeline(id PipelineID) Pipeline {
	if p, ok := c.Pipelines[id]; ok {
		return p
	}
	var first Pipeline
	for _, p := range c.Pipelines {
		if first.ID == "" || p.ID < first.ID {
			first = p
		}
	}
	return first
}

// Free reports whether a person takes work at a time: the switch is on and has not fallen back.
func (p Presence) Free(now time.Time) bool {
	return p.Available && (p.Until.IsZero() || now.Before(p.Until))
}

// Opening is what the ticket stage decided about a conversation that is new or open again.
type Opening struct {
	Conversation Conversation // as it was read: the decision holds only for it
	Number       int64        // its ticket's; 0 when it has none
	Ticket       *Ticket      // its ticket as it is to be, with the Version as it was read; nil leaves it alone
	Assignee     UserID       // given to automatically; empty leaves the assignment alone
	Presence     Presence     // of the assignee, as it was read
	Changes      []Change     // what the thread tells
}

// Waiting is a conversation that waits for somebody of a pool to be free.
type Waiting struct {
	Conversation ConversationID
	Position     string // in the line, oldest first
}

// TicketCreated is what a thread tells when its conversation gets a ticket.
func TicketCreated(number int64) Change {
	n := "#" + strconv.FormatInt(number, 10)
	return Change{What: "ticket", To: n, Note: "Ticket " + n + " was created."}
}
