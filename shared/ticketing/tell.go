package ticketing

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// quoted bounds how much of a message a mail to its contact's owner holds, in bytes.
const quoted = 8 << 10

// tell has the owner of a conversation's contact told by mail that somebody wrote while they were away, once a message.
// Where the inbox has no mail channel that is on, nobody is told.
func (s *Stage) tell(ctx context.Context, cfg *desk.Config, found choice, o *desk.Opening) error {
	conv := o.Conversation
	owner, from := cfg.Users[found.away], mailOf(cfg, conv.Inbox)
	if found.away == "" || conv.LastIn == "" || owner.Email == "" || from.ID == "" {
		return nil
	}
	log := desk.NoticeLog(conv.ID)
	if _, err := s.Desk.Message(ctx, log.Message(conv.LastIn)); desk.CodeOf(err) != desk.NotFound || err == nil {
		return err // told before
	}
	wrote, err := s.Desk.Message(ctx, conv.ID.Message(conv.LastIn))
	if err != nil && desk.CodeOf(err) != desk.NotFound {
		return err
	}
	o.Tell = &desk.Message{
		Conversation: log, Key: conv.LastIn, Channel: from.ID, Thread: "owner " + string(owner.ID), Author: desk.Author{Kind: desk.BySystem, Name: "Loket"},
		To: []desk.Address{{Name: owner.Name, Address: owner.Email}}, Change: &desk.Change{What: desk.OwnerTold, To: string(owner.ID)},
		Subject: oneLine(fmt.Sprintf("%s wrote to %s: %s", who(conv), cfg.Inboxes[conv.Inbox].Name, cmp.Or(conv.Subject, conv.Preview))),
		Text:    notice(cfg, conv, found, wrote),
	}
	o.Changes = append(o.Changes, desk.Change{What: "told", To: string(owner.ID), Note: name(cfg, owner.ID) + " owns the contact, is away, and was told by mail."})
	return nil
}

// notice is what the owner reads: who wrote what, and where it is now.
func notice(cfg *desk.Config, conv desk.Conversation, found choice, wrote desk.Message) string {
	text := cmp.Or(wrote.Visible, wrote.Text, conv.Preview)
	if len(text) > quoted {
		text = strings.ToValidUTF8(text[:quoted], "") + " …"
	}
	where := "The conversation waits for you"
	if found.ok {
		where = "The conversation was assigned to you"
	}
	return fmt.Sprintf("%s wrote to the inbox %s while you, who own this contact, were not available. %s.\n\n%s\n\nAnswer in Loket; this mail can't be answered.\n",
		who(conv), cfg.Inboxes[conv.Inbox].Name, where, "> "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n> "))
}

func who(conv desk.Conversation) string { return cmp.Or(conv.Name, "Somebody") }

// oneLine is a subject: a line of at most 150 bytes.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 150 {
		s = strings.ToValidUTF8(s[:147], "") + "…"
	}
	return s
}

// mailOf is the mail channel that an inbox was born with, if it is on.
func mailOf(cfg *desk.Config, inbox desk.InboxID) desk.Channel {
	for _, ch := range cfg.Channels {
		if ch.Inbox == inbox && ch.Fallback && ch.Silent() == "" {
			return ch
		}
	}
	return desk.Channel{}
}
