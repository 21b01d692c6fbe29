package api

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// FirstMessage begins a conversation.
type FirstMessage struct {
	ChannelID string    `json:"channelId" maxLength:"200"`
	To        []Address `json:"to" nullable:"false" minItems:"1" maxItems:"100" doc:"Whom it goes to; on a chat channel, one."`
	ContactID string    `json:"contactId,omitempty" maxLength:"200" doc:"Whose address this is."`
	Subject   string    `json:"subject,omitempty" maxLength:"200"`
	Letter
}

// startConversation writes to somebody who has not written to us, where the channel allows that. A conversation that runs
// already is gone on with.
func (a *API) startConversation(ctx context.Context, who *caller, in *struct {
	Idem
	Body FirstMessage
},
) (*made[Conversation], error) {
	b := in.Body
	ch, kind, err := a.startable(who, b)
	if err != nil {
		return nil, err
	}
	n := desk.NewOutgoing{Message: desk.Message{Kind: desk.KindMessage, Author: who.author(), Channel: ch.ID, Subject: b.Subject, Text: cleanText(b.Text)}}
	if in.Key != "" {
		r := asked(ctx, who, "POST /v1/conversations", in.Key)
		n.Request = &r
		if m, before, err := a.Desk.WrittenBefore(ctx, r); err != nil || before {
			return a.started(ctx, who, m, true, err)
		}
	}
	to := addresses(b.To)
	identity, err := a.reached(who, ch, kind, b, &n.Message)
	if err != nil {
		return nil, err
	}
	contact := desk.Contact{Name: to[0].Name}
	switch identity.Kind {
	case identityMail:
		contact.Emails = []desk.ContactEmail{{Address: identity.Value}}
	case identityPhone:
		contact.Phones = []string{identity.Value}
	}
	if b.ContactID != "" {
		if err := a.sameContact(ctx, b.ContactID, identity); err != nil {
			return nil, err
		}
	}
	n.Message.To = to
	if err := a.compose(ctx, who, kind, b.Letter, &n.Message); err != nil {
		return nil, err
	}
	n.Preview, n.Message.Thread, n.Takers = previewOf(n.Message), identity.Value, takers(kind, n.Message)
	if kind.Capabilities.Subject { // each mail that is written anew is a conversation of its own
		n.Message.Thread = "new:" + a.Desk.NewID()
	}
	if n.Message.Custom != nil { // the program takes up the thread by this id
		n.Message.Thread = a.customThread(who, ch, identity, in.Key)
	}
	f := desk.Filing{
		Channel: ch.ID, Inbox: ch.Inbox, ChannelType: ch.Type, Thread: n.Message.Thread, From: identity, Identities: []desk.Identity{identity},
		Contact: contact, Subject: b.Subject, Place: desk.InInbox,
	}
	m, before, err := a.Desk.StartConversation(ctx, f, n)
	return a.started(ctx, who, m, before, err)
}

// reached is whom a first message goes to. On a custom channel the message also says who takes part in it.
func (a *API) reached(who *caller, ch desk.Channel, kind channel.Kind, b FirstMessage, m *desk.Message) (desk.Identity, error) {
	registration, custom := ch.Type.Registration()
	if !custom {
		if kind.Capabilities.Recipients {
			if err := sendable(b.To, b.Cc, b.Bcc); err != nil {
				return desk.Identity{}, err
			}
		}
		return identityOf(kind, b.To[0].Address), nil
	}
	x := who.cfg.Custom[registration]
	_, identity, err := channel.CustomAddress(x, b.To[0].Address)
	if err != nil {
		return identity, err
	}
	m.Custom = &desk.MessageCustom{Senders: []desk.CustomParty{channel.CustomSender(ch, m.Author)}}
	m.Custom.Recipients, err = customRecipients(x, b.To, b.Cc, b.Bcc)
	return identity, err
}

func (a *API) started(ctx context.Context, who *caller, m desk.Message, before bool, err error) (*made[Conversation], error) {
	if err != nil {
		return nil, err
	}
	c, err := a.Desk.Conversation(ctx, m.Conversation)
	if before {
		return &made[Conversation]{200, a.showConversation(who.cfg, c)}, err
	}
	return &made[Conversation]{201, a.showConversation(who.cfg, c)}, err
}

// startable is the channel that a first message may go out by.
func (a *API) startable(who *caller, b FirstMessage) (desk.Channel, channel.Kind, error) {
	ch, live := who.cfg.Channel(desk.ChannelID(b.ChannelID))
	if !live || !who.sees(ch.Inbox) {
		return ch, channel.Kind{}, desk.RefuseField("channelId", "there is no such channel")
	}
	if err := who.mayWork(ch.Inbox); err != nil {
		return ch, channel.Kind{}, err
	}
	kind, err := a.sendable(who, desk.Conversation{}, ch.ID)
	if err != nil {
		return ch, kind, err
	}
	if !kind.Capabilities.Start {
		return ch, kind, desk.RefuseField("channelId", "on "+kind.Name+" the contact has to write first")
	}
	if len(b.To) > 1 && !kind.Capabilities.Recipients {
		return ch, kind, desk.RefuseField("to", "on "+kind.Name+" a message goes to one person")
	}
	if b.Subject != "" && !kind.Capabilities.Subject {
		return ch, kind, desk.RefuseField("subject", kind.Name+" messages have no subject")
	}
	return ch, kind, nil
}

// The kinds of identities that several channels share.
const (
	identityMail  = "email"
	identityPhone = "phone"
)

// identityOf is the identity that an address of a channel stands for.
func identityOf(kind channel.Kind, address string) desk.Identity {
	if strings.Contains(address, "@") {
		return desk.Identity{Kind: identityMail, Value: strings.ToLower(address)}
	}
	if phone, ok := phoneNumber(address); ok {
		return desk.Identity{Kind: identityPhone, Value: phone}
	}
	return desk.Identity{Kind: string(kind.Type), Value: address}
}

// sameContact refuses a contact who does not have the address, when another one has it.
func (a *API) sameContact(ctx context.Context, id string, who desk.Identity) error {
	if _, err := a.Desk.Contact(ctx, desk.ContactID(id)); err != nil {
		return desk.RefuseField("contactId", "there is no such contact")
	}
	has, err := a.Desk.ContactOf(ctx, who)
	if desk.CodeOf(err) == desk.NotFound {
		return desk.RefuseField("contactId", "this contact doesn't have the address; add it to them first")
	}
	if err == nil && has != desk.ContactID(id) {
		return desk.RefuseField("contactId", "the address is another contact's")
	}
	return err
}
