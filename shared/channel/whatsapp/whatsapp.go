// Package whatsapp is the channel of WhatsApp numbers, by Meta's Cloud API: chats of a business with whoever writes to it.
//
// A person is known by a business-scoped user id or a phone number, or both: who hides the number has only the id. The
// thread value is the id where there is one, else the number's digits, as WhatsApp writes them.
package whatsapp

import (
	"context"
	"net/url"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Type names the channel type.
const Type = "whatsapp"

const (
	textPart     = 4096 // of one message
	parts        = 10   // messages that one text may become
	captionLimit = 1024
	imageLimit   = 5 << 20
	mediaLimit   = 16 << 20 // audio and video
	fileLimit    = 100 << 20
	window       = 24 * time.Hour
)

// Graph is what the channel needs of Meta's Graph API, which other channels speak too.
type Graph interface {
	// Open proves a webhook call; the answer is set for a handshake.
	Open(a channel.Account, r channel.Request) (*channel.Answer, error)
	// Ask makes a call that may be repeated.
	Ask(ctx context.Context, d channel.Doer, a channel.Account, method, path string, query url.Values, body, into any) error
	// Post makes a call that must not be made twice.
	Post(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing, path string, body, into any) channel.Result
	// Words says what an error of Meta's means.
	Words(code int, said string) string
	Connector
}

// Connector is what connecting needs besides.
type Connector interface {
	// Setup is the verify token, kept or made anew, and what has to be pasted at Meta.
	Setup(a channel.Account, fields string) (credentials map[string]string, values []channel.SetupValue)
	// Foresee warns of a token that ends soon and of missing permissions.
	Foresee(ctx context.Context, d channel.Doer, a channel.Account, needs ...string) string
	// Elsewhere is the event for a body about another of Meta's products.
	Elsewhere(object string, r channel.Request) desk.Inbound
}

// numbers implements the four methods; the account comes with each call.
type numbers struct{ graph Graph }

// New is WhatsApp as a kind of channel.
func New(g Graph) channel.Kind {
	return channel.Kind{
		Channel:     numbers{g},
		Type:        Type,
		Name:        "WhatsApp",
		Description: "Chats of a WhatsApp Business number, by Meta's Cloud API.",
		Fields: []channel.Field{
			{Name: tokenField, Label: "Access token", Secret: true, Required: true, Help: "Of a system user in Meta's business settings, with whatsapp_business_messaging and whatsapp_business_management, that never ends."},
			{Name: "appSecret", Label: "App secret", Secret: true, Required: true, Help: "In Meta's app dashboard under App settings, Basic."},
			{Name: numberField, Label: "Phone number id", Required: true, Help: "In the app dashboard under WhatsApp, API setup: the id below the number, not the number."},
			{Name: businessField, Label: "WhatsApp Business account id", Help: "On the same page. With it the app is subscribed to the account's messages when you connect."},
			{Name: "graphVersion", Label: "Version of the Graph API", Help: "Such as v25.0; empty is the one that this version of Loket was made for."},
			{Name: "apiBase", Label: "Address of the Graph API", Help: "Only for a proxy of your own."},
		},
		Capabilities: channel.Capabilities{
			TextLimit: parts * textPart, TextUnit: channel.UTF16, TextPart: textPart, CaptionLimit: captionLimit,
			Attachments: []channel.FileRule{{Type: "", MaxSize: fileLimit}}, MaxAttachments: 10,
			Replies: true, Reactions: true, Edits: true, Receipts: []desk.State{desk.Delivered, desk.Read},
			Window: window, WindowHours: int(window / time.Hour), Template: true,
		},
	}
}

const (
	tokenField    = "accessToken"
	numberField   = "phoneNumberId"
	businessField = "businessAccountId"
)

// bounded keeps an id within what a key may hold. WhatsApp's are far shorter but for what somebody made up.
func bounded(id string) string {
	if len(id) > 190 {
		return "long:" + desk.Derive(id)
	}
	return id
}
