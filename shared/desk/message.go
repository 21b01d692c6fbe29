package desk

import "time"

// MessageKind says what an entry of a thread is.
type MessageKind string

// The kinds of entries in a thread.
const (
	KindMessage MessageKind = "MESSAGE" // to or from the contact
	KindComment MessageKind = "COMMENT" // internal, never seen by the contact
	KindEvent   MessageKind = "EVENT"   // something that happened: assigned, closed, moved
)

// Direction is which way a message went.
type Direction string

// The two ways.
const (
	Incoming Direction = "INCOMING"
	Outgoing Direction = "OUTGOING"
)

// State is how far a message has come.
type State string

// The states of a message. Incoming ones are RECEIVED; outgoing ones move through the others.
const (
	Received  State = "RECEIVED"
	Queued    State = "QUEUED"
	Sending   State = "SENDING"
	Retrying  State = "RETRY" // shown as QUEUED, with the detail of the last attempt
	Sent      State = "SENT"
	Delivered State = "DELIVERED"
	Read      State = "READ"
	Failed    State = "FAILED"
	Unknown   State = "UNKNOWN" // the platform was called and its answer never came
	Cancelled State = "CANCELLED"
)

var rank = map[State]int{Queued: 0, Retrying: 0, Sending: 1, Unknown: 2, Sent: 3, Failed: 4, Delivered: 5, Read: 6}

// MayBecome reports whether news may move an outgoing message from s to next. News only moves up: a late "sent" never
// undoes "read". A failure is final unless delivery is proven later; UNKNOWN is settled by whatever comes.
func (s State) MayBecome(next State) bool {
	from, known := rank[s]
	to, ok := rank[next]
	return known && ok && to > from
}

// AuthorKind says who wrote a message.
type AuthorKind string

// Who can write.
const (
	ByContact     AuthorKind = "CONTACT"
	ByUser        AuthorKind = "USER"
	ByBot         AuthorKind = "BOT"
	BySystem      AuthorKind = "SYSTEM"
	ByIntegration AuthorKind = "INTEGRATION"
)

// Author is who wrote a message or caused an event.
type Author struct {
	Kind    AuthorKind `json:"kind"`
	ID      string     `json:"id,omitempty"`
	Name    string     `json:"name,omitempty"`
	Address string     `json:"address,omitempty"` // the address they wrote from
}

// Address is a name and an address: of mail, or of whatever the channel uses.
type Address struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// Status is an outgoing message's state, what was said about it, and since when.
type Status struct {
	State  State     `json:"state"`
	Detail string    `json:"detail,omitempty"`
	At     time.Time `json:"at"`
}

// Usage says how an attachment is meant.
type Usage string

// How an attachment is meant.
const (
	UsageFile     Usage = "FILE"
	UsageImage    Usage = "IMAGE"
	UsageAudio    Usage = "AUDIO"
	UsageVoice    Usage = "VOICE_RECORDING"
	UsageVideo    Usage = "VIDEO"
	UsageSticker  Usage = "STICKER"
	UsageLocation Usage = "LOCATION"
	UsageContact  Usage = "CONTACT"
	UsageOther    Usage = "OTHER"
)

// PartState is how far an attachment's bytes have come.
type PartState string

// The states of an attachment's bytes.
const (
	PartStored  PartState = "STORED"
	PartPending PartState = "PENDING" // named by the platform, not fetched yet
	PartRefused PartState = "REFUSED" // not kept, Reason says why
	PartInline  PartState = "DATA"    // no bytes: a location, a contact, buttons; Data holds it
)

// Attachment is one part of a message. Its bytes are in S3 under Key, or still at the platform under Ref.
type Attachment struct {
	ID          string    `json:"id"` // unique within the message: "0", "1", …
	Name        string    `json:"name,omitempty"`
	ContentType string    `json:"type,omitempty"`
	Size        int64     `json:"size,omitempty"`
	Usage       Usage     `json:"usage"`
	State       PartState `json:"state"`
	Key         string    `json:"key,omitempty"`    // S3 key
	SHA256      string    `json:"sha256,omitempty"` // lower hex
	ContentID   string    `json:"cid,omitempty"`    // of mail, without brackets
	Inline      bool      `json:"inline,omitempty"` // of mail: shown in the HTML
	Ref         string    `json:"ref,omitempty"`    // what the channel fetches it by: never holds a token
	Data        string    `json:"data,omitempty"`   // JSON of a location, contact, buttons
	Reason      string    `json:"reason,omitempty"`
}

// Edit is an earlier text of a message that was changed.
type Edit struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"` // when it was replaced
}

// Reaction is an emoji that somebody put on a message.
type Reaction struct {
	Emoji string `json:"emoji"`
	By    string `json:"by"`
}

// Change is what an EVENT says: What happened, to what, from what. Values are ids or words; Note is for people.
type Change struct {
	What string `json:"what"` // assigned, closed, reopened, moved, ticket, renamed, contact, filtered, trashed, restored, status, …
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Note string `json:"note,omitempty"`
	Why  *Why   `json:"why,omitempty"` // of an automatic assignment
}

// Template is a text that the platform has approved beforehand and takes at any time: its name, its language's code, and
// the values of its gaps, in order.
type Template struct {
	Name     string   `json:"name"`
	Language string   `json:"lang"`
	Values   []string `json:"values,omitempty"`
}

// Message is one entry of a thread.
type Message struct {
	Conversation ConversationID `json:"-"`
	Key          MessageKey     `json:"-"`
	Kind         MessageKind    `json:"kind"`
	Direction    Direction      `json:"dir,omitempty"`
	Channel      ChannelID      `json:"ch,omitempty"`
	Author       Author         `json:"by"`
	Thread       string         `json:"to1,omitempty"` // outgoing: the thread value (address) it goes to
	To           []Address      `json:"to,omitempty"`
	Cc           []Address      `json:"cc,omitempty"`
	Bcc          []Address      `json:"bcc,omitempty"`
	Subject      string         `json:"subj,omitempty"`
	Text         string         `json:"text,omitempty"`
	TextKey      string         `json:"textKey,omitempty"` // S3 key of the whole text when it is over 32 KB
	HTML         string         `json:"html,omitempty"`    // outgoing, small
	HTMLKey      string         `json:"htmlKey,omitempty"` // S3 key of the HTML as it came
	Visible      string         `json:"vis,omitempty"`     // the text without quotes, when it differs
	Attachments  []Attachment   `json:"parts,omitempty"`
	ProviderID   string         `json:"pid,omitempty"` // the platform's id of it
	InReplyTo    MessageID      `json:"re,omitempty"`
	ReplyTo      string         `json:"rep,omitempty"` // provider id of the message it answers
	Custom       *MessageCustom `json:"cust,omitempty"`
	Again        bool           `json:"again,omitempty"` // outgoing: to send it twice is to send it once
	JoinedBy     string         `json:"why,omitempty"`   // why it is in this conversation, in words
	Muted        bool           `json:"muted,omitempty"`
	Unsupported  string         `json:"unsup,omitempty"`
	RawKey       string         `json:"rawKey,omitempty"` // the raw mail or payload
	Raw          string         `json:"raw,omitempty"`    // a small payload, inline
	Mentions     []UserID       `json:"at,omitempty"`
	Change       *Change        `json:"chg,omitempty"`
	Mail         *MessageMail   `json:"mail,omitempty"`
	Template     *Template      `json:"tpl,omitempty"` // outgoing: sent in place of the text, which then only says what it is
	At           time.Time      `json:"t"`             // when it was filed
	SentAt       time.Time      `json:"pt,omitzero"`   // when it was written, by the platform

	// What changes after the message was filed, each an attribute of its own.
	Status    Status     `json:"-"`
	Edits     []Edit     `json:"-"`
	Reactions []Reaction `json:"-"`
	Deleted   bool       `json:"-"` // taken back by its author
	NotBefore time.Time  `json:"-"` // outgoing: not sent before
	Lease     time.Time  `json:"-"` // outgoing: being sent until
	Tries     int        `json:"-"`
	Providers []string   `json:"-"` // outgoing: ids the platform gave, first is ProviderID
	Past      []string   `json:"-"` // outgoing: ids of earlier attempts, before it was sent again by hand
	Attempts  []Attempt  `json:"-"` // outgoing, of a custom channel: every try
}

// MessageMail is what a mail adds to a message.
type MessageMail struct {
	MessageID  string    `json:"mid,omitempty"`
	References []string  `json:"refs,omitempty"`
	Verdicts   Verdicts  `json:"v,omitzero"`
	Auto       string    `json:"auto,omitempty"`
	Recipients []string  `json:"rcpt,omitempty"` // our addresses it came to
	ReplyTo    []Address `json:"rto,omitempty"`
	Forwarded  *Forward  `json:"fwd,omitempty"`
	Original   bool      `json:"orig,omitempty"`  // the sender of the forwarded mail is the contact
	Unverified bool      `json:"unver,omitempty"` // DMARC failed under a policy that says so
	Problems   []string  `json:"prob,omitempty"`
	Seed       string    `json:"seed,omitempty"` // outgoing: of the code that stands in the mail only
}

// ID is the message's public id.
func (m Message) ID() MessageID { return m.Conversation.Message(m.Key) }

// Pending are the attachments whose bytes are still at the platform.
func (m Message) Pending() []Attachment {
	var out []Attachment
	for _, a := range m.Attachments {
		if a.State == PartPending {
			out = append(out, a)
		}
	}
	return out
}

// AnswersTo is whom an answer to an incoming mail goes to: its Reply-To, else its sender; where it was forwarded and that
// made its first sender the contact, that one.
func AnswersTo(m Message) []Address {
	switch {
	case m.Mail != nil && m.Mail.Forwarded != nil && m.Mail.Original && m.Mail.Forwarded.From.Address != "":
		return []Address{m.Mail.Forwarded.From}
	case m.Mail != nil && len(m.Mail.ReplyTo) > 0:
		return m.Mail.ReplyTo
	case m.Author.Address != "":
		return []Address{{Name: m.Author.Name, Address: m.Author.Address}}
	}
	return nil
}
