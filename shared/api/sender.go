package api

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// SenderInput says whose message a forwarded mail is.
type SenderInput struct {
	Use string `json:"use" enum:"ORIGINAL,FORWARDER" doc:"The one who wrote the mail first, or the one who forwarded it here."`
}

// useSender makes the conversation of a forwarded mail that of its original sender, or of its forwarder. Either can be
// undone by the other. Nothing is sent.
func (a *API) useSender(ctx context.Context, who *caller, in *struct {
	ByID
	Body SenderInput
},
) (*reply[Conversation], error) {
	m, c, err := a.messageOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	original := in.Body.Use == "ORIGINAL"
	if m.Direction != desk.Incoming || m.Mail == nil || m.Mail.Forwarded == nil || m.Mail.Forwarded.From.Address == "" || m.Author.Address == "" {
		return nil, desk.Refuse(desk.Conflict, "This message holds no forwarded mail whose original sender is known.")
	}
	to := desk.Address{Name: m.Author.Name, Address: m.Author.Address}
	if original {
		to = m.Mail.Forwarded.From
	}
	contact, err := a.contactAt(ctx, who, to, original)
	if err == nil {
		err = a.Desk.LinkContact(ctx, contact.ID, c)
	}
	if err == nil {
		err = a.Desk.UseSender(ctx, m.ID(), original)
	}
	if err != nil {
		return nil, err
	}
	c, err = a.Desk.AmendWithTicket(ctx, c.ID, "", who.author(), func(c *desk.Conversation, _ *desk.Ticket) ([]desk.Change, error) {
		e := edit{c: c, now: a.Now()}
		e.contact(contact)
		return e.changes, nil
	})
	return &reply[Conversation]{a.showConversation(who.cfg, c)}, err
}

// contactAt is the contact with a mail address, made where nobody has it. An address that stands only in a mail's text
// makes an unverified one.
func (a *API) contactAt(ctx context.Context, who *caller, at desk.Address, unverified bool) (desk.Contact, error) {
	address := strings.ToLower(at.Address)
	found := func() (desk.Contact, error) {
		id, err := a.Desk.ContactOf(ctx, desk.Identity{Kind: identityMail, Value: address})
		if err != nil {
			return desk.Contact{}, err
		}
		return a.Desk.Contact(ctx, id)
	}
	c, err := found()
	if err == nil || desk.CodeOf(err) != desk.NotFound {
		return c, err
	}
	fresh := desk.Contact{ID: desk.ContactID(a.Desk.NewID()), Name: at.Name, Emails: []desk.ContactEmail{{Address: address}}, Unverified: unverified, CreatedAt: a.Now()}
	c, err = a.Desk.CreateContact(ctx, fresh, who.audit("contact.create", string(fresh.ID), at.Name))
	if desk.CodeOf(err) == desk.Conflict { // made by somebody else in this moment
		return found()
	}
	return c, err
}
