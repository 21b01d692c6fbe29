// Package messenger is the channel of Facebook pages: what people write to a page by Messenger. The protocol is shared with
// Instagram; what is the page's own is here: its limits, how it is connected, its greeting.
package messenger

import (
	"context"
	"net/url"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Type names the channel type.
const Type = "messenger"

const (
	textPart = 2000 // of one message
	parts    = 10   // messages that one text may become
	fileSize = 25 << 20
	window   = 24 * time.Hour
	human    = 7 * 24 * time.Hour
)

// Graph is what the channel needs of Meta's Graph API, which other channels speak too.
type Graph interface {
	// Receive proves a webhook call and translates its items.
	Receive(a channel.Account, r channel.Request) (channel.Received, error)
	// Deliver sends a message by the limits given.
	Deliver(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing, can channel.Capabilities) channel.Result
	// Fetch opens the bytes of a pending attachment.
	Fetch(ctx context.Context, d channel.Doer, a channel.Account, part desk.Attachment) (channel.Media, error)
	Connector
}

// Connector is what connecting needs.
type Connector interface {
	// Ask makes a call that may be repeated.
	Ask(ctx context.Context, d channel.Doer, a channel.Account, method, path string, query url.Values, body, into any) error
	// Setup is the verify token, kept or made anew, and what has to be pasted at Meta.
	Setup(a channel.Account, fields string) (credentials map[string]string, values []channel.SetupValue)
	// Foresee warns of a token that ends soon and of missing permissions.
	Foresee(ctx context.Context, d channel.Doer, a channel.Account, needs ...string) string
}

// pages implements the four methods; the account comes with each call. Receive and Fetch are Meta's as they are.
type pages struct{ Graph }

// New is Messenger as a kind of channel.
func New(g Graph) channel.Kind {
	return channel.Kind{
		Channel:     pages{g},
		Type:        Type,
		Name:        "Messenger",
		Description: "What people write to a Facebook page.",
		Fields: []channel.Field{
			{Name: tokenField, Label: "Page access token", Secret: true, Required: true, Help: "In Meta's app dashboard under Messenger, API setup: generate it for the page. It needs pages_messaging and pages_manage_metadata."},
			{Name: "appSecret", Label: "App secret", Secret: true, Required: true, Help: "In Meta's app dashboard under App settings, Basic."},
			{Name: pageField, Label: "Page id", Required: true, Help: "Beside the page where its token is generated, or on the page under About, Page transparency."},
			{Name: greetingField, Label: "Greeting", Help: "Shown before the first message, with a button to begin; at most 160 characters. {{user_first_name}} is the person's name. Empty shows none."},
			{Name: "graphVersion", Label: "Version of the Graph API", Help: "Such as v25.0; empty is the one that this version of Loket was made for."},
			{Name: "apiBase", Label: "Address of the Graph API", Help: "Only for a proxy of your own."},
		},
		Capabilities: can(),
	}
}

func can() channel.Capabilities {
	return channel.Capabilities{
		TextLimit: parts * textPart, TextUnit: channel.UTF16, TextPart: textPart,
		Attachments: []channel.FileRule{{Type: "", MaxSize: fileSize}}, MaxAttachments: 10,
		Replies: true, Reactions: true, Edits: true, Receipts: []desk.State{desk.Delivered, desk.Read},
		Window: window, WindowHours: int(window / time.Hour), HumanWindow: human, HumanWindowDays: int(human / (24 * time.Hour)),
	}
}

const (
	tokenField    = "accessToken"
	pageField     = "pageId"
	greetingField = "greeting"
)

// Send sends a text and files.
func (p pages) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	return p.Deliver(ctx, d, a, m, can())
}
