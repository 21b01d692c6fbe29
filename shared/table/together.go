package table

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// AmendWithTicket is ChangeConversation where the conversation's ticket may be changed in the same transaction; k is nil
// where it has none. act may be called several times.
func (t *Table) AmendWithTicket(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
	act func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error),
) (desk.Conversation, error) {
	return t.amendBoth(ctx, id, seen, by, act, func(desk.Conversation, *desk.Ticket) []types.TransactWriteItem { return nil })
}

// amendBoth is AmendWithTicket with further writes that follow from both as they are to be.
func (t *Table) amendBoth(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
	act func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error),
	beside func(c desk.Conversation, k *desk.Ticket) []types.TransactWriteItem,
) (desk.Conversation, error) {
	for range tries {
		read, found, err := t.ticketOf(ctx, id)
		if err != nil {
			return desk.Conversation{}, err
		}
		var k *desk.Ticket
		var after desk.Conversation
		acted := false
		c, err := t.changeBeside(ctx, id, seen, by, func(c *desk.Conversation) (changes []desk.Change, err error) {
			if k = nil; found {
				own := read
				own.Properties, own.Tags = maps.Clone(read.Properties), slices.Clone(read.Tags)
				k = &own
			}
			changes, err = act(c, k)
			acted, after = err == nil, *c
			return changes, err
		}, "", func() []types.TransactWriteItem {
			extra := beside(after, k)
			if found && !same(encodeTicket(read), encodeTicket(*k)) {
				extra = append(extra, t.ticketIn(*k))
			}
			return extra
		})
		if desk.CodeOf(err) != desk.Conflict || err == nil || !acted {
			return c, err
		}
		if err := pause(ctx); err != nil { // the ticket was changed meanwhile
			return c, err
		}
	}
	return desk.Conversation{}, desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// ticketOf is a conversation's ticket; found is false where it has none, or its ticket was detached.
func (t *Table) ticketOf(ctx context.Context, id desk.ConversationID) (k desk.Ticket, found bool, err error) {
	k, err = t.Ticket(ctx, id.TicketID())
	if desk.CodeOf(err) == desk.NotFound {
		return k, false, nil
	}
	return k, err == nil && k.Conversation == id, err
}

// DetachTicket takes a conversation and its ticket apart, which the thread tells. NotFound where it has none.
func (t *Table) DetachTicket(ctx context.Context, id desk.ConversationID, by desk.Author) (desk.Conversation, error) {
	return t.AmendWithTicket(ctx, id, "", by, func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error) {
		if k == nil || c.Ticket == 0 {
			return nil, desk.Refuse(desk.NotFound, "The conversation has no ticket.")
		}
		n := ticketName(c.Ticket)
		c.Ticket, k.Conversation = 0, ""
		return []desk.Change{{What: "ticket", From: n, Note: "Ticket " + n + " was detached."}}, nil
	})
}

// MoveConversation moves a conversation with its ticket into another inbox. Whoever has it and is no member there loses
// it, and it is given to somebody else; in a help desk it gets its ticket. moved is false when it is there already.
func (t *Table) MoveConversation(ctx context.Context, id desk.ConversationID, to desk.InboxID, by desk.Author) (moved bool, err error) {
	cfg, err := t.Config(ctx)
	if err != nil {
		return false, err
	}
	inbox, there := cfg.Inboxes[to]
	if !there {
		if cfg, err = t.Fresh(ctx); err != nil {
			return false, err
		}
		if inbox, there = cfg.Inboxes[to]; !there {
			return false, desk.Refuse(desk.NotFound, "There is no such inbox.")
		}
	}
	_, err = t.amendBoth(ctx, id, "", by, func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error) {
		if moved = c.Inbox != to; !moved {
			return nil, nil
		}
		changes := []desk.Change{{What: "moved", From: string(c.Inbox), To: string(to), Note: inbox.Name}}
		c.Inbox = to
		if k != nil {
			k.Inbox = to
		}
		loses := c.Assignee != "" && !inbox.Access.Member(cfg.Users[c.Assignee])
		if loses {
			changes = append(changes, desk.Change{What: "assigned", From: string(c.Assignee), Note: "No member of the inbox " + inbox.Name + "."})
			if k != nil && k.Owner == c.Assignee {
				k.Owner = ""
			}
			c.Assignee, c.ByHand = "", false
		}
		wants := loses || inbox.Kind == desk.HelpDesk && c.Ticket == 0
		if wants && c.Work == "" && c.State == desk.Open && c.Place == desk.InInbox {
			c.Work = workName(desk.WorkOpen, t.now().UnixMilli())
		}
		return changes, nil
	}, func(c desk.Conversation, k *desk.Ticket) []types.TransactWriteItem {
		if !moved {
			return nil
		}
		var out []types.TransactWriteItem
		args := item{":ib": str(string(to))}
		if c.Contact != "" {
			out = append(out, t.updateIn(contactConversationKey(c.Contact, c.ID), "SET ib = :ib", "", args))
		}
		if k != nil && k.Contact != "" {
			out = append(out, t.updateIn(contactTicketKey(k.Contact, k.ID), "SET ib = :ib", "", args))
		}
		return out
	})
	return moved && err == nil, err
}
