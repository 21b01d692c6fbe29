package desk

import "time"

// Everybody stands for all who work here, where something waits for whoever is free: a change of the set-up may have
// made anybody fit for it.
const Everybody UserID = "*"

// Skip says why a person was not given a conversation.
type Skip string

// The reasons, in the order in which they are looked at.
const (
	SkipGone     Skip = "gone"     // not active any more
	SkipRole     Skip = "role"     // their role may not be assigned automatically
	SkipInbox    Skip = "inbox"    // no member of the inbox
	SkipSkill    Skip = "skill"    // lacks a skill that is needed
	SkipBack     Skip = "back"     // it was taken back from them a moment ago
	SkipAway     Skip = "away"     // not available
	SkipCapacity Skip = "capacity" // as many open conversations as they take
	SkipTurn     Skip = "turn"     // fit, but another's turn came first
)

// Why is how an assignment came about: what a decision looked at, kept with the event that tells it.
type Why struct {
	Rule       string       `json:"r"`           // in words
	Considered []Considered `json:"c,omitempty"` // at most MostConsidered
	More       int          `json:"m,omitempty"` // how many more were looked at
}

// MostConsidered bounds how many people a Why names.
const MostConsidered = 40

// Considered is a person who was looked at. Skipped is empty for whom it went to.
type Considered struct {
	User    UserID `json:"u"`
	Skipped Skip   `json:"s,omitempty"`
}

// Given is a decision whom a new conversation goes to at once. It holds only while the presence is as it was read.
type Given struct {
	Presence Presence
	Change   Change
	TakeBack time.Duration // after which it is taken back when nothing happened; 0 for never
	Done     bool          // nothing else is to be done for the conversation
}

// TakeBack is an assignment that is taken back at a time unless something happened.
type TakeBack struct {
	Conversation ConversationID
	User         UserID
	LastOut      MessageKey // of the conversation when it was assigned: another one means that something happened
	At           time.Time
}

// OwnerPool names the line of conversations that wait for one person, their contact's owner.
func OwnerPool(id UserID) string { return Digest("owner", string(id)) }

// Counted is whose load an open conversation counts to; empty when to nobody's.
func (c Conversation) Counted() UserID {
	if c.State == Open && c.Place == InInbox && c.Into == "" {
		return c.Assignee
	}
	return ""
}

// Named are the users a routing rule names, directly or by team, whatever their state.
func (c *Config) Named(r Routing) []User {
	var out []User
	for _, u := range c.Users {
		if named(r.UserIDs, u.ID) || anyTeam(r.TeamIDs, u) {
			out = append(out, u)
		}
	}
	return out
}

// MayBeGiven says why a person may not be assigned in an inbox at all; empty when they may.
func (c *Config) MayBeGiven(u User, inbox InboxID) Skip {
	switch {
	case !u.Active:
		return SkipGone
	case !c.Can(u, PermBeAssigned):
		return SkipRole
	case !c.Inboxes[inbox].Access.Member(u):
		return SkipInbox
	}
	return ""
}
