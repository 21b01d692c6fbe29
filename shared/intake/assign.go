package intake

import (
	"context"
	"fmt"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// assign gives each event its channel. An item may name another account of the platform than the addressed channel's,
// where the platform allows one address for all: it goes to the channel of that account if the call is genuine by that
// channel's credentials too. One that belongs to nobody becomes a failure of the addressed channel, never its message.
// Events of channels that are off are counted and dropped.
func (s *Stage) assign(ctx context.Context, c call, r channel.Request) ([]desk.Inbound, error) {
	proven := map[desk.ChannelID]bool{c.channel.ID: true}
	out := make([]desk.Inbound, 0, len(c.received.Events))
	off := 0
	for _, e := range c.received.Events {
		ch, found := c.channel, true
		if e.Account != "" && e.Account != c.channel.Account["id"] {
			if ch, found = c.setup.ChannelOfAccount(c.channel.Type, e.Account); found {
				var err error
				if found, err = s.provenBy(ctx, c, ch, r, proven); err != nil {
					return nil, err
				}
			}
		}
		if !found {
			ch, e = c.channel, stranger(e, r)
		}
		if !ch.Active {
			off++
			continue
		}
		e.Channel = ch.ID
		out = append(out, e)
	}
	if off > 0 {
		s.Count(CountOff, off, c.channel.Type)
	}
	return out, nil
}

// provenBy reports whether a call is genuine by another channel's credentials.
func (s *Stage) provenBy(ctx context.Context, c call, ch desk.Channel, r channel.Request, proven map[desk.ChannelID]bool) (bool, error) {
	if ok, known := proven[ch.ID]; known {
		return ok, nil
	}
	a, err := s.accounts.open(ctx, c.setup, ch)
	if err != nil {
		return false, err
	}
	_, err = c.kind.Receive(a, r)
	proven[ch.ID] = err == nil
	return err == nil, nil
}

func stranger(e desk.Inbound, r channel.Request) desk.Inbound {
	payload := []byte(e.Payload)
	if len(payload) == 0 {
		payload = r.Body
	}
	why := fmt.Sprintf("The call is for the account %q, which is connected to no channel under the same secret.", e.Account)
	u := channel.Unparsed(payload, why, r.Now)
	u.Account = e.Account
	// Several items of one call share its body as payload: each is a failure of its own.
	u.ID += ":" + desk.Derive(e.Account, string(e.Type), e.ID, e.Target)
	return u
}
