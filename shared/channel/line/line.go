// Package line is the channel of LINE official accounts, by the Messaging API: chats with one person each.
//
// A message's provider id is LINE's, unique for good; the thread value is the person's user id. LINE is the one platform
// that takes a message once however often it is sent: each call has a retry key that comes from the message.
package line

import (
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Type names the channel type.
const Type = "line"

const (
	textPart   = 5000 // UTF-16 units of one message
	parts      = 5    // messages that one text may become
	perCall    = 5    // messages that LINE takes at once
	imageLimit = 10 << 20
)

const (
	publicBase   = "https://api.line.me"
	publicFiles  = "https://api-data.line.me"
	tokenField   = "channelAccessToken"
	secretField  = "channelSecret"
	platform     = "LINE"
	userIDLength = 33
)

// accounts implements the four methods; the account comes with each call.
type accounts struct{}

// New is LINE as a kind of channel.
func New() channel.Kind {
	return channel.Kind{
		Channel:     accounts{},
		Type:        Type,
		Name:        "LINE",
		Description: "Chats of a LINE official account.",
		Fields: []channel.Field{
			{Name: tokenField, Label: "Channel access token", Secret: true, Required: true, Help: "In the LINE Developers console under Messaging API, at the end of the page: issue a long-lived one."},
			{Name: secretField, Label: "Channel secret", Secret: true, Required: true, Help: "In the LINE Developers console under Basic settings."},
			{Name: "apiBase", Label: "Address of the Messaging API", Help: "Only for a proxy of your own; empty is " + publicBase + "."},
		},
		Capabilities: channel.Capabilities{
			TextLimit: parts * textPart, TextUnit: channel.UTF16, TextPart: textPart,
			Attachments: []channel.FileRule{{Type: "image/jpeg", MaxSize: imageLimit}, {Type: "image/png", MaxSize: imageLimit}}, MaxAttachments: 10,
			Edits: true, Start: true, Idempotent: true, IdempotentText: true,
		},
	}
}

// isUser tells a person's id: U and 32 hexadecimal digits.
func isUser(id string) bool {
	if len(id) != userIDLength || id[0] != 'U' {
		return false
	}
	for _, c := range id[1:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func person(id string) desk.Party {
	return desk.Party{Identity: desk.Identity{Kind: Type, Value: id}}
}
