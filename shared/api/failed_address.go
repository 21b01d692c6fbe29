package api

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// lookedAt is how many recipients of a mail are looked up before it is sent.
const lookedAt = 10

// reachable refuses mail to an address that returned the last one for good, or whose owner called it spam, until the
// caller says to send it anyway: more of it costs the whole desk its good name with the mail services.
func (a *API) reachable(ctx context.Context, kind channel.Kind, m desk.Message, anyway bool) error {
	if anyway || !kind.Capabilities.Recipients {
		return nil
	}
	to := append(append(append([]desk.Address{}, m.To...), m.Cc...), m.Bcc...)
	for _, x := range to[:min(len(to), lookedAt)] {
		state, err := a.addressState(ctx, strings.ToLower(x.Address))
		if err != nil {
			return err
		}
		switch state {
		case "":
		case "COMPLAINED":
			return desk.Refuse(desk.AddressFailed, "The owner of "+x.Address+" called mail from here spam. Say sendAnyway to send it all the same.")
		default:
			return desk.Refuse(desk.AddressFailed, "Mail to "+x.Address+" came back for good. Correct the address, or say sendAnyway to try it again.")
		}
	}
	return nil
}

// addressState is what is known of a mail address; empty for nothing bad.
func (a *API) addressState(ctx context.Context, address string) (string, error) {
	id, err := a.Desk.ContactOf(ctx, desk.Identity{Kind: identityMail, Value: address})
	if err == nil {
		var c desk.Contact
		if c, err = a.Desk.Contact(ctx, id); err == nil {
			for _, e := range c.Emails {
				if strings.EqualFold(e.Address, address) {
					return e.State, nil
				}
			}
			return "", nil
		}
	}
	if desk.CodeOf(err) == desk.NotFound {
		return "", nil
	}
	return "", err
}
