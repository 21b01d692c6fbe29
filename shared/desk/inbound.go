package desk

import (
	"encoding/json"
	"time"
)

// InboundType says what an event from a platform is about.
type InboundType string

// What can come in.
const (
	InMessage  InboundType = "message"  // somebody wrote
	InEdit     InboundType = "edit"     // somebody changed what they wrote; Target is the message's provider id
	InDelete   InboundType = "delete"   // somebody took a message back
	InReaction InboundType = "reaction" // an emoji on a message; Text is the emoji, empty when it was removed
	InStatus   InboundType = "status"   // sent, delivered, read or failed; Target is our message's provider id
	InEcho     InboundType = "echo"     // a reply written elsewhere, in the platform's own app
	InBlocked  InboundType = "blocked"  // the other party stopped us from writing to them
	InUnparsed InboundType = "unparsed" // genuine, but can't be read: becomes a failure with its payload
)

// Identity is an address of a person on some kind of network: the thing a contact is found by.
// Kind is "email", "phone", or a channel's own kind such as "telegram:<bot id>"; Value is normalised by the parser.
type Identity struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Party is the other side of a conversation as a platform describes it.
type Party struct {
	Identity
	Name   string     `json:"name,omitempty"`   // as they call themselves
	Handle string     `json:"handle,omitempty"` // @name, where the network has such
	Also   []Identity `json:"also,omitempty"`   // further identities of the same person, all proven by the platform
}

// Inbound is one event in normal form: what every channel's parser makes of its platform's payload, one queue message each.
type Inbound struct {
	Channel ChannelID   `json:"ch"`
	Account string      `json:"acct,omitempty"` // the platform account the item names, where one address serves several
	Type    InboundType `json:"type"`
	// ID is the provider's id of the event, unique for good within the channel: what is claimed.
	ID string `json:"id"`
	// MessageID is the provider's id of the message, when it is not ID; edits, replies and statuses name it.
	MessageID string `json:"mid,omitempty"`
	// Thread is the thread value: what decides the conversation. The other party's address for chat.
	Thread string    `json:"thread"`
	At     time.Time `json:"at"` // when it happened, by the platform
	From   Party     `json:"from"`

	Subject     string         `json:"subject,omitempty"`
	Text        string         `json:"text,omitempty"`
	TextKey     string         `json:"textKey,omitempty"` // S3 key of a text over 32 KB; Text is then its beginning
	HTMLKey     string         `json:"htmlKey,omitempty"` // S3 key of the raw HTML
	Attachments []Attachment   `json:"parts,omitempty"`
	ReplyTo     string         `json:"re,omitempty"`     // provider id of the message it answers
	Target      string         `json:"target,omitempty"` // provider id of the message an edit, status, reaction or delete is about
	Status      *StatusNews    `json:"status,omitempty"`
	Unsupported string         `json:"unsup,omitempty"` // what it was, in words, when we can't carry it; the payload is kept
	Mail        *MailFacts     `json:"mail,omitempty"`
	Answers     MessageID      `json:"ans,omitempty"` // our id of the message it answers, where the sender knows ours
	Custom      *MessageCustom `json:"cust,omitempty"`
	Muted       bool           `json:"muted,omitempty"` // automatic: opens, reopens, assigns and starts nothing
	// Payload is the platform's own words, kept for unsupported and unparsed items and for "show original".
	Payload    json.RawMessage `json:"raw,omitempty"`
	PayloadKey string          `json:"rawKey,omitempty"` // its S3 key when it is too large for a queue message
	Reason     string          `json:"why,omitempty"`    // for unparsed: what is wrong, in words
	// Replay marks an event put back by an admin: an old unfinished claim of its own is then no reason to call it a duplicate.
	Replay string `json:"replay,omitempty"`
}

// StatusNews is what a platform says about a message of ours.
type StatusNews struct {
	State  State     `json:"state"`
	Detail string    `json:"detail,omitempty"`
	At     time.Time `json:"at"`
	// Key is our own message id where the platform echoes it back; it settles early statuses and unknowns.
	Key MessageID `json:"key,omitempty"`
	// UpTo means: every message of ours in this thread up to this time (a watermark).
	UpTo time.Time `json:"upTo,omitzero"`
	// Recipient is whom it is about, where a message has several.
	Recipient string `json:"rcpt,omitempty"`
	// Hard marks an address that will never work.
	Hard bool `json:"hard,omitempty"`
	// Complained marks an address whose owner called a message of ours unwanted.
	Complained bool `json:"cmpl,omitempty"`
}

// MailFacts is what threading and the spam rules need of an e-mail, computed by the mail function.
type MailFacts struct {
	MessageID  string    `json:"mid,omitempty"` // without angle brackets, as written
	InReplyTo  []string  `json:"irt,omitempty"`
	References []string  `json:"refs,omitempty"`
	ThreadIdx  string    `json:"tidx,omitempty"`   // Outlook's Thread-Index, bytes 6–22, in hex
	Tokens     []string  `json:"tokens,omitempty"` // reply tokens among the envelope recipients
	Recipient  string    `json:"rcpt"`             // the envelope recipient that names the channel
	Recipients []string  `json:"rcpts,omitempty"`  // all addresses of this inbox that it came to
	Domain     string    `json:"dom,omitempty"`    // the desk's mail domain: every address of it is ours
	To         []Address `json:"to,omitempty"`
	Cc         []Address `json:"cc,omitempty"`
	ReplyTo    []Address `json:"replyTo,omitempty"`
	Hash       string    `json:"hash"` // of Message-ID and body: finds a second copy in one inbox
	RawKey     string    `json:"rawKey"`
	Visible    string    `json:"visible,omitempty"` // the text without quotes and signature, when it differs
	Auto       string    `json:"auto,omitempty"`    // what kind of automatic mail it is
	Verdicts   Verdicts  `json:"verdicts"`
	Forwarded  *Forward  `json:"fwd,omitempty"`
	Bounce     *Bounce   `json:"bounce,omitempty"`
	Problems   []string  `json:"problems,omitempty"`
}

// Verdicts are what SES found: PASS, FAIL, GRAY, PROCESSING_FAILED or DISABLED each.
type Verdicts struct {
	Spam        string `json:"spam,omitempty"`
	Virus       string `json:"virus,omitempty"`
	SPF         string `json:"spf,omitempty"`
	DKIM        string `json:"dkim,omitempty"`
	DMARC       string `json:"dmarc,omitempty"`
	DMARCPolicy string `json:"policy,omitempty"` // none, quarantine or reject, in lower case
}

// Forward is the mail that was found inside a forwarded one; its sender is text, not proof.
type Forward struct {
	From    Address   `json:"from"`
	To      []Address `json:"to,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Date    string    `json:"date,omitempty"` // as written
	Text    string    `json:"text,omitempty"`
}

// Bounce is what a returned mail says about one that we sent.
type Bounce struct {
	OriginalMessageID string            `json:"orig,omitempty"`
	Recipients        []BounceRecipient `json:"rcpts,omitempty"`
}

// BounceRecipient is one failed recipient: Action and Status as in RFC 3464.
type BounceRecipient struct {
	Address    string `json:"address"`
	Action     string `json:"action,omitempty"`
	Status     string `json:"status,omitempty"`
	Diagnostic string `json:"diagnostic,omitempty"`
}

// Group is the FIFO group of an event: order is kept per channel and thread value.
func (e Inbound) Group() string { return Digest("in", string(e.Channel), e.Thread) }

// Dedup is the deduplication id of an event. It hashes the whole event: a message id alone would let "delivered" swallow "read".
func (e Inbound) Dedup() string {
	status, at := "", ""
	if e.Status != nil {
		status, at = string(e.Status.State)+e.Status.Recipient, e.Status.At.UTC().Format(time.RFC3339Nano)
	}
	return Digest(string(e.Channel), e.Thread, string(e.Type), e.ID, e.Target, status, at, e.Replay)
}

// ExtID is the provider id under which the event's message is found again.
func (e Inbound) ExtID() string {
	if e.MessageID != "" {
		return e.MessageID
	}
	return e.ID
}
