package api

import (
	"context"
	"fmt"

	"github.com/loket-desk/loket/shared/desk"
)

// ConversationTicketInput is a ticket that is made of a conversation; what is left out comes from its channel.
type ConversationTicketInput struct {
	Name string `json:"name,omitempty" maxLength:"300" doc:"The subject, or what was last written, unless given."`
	TicketFields
}

func (a *API) conversationTicketCalls(b *book) {
	on(b, "createConversationTicket", a.createConversationTicket)
	on(b, "detachTicket", a.detachTicket)
	on(b, "readWhy", a.why)
}

// createConversationTicket makes a ticket by hand (S159), with the defaults of the channel.
func (a *API) createConversationTicket(ctx context.Context, who *caller, in *struct {
	ByID
	Idem
	Body *ConversationTicketInput
},
) (*made[Ticket], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	var b ConversationTicketInput
	if in.Body != nil {
		b = *in.Body
	}
	if err := b.check(ctx, a, who); err != nil {
		return nil, err
	}
	return once(ctx, a, who, "POST /v1/conversations/"+in.ID+"/ticket", in.Key, func(string) (Ticket, error) {
		t := who.cfg.NewTicket(c, who.cfg.Channels[c.Channel], a.Now())
		t.Source, t.Name = "manual", firstOf(b.Name, t.Name, "Ticket")
		if err := b.apply(a.Now(), who.cfg, &t); err != nil {
			return Ticket{}, err
		}
		return a.ticketed(ctx, who, t)
	}, func(string) (Ticket, error) {
		t, err := a.Desk.Ticket(ctx, c.ID.TicketID())
		return showTicket(t), err
	})
}

// ticketed makes a ticket and, where it is a conversation's, moves both to the help desk (S161).
func (a *API) ticketed(ctx context.Context, who *caller, t desk.Ticket) (Ticket, error) {
	stored, existed, err := a.Desk.CreateTicket(ctx, t, who.author())
	if err == nil && existed {
		err = desk.Refuse(desk.Conflict, fmt.Sprintf("The conversation has ticket #%d already.", stored.Number))
	}
	if err != nil || stored.Conversation == "" {
		return showTicket(stored), err
	}
	to, moves := who.cfg.HelpDeskOf(stored.Inbox)
	if !moves {
		return showTicket(stored), nil
	}
	if _, err := a.Desk.MoveConversation(ctx, stored.Conversation, to, who.author()); err != nil {
		return Ticket{}, err
	}
	stored, err = a.Desk.Ticket(ctx, stored.ID)
	return showTicket(stored), err
}

// detachTicket takes a conversation and its ticket apart (S160).
func (a *API) detachTicket(ctx context.Context, who *caller, in *ByID) (*reply[Conversation], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	c, err = a.Desk.DetachTicket(ctx, c.ID, who.author())
	return &reply[Conversation]{a.showConversation(who.cfg, c)}, err
}

// moveWithTicket makes a conversation's ticket follow what was done to the conversation: its owner follows the assignee
// (S057) and, unless it is to stay, it closes and opens with it (S199).
func (e *edit) moveWithTicket(who *caller, was desk.Conversation, k *desk.Ticket, keep bool) error {
	if k == nil {
		return nil
	}
	if e.c.Assignee != was.Assignee || e.c.Team != was.Team {
		k.Owner, k.Team = e.c.Assignee, e.c.Team
	}
	p, known := who.cfg.Pipelines[k.Pipeline]
	if keep || !known || e.c.State == was.State {
		return nil
	}
	kind := desk.StageOpen
	if e.c.State == desk.Closed {
		kind = desk.StageClosed
	}
	to := p.First(kind)
	if to.State != kind || k.ClosedAt.IsZero() == (kind == desk.StageOpen) {
		return nil
	}
	if err := k.Move(p, to.ID, e.now); err != nil {
		return err
	}
	n := fmt.Sprintf("#%d", k.Number)
	e.changes = append(e.changes, desk.Change{What: "ticket", To: n, Note: "Ticket " + n + ": " + to.Name + "."})
	return nil
}
