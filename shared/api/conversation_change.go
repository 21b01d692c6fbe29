package api

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// AssigneeInput is whom a conversation is to go to; what is left out stays.
type AssigneeInput struct {
	UserID opt[string] `json:"userId,omitempty" maxLength:"200"`
	TeamID opt[string] `json:"teamId,omitempty" maxLength:"200"`
}

// ConversationChange is a change of a conversation. With `seen`, closing, filtering, trashing and marking as read are
// refused when a newer message came in since; `seen` alone marks as read.
type ConversationChange struct {
	Status    opt[string]        `json:"status,omitempty" enum:"OPEN,CLOSED"`
	Assignee  opt[AssigneeInput] `json:"assignee,omitempty" doc:"Null unassigns."`
	Subject   opt[string]        `json:"subject,omitempty" maxLength:"200"`
	ContactID opt[string]        `json:"contactId,omitempty" maxLength:"200" doc:"Null detaches the contact."`
	Place     opt[string]        `json:"place,omitempty" enum:"INBOX,FILTERED,TRASH"`
	Unread    opt[bool]          `json:"unread,omitempty"`
	InboxID   opt[string]        `json:"inboxId,omitempty" maxLength:"200" doc:"Moves the conversation with its ticket into another inbox."`
	Ticket    opt[string]        `json:"ticket,omitempty" enum:"FOLLOW,KEEP" doc:"With status: whether the ticket closes, or opens again, with the conversation (FOLLOW, unless given) or stays as it is."`
	Seen      opt[string]        `json:"seen,omitempty" maxLength:"50" doc:"The token that came with the conversation."`
}

func (a *API) changeConversation(ctx context.Context, who *caller, in *struct {
	ByID
	Body ConversationChange
},
) (*reply[Conversation], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	if err := in.Body.check(who, c); err != nil {
		return nil, err
	}
	var contact desk.Contact
	if in.Body.ContactID.value != "" {
		contact, err = a.Desk.Contact(ctx, desk.ContactID(in.Body.ContactID.value))
		if desk.CodeOf(err) == desk.NotFound {
			return nil, desk.RefuseField("contactId", "there is no such contact")
		}
		if err == nil {
			err = a.Desk.LinkContact(ctx, contact.ID, c)
		}
		if err != nil {
			return nil, err
		}
	}
	now := a.Now()
	c, err = a.Desk.AmendWithTicket(ctx, c.ID, in.Body.Seen.value, who.author(), func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error) {
		if err := who.mayWork(c.Inbox); err != nil { // it was moved meanwhile
			return nil, err
		}
		e, was := edit{c: c, blind: !in.Body.Seen.set, now: now}, *c
		if in.Body.Status.set {
			e.status(desk.ConversationState(in.Body.Status.value), now)
		}
		if in.Body.Place.set {
			e.place(desk.Place(in.Body.Place.value))
		}
		if in.Body.Assignee.set {
			v := in.Body.Assignee.value
			e.assign(who.cfg, v.UserID, v.TeamID, in.Body.Assignee.null)
		}
		if in.Body.Subject.set {
			e.rename(strings.TrimSpace(in.Body.Subject.value))
		}
		if in.Body.ContactID.set {
			e.contact(contact)
		}
		e.read(in.Body)
		return e.changes, e.moveWithTicket(who, was, k, in.Body.Ticket.value == "KEEP")
	})
	if err != nil {
		return nil, err
	}
	if to := desk.InboxID(in.Body.InboxID.value); to != "" && to != c.Inbox {
		if _, err := a.Desk.MoveConversation(ctx, c.ID, to, who.author()); err != nil {
			return nil, err
		}
		if c, err = a.Desk.Conversation(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	return &reply[Conversation]{a.showConversation(who.cfg, c)}, nil
}

// check refuses what can't be done whatever the conversation is at the moment of the change.
func (b ConversationChange) check(who *caller, c desk.Conversation) error {
	switch {
	case b.Status.null:
		return desk.RefuseField("status", "a conversation is open or closed")
	case b.Place.null:
		return desk.RefuseField("place", "a conversation is in the inbox, filtered or in the trash")
	}
	if to := desk.InboxID(b.InboxID.value); to != "" && !who.works(to) {
		if !who.sees(to) {
			return desk.RefuseField("inboxId", "there is no such inbox")
		}
		return who.mayWork(to)
	}
	to := b.Assignee.value
	if id := desk.UserID(to.UserID.value); id != "" {
		u, there := who.cfg.Users[id]
		if !there || !u.Active {
			return desk.RefuseField("assignee.userId", "there is no such active user")
		}
		if !who.cfg.Inboxes[c.Inbox].Access.Member(u) {
			return desk.RefuseField("assignee.userId", u.Name+" is no member of the inbox "+who.cfg.Inboxes[c.Inbox].Name)
		}
	}
	if id := desk.TeamID(to.TeamID.value); id != "" {
		return knownTeams(who.cfg, "assignee.teamId", []desk.TeamID{id})
	}
	return nil
}
