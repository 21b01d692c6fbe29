package table

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// complained outranks every other mark of an address.
const complained = "COMPLAINED"

// MarkAddress notes on the contact who has a mail address that it doesn't work (BOUNCED) or wants no mail (COMPLAINED).
// An address that nobody has is no error, and a complaint is never made less by a bounce.
func (t *Table) MarkAddress(ctx context.Context, address, state string) error {
	address = strings.ToLower(address)
	for range tries {
		id, err := t.ContactOf(ctx, desk.Identity{Kind: "email", Value: address})
		if err != nil {
			return ignoreMissing(err)
		}
		c, err := t.Contact(ctx, id)
		if err != nil {
			return ignoreMissing(err)
		}
		if !markIn(&c, address, state) {
			return nil
		}
		refused, err := t.put(ctx, encodeContact(c), "v = :v", item{":v": num(c.Version)})
		if err != nil || !refused {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// markIn marks the address in the contact; false when that changes nothing.
func markIn(c *desk.Contact, address, state string) bool {
	for i := range c.Emails {
		e := &c.Emails[i]
		if !strings.EqualFold(e.Address, address) {
			continue
		}
		if e.State == state || e.State == complained {
			return false
		}
		e.State = state
		return true
	}
	c.Emails = append(c.Emails, desk.ContactEmail{Address: address, State: state})
	return true
}
