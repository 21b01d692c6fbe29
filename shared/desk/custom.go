package desk

import (
	"strings"
	"time"
)

const customPrefix = "custom:"

// CustomType is the channel type of the custom channel that was registered under an id.
func CustomType(registration string) ChannelType { return ChannelType(customPrefix + registration) }

// Registration is the id of the registered custom channel that a type stands for; ok is false for a built-in type.
func (t ChannelType) Registration() (id string, ok bool) {
	id, ok = strings.CutPrefix(string(t), customPrefix)
	return id, ok && id != ""
}

// The types of delivery identifiers: what an address on a custom channel is.
const (
	OpaqueID     = "CHANNEL_SPECIFIC_OPAQUE_ID"
	EmailAddress = "HS_EMAIL_ADDRESS"
	PhoneNumber  = "HS_PHONE_NUMBER"
	ShortCode    = "HS_SHORT_CODE"
)

// The threading models of custom channels: the program's thread id decides the conversation, or the other party's address.
const (
	ThreadByIntegration = "INTEGRATION_THREAD_ID"
	ThreadByIdentifier  = "DELIVERY_IDENTIFIER"
)

// What an integration is told of its accounts.
const (
	AccountCreated = "CHANNEL_ACCOUNT_CREATED"
	AccountUpdated = "CHANNEL_ACCOUNT_UPDATED"
	AccountPurged  = "CHANNEL_ACCOUNT_PURGED"
)

// Usages of attachments that only custom channels have, all of them data without bytes.
const (
	UsageQuickReplies Usage = "QUICK_REPLIES"
	UsageSocial       Usage = "SOCIAL_MEDIA_METADATA"
	UsageHeader       Usage = "MESSAGE_HEADER"
	UsageUnsupported  Usage = "UNSUPPORTED_CONTENT"
)

// CustomParty is somebody who takes part in a message of a custom channel, as the program named them.
type CustomParty struct {
	Type  string `json:"type,omitempty"` // of the delivery identifier
	Value string `json:"value,omitempty"`
	Name  string `json:"name,omitempty"`
	Actor string `json:"actor,omitempty"` // who of us, where the program says so
	Field string `json:"field,omitempty"` // of a recipient: TO, CC or BCC
}

// MessageCustom is what a custom channel adds to a message.
type MessageCustom struct {
	Senders    []CustomParty `json:"from,omitempty"`
	Recipients []CustomParty `json:"to,omitempty"`
}

// Attempt is one try to hand a message over, where the channel keeps them.
type Attempt struct {
	At     time.Time `json:"t"`
	State  State     `json:"st"` // what became of the message by it
	Detail string    `json:"d,omitempty"`
}

// HookLog is where the events of an account of a custom channel are kept: entries like a conversation's, each sent to the
// integration as a message of ours is.
func HookLog(ch ChannelID) ConversationID { return ConversationID("hooks." + string(ch)) }

// OwnerTold is what an entry of a NoticeLog tells: the owner of the conversation's contact is away.
const OwnerTold = "owner"

// NoticeLog is where the mails to colleagues about a conversation are kept, each sent as a message of ours is.
func NoticeLog(c ConversationID) ConversationID { return ConversationID("told." + string(c)) }

// Staging is an account on its way to be connected: an admin was sent to the integration with the token, and the
// integration says who they are. It is good once, and until Expires.
type Staging struct {
	Token   string    `json:"-"`
	Custom  string    `json:"custom"` // the registration
	Channel ChannelID `json:"ch"`     // the account
	Inbox   InboxID   `json:"inbox"`
	User    UserID    `json:"user,omitempty"` // the admin; empty for an integration
	Created time.Time `json:"t"`
	Expires time.Time `json:"until"`
	Used    bool      `json:"-"`
}

// Silent says why nothing can be sent on a channel now, in an agent's words; empty when something can.
func (ch Channel) Silent() string {
	switch {
	case ch.Deleted:
		return "The channel was deleted."
	case !ch.Active:
		return "The channel is switched off."
	case ch.Custom != nil && !ch.Custom.Authorized:
		return "The account is not connected (any more): an admin has to connect it."
	}
	return ""
}
