package api

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Desk is everything that the API asks of the table. Each part is what one group of calls needs.
type Desk interface {
	Vitals
	Rates
	Setups
	Keyring
	Repeats
	Inboxes
	Channels
	Addresses
	Users
	Teams
	Roles
	Pipelines
	Trail
	Uploads
	Conversations
	Threads
	Writers
	Senders
	Contacts
	ContactBook
	Tickets
	TicketDesk
	Presences
	Failures
	Skills
	WorkingTimes
	Jobs
	TicketPlaces
	CustomChannels
	Filings
}

// Setups gives the set-up as it is now: every change made before the call is in it. Setup makes the first one.
type Setups interface {
	Fresh(ctx context.Context) (*desk.Config, error)
	Setup(ctx context.Context) error
}

// Keyring keeps API keys. KeyOf refuses what is no valid key as Unauthenticated; NewKey alone ever knows a key in full.
type Keyring interface {
	KeyOf(ctx context.Context, presented string) (desk.APIKey, error)
	NewKey(ctx context.Context, k desk.APIKey, by desk.Audit) (desk.APIKey, string, error)
	Keys(ctx context.Context) ([]desk.APIKey, error)
	RevokeKey(ctx context.Context, id desk.KeyID, by desk.Audit) error
}

// Repeats remembers calls with an Idempotency-Key. BeginRequest refuses another body as a Conflict.
type Repeats interface {
	BeginRequest(ctx context.Context, r desk.Request, fresh string) (id string, answer json.RawMessage, repeat bool, err error)
	AnswerRequest(ctx context.Context, r desk.Request, answer json.RawMessage) error
	ForgetRequest(ctx context.Context, r desk.Request) error
	NewID() string
}

// Inboxes saves inboxes. A save is a Conflict when the thing was changed since it was read; so are all below.
type Inboxes interface {
	CreateInbox(ctx context.Context, x desk.Inbox, fallback desk.Channel, by desk.Audit) (desk.Inbox, error)
	SaveInbox(ctx context.Context, x desk.Inbox, by desk.Audit) (desk.Inbox, error)
	RemoveInbox(ctx context.Context, x desk.Inbox, fallback desk.Channel, by desk.Audit) error
}

// Channels saves channels; one whose platform account another channel has is a Conflict.
type Channels interface {
	SaveChannel(ctx context.Context, x desk.Channel, by desk.Audit) (desk.Channel, error)
}

// Addresses keeps how far the proof of a company's address has come. TryVerification takes a try before it gives what the
// code is made of, and is NotFound when none is left; BeginVerification is a Conflict a moment after the one before.
type Addresses interface {
	BeginVerification(ctx context.Context, v desk.Verification) error
	TryVerification(ctx context.Context, id desk.ChannelID) (desk.Verification, error)
	EndVerification(ctx context.Context, id desk.ChannelID) error
	Forwarding(ctx context.Context, id desk.ChannelID) (desk.Forwarding, error)
}

// Users saves people; one whose mail address another has is a Conflict.
type Users interface {
	SaveUser(ctx context.Context, x desk.User, by desk.Audit) (desk.User, error)
	RemoveUser(ctx context.Context, x desk.User, by desk.Audit) error
}

// Teams saves teams.
type Teams interface {
	SaveTeam(ctx context.Context, x desk.Team, by desk.Audit) (desk.Team, error)
	RemoveTeam(ctx context.Context, x desk.Team, by desk.Audit) error
}

// Roles saves roles.
type Roles interface {
	SaveRole(ctx context.Context, x desk.Role, by desk.Audit) (desk.Role, error)
	RemoveRole(ctx context.Context, x desk.Role, by desk.Audit) error
}

// Pipelines saves pipelines.
type Pipelines interface {
	SavePipeline(ctx context.Context, x desk.Pipeline, by desk.Audit) (desk.Pipeline, error)
	RemovePipeline(ctx context.Context, x desk.Pipeline, by desk.Audit) error
}

// Trail reads who changed what in the set-up, newest first.
type Trail interface {
	Audits(ctx context.Context, after string, limit int) (page []desk.Audit, next string, err error)
}

// Uploads keeps what callers announced. Upload refuses what is unknown or too old as NotFound.
type Uploads interface {
	SaveUpload(ctx context.Context, u desk.Upload) error
	Upload(ctx context.Context, id desk.UploadID) (desk.Upload, error)
}

// Conversations reads and changes conversations. AmendWithTicket changes one with its ticket (nil where it has none) and
// tells each change in the thread, in the same write; with a seen token it is a Conflict when a newer message came in since.
type Conversations interface {
	Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error)
	ListConversations(ctx context.Context, q desk.ConversationQuery) (desk.ConversationPage, error)
	AmendWithTicket(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
		act func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error)) (desk.Conversation, error)
	// Unassign takes somebody off a conversation that is theirs, and has it given to somebody else.
	Unassign(ctx context.Context, id desk.ConversationID, from desk.UserID, by desk.Author, note string) error
}

// Threads reads messages, oldest first.
type Threads interface {
	Messages(ctx context.Context, id desk.ConversationID, after, before desk.MessageKey, limit int) ([]desk.Message, bool, error)
	Message(ctx context.Context, id desk.MessageID) (desk.Message, error)
}

// Writers saves what people write; the sender does the rest. before: the same request was made already, and this is its message.
type Writers interface {
	WrittenBefore(ctx context.Context, r desk.Request) (m desk.Message, before bool, err error)
	AppendOutgoing(ctx context.Context, n desk.NewOutgoing) (m desk.Message, before bool, err error)
	AppendComment(ctx context.Context, n desk.NewOutgoing) (m desk.Message, before bool, err error)
	StartConversation(ctx context.Context, f desk.Filing, n desk.NewOutgoing) (m desk.Message, before bool, err error)
	RetryMessage(ctx context.Context, id desk.MessageID) (desk.Message, error)
}

// Senders says whose message a forwarded mail is. A Conflict where it holds none.
type Senders interface {
	UseSender(ctx context.Context, id desk.MessageID, original bool) error
}

// Contacts reads contacts. ContactOf is NotFound when nobody has the identity.
type Contacts interface {
	Contact(ctx context.Context, id desk.ContactID) (desk.Contact, error)
	ContactOf(ctx context.Context, who desk.Identity) (desk.ContactID, error)
	ListContacts(ctx context.Context, after string, limit int) (page []desk.Contact, next string, err error)
}

// ContactBook changes contacts. An address that another contact has is a Conflict.
type ContactBook interface {
	CreateContact(ctx context.Context, c desk.Contact, by desk.Audit) (desk.Contact, error)
	ChangeContact(ctx context.Context, id desk.ContactID, by desk.Audit, act func(*desk.Contact) error) (desk.Contact, error)
	LinkContact(ctx context.Context, id desk.ContactID, c desk.Conversation) error
}

// Sealer seals credentials and signs cursors.
type Sealer interface {
	Seal(ctx context.Context, purpose, plain string) (string, error)
	Open(ctx context.Context, purpose, sealed string) (string, error)
	HMAC(ctx context.Context, purpose string, data []byte) ([]byte, error)
	Verify(ctx context.Context, purpose string, data, mac []byte) (bool, error)
}

// Objects keeps files. Get is NotFound for what isn't there; Link lets whoever has it read one file for a while.
type Objects interface {
	Link(ctx context.Context, key, name, contentType string, valid time.Duration) (string, error)
	Get(ctx context.Context, key string) (io.ReadCloser, int64, error)
	Put(ctx context.Context, key, contentType string, body io.Reader, size int64) error
}

// Tickets reads tickets.
type Tickets interface {
	Ticket(ctx context.Context, id desk.TicketID) (desk.Ticket, error)
	ListTickets(ctx context.Context, q desk.TicketQuery) (desk.TicketPage, error)
	TicketsOf(ctx context.Context, id desk.ContactID) ([]desk.Ticket, error)
}

// TicketDesk changes tickets. existed: the conversation has a ticket already, which is given.
type TicketDesk interface {
	CreateTicket(ctx context.Context, t desk.Ticket, by desk.Author) (stored desk.Ticket, existed bool, err error)
	ChangeTicket(ctx context.Context, id desk.TicketID, act func(*desk.Ticket) error) (desk.Ticket, error)
}

// Presences keeps who takes new conversations.
type Presences interface {
	Presence(ctx context.Context, id desk.UserID) (desk.Presence, error)
	SetAvailability(ctx context.Context, id desk.UserID, available bool, until time.Time) (desk.Presence, error)
}

// Failures keeps what could not be processed, newest first.
type Failures interface {
	Failures(ctx context.Context, after string, limit int) (desk.FailurePage, error)
	Failure(ctx context.Context, id desk.FailureID) (desk.Failure, error)
	ReplayFailure(ctx context.Context, id desk.FailureID) error
	DeleteFailure(ctx context.Context, id desk.FailureID) error
}

// Skills saves skills and the rules about them.
type Skills interface {
	SaveSkill(ctx context.Context, x desk.Skill, by desk.Audit) (desk.Skill, error)
	RemoveSkill(ctx context.Context, x desk.Skill, by desk.Audit) error
	SaveSkillRule(ctx context.Context, x desk.SkillRule, by desk.Audit) (desk.SkillRule, error)
	RemoveSkillRule(ctx context.Context, x desk.SkillRule, by desk.Audit) error
}

// WorkingTimes saves working hours and calendars of days off.
type WorkingTimes interface {
	SaveHours(ctx context.Context, x desk.Hours, by desk.Audit) (desk.Hours, error)
	RemoveHours(ctx context.Context, x desk.Hours, by desk.Audit) error
	SaveHolidays(ctx context.Context, x desk.Holidays, by desk.Audit) (desk.Holidays, error)
	RemoveHolidays(ctx context.Context, x desk.Holidays, by desk.Audit) error
}

// Jobs reads background work, and begins that of a channel's history.
type Jobs interface {
	Job(ctx context.Context, id string) (desk.Job, error)
	MoveChannel(ctx context.Context, x desk.Channel, j desk.Job, by desk.Audit) (desk.Channel, error)
}

// TicketPlaces takes a conversation and its ticket apart, and moves both into another inbox.
type TicketPlaces interface {
	DetachTicket(ctx context.Context, id desk.ConversationID, by desk.Author) (desk.Conversation, error)
	MoveConversation(ctx context.Context, id desk.ConversationID, to desk.InboxID, by desk.Author) (moved bool, err error)
}
