package api

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Contact is a person who writes to us.
type Contact struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	OwnerID    *string           `json:"ownerId" doc:"The user who looks after this contact."`
	Emails     []ContactEmail    `json:"emails" nullable:"false"`
	Phones     []string          `json:"phones" nullable:"false"`
	Identities []Identity        `json:"identities" nullable:"false"`
	CompanyID  *string           `json:"companyId"`
	Properties map[string]string `json:"properties"`
	Unverified bool              `json:"unverified" doc:"Made from text only, such as the sender inside a forwarded mail."`
	CreatedAt  time.Time         `json:"createdAt"`
}

// ContactEmail is a mail address and whether it works.
type ContactEmail struct {
	Address string `json:"address"`
	State   string `json:"state" doc:"OK, BOUNCED or COMPLAINED."`
}

// Identity is what a contact is known by on a network.
type Identity struct {
	Kind  string `json:"kind" example:"telegram"`
	Value string `json:"value"`
}

// ContactFields are what both a new contact and a change of one may say.
type ContactFields struct {
	Name       opt[string]              `json:"name,omitempty" maxLength:"200"`
	OwnerID    opt[string]              `json:"ownerId,omitempty" maxLength:"200"`
	Emails     opt[[]ContactEmailInput] `json:"emails,omitempty" maxItems:"50"`
	Phones     opt[[]string]            `json:"phones,omitempty" maxItems:"50" doc:"In international form: +31201234567."`
	Properties opt[map[string]*string]  `json:"properties,omitempty" maxProperties:"200" doc:"Each is set; null takes one away."`
}

// ContactEmailInput is an address of a contact as it is given. Its state is ours to tell; given back it changes nothing.
type ContactEmailInput struct {
	Address string `json:"address" minLength:"3" maxLength:"254"`
	State   string `json:"state,omitempty" maxLength:"20"`
}

// ContactInput is a contact to create, or a change of one.
type ContactInput struct{ ContactFields }

func showContact(c desk.Contact) Contact {
	out := Contact{
		ID: string(c.ID), Name: c.Name, OwnerID: some(string(c.Owner)), Emails: []ContactEmail{}, Phones: append([]string{}, c.Phones...),
		Identities: []Identity{}, CompanyID: some(c.Company), Properties: copied(c.Properties), Unverified: c.Unverified, CreatedAt: c.CreatedAt.UTC(),
	}
	for _, e := range c.Emails {
		out.Emails = append(out.Emails, ContactEmail{e.Address, firstOf(e.State, "OK")})
	}
	for _, i := range c.Identities {
		out.Identities = append(out.Identities, Identity(i))
	}
	return out
}

func (a *API) contactCalls(b *book) {
	on(b, "listContacts", a.listContacts)
	on(b, "readContact", func(ctx context.Context, _ *caller, in *ByID) (*reply[Contact], error) {
		c, err := a.Desk.Contact(ctx, desk.ContactID(in.ID))
		return &reply[Contact]{showContact(c)}, err
	})
	on(b, "createContact", a.createContact)
	on(b, "changeContact", a.changeContact)
	on(b, "listContactConversations", func(ctx context.Context, who *caller, in *struct {
		ByID
		Paged
	},
	) (*reply[listOf[Conversation]], error) {
		if _, err := a.Desk.Contact(ctx, desk.ContactID(in.ID)); err != nil {
			return nil, err
		}
		return a.conversations(ctx, who, in.Paged, ConversationFilters{ContactID: in.ID})
	})
	on(b, "listContactTickets", func(ctx context.Context, who *caller, in *ByID) (*reply[listOf[Ticket]], error) {
		if _, err := a.Desk.Contact(ctx, desk.ContactID(in.ID)); err != nil {
			return nil, err
		}
		found, err := a.Desk.TicketsOf(ctx, desk.ContactID(in.ID))
		out := listOf[Ticket]{Results: []Ticket{}}
		for _, t := range found {
			if who.seesTicket(t) {
				out.Results = append(out.Results, showTicket(t))
			}
		}
		return &reply[listOf[Ticket]]{out}, err
	})
}

func (a *API) listContacts(ctx context.Context, _ *caller, in *struct {
	Paged
	Email string `query:"email" maxLength:"254" doc:"Find the contact with this address."`
	Phone string `query:"phone" maxLength:"40" doc:"Find the contact with this number."`
},
) (*reply[listOf[Contact]], error) {
	if in.Email != "" || in.Phone != "" {
		return a.findContact(ctx, in.Email, in.Phone)
	}
	after, err := a.cursors.read(ctx, "contacts", in.After)
	if err != nil {
		return nil, err
	}
	found, next, err := a.Desk.ListContacts(ctx, after, in.Limit)
	if err != nil {
		return nil, err
	}
	var out []Contact
	for _, c := range found {
		out = append(out, showContact(c))
	}
	return page(ctx, a, "contacts", out, next)
}

func (a *API) findContact(ctx context.Context, email, phone string) (*reply[listOf[Contact]], error) {
	out := listOf[Contact]{Results: []Contact{}}
	who := desk.Identity{Kind: identityMail, Value: strings.ToLower(strings.TrimSpace(email))}
	if email == "" {
		number, ok := phoneNumber(phone)
		if !ok {
			return nil, desk.RefuseField("phone", "this is not a number in international form, such as +31201234567")
		}
		who = desk.Identity{Kind: identityPhone, Value: number}
	}
	id, err := a.Desk.ContactOf(ctx, who)
	if err == nil {
		var c desk.Contact
		if c, err = a.Desk.Contact(ctx, id); err == nil {
			out.Results = append(out.Results, showContact(c))
		}
	}
	if desk.CodeOf(err) == desk.NotFound {
		err = nil
	}
	return &reply[listOf[Contact]]{out}, err
}

func (a *API) createContact(ctx context.Context, who *caller, in *struct {
	Idem
	Body ContactInput
},
) (*made[Contact], error) {
	return once(ctx, a, who, "POST /v1/contacts", in.Key, func(id string) (Contact, error) {
		c := desk.Contact{ID: desk.ContactID(id), CreatedAt: a.Now()}
		if err := in.Body.apply(who.cfg, &c); err != nil {
			return Contact{}, err
		}
		if c.Name == "" && len(c.Emails)+len(c.Phones) == 0 {
			return Contact{}, desk.RefuseField("name", "a contact needs a name, a mail address or a phone number")
		}
		c, err := a.Desk.CreateContact(ctx, c, who.audit("contact.create", id, ""))
		return showContact(c), err
	}, func(id string) (Contact, error) {
		c, err := a.Desk.Contact(ctx, desk.ContactID(id))
		return showContact(c), err
	})
}

func (a *API) changeContact(ctx context.Context, who *caller, in *struct {
	ByID
	Body ContactInput
},
) (*reply[Contact], error) {
	c, err := a.Desk.ChangeContact(ctx, desk.ContactID(in.ID), who.audit("contact.update", in.ID, ""), func(c *desk.Contact) error {
		return in.Body.apply(who.cfg, c)
	})
	return &reply[Contact]{showContact(c)}, err
}

// apply puts the fields over c and checks what came of it. Its identities follow its addresses.
func (f ContactFields) apply(cfg *desk.Config, c *desk.Contact) error {
	f.Name.apply(&c.Name)
	c.Name = strings.TrimSpace(c.Name)
	applyAs(f.OwnerID, &c.Owner)
	if _, there := cfg.Users[c.Owner]; f.OwnerID.value != "" && !there {
		return desk.RefuseField("ownerId", "there is no such user")
	}
	for name, v := range f.Properties.value {
		if v == nil {
			delete(c.Properties, name)
			continue
		}
		if c.Properties == nil {
			c.Properties = map[string]string{}
		}
		c.Properties[name] = *v
	}
	if f.Properties.null {
		c.Properties = nil
	}
	if err := f.applyEmails(c); err != nil {
		return err
	}
	return f.applyPhones(c)
}

func (f ContactFields) applyEmails(c *desk.Contact) error {
	if !f.Emails.set {
		return nil
	}
	was := map[string]desk.ContactEmail{}
	for _, e := range c.Emails {
		was[strings.ToLower(e.Address)] = e
	}
	seen := map[string]bool{}
	c.Emails = nil
	for i, e := range f.Emails.value {
		a, err := mail.ParseAddress(e.Address)
		if err != nil || a.Address != strings.TrimSpace(e.Address) {
			return desk.RefuseField(fmt.Sprintf("emails[%d].address", i), "this is not a mail address")
		}
		at := strings.ToLower(a.Address)
		if seen[at] {
			continue
		}
		seen[at] = true
		if old, had := was[at]; had {
			c.Emails = append(c.Emails, old)
			continue
		}
		c.Emails = append(c.Emails, desk.ContactEmail{Address: at})
	}
	known := make([]string, 0, len(c.Emails))
	for _, e := range c.Emails {
		known = append(known, strings.ToLower(e.Address))
	}
	c.Identities = identities(c.Identities, identityMail, known)
	return nil
}

func (f ContactFields) applyPhones(c *desk.Contact) error {
	if !f.Phones.set {
		return nil
	}
	c.Phones = nil
	for i, p := range ids[string](f.Phones.value) {
		number, ok := phoneNumber(p)
		if !ok {
			return desk.RefuseField(fmt.Sprintf("phones[%d]", i), "this is not a number in international form, such as +31201234567")
		}
		c.Phones = append(c.Phones, number)
	}
	c.Phones = ids[string](c.Phones)
	c.Identities = identities(c.Identities, identityPhone, c.Phones)
	return nil
}

// identities are those of other kinds as they were, and of this kind the values given.
func identities(had []desk.Identity, kind string, values []string) []desk.Identity {
	var out []desk.Identity
	for _, i := range had {
		if i.Kind != kind {
			out = append(out, i)
		}
	}
	for _, v := range values {
		out = append(out, desk.Identity{Kind: kind, Value: v})
	}
	return out
}

// phoneNumber is a number in international form without anything but its digits.
func phoneNumber(s string) (string, bool) {
	s = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "", "\u00a0", "").Replace(s)
	digits, plus := strings.CutPrefix(s, "+")
	if !plus || len(digits) < 5 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return s, true
}
