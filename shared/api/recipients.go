package api

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// maxRecipients is how many addresses one mail may go to.
const maxRecipients = 50

// threadEntries is how far back in a thread the people of an answer are looked for.
const threadEntries = 40

// address fills in whom an answer goes to where the caller didn't say: back to who wrote last, and to everybody else that
// was in it. A list that was given stays as it is; an empty one means nobody.
func (a *API) address(ctx context.Context, who *caller, kind channel.Kind, c desk.Conversation, answers desk.MessageID, b *NewMessage) error {
	if _, custom := kind.Type.Registration(); custom || !kind.Capabilities.Recipients {
		return nil
	}
	if len(b.To) == 0 || b.Cc == nil {
		to, cc, err := a.answered(ctx, who.cfg, c, answers)
		if err != nil {
			return err
		}
		if len(b.To) == 0 {
			b.To = showAddresses(to)
		}
		if b.Cc == nil {
			b.Cc = without(cc, b.To)
		}
	}
	if len(b.To) == 0 {
		return desk.RefuseField("to", "nobody is known whom the answer could go to; say whom")
	}
	return sendable(b.To, b.Cc, b.Bcc)
}

// answered are the people of the message that is answered, or else of the thread's last one that a person wrote.
func (a *API) answered(ctx context.Context, cfg *desk.Config, c desk.Conversation, answers desk.MessageID) (to, cc []desk.Address, err error) {
	if answers != "" {
		m, err := a.Desk.Message(ctx, answers)
		if err == nil && m.Kind == desk.KindMessage && m.Direction == desk.Incoming {
			to, cc = a.peopleOf(cfg, m)
			return to, cc, nil
		}
		if err != nil && desk.CodeOf(err) != desk.NotFound {
			return nil, nil, err
		}
	}
	thread, _, err := a.Desk.Messages(ctx, c.ID, "", "~", threadEntries)
	if err != nil {
		return nil, nil, err
	}
	var automatic *desk.Message
	for _, m := range slices.Backward(thread) {
		if m.Kind != desk.KindMessage {
			continue
		}
		if _, ours := cfg.Teammate(m.Author.Address); ours && m.Direction == desk.Incoming {
			continue // a colleague's mail in the thread is answered to the contact
		}
		if m.Muted {
			if automatic == nil {
				automatic = &m
			}
			continue
		}
		to, cc = a.peopleOf(cfg, m)
		return to, cc, nil
	}
	if automatic != nil {
		to, cc = a.peopleOf(cfg, *automatic)
	}
	return to, cc, nil
}

// peopleOf are whom an answer to everybody in a message goes to, without our own addresses.
func (a *API) peopleOf(cfg *desk.Config, m desk.Message) (to, cc []desk.Address) {
	if m.Direction == desk.Outgoing {
		return m.To, m.Cc
	}
	to = desk.AnswersTo(m)
	seen := map[string]bool{}
	for _, x := range to {
		seen[strings.ToLower(x.Address)] = true
	}
	for _, x := range slices.Concat(m.To, m.Cc) {
		low := strings.ToLower(x.Address)
		if !seen[low] && !a.ours(cfg, low) && len(to)+len(cc) < maxRecipients {
			seen[low] = true
			cc = append(cc, x)
		}
	}
	return to, cc
}

// ours reports whether an address is one of the desk's.
func (a *API) ours(cfg *desk.Config, address string) bool {
	if strings.HasSuffix(address, "@"+a.Domain) {
		return true
	}
	for _, ch := range cfg.Channels {
		if !ch.Deleted && (strings.EqualFold(ch.Settings["address"], address) || strings.EqualFold(ch.Sender.Address, address)) {
			return true
		}
	}
	return false
}

func without(all []desk.Address, given []Address) []Address {
	return slices.DeleteFunc(showAddresses(all), func(x Address) bool {
		return slices.ContainsFunc(given, func(g Address) bool { return strings.EqualFold(g.Address, x.Address) })
	})
}

// sendable refuses what is no address that mail can be sent with, and more of them than a mail can have.
func sendable(to, cc, bcc []Address) error {
	n := 0
	for _, list := range []struct {
		name string
		of   []Address
	}{{"to", to}, {"cc", cc}, {"bcc", bcc}} {
		for i, x := range list.of {
			n++
			at := fmt.Sprintf("%s[%d].address", list.name, i)
			given := strings.TrimSpace(x.Address)
			parsed, err := mail.ParseAddress(given)
			if err != nil || parsed.Address != given || strings.ContainsFunc(given, func(r rune) bool { return r <= ' ' || r > '~' }) {
				return desk.RefuseField(at, "this is not an address that mail can be sent with")
			}
		}
	}
	if n > maxRecipients {
		return desk.RefuseField("to", fmt.Sprintf("a mail can go to %d addresses; these are %d", maxRecipients, n))
	}
	return nil
}

// takers are the addresses that take part in the conversation from this message on: their answers belong there.
func takers(kind channel.Kind, m desk.Message) []string {
	if m.Custom != nil || !kind.Capabilities.Recipients {
		return nil
	}
	var out []string
	for _, x := range slices.Concat(m.To, m.Cc, m.Bcc) {
		out = append(out, strings.ToLower(x.Address))
	}
	return out
}
