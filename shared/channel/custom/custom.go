// Package custom is the channels that a company or a vendor makes itself: a program is registered, posts what comes in,
// and gets what goes out by a signed webhook.
//
// Messages come in by the API, which files them while the program waits; only what goes out is here.
package custom

import (
	"context"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The settings by which an admin connects an account where the integration has no connect flow of its own.
const (
	settingIdentifier = "deliveryIdentifier"
	settingType       = "deliveryIdentifierType"
)

// customs is the one implementation; a registration comes with each call, in the account.
type customs struct{}

// Describe is the channel type of a registration: its name and description for the picker, and what it declared as
// capabilities. Without a registration it sends all the same, since each call brings its own.
func Describe(x desk.CustomChannel) channel.Kind {
	return channel.Kind{
		Channel: customs{}, Type: desk.CustomType(x.ID), Name: x.Name, Description: x.Description,
		Fields: fields(x), Capabilities: capabilities(x.Capabilities),
		Check: func(m desk.Message) error { return check(x, m) },
	}
}

// fields are what an admin types: nothing where the integration asks for it itself.
func fields(x desk.CustomChannel) []channel.Field {
	if x.ConnectURL != "" {
		return nil
	}
	out := []channel.Field{{
		Name: settingIdentifier, Label: "Address of the account", Required: true,
		Help: "How " + x.Name + " names this account: an id, an address or a number. Its maker says which.",
	}}
	if len(x.Capabilities.DeliveryIdentifierTypes) > 1 {
		out = append(out, channel.Field{
			Name: settingType, Label: "Kind of address", Help: "One of " + strings.Join(x.Capabilities.DeliveryIdentifierTypes, ", ") + ".",
		})
	}
	return out
}

func capabilities(a desk.CustomAbilities) channel.Capabilities {
	can := channel.Capabilities{
		Replies: true, RichText: len(a.RichText) > 0, Recipients: a.AllowMultipleRecipients, Start: a.AllowConversationStart && a.AllowOutgoingMessages,
		ReceiveOnly: !a.AllowOutgoingMessages, Receipts: []desk.State{desk.Read}, Idempotent: true, TextUnit: channel.Characters,
	}
	if !a.AllowOutgoingMessages || !slices.Contains(a.OutgoingAttachmentTypes, "FILE") {
		return can
	}
	can.MaxAttachments, can.MaxTotalSize = a.MaxFileAttachmentCount, a.MaxTotalFileAttachmentSize
	types := a.AllowedFileAttachmentMimeTypes
	if len(types) == 0 {
		types = []string{""}
	}
	for _, t := range types {
		t = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(t)), "*")
		can.Attachments = append(can.Attachments, channel.FileRule{Type: strings.TrimPrefix(t, "*/"), MaxSize: a.MaxFileAttachmentSizeBytes})
	}
	return can
}

// Receive takes nothing: an integration posts its messages to the API, with its key.
func (customs) Receive(channel.Account, channel.Request) (channel.Received, error) {
	return channel.Received{}, desk.Refuse(desk.Unauthenticated, "Messages of custom channels are posted to /conversations/v3/custom-channels/{channelId}/messages, with an API key.")
}

// Fetch has nothing to fetch: what comes in with a message was uploaded before.
func (customs) Fetch(context.Context, channel.Doer, channel.Account, desk.Attachment) (channel.Media, error) {
	return channel.Media{}, desk.Refuse(desk.NotFound, "Files of custom channels are uploaded, not fetched.")
}

// Connect reads the account's address off the settings, or leaves it to the integration's connect flow, which says it later.
func (customs) Connect(_ context.Context, _ channel.Doer, a channel.Account) (channel.Connection, error) {
	x := a.Custom
	if x.ID == "" || x.Archived {
		return channel.Connection{}, desk.Refuse(desk.Conflict, "This custom channel is not registered any more.")
	}
	c := channel.Connection{Account: a.Extra}
	if x.WebhookURL == "" && x.Capabilities.AllowOutgoingMessages {
		c.Warning = x.Name + " has told no webhook address yet, so that nothing can be sent."
	}
	if x.ConnectURL != "" {
		return c, nil
	}
	p := desk.CustomParty{Type: a.Settings[settingType], Value: strings.TrimSpace(a.Settings[settingIdentifier])}
	if p.Type == "" && len(x.Capabilities.DeliveryIdentifierTypes) > 0 {
		p.Type = x.Capabilities.DeliveryIdentifierTypes[0]
	}
	if !slices.Contains(x.Capabilities.DeliveryIdentifierTypes, p.Type) {
		return channel.Connection{}, desk.RefuseField("settings."+settingType, "is one of "+strings.Join(x.Capabilities.DeliveryIdentifierTypes, ", "))
	}
	who, err := channel.CustomIdentity(desk.CustomType(x.ID), p)
	if err != nil {
		return channel.Connection{}, desk.RefuseField("settings."+settingIdentifier, strings.TrimPrefix(desk.Reason(err), "deliveryIdentifier.value: "))
	}
	c.Account = map[string]string{"id": who.Value, "type": p.Type, "name": x.Name}
	return c, nil
}
