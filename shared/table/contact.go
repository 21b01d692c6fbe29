package table

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// contactShard is the one shard of the contact list.
const contactShard = "contacts#0"

func encodeContact(c desk.Contact) item {
	it := contactKey(c.ID).item()
	it["d"], it["v"] = doc(c), num(c.Version+1)
	it["g1"], it["h1"] = str(contactShard), str(stamp(c.CreatedAt)+"#"+string(c.ID))
	return it
}

func decodeContact(it item) (desk.Contact, error) {
	var c desk.Contact
	if err := getDoc(it, "d", &c); err != nil {
		return c, desk.Refuse(desk.Internal, "A contact could not be read.").Because(err)
	}
	c.ID = desk.ContactID(strings.TrimPrefix(getStr(it, "pk"), "CONTACT#"))
	c.Version = getNum(it, "v")
	return c, nil
}

// Contact reads a contact strongly. NotFound when it isn't there.
func (t *Table) Contact(ctx context.Context, id desk.ContactID) (desk.Contact, error) {
	it, err := t.mustGet(ctx, contactKey(id), "There is no such contact.")
	if err != nil {
		return desk.Contact{}, err
	}
	return decodeContact(it)
}

// ContactOf finds the contact that has an identity. NotFound when nobody has.
func (t *Table) ContactOf(ctx context.Context, who desk.Identity) (desk.ContactID, error) {
	it, err := t.mustGet(ctx, identityKey(who), "Nobody is known by that address.")
	return desk.ContactID(getStr(it, "c")), err
}

// introduce finds or makes the contact of a new conversation and links the two. The contact is written before the
// identity that leads to it, so that no identity ever leads nowhere.
func (t *Table) introduce(ctx context.Context, f *desk.Filing, conv desk.ConversationID) (desk.Contact, error) {
	id, err := t.knownAs(ctx, f.Identities)
	if err != nil {
		return desk.Contact{}, err
	}
	if id == "" {
		if id, err = t.newContact(ctx, f); err != nil {
			return desk.Contact{}, err
		}
	}
	for _, who := range f.Identities[min(1, len(f.Identities)):] {
		if _, err := t.putNew(ctx, identityItem(who, id)); err != nil {
			return desk.Contact{}, err
		}
	}
	link := t.link(id, desk.Conversation{ID: conv, Inbox: f.Inbox, Channel: f.Channel})
	if _, err := t.putNew(ctx, link); err != nil {
		return desk.Contact{}, err
	}
	c, err := t.Contact(ctx, id)
	if desk.CodeOf(err) == desk.NotFound {
		return desk.Contact{ID: id, Name: f.Contact.Name}, nil
	}
	if c.Name == "" {
		c.Name = f.Contact.Name
	}
	return c, err
}

// knownAs is the contact that has the first known one of the identities; empty when none is known.
func (t *Table) knownAs(ctx context.Context, who []desk.Identity) (desk.ContactID, error) {
	for _, w := range who {
		id, err := t.ContactOf(ctx, w)
		if err == nil || desk.CodeOf(err) != desk.NotFound {
			return id, err
		}
	}
	return "", nil
}

func (t *Table) newContact(ctx context.Context, f *desk.Filing) (desk.ContactID, error) {
	first := f.Identities[0]
	c := f.Contact
	c.ID, c.Identities, c.CreatedAt, c.Version = first.ContactID(), f.Identities, t.now(), 0
	existed, err := t.putNew(ctx, encodeContact(c))
	if err != nil {
		return "", err
	}
	taken, err := t.putNew(ctx, identityItem(first, c.ID))
	if err != nil || !taken {
		return c.ID, err
	}
	theirs, err := t.ContactOf(ctx, first)
	if err == nil && theirs != c.ID && !existed { // somebody gave the address to another contact at this moment
		_, err = t.remove(ctx, contactKey(c.ID), "v = :one", item{":one": num(1)})
	}
	return theirs, err
}

func identityItem(who desk.Identity, id desk.ContactID) item {
	it := identityKey(who).item()
	it["c"] = str(string(id))
	return it
}

// link is the contact's own entry of a conversation.
func (t *Table) link(id desk.ContactID, c desk.Conversation) item {
	it := contactConversationKey(id, c.ID).item()
	it["ib"], it["t"] = str(string(c.Inbox)), moment(t.now())
	return it
}

// TakesPart reports whether an address takes part in a conversation.
func (t *Table) TakesPart(ctx context.Context, id desk.ConversationID, address string) (bool, error) {
	if address == "" {
		return false, nil
	}
	_, ok, err := t.get(ctx, participantKey(id, address))
	return ok, err
}

// addTakers records who takes part; a read is half the price of a refused write, and most are known already.
func (t *Table) addTakers(ctx context.Context, id desk.ConversationID, addresses []string) error {
	for _, a := range addresses {
		known, err := t.TakesPart(ctx, id, a)
		if err != nil {
			return err
		}
		if known || a == "" {
			continue
		}
		if _, err := t.put(ctx, participantKey(id, a).item(), "", nil); err != nil {
			return err
		}
	}
	return nil
}
