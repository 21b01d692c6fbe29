package desk

import (
	"context"
	"time"
)

// Filing is an inbound message with everything that routing decided about it: what the table needs to file it exactly once.
type Filing struct {
	Channel     ChannelID
	Inbox       InboxID
	ChannelType ChannelType
	Ext         string   // the provider id that is claimed
	Aliases     []string // further provider ids under which the message is found (a mail's Message-ID); never claimed
	Thread      string
	// Join is the conversation that evidence proves (mail); empty leaves it to the thread pointer.
	Join ConversationID
	// Participants says the thread value proves nothing (mail: the sender chose it): a pointer is followed only when From
	// takes part in that conversation, else the message begins one of its own.
	OnlyParticipants bool
	From             Identity
	Takers           []string       // addresses that take part from now on
	Follows          ConversationID // a possible predecessor, told and linked but not joined
	Contact          Contact        // as it is made when nobody has any of the identities
	Identities       []Identity     // the first decides
	Message          Message        // without conversation and key
	Subject          string
	Preview          string
	Reopen           ReopenRule
	// Work is handed on by the dispatcher when the conversation is new or opened again; empty when there is nothing to do.
	Work     string
	Place    Place // where a new conversation begins: InInbox or Filtered
	Muted    bool  // automatic: opens and starts nothing
	Replayed bool
	// Assignee is given to a new conversation at once, without the unassigned hop; empty leaves it unassigned.
	Assignee UserID
	// Choose decides, when the conversation turns out to be new, whom it goes to at once; ok is false when to nobody yet.
	// nil leaves it to Assignee.
	Choose func(ctx context.Context, c Conversation) (g Given, ok bool, err error)
}

// Filed says where a message lies now.
type Filed struct {
	Conversation ConversationID
	Key          MessageKey
	Duplicate    bool // it was there already; nothing was changed
	New          bool // it began a conversation
	Reopened     bool
}

// NewOutgoing is a reply, a comment or a first message that somebody wrote here.
type NewOutgoing struct {
	Conversation ConversationID
	Message      Message // Kind, Author, Channel, Thread, texts, attachments; key and times are the table's
	Preview      string
	Request      *Request // idempotency of the API; nil for none
	Takers       []string // mail: addresses that take part from now on
}

// Request is an API call with an Idempotency-Key: the same key and body give the first answer again.
type Request struct {
	Caller string // key or user
	Route  string
	Key    string
	Hash   string // of the body
}

// ConversationQuery lists conversations. Empty fields don't filter. Inboxes are those the caller may see.
type ConversationQuery struct {
	Inboxes   []InboxID
	Views     []View // merged
	Channels  []ChannelID
	Assignee  UserID // with Mine: the user's own open work by gsi2
	Mine      bool
	Team      TeamID
	Contact   ContactID
	From, To  time.Time // of the last activity
	Ascending bool      // oldest first
	After     string    // cursor of the page before; opaque to everybody but the table
	Limit     int
}

// ConversationPage is a page of a list; Next is empty at the end. A filtered page may be short and still have a Next.
type ConversationPage struct {
	Conversations []Conversation
	Next          string
}
