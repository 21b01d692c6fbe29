// Package telegram is the channel of Telegram bots, by the Bot API: private chats of a bot with whoever writes to it.
//
// A message's provider id is "<bot>:<chat>:<message>". The bot is part of it because another bot may be connected to
// the same channel one day, and its messages are numbered from the beginning again.
package telegram

import (
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
)

// Type names the channel type.
const Type = "telegram"

const (
	textLimit    = 4096     // UTF-16 units
	captionLimit = 1024     // UTF-16 units
	photoLimit   = 10 << 20 // bytes of what is sent as a picture
	fileLimit    = 50 << 20 // bytes of any other file
	fetchLimit   = 20 << 20 // bytes of what a bot may fetch
)

// bots implements the four methods; the account comes with each call.
type bots struct{}

// New is Telegram as a kind of channel.
func New() channel.Kind {
	return channel.Kind{
		Channel:     bots{},
		Type:        Type,
		Name:        "Telegram",
		Description: "Private chats of a Telegram bot.",
		Fields: []channel.Field{
			{Name: tokenField, Label: "Bot token", Secret: true, Required: true, Help: "@BotFather in Telegram gives it: /newbot for a new bot, /token for one you have."},
			{Name: "apiBase", Label: "Address of the Bot API", Help: "Only for a Bot API server of your own; empty is " + publicBase + "."},
		},
		Capabilities: channel.Capabilities{
			TextLimit: textLimit, TextUnit: channel.UTF16, CaptionLimit: captionLimit,
			Attachments: []channel.FileRule{{Type: "", MaxSize: fileLimit}}, MaxAttachments: 10,
			Replies: true, Reactions: true, Edits: true,
		},
	}
}

const (
	publicBase  = "https://api.telegram.org"
	tokenField  = "botToken"
	secretField = "webhookSecret"
)

// botOf is the bot's id, which every token begins with.
func botOf(a channel.Account) string { return api{token: a.Credentials[tokenField]}.bot() }

// messageID joins what identifies a message. Only with the chat is a message's number unique.
func messageID(bot string, chat, message int64) string {
	return bot + ":" + strconv.FormatInt(chat, 10) + ":" + strconv.FormatInt(message, 10)
}

// messageNumber is the last part of a provider id: how Telegram calls the message within its chat.
func messageNumber(id string) (int64, bool) {
	n, err := strconv.ParseInt(id[strings.LastIndexByte(id, ':')+1:], 10, 64)
	return n, err == nil && n > 0
}
