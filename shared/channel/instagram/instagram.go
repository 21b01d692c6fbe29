// Package instagram is the channel of Instagram accounts: what people write to a business by direct message. The protocol is
// shared with Messenger; what is Instagram's own is here: its limits and how it is connected.
//
// An account is connected through a Facebook page or by Instagram Login. Which of the two shows in the access token; apps
// with Instagram Login sign their webhooks with a secret of their own.
package instagram

import (
	"context"
	"net/url"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Type names the channel type.
const Type = "instagram"

const (
	textPart  = 1000 // bytes of one message
	parts     = 10   // messages that one text may become
	imageSize = 8 << 20
	fileSize  = 25 << 20
	window    = 24 * time.Hour
	human     = 7 * 24 * time.Hour
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

// accounts implements the four methods; the account comes with each call. Receive and Fetch are Meta's as they are.
type accounts struct{ Graph }

// New is Instagram as a kind of channel.
func New(g Graph) channel.Kind {
	return channel.Kind{
		Channel:     accounts{g},
		Type:        Type,
		Name:        "Instagram",
		Description: "Direct messages of an Instagram business account.",
		Fields: []channel.Field{
			{Name: tokenField, Label: "Access token", Secret: true, Required: true, Help: "The token of the page that the account is linked with (it needs instagram_manage_messages), or one of Instagram Login, which begins with IG."},
			{Name: "appSecret", Label: "App secret", Secret: true, Required: true, Help: "In Meta's app dashboard under App settings, Basic."},
			{Name: "instagramAppSecret", Label: "Instagram app secret", Secret: true, Help: "With Instagram Login: in the app dashboard under Instagram, API setup. It is another than the app secret."},
			{Name: accountField, Label: "Instagram account id", Required: true, Help: "The professional account's id, digits only: shown where the token is generated."},
			{Name: "graphVersion", Label: "Version of the Graph API", Help: "Such as v25.0; empty is the one that this version of Loket was made for."},
			{Name: "apiBase", Label: "Address of the Graph API", Help: "Only for a proxy of your own."},
		},
		Capabilities: can(),
	}
}

func can() channel.Capabilities {
	return channel.Capabilities{
		TextLimit: parts * textPart, TextUnit: channel.Bytes, TextPart: textPart,
		Attachments: []channel.FileRule{
			{Type: "image/jpeg", MaxSize: imageSize},
			{Type: "image/png", MaxSize: imageSize},
			{Type: "audio/", MaxSize: fileSize},
			{Type: "video/", MaxSize: fileSize},
			{Type: "application/pdf", MaxSize: fileSize},
		}, MaxAttachments: 10,
		Replies: true, Reactions: true, Edits: true, Receipts: []desk.State{desk.Read},
		Window: window, WindowHours: int(window / time.Hour), HumanWindow: human, HumanWindowDays: int(human / (24 * time.Hour)),
	}
}

const (
	tokenField   = "accessToken"
	accountField = "accountId"
)

// Send sends a text and files.
func (x accounts) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	return x.Deliver(ctx, d, a, m, can())
}
