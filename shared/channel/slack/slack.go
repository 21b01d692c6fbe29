// Package slack is the channel of Slack: people write in a Slack channel that the app is in, or to the app itself, and each
// thread is a conversation.
//
// A message's provider id is "<channel>:<ts>", which is the same whichever event brings it. The thread value is
// "<channel>:<ts of the thread's first message>"; in a direct chat with the app it is the chat alone.
package slack

import (
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Type names the channel type.
const Type = "slack"

const (
	textPart  = 4000 // characters of one message, as Slack advises
	parts     = 10   // messages that one text may become
	fileLimit = 100 << 20
)

const (
	publicBase   = "https://slack.com"
	tokenField   = "botToken"
	secretField  = "signingSecret"
	teamField    = "teamId"
	channelField = "slackChannelId"
	platform     = "Slack"
	events       = "message.channels, message.groups, message.im, reaction_added, reaction_removed, app_uninstalled, tokens_revoked"
	metadata     = "loket_message" // what our own messages are marked as
)

// needed are the scopes without which something doesn't work.
var needed = [...]string{"chat:write", "files:read", "files:write"}

// apps implements the four methods; the account comes with each call.
type apps struct{}

// New is Slack as a kind of channel.
func New() channel.Kind {
	return channel.Kind{
		Channel:     apps{},
		Type:        Type,
		Name:        "Slack",
		Description: "Threads of a Slack channel, and direct chats with a Slack app.",
		Fields: []channel.Field{
			{Name: tokenField, Label: "Bot token", Secret: true, Required: true, Help: "In the app's settings at Slack under OAuth & Permissions, once it is installed; it begins with xoxb-. Scopes: chat:write, channels:history, groups:history, im:history, files:read, files:write, reactions:read."},
			{Name: secretField, Label: "Signing secret", Secret: true, Required: true, Help: "In the app's settings at Slack under Basic Information."},
			{Name: channelField, Label: "Slack channel id", Help: "Such as C0123456789, in the channel's details: only what is written there is taken. Empty takes every channel that the app is in, and direct chats."},
			{Name: teamField, Label: "Workspace id", Help: "Such as T0123456789: refuses a token of another workspace. May be left empty."},
			{Name: "apiBase", Label: "Address of Slack's Web API", Help: "Only for a proxy of your own; empty is " + publicBase + "."},
		},
		Capabilities: channel.Capabilities{
			TextLimit: parts * textPart, TextUnit: channel.Characters, TextPart: textPart,
			Attachments: []channel.FileRule{{Type: "", MaxSize: fileLimit}}, MaxAttachments: 10,
			Reactions: true, Edits: true,
		},
	}
}

// accountID is what tells accounts apart: the workspace, and the Slack channel where only one is taken.
func accountID(a channel.Account, team, room string) string {
	if a.Settings[channelField] == "" {
		return team
	}
	return team + ":" + room
}

// messageID joins what identifies a message. Only within its channel is a ts unique.
func messageID(room, ts string) string { return channel.Bounded(room + ":" + ts) }

// address takes a thread value apart.
func address(thread string) (room, ts string) {
	room, ts, _ = strings.Cut(thread, ":")
	return room, ts
}

// isRoom tells the id of a channel, a private one or a direct chat.
func isRoom(id string) bool {
	return len(id) > 1 && strings.IndexByte("CGD", id[0]) >= 0 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func person(user string, p *profile) desk.Party {
	out := desk.Party{Identity: desk.Identity{Kind: Type, Value: channel.Bounded(user)}}
	if p != nil {
		out.Name = or(p.DisplayName, p.RealName)
		out.Name = channel.Clean(out.Name)
	}
	return out
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
