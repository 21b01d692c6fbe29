package desk

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Ids are distinct types, so that one is never passed where another is meant. All are opaque to callers.
type (
	// InboxID names an inbox.
	InboxID string
	// ChannelID names one connected account of a channel type; for custom channels it is the channel account's id.
	ChannelID string
	// ConversationID names a conversation; a ULID.
	ConversationID string
	// MessageKey orders a message inside its conversation; a ULID.
	MessageKey string
	// TicketID names a ticket. A conversation's ticket has the conversation's id, so that it can never have two.
	TicketID string
	// ContactID names a contact; it is derived from the identity that made it.
	ContactID string
	// UserID names a person who works here.
	UserID string
	// TeamID names a team.
	TeamID string
	// RoleID names a role.
	RoleID string
	// PipelineID names a pipeline, StageID a stage within one.
	PipelineID string
	// StageID names a stage of a pipeline.
	StageID string
	// KeyID names an API key.
	KeyID string
	// FailureID names something that could not be processed: `<day>.<queue message id>`.
	FailureID string
	// UploadID names a file that a caller uploaded.
	UploadID string
)

// MessageID is what the API calls a message: its conversation and its key, joined.
type MessageID string

// ID joins a conversation and a message key into the message's public id.
func (c ConversationID) Message(k MessageKey) MessageID {
	return MessageID(string(c) + "-" + string(k))
}

// Split takes a message's public id apart; ok is false when it is not one.
func (m MessageID) Split() (c ConversationID, k MessageKey, ok bool) {
	a, b, found := strings.Cut(string(m), "-")
	return ConversationID(a), MessageKey(b), found && a != "" && b != ""
}

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Derive makes an id from the parts that decide it: the first 130 bits of their SHA-256 in lower-case base32,
// 26 characters. The same parts always give the same id, so that two copies at once make one thing.
func Derive(parts ...string) string {
	return Digest(parts...)[:26]
}

// Digest is the whole SHA-256 of the parts in lower-case base32, 52 characters: safe as a queue's group or
// deduplication id whatever the parts hold. Parts are length-prefixed, so that moving a character from one to the
// next changes the result.
func Digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		for i, v := 0, uint64(len(p)); i < 8; i, v = i+1, v>>8 {
			n[i] = byte(v)
		}
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return encoding.EncodeToString(h.Sum(nil))
}
