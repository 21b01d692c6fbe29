package api

import (
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// edit changes a conversation and collects what its thread is told. What is so already is no change.
type edit struct {
	c       *desk.Conversation
	changes []desk.Change
	blind   bool // nobody said what they had seen
	now     time.Time
}

func (e *edit) tell(what, from, to string) {
	e.changes = append(e.changes, desk.Change{What: what, From: from, To: to})
}

// tellSeen is tell for acts that depend on what was seen.
func (e *edit) tellSeen(what, from, to string) {
	e.tell(what, from, to)
	if e.blind {
		e.changes[len(e.changes)-1].Note = "Done without saying what had been seen."
	}
}

func (e *edit) status(to desk.ConversationState, now time.Time) {
	if to == e.c.State {
		return
	}
	from := e.c.State
	e.c.State = to
	if to == desk.Closed {
		e.c.ClosedAt, e.c.Waiting, e.c.Unread = now, time.Time{}, ""
		e.tellSeen("closed", string(from), string(to))
		return
	}
	e.c.ClosedAt = time.Time{}
	e.tell("reopened", string(from), string(to))
}

func (e *edit) place(to desk.Place) {
	if to == e.c.Place {
		return
	}
	from := e.c.Place
	e.c.Place = to
	switch to {
	case desk.Trash:
		e.tellSeen("trashed", string(from), string(to))
	case desk.Filtered:
		e.tellSeen("filtered", string(from), string(to))
	default:
		e.c.Blocked = false
		e.tell("restored", string(from), string(to))
	}
}

func (e *edit) assign(cfg *desk.Config, user, team opt[string], nobody bool) {
	was := *e.c
	applyAs(user, &e.c.Assignee)
	applyAs(team, &e.c.Team)
	if nobody {
		e.c.Assignee, e.c.Team = "", ""
	}
	e.c.ByHand = true // nobody as well: what a person decided is not undone by a rule
	if was.Assignee != e.c.Assignee {
		e.tell("assigned", string(was.Assignee), string(e.c.Assignee))
		e.changes[len(e.changes)-1].Note = firstOf(cfg.Users[e.c.Assignee].Name, "nobody")
	}
	if was.Team != e.c.Team {
		e.tell("team", string(was.Team), string(e.c.Team))
		e.changes[len(e.changes)-1].Note = firstOf(cfg.Teams[e.c.Team].Name, "no team")
	}
	if was.Assignee == e.c.Assignee && was.Team == e.c.Team {
		e.c.ByHand = was.ByHand
	}
}

func (e *edit) rename(to string) {
	if to != e.c.Subject {
		e.tell("renamed", e.c.Subject, to)
		e.c.Subject = to
	}
}

// contact makes the conversation another contact's; one without an id detaches it.
func (e *edit) contact(to desk.Contact) {
	if to.ID == e.c.Contact {
		return
	}
	e.tell("contact", string(e.c.Contact), string(to.ID))
	e.changes[len(e.changes)-1].Note = firstOf(to.Name, "no contact")
	e.c.Contact, e.c.Name = to.ID, to.Name
}

// read marks as read or unread. Saying what was seen, and nothing else about it, is having read it.
func (e *edit) read(b ConversationChange) {
	switch {
	case b.Unread.set && b.Unread.value && e.c.Unread == "":
		e.c.Unread = e.c.LastIn
	case b.Unread.set && !b.Unread.value, b.Seen.set && !b.Unread.set:
		e.c.Unread = ""
	}
}
