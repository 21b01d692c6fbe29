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
	t.Tags = append(t.Tags, ch.Ticket.Tags...)
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

// Opening is what the ticket stage decided about a conversation that is new or open again.
type Opening struct {
	Conversation Conversation // as it was read: the decision holds only for it
	Number       int64        // its ticket's; 0 when it has none
	Ticket       *Ticket      // its ticket as it is to be, with the Version as it was read; nil leaves it alone
	Assignee     UserID       // given to automatically; empty leaves the assignment alone. The one who has it only has it counted
	Release      bool         // it is taken off whoever has it
	Presence     Presence     // of the assignee, as it was read
	TakeBack     time.Duration
	Changes      []Change // what the thread tells
	Tell         *Message // a mail to the contact's owner, who is away: its Conversation is a NoticeLog; nil for none
}

// Waiting is a conversation that waits for somebody of a pool to be free.
type Waiting struct {
	Conversation ConversationID
	Position     string // in the line, oldest first
	Not          UserID // it was taken back from them
}

// TicketCreated is what a thread tells when its conversation gets a ticket.
func TicketCreated(number int64) Change {
	n := "#" + strconv.FormatInt(number, 10)
	return Change{What: "ticket", To: n, Note: "Ticket " + n + " was created."}
}

// AfterReply is the stage in which a ticket waits for its contact: where a pipeline has one, an answer of ours leads there.
func (p Pipeline) AfterReply(now StageID) StageID {
	if s, ok := p.Stage(now); !ok || s.State != StageOpen || p.First(StageWaiting).State != StageWaiting {
		return now
	}
	return p.First(StageWaiting).ID
}

// AfterMessage is the stage in which a ticket waits for us after its contact wrote: from one that waits for the contact,
// the open one that follows the first, or the first where there is no other.
func (p Pipeline) AfterMessage(now StageID) StageID {
	if s, ok := p.Stage(now); !ok || s.State != StageWaiting {
		return now
	}
	to := p.First(StageOpen)
	for _, s := range p.Stages {
		if s.State == StageOpen && s.ID != to.ID {
			return s.ID
		}
	}
	if to.State != StageOpen {
		return now
	}
	return to.ID
}

// HelpDeskOf is the help desk to which a new ticket moves a conversation of an inbox; false when it stays.
func (c *Config) HelpDeskOf(id InboxID) (InboxID, bool) {
	from := c.Inboxes[id]
	if from.Kind == HelpDesk || from.Options.KeepTickets {
		return "", false
	}
	if to, there := c.Inboxes[from.Options.HelpDesk]; there && to.Kind == HelpDesk {
		return to.ID, true
	}
	var first InboxID
	for _, x := range c.Inboxes {
		if x.Kind == HelpDesk && (first == "" || x.ID < first) {
			first = x.ID
		}
	}
	return first, first != ""
}
