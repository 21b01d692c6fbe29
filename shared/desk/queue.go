package desk

import (
	"encoding/json"
	"time"
)

// Letter is one message for a queue: a body, the FIFO group that keeps its order and the id that deduplicates it.
// Queue is the queue's folder name: "inbound", "tickets", "outbound" or "mail".
type Letter struct {
	Queue string
	Group string
	Dedup string
	Body  json.RawMessage
	Delay time.Duration // only for queues that are not FIFO
}

// QueueMessage is a message as it came off a queue.
type QueueMessage struct {
	ID      string // the queue's own
	Receipt string // what deletes or hides it
	Group   string // empty on queues that are not FIFO
	Body    []byte
	Tries   int // how often it was received, this time included
	SentAt  time.Time
}

// The queues' names; each is also the name of the function that reads it, its metric and its runbook.
const (
	QueueInbound  = "inbound"
	QueueTickets  = "tickets"
	QueueOutbound = "outbound"
	QueueMail     = "mail"
)

// TicketJobKind says what the ticket function is to do.
type TicketJobKind string

// What the ticket function does.
const (
	JobOpen  TicketJobKind = "open"  // a conversation is new or reopened: ticket and assignee
	JobDrain TicketJobKind = "drain" // somebody became free: give out what waits
	JobTake  TicketJobKind = "take"  // an assignment's time is over
	JobStep  TicketJobKind = "job"   // the next step of background work
)

// TicketJob is a body on the tickets queue.
type TicketJob struct {
	Kind         TicketJobKind  `json:"kind"`
	Conversation ConversationID `json:"conv,omitempty"`
	User         UserID         `json:"user,omitempty"`
	Pool         string         `json:"pool,omitempty"`
	Job          string         `json:"job,omitempty"`
}

// OutboundKind says what the sender is to do.
type OutboundKind string

// What the sender does.
const (
	SendMessage OutboundKind = "send"  // send one message of ours
	FetchMedia  OutboundKind = "media" // fetch one pending part of a message
	TellOwner   OutboundKind = "owner" // mail the contact's owner who is away
	CallHook    OutboundKind = "hook"  // call an integration's webhook
)

// OutboundJob is a body on the outbound queue.
type OutboundJob struct {
	Kind         OutboundKind   `json:"kind"`
	Conversation ConversationID `json:"conv,omitempty"`
	Message      MessageKey     `json:"msg,omitempty"`
	Part         string         `json:"part,omitempty"`
	Channel      ChannelID      `json:"ch,omitempty"`
	Event        string         `json:"event,omitempty"` // for hooks: what happened
	ID           string         `json:"id,omitempty"`    // for hooks: the event's id, the same on every try
}

// Failure is something that could not be processed, kept until an admin replays or deletes it.
type Failure struct {
	ID         FailureID
	Stage      string // where: "inbound", "mail", "tickets", "outbound", "dispatcher"
	Code       Code
	Reason     string // in words that are safe to show
	Channel    ChannelID
	Payload    json.RawMessage // the queue body as it came: usually JSON, but it may be any bytes
	PayloadKey string          // the S3 key of a body over 100 KB; beside a Payload, that of what the platform sent
	Group      string
	Tries      int
	At         time.Time
	State      string // "" or "replay"
	Replays    int
}

// Audit is one change of the set-up.
type Audit struct {
	At     time.Time `json:"t"`
	Actor  Author    `json:"by"`
	Action string    `json:"act"` // "channel.create", "user.update" …
	Target string    `json:"on"`
	From   string    `json:"ip,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// APIKey is what is stored of a key: never the secret, only its hash.
type APIKey struct {
	ID          KeyID        `json:"-"`
	Name        string       `json:"name"`
	Hash        []byte       `json:"hash"` // SHA-256 of the secret
	User        UserID       `json:"user,omitempty"`
	Permissions []Permission `json:"perms,omitempty"`
	CreatedAt   time.Time    `json:"t"`
	Revoked     bool         `json:"gone,omitempty"`
}

// Upload is a file that a caller announced and then put into S3.
type Upload struct {
	ID          UploadID  `json:"-"`
	Name        string    `json:"name"`
	ContentType string    `json:"type"`
	Size        int64     `json:"size"`
	Key         string    `json:"key"`
	Owner       string    `json:"owner"` // the caller
	CreatedAt   time.Time `json:"t"`
}
