package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Ticket is a request with a number, a stage and an owner.
type Ticket struct {
	ID             string            `json:"id"`
	Number         int64             `json:"number"`
	Name           string            `json:"name"`
	Description    string            `json:"description"`
	InboxID        *string           `json:"inboxId" doc:"Null: everybody may see it."`
	PipelineID     string            `json:"pipelineId"`
	StageID        string            `json:"stageId"`
	Priority       *string           `json:"priority" doc:"LOW, MEDIUM, HIGH, URGENT or none."`
	OwnerID        *string           `json:"ownerId"`
	TeamID         *string           `json:"teamId"`
	ContactID      *string           `json:"contactId"`
	ConversationID *string           `json:"conversationId"`
	Properties     map[string]string `json:"properties"`
	Tags           []string          `json:"tags" nullable:"false"`
	Source         string            `json:"source" doc:"The channel type, or api." example:"telegram"`
	CreatedAt      time.Time         `json:"createdAt"`
	ClosedAt       *time.Time        `json:"closedAt"`
}

// TicketFields are what both a new ticket and a change of one may say.
type TicketFields struct {
	Description opt[string]             `json:"description,omitempty" maxLength:"20000"`
	PipelineID  opt[string]             `json:"pipelineId,omitempty" maxLength:"200"`
	StageID     opt[string]             `json:"stageId,omitempty" maxLength:"200"`
	Priority    opt[string]             `json:"priority,omitempty" enum:"LOW,MEDIUM,HIGH,URGENT"`
	OwnerID     opt[string]             `json:"ownerId,omitempty" maxLength:"200"`
	TeamID      opt[string]             `json:"teamId,omitempty" maxLength:"200"`
	ContactID   opt[string]             `json:"contactId,omitempty" maxLength:"200"`
	Tags        opt[[]string]           `json:"tags,omitempty" maxItems:"50"`
	Properties  opt[map[string]*string] `json:"properties,omitempty" maxProperties:"200" doc:"Each is set; null takes one away."`
}

// NewTicket is a ticket to create: a conversation's, or one of its own.
type NewTicket struct {
	Name           string `json:"name" minLength:"1" maxLength:"300"`
	ConversationID string `json:"conversationId,omitempty" maxLength:"200"`
	InboxID        string `json:"inboxId,omitempty" maxLength:"200" doc:"Who may see a ticket of its own; everybody unless given."`
	TicketFields
}

// TicketChange is a change of a ticket.
type TicketChange struct {
	Name opt[string] `json:"name,omitempty" minLength:"1" maxLength:"300"`
	TicketFields
}

func showTicket(t desk.Ticket) Ticket {
	return Ticket{
		ID: string(t.ID), Number: t.Number, Name: t.Name, Description: t.Description, InboxID: some(string(t.Inbox)),
		PipelineID: string(t.Pipeline), StageID: string(t.Stage), Priority: some(string(t.Priority)), OwnerID: some(string(t.Owner)),
		TeamID: some(string(t.Team)), ContactID: some(string(t.Contact)), ConversationID: some(string(t.Conversation)),
		Properties: copied(t.Properties), Tags: append([]string{}, t.Tags...), Source: t.Source, CreatedAt: t.CreatedAt.UTC(), ClosedAt: moment(t.ClosedAt),
	}
}

// seesTicket reports whether the caller may see a ticket: those of the inboxes they may read, and those of none.
func (c *caller) seesTicket(t desk.Ticket) bool { return t.Inbox == "" || c.sees(t.Inbox) }

func (a *API) ticketCalls(b *book) {
	on(b, "listTickets", a.listTickets)
	on(b, "readTicket", func(ctx context.Context, who *caller, in *ByID) (*reply[Ticket], error) {
		t, err := a.ticketOf(ctx, who, in.ID)
		return &reply[Ticket]{showTicket(t)}, err
	})
	on(b, "createTicket", a.createTicket)
	on(b, "changeTicket", a.changeTicket)
}

func (a *API) ticketOf(ctx context.Context, who *caller, id string) (desk.Ticket, error) {
	t, err := a.Desk.Ticket(ctx, desk.TicketID(id))
	if err == nil && !who.seesTicket(t) {
		err = desk.Refuse(desk.NotFound, "There is no such ticket.")
	}
	return t, err
}

// TicketFilters are the filters of a list of tickets; all that are given apply together.
type TicketFilters struct {
	PipelineID string `query:"pipelineId" maxLength:"200"`
	Status     string `query:"status" enum:"OPEN,CLOSED"`
	OwnerID    string `query:"ownerId" maxLength:"200"`
	ContactID  string `query:"contactId" maxLength:"200"`
}

func (a *API) listTickets(ctx context.Context, who *caller, in *struct {
	Paged
	TicketFilters
},
) (*reply[listOf[Ticket]], error) {
	f := in.TicketFilters
	name := fmt.Sprintf("tickets %+v", f)
	after, err := a.cursors.read(ctx, name, in.After)
	if err != nil {
		return nil, err
	}
	q := desk.TicketQuery{
		Open: f.Status == "OPEN", Closed: f.Status == "CLOSED", Owner: desk.UserID(f.OwnerID), Contact: desk.ContactID(f.ContactID),
		Inboxes: append([]desk.InboxID{}, who.visible()...), Limit: in.Limit, After: after,
	}
	for id := range who.cfg.Pipelines {
		if f.PipelineID == "" || f.PipelineID == string(id) {
			q.Pipelines = append(q.Pipelines, id)
		}
	}
	slices.Sort(q.Pipelines)
	if len(q.Pipelines) == 0 {
		return nil, desk.RefuseField("pipelineId", "there is no such pipeline")
	}
	found, err := a.Desk.ListTickets(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []Ticket
	for _, t := range found.Tickets {
		out = append(out, showTicket(t))
	}
	return page(ctx, a, name, out, found.Next)
}

func (a *API) createTicket(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewTicket
},
) (*made[Ticket], error) {
	b := in.Body
	name, err := named(b.Name)
	if err != nil {
		return nil, err
	}
	t := desk.Ticket{Name: name, Source: "api", CreatedAt: a.Now(), Inbox: desk.InboxID(b.InboxID)}
	if b.ConversationID != "" {
		if err := a.ticketFor(ctx, who, b, &t); err != nil {
			return nil, err
		}
	} else if b.InboxID != "" {
		if _, err := inboxOf(who, who.cfg, b.InboxID); err != nil {
			return nil, desk.RefuseField("inboxId", "there is no such inbox")
		}
		if err := who.mayWork(t.Inbox); err != nil {
			return nil, err
		}
	}
	if err := b.check(ctx, a, who); err != nil {
		return nil, err
	}
	return once(ctx, a, who, "POST /v1/tickets", in.Key, func(id string) (Ticket, error) {
		t := t
		t.ID = desk.TicketID(id)
		if err := b.apply(a.Now(), who.cfg, &t); err != nil {
			return Ticket{}, err
		}
		return a.ticketed(ctx, who, t)
	}, func(id string) (Ticket, error) {
		if t.Conversation != "" {
			id = string(t.Conversation.TicketID())
		}
		stored, err := a.Desk.Ticket(ctx, desk.TicketID(id))
		return showTicket(stored), err
	})
}

// ticketFor makes t the ticket of a conversation that the caller works on.
func (a *API) ticketFor(ctx context.Context, who *caller, b NewTicket, t *desk.Ticket) error {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(b.ConversationID))
	if desk.CodeOf(err) == desk.NotFound {
		return desk.RefuseField("conversationId", "there is no such conversation")
	}
	if err != nil {
		return err
	}
	if b.InboxID != "" && b.InboxID != string(c.Inbox) {
		return desk.RefuseField("inboxId", "a conversation's ticket is in the conversation's inbox")
	}
	t.Conversation, t.Inbox, t.Contact, t.Owner, t.Team = c.ID, c.Inbox, c.Contact, c.Assignee, c.Team
	return who.mayWork(c.Inbox)
}

func (a *API) changeTicket(ctx context.Context, who *caller, in *struct {
	ByID
	Body TicketChange
},
) (*reply[Ticket], error) {
	t, err := a.ticketOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if err := who.mayWorkOn(t); err != nil {
		return nil, err
	}
	if err := in.Body.check(ctx, a, who); err != nil {
		return nil, err
	}
	t, err = a.Desk.ChangeTicket(ctx, t.ID, func(t *desk.Ticket) error {
		if err := who.mayWorkOn(*t); err != nil { // it was moved meanwhile
			return err
		}
		in.Body.Name.apply(&t.Name)
		if t.Name = strings.TrimSpace(t.Name); t.Name == "" {
			return desk.RefuseField("name", "a ticket needs a name")
		}
		return in.Body.apply(a.Now(), who.cfg, t)
	})
	return &reply[Ticket]{showTicket(t)}, err
}

func (c *caller) mayWorkOn(t desk.Ticket) error {
	if t.Inbox == "" {
		return nil
	}
	return c.mayWork(t.Inbox)
}

// check refuses names of what isn't there.
func (f TicketFields) check(ctx context.Context, a *API, who *caller) error {
	if id := f.OwnerID.value; id != "" {
		if u, there := who.cfg.Users[desk.UserID(id)]; !there || !u.Active {
			return desk.RefuseField("ownerId", "there is no such active user")
		}
	}
	if id := f.TeamID.value; id != "" {
		if _, there := who.cfg.Teams[desk.TeamID(id)]; !there {
			return desk.RefuseField("teamId", "there is no such team")
		}
	}
	if id := f.ContactID.value; id != "" {
		_, err := a.Desk.Contact(ctx, desk.ContactID(id))
		if desk.CodeOf(err) == desk.NotFound {
			return desk.RefuseField("contactId", "there is no such contact")
		}
		return err
	}
	return nil
}

// tags are labels without spaces around them, each once.
func tags(given []string) []string {
	var out []string
	for _, t := range given {
		if t = strings.TrimSpace(t); t != "" && len(t) <= 100 && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// apply puts the fields over t and moves it where they say.
func (f TicketFields) apply(now time.Time, cfg *desk.Config, t *desk.Ticket) error {
	f.Description.apply(&t.Description)
	applyAs(f.Priority, &t.Priority)
	applyAs(f.OwnerID, &t.Owner)
	applyAs(f.TeamID, &t.Team)
	applyAs(f.ContactID, &t.Contact)
	if f.Tags.set {
		t.Tags = tags(f.Tags.value)
	}
	for name, v := range f.Properties.value {
		if v == nil {
			delete(t.Properties, name)
			continue
		}
		if t.Properties == nil {
			t.Properties = map[string]string{}
		}
		t.Properties[name] = *v
	}
	if f.Properties.null {
		t.Properties = nil
	}
	return f.move(now, cfg, t)
}

func (f TicketFields) move(now time.Time, cfg *desk.Config, t *desk.Ticket) error {
	if t.Pipeline != "" && !f.PipelineID.set && !f.StageID.set {
		return nil
	}
	id, stage := t.Pipeline, desk.StageID(f.StageID.value)
	if f.PipelineID.value != "" {
		id = desk.PipelineID(f.PipelineID.value)
	}
	if id == "" {
		id = slices.Min(slices.Collect(maps.Keys(cfg.Pipelines)))
	}
	p, there := cfg.Pipelines[id]
	if !there {
		return desk.RefuseField("pipelineId", "there is no such pipeline")
	}
	if stage == "" && id == t.Pipeline && !f.StageID.set {
		return nil
	}
	if stage == "" {
		stage = p.First(desk.StageOpen).ID
	}
	return t.Move(p, stage, now)
}
