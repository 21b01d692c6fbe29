// Package email is the channel of mail: from an inbox's fallback address, or from an address of the company's own.
//
// Mail comes in by the mail function, never by a webhook. What is sent names its conversation in a signed reply address,
// and its message in a Message-ID of our own; the mail service replaces that on the wire, so both ids are remembered.
package email

import (
	"context"
	"net/mail"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Type names the channel type.
const Type = "email"

// The bounds of a mail.
const (
	maxMail       = 40 << 20 // bytes of the whole mail, as the mail service takes it
	maxFiles      = 29 << 20 // bytes of all files: base64 makes 40 MB of them
	maxRecipients = 50       // of the envelope
)

// described is the channel as the API knows it: it connects, and can't send.
type described struct{}

// Describe is mail as a kind of channel, for whoever sends nothing.
func Describe() channel.Kind {
	return channel.Kind{
		Channel:     described{},
		Type:        Type,
		Name:        "E-mail",
		Description: "Mail to an address of your own, forwarded to the inbox. Every inbox has an address already.",
		Fields: []channel.Field{
			{Name: addressField, Label: "Address", Required: true, Help: "An address of your company, such as help@example.com. Forward its mail to the inbox's own address."},
			{Name: tagField, Label: "Ticket number in the subject", Help: "yes puts [#1042] behind the subject of what is sent."},
		},
		Capabilities: channel.Capabilities{
			TextUnit: channel.Characters, Attachments: []channel.FileRule{{Type: "", MaxSize: maxFiles}}, MaxTotalSize: maxFiles,
			Replies: true, RichText: true, Subject: true, Recipients: true, Receipts: []desk.State{desk.Delivered}, Start: true,
		},
	}
}

const (
	addressField = "address"
	tagField     = "ticketTag"
)

// Receive takes nothing: mail has no webhook.
func (described) Receive(channel.Account, channel.Request) (channel.Received, error) {
	return channel.Received{}, desk.Refuse(desk.NotFound, "Mail doesn't come in by a webhook.")
}

// Connect checks the address; there is nobody to call.
func (described) Connect(_ context.Context, _ channel.Doer, a channel.Account) (channel.Connection, error) {
	if a.Fallback {
		return channel.Connection{Account: a.Extra}, nil
	}
	given := strings.TrimSpace(a.Settings[addressField])
	parsed, err := mail.ParseAddress(given)
	if err != nil || parsed.Address != given || !ascii(given) {
		return channel.Connection{}, desk.RefuseField("settings."+addressField, "this is not a mail address that mail can be sent with")
	}
	address := strings.ToLower(given)
	out := channel.Connection{Account: map[string]string{"id": address, "name": address}}
	if a.Sender.Address == "" {
		out.Warning = "The address is not verified: answers are sent from the inbox's own address. Forward its mail there to take it in."
	}
	return out, nil
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Send can't: who describes mail has no mail service.
func (described) Send(context.Context, channel.Doer, channel.Account, channel.Outgoing) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: "Mail can't be sent from here."}
}

// Fetch has nothing to fetch: attachments come with their mail.
func (described) Fetch(context.Context, channel.Doer, channel.Account, desk.Attachment) (channel.Media, error) {
	return channel.Media{}, desk.Refuse(desk.NotFound, "Attachments of mail come with it.")
}
