// Package channel says what every channel must do: four methods, and its capabilities as data.
//
// A channel is one folder: wire.go (only the fields we read), parse.go, send.go and testdata/, and one line in the list
// of package all. It translates and never decides: who the sender is, which conversation it joins and whether a message
// was seen before is decided by the stages.
package channel

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Channel is a kind of network. Implementations hold no state of an account: it comes with each call.
type Channel interface {
	// Receive proves that a request came from the platform and translates its body, one event an item. A request that
	// proves nothing is refused with desk.Unauthenticated and must not be looked at further; a genuine body, or an item
	// in it, that can't be read becomes an event of type InUnparsed and is no error.
	Receive(a Account, r Request) (Received, error)
	// Connect proves the credentials by calling the platform and tells it where to send its events (not when
	// a.Probe is set). A refusal says in the admin's words what is wrong and what to do.
	Connect(ctx context.Context, http Doer, a Account) (Connection, error)
	// Send sends one message. It never retries by itself; what happened is a Result, never an error.
	Send(ctx context.Context, http Doer, a Account, m Outgoing) Result
	// Fetch opens the bytes of a pending attachment. Refusals: desk.NotFound (gone for good), desk.TooLarge,
	// desk.Busy (try again later). The caller closes the body and checks size and type.
	Fetch(ctx context.Context, http Doer, a Account, part desk.Attachment) (Media, error)
}

// Kind is a channel type: its data for pickers, forms and checks, and what it can do.
type Kind struct {
	Channel
	Type         desk.ChannelType
	Name         string
	Description  string
	Fields       []Field
	Capabilities Capabilities
	// Names are ids by which a message is found that are known before it is sent; nil where the platform gives them all.
	Names func(Outgoing) []string
	// Check refuses a message that the channel can't carry for a reason that its Capabilities don't tell; nil where there is
	// none. The refusal names the field.
	Check func(m desk.Message) error
}

// Field is something an admin gives when connecting: a credential (Secret, kept sealed and never read back) or a setting.
type Field struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Secret   bool   `json:"secret"`
	Required bool   `json:"required"`
	Help     string `json:"help,omitempty"` // where it is found at the platform
}

// Capabilities are what differs between platforms. The API refuses by them before anything is queued, and tells them to clients.
type Capabilities struct {
	TextLimit       int           `json:"textLimit"`                 // in TextUnit; 0 is no limit
	TextUnit        Unit          `json:"textUnit"`                  //
	TextPart        int           `json:"textPart,omitempty"`        // a longer text is sent as several messages of at most this; 0 is never
	CaptionLimit    int           `json:"captionLimit"`              // text beside a file; 0 means files carry no text
	Attachments     []FileRule    `json:"attachments"`               // what can be sent; empty means none
	MaxAttachments  int           `json:"maxAttachments"`            // a message; 0 is no limit
	MaxTotalSize    int64         `json:"maxTotalSize,omitempty"`    // bytes of all files of a message; 0 is no limit
	Replies         bool          `json:"replies"`                   // can answer one message in particular
	Reactions       bool          `json:"reactions"`                 //
	Edits           bool          `json:"edits"`                     // the other party can edit
	RichText        bool          `json:"richText"`                  // takes HTML
	Subject         bool          `json:"subject"`                   //
	Recipients      bool          `json:"recipients"`                // To, Cc and Bcc of its own
	Receipts        []desk.State  `json:"receipts"`                  // which of DELIVERED and READ it reports
	Start           bool          `json:"start"`                     // we may write first
	ReceiveOnly     bool          `json:"receiveOnly,omitempty"`     // nothing can be sent
	Window          time.Duration `json:"-"`                         // free answers are allowed this long after the contact's last message; 0 is always
	HumanWindow     time.Duration `json:"-"`                         // a person's answer is allowed this long
	Template        bool          `json:"template"`                  // after the window a template may be sent
	Idempotent      bool          `json:"idempotent"`                // sending twice with one key is sending once
	IdempotentText  bool          `json:"idempotentText,omitempty"`  // Idempotent holds for texts alone, not for a message with files
	WindowHours     int           `json:"windowHours,omitempty"`     // Window, for clients
	HumanWindowDays int           `json:"humanWindowDays,omitempty"` // HumanWindow, for clients
}

// Once reports whether sending a message with so many files twice, under one key, is sending it once.
func (c Capabilities) Once(files int) bool {
	return c.Idempotent && (files == 0 || !c.IdempotentText)
}

// Unit is what a text limit counts.
type Unit string

// The units that platforms count in.
const (
	Characters Unit = "CHARACTERS" // Unicode code points
	UTF16      Unit = "UTF16"
	Bytes      Unit = "BYTES"
)

// FileRule allows attachments whose content type begins with Type, up to MaxSize bytes.
type FileRule struct {
	Type    string `json:"type"`
	MaxSize int64  `json:"maxSize"`
}

// Doer makes a request; it is the guarded client, which refuses private addresses. Never follows a redirect with credentials.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Account is one connected account, its credentials opened.
type Account struct {
	Channel     desk.ChannelID
	Type        desk.ChannelType
	ID          string            // the platform's own id of the account, when known
	Settings    map[string]string // apiBase and the type's own
	Credentials map[string]string
	Hook        string             // the address that the platform calls
	Probe       bool               // Connect only looks
	Custom      desk.CustomChannel // of a custom channel: its registration
	Extra       map[string]string  // what Connect learned before

	// Of a mail channel: how it signs itself, whether it was born with its inbox, and that inbox's name and the local part
	// of its fallback address.
	Sender   desk.SenderIdentity
	Fallback bool
	Inbox    string
	Slug     string
}

// Base is the platform's address: settings.apiBase, or the one given.
func (a Account) Base(otherwise string) string {
	if b := a.Settings["apiBase"]; b != "" {
		return b
	}
	return otherwise
}

// Request is a webhook call. URL is the public address in full, as the platform signed it; Body is the raw bytes.
type Request struct {
	Method string
	URL    string
	Query  url.Values
	Header http.Header
	Body   []byte
	Now    time.Time
}

// Received is what a webhook call held: events, and the answer that the platform expects (nil is 200 and nothing).
type Received struct {
	Events  []desk.Inbound
	Answer  *Answer
	Ignored int // items that were understood and are knowingly left aside, such as messages of a group: only counted
}

// Answer is the HTTP answer to a handshake.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
}

// Connection is what connecting learned: the platform's own id of the account (Account["id"]), its names, what the
// admin still has to paste at the platform, and credentials that we made (such as a webhook secret), to be sealed.
// Warning is something that works but needs looking at, in the admin's words.
type Connection struct {
	Account     map[string]string
	Credentials map[string]string
	Setup       []SetupValue
	Warning     string
}

// SetupValue is something to paste at the platform.
type SetupValue struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Outgoing is one message to send.
type Outgoing struct {
	Key         desk.MessageID // ours; goes into the platform's opaque field, or is its idempotency key
	To          string         // the thread value: the other party's address
	Message     desk.Message
	Text        string // the whole text
	HTML        string // the whole HTML; empty for none
	ReplyTo     string // provider id of the message it answers; empty for none
	Human       bool   // a person wrote it
	LastIn      time.Time
	Files       []File
	Integration []string  // thread ids of a custom channel
	First       time.Time // when it was tried first, since it was last put in line
	// Where the channel has subjects: the conversation, and its last entries before this one, oldest first.
	Conversation desk.Conversation
	Thread       []desk.Message
}

// File is an attachment to send. Open gives its bytes; URL is a short-lived public link, for platforms that fetch.
type File struct {
	desk.Attachment
	Open func(ctx context.Context) (io.ReadCloser, error)
	URL  func(ctx context.Context) (string, error)
}

// Outcome is what became of a send.
type Outcome string

// The outcomes.
const (
	Accepted Outcome = "accepted" // the platform has it
	Again    Outcome = "again"    // surely not sent; trying again later is safe
	Refused  Outcome = "refused"  // surely not sent; trying again is useless
	Lost     Outcome = "lost"     // it may have been sent: the answer never came
)

// Result says what became of a send, with the platform's words.
type Result struct {
	Outcome Outcome
	// IDs are the platform's ids of the message, the first being its main one.
	IDs    []string
	Detail string        // in words an agent understands
	Wait   time.Duration // for Again: not before this; 0 leaves it to the backoff
	// Broken marks the whole account as unable to send, in the admin's words: a revoked token, a missing permission.
	Broken string
	// Warning: it was sent, and the admin should know what is not as it should be.
	Warning string
	// Blocked: the other party doesn't want our messages or is gone.
	Blocked bool
	// Delivered is set when the platform answered that it was delivered at once.
	Delivered bool
	// Gone: the other side wants no more of this account, which is switched off. Broken says so in words.
	Gone bool
	// Attempt is what the other side said, where each try is kept to be looked at; else empty.
	Attempt string
}

// Media is the opened bytes of an attachment. Size is -1 when the platform doesn't say.
type Media struct {
	Body        io.ReadCloser
	Size        int64
	ContentType string
	Name        string
}
