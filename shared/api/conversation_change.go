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
	owner := c.Assignee
	c, err = a.Desk.AmendConversation(ctx, c.ID, in.Body.Seen.value, who.author(), func(c *desk.Conversation) ([]desk.Change, error) {
		if err := who.mayWork(c.Inbox); err != nil { // it was moved meanwhile
			return nil, err
		}
		e := edit{c: c, blind: !in.Body.Seen.set}
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
		return e.changes, nil
	})
	if err != nil {
		return nil, err
	}
	if c.Ticket != 0 && c.Assignee != owner {
		if err := a.ownTicket(ctx, c); err != nil {
			return nil, err
		}
	}
	return &reply[Conversation]{a.showConversation(who.cfg, c)}, nil
}

// ownTicket makes a conversation's ticket follow its assignee (S057).
func (a *API) ownTicket(ctx context.Context, c desk.Conversation) error {
	_, err := a.Desk.ChangeTicket(ctx, c.ID.TicketID(), func(t *desk.Ticket) error {
		t.Owner, t.Team = c.Assignee, c.Team
		return nil
	})
	if desk.CodeOf(err) == desk.NotFound {
		return nil
	}
	return err
}

// check refuses what can't be done whatever the conversation is at the moment of the change.
func (b ConversationChange) check(who *caller, c desk.Conversation) error {
	switch {
	case b.Status.null:
		return desk.RefuseField("status", "a conversation is open or closed")
	case b.Place.null:
		return desk.RefuseField("place", "a conversation is in the inbox, filtered or in the trash")
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
