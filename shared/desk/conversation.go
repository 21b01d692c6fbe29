package desk

import (
	"strconv"
	"time"
)

// ConversationState is open or closed.
type ConversationState string

// The two states of a conversation.
const (
	Open   ConversationState = "OPEN"
	Closed ConversationState = "CLOSED"
)

// Place is where a conversation is kept.
type Place string

// Where a conversation can be. Purging is on its way out and takes no more messages.
const (
	InInbox  Place = "INBOX"
	Filtered Place = "FILTERED"
	Trash    Place = "TRASH"
	Purging  Place = "PURGING"
)

// Conversation is a thread's head. It is small on purpose (under 1,024 bytes in the table): messages are items of their own.
type Conversation struct {
	ID        ConversationID
	Inbox     InboxID
	Channel   ChannelID
	Thread    string // thread value; with the channel it is the key of the pointer to this conversation
	Contact   ContactID
	Name      string // the contact's, as shown in lists
	Subject   string
	State     ConversationState
	Place     Place
	Blocked   bool // filtered because its sender is blocked
	Assignee  UserID
	Team      TeamID
	ByHand    bool   // a person made the assignment
	Ticket    int64  // the ticket's number; 0 when there is none
	Preview   string // of the later of the last message in and out
	Announced int64  // counts announced messages: the `seen` token
	Unread    MessageKey
	Waiting   time.Time // since when the contact waits for us; zero when we don't owe an answer
	LastIn    MessageKey
	LastOut   MessageKey
	LastAt    time.Time // of the later of the two
	Listed    time.Time // the activity time in the list's index, up to ten minutes behind LastAt
	CreatedAt time.Time
	ClosedAt  time.Time
	Previous  ConversationID // the one it continues
	Into      ConversationID // merged into
	Work      string         // what the dispatcher still has to hand on; empty when nothing
	Outbound  bool           // we began it and the contact has not answered yet
	Consent   string
}

// View is a list that a conversation stands in; exactly one at a time.
type View string

// The lists. "All open" is unassigned and assigned together.
const (
	ViewUnassigned View = "unassigned"
	ViewAssigned   View = "assigned"
	ViewBot        View = "bot"
	ViewSent       View = "sent"
	ViewClosed     View = "closed"
	ViewFiltered   View = "filtered"
	ViewTrash      View = "trash"
)

// View is the list the conversation stands in.
func (c Conversation) View() View {
	switch {
	case c.Place == Trash || c.Place == Purging:
		return ViewTrash
	case c.Place == Filtered:
		return ViewFiltered
	case c.State == Closed:
		return ViewClosed
	case c.Outbound:
		return ViewSent
	case c.Assignee != "":
		return ViewAssigned
	default:
		return ViewUnassigned
	}
}

// Seen is the token that a client gets with a conversation: acts that depend on what was seen carry it back.
func (c Conversation) Seen() string { return "s" + strconv.FormatInt(c.Announced, 10) }

// TicketID is the id that the conversation's ticket has, whether it exists or not.
func (c ConversationID) TicketID() TicketID { return TicketID(c) }

// Ticket is a request with a number, a stage in a pipeline and an owner.
type Ticket struct {
	ID           TicketID          `json:"-"`
	Number       int64             `json:"no"`
	Name         string            `json:"name"`
	Description  string            `json:"descr,omitempty"`
	Inbox        InboxID           `json:"ib,omitempty"`
	Pipeline     PipelineID        `json:"pl"`
	Stage        StageID           `json:"st"`
	Priority     Priority          `json:"prio,omitempty"`
	Owner        UserID            `json:"own,omitempty"`
	Team         TeamID            `json:"team,omitempty"`
	Contact      ContactID         `json:"ct,omitempty"`
	Conversation ConversationID    `json:"conv,omitempty"`
	Properties   map[string]string `json:"props,omitempty"`
	Tags         []string          `json:"tags,omitempty"`
	Source       string            `json:"src,omitempty"` // the channel type, "api" or "manual"
	CreatedAt    time.Time         `json:"t"`
	ClosedAt     time.Time         `json:"ct2,omitzero"`
	Version      int64             `json:"-"`
}

// Priority of a ticket; empty is none.
type Priority string

// The priorities.
const (
	Low    Priority = "LOW"
	Medium Priority = "MEDIUM"
	High   Priority = "HIGH"
	Urgent Priority = "URGENT"
)

// Contact is a person who writes to us.
type Contact struct {
	ID         ContactID         `json:"-"`
	Name       string            `json:"name,omitempty"`
	Owner      UserID            `json:"own,omitempty"`
	Emails     []ContactEmail    `json:"mail,omitempty"`
	Phones     []string          `json:"tel,omitempty"`
	Identities []Identity        `json:"ids,omitempty"`
	Company    string            `json:"co,omitempty"`
	Properties map[string]string `json:"props,omitempty"`
	Unverified bool              `json:"unver,omitempty"` // made from text only (the sender inside a forwarded mail)
	CreatedAt  time.Time         `json:"t"`
	Version    int64             `json:"-"`
}

// ContactEmail is an address and whether it works: empty, BOUNCED or COMPLAINED.
type ContactEmail struct {
	Address string `json:"a"`
	State   string `json:"s,omitempty"`
}

// ID of the contact that an identity makes when nobody has it yet.
func (i Identity) ContactID() ContactID { return ContactID(Derive("contact", i.Kind, i.Value)) }
