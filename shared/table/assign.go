package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// OpenConversation stores what the ticket stage decided about a conversation that is new or open again: its ticket and
// assignee, what the thread tells, the assignee's turn and load, and that the work is done; all in one transaction.
// Conflict when anything of it changed since it was read: decide again.
func (t *Table) OpenConversation(ctx context.Context, o desk.Opening) error {
	var extra []types.TransactWriteItem
	if o.Ticket != nil {
		extra = append(extra, t.ticketIn(*o.Ticket))
	}
	if o.Tell != nil {
		extra = append(extra, t.putIn(t.notice(*o.Tell), "attribute_not_exists(pk)", nil))
	}
	read := o.Conversation
	if o.Assignee != "" {
		o.Presence.User = o.Assignee
		extra = append(extra, t.giveIn(o.Presence, read.ID, t.now()))
		if o.TakeBack > 0 && o.Assignee != read.Assignee {
			extra = append(extra, t.takeBackIn(read, o.Assignee, o.TakeBack))
		}
	}
	_, err := t.changeBeside(ctx, read.ID, "", desk.Author{Kind: desk.BySystem}, func(c *desk.Conversation) ([]desk.Change, error) {
		if c.Work != read.Work || c.Assignee != read.Assignee || c.Team != read.Team || c.ByHand != read.ByHand || c.Ticket != read.Ticket ||
			c.State != read.State || c.Place != read.Place || c.Inbox != read.Inbox || c.LastOut != read.LastOut || !c.Waiting.Equal(read.Waiting) {
			return nil, desk.Refuse(desk.Conflict, "Somebody else changed this at the same moment.")
		}
		c.Work = ""
		c.Ticket = o.Number
		switch {
		case o.Assignee != "" && o.Assignee != c.Assignee:
			c.Assignee, c.ByHand = o.Assignee, false
		case o.Release:
			c.Assignee, c.ByHand = "", false
		}
		return o.Changes, nil
	}, o.Assignee, func() []types.TransactWriteItem { return extra })
	return err
}

// The due item of an assignment: as (whom), ok (the conversation's last answer then), ch. Its time lies in the index of
// work; the sweep marks it when the time is over.
func (t *Table) takeBackIn(c desk.Conversation, id desk.UserID, after time.Duration) types.TransactWriteItem {
	it := takeBackKey(c.ID).item()
	it["as"], it["ch"] = str(string(id)), str(string(c.Channel))
	putStr(it, "ok", string(c.LastOut))
	it["g3"], it["h3"] = str(workShard), moment(t.now().Add(after))
	it["t"] = it["h3"]
	return t.putIn(it, "", nil)
}

// TakeBack is the assignment of a conversation that is to be taken back. NotFound when there is none.
func (t *Table) TakeBack(ctx context.Context, id desk.ConversationID) (desk.TakeBack, error) {
	it, err := t.mustGet(ctx, takeBackKey(id), "Nothing is to be taken back.")
	return desk.TakeBack{
		Conversation: id, User: desk.UserID(getStr(it, "as")), LastOut: desk.MessageKey(getStr(it, "ok")), At: getTime(it, "t"),
	}, err
}

// TookBack forgets that an assignment is to be taken back, unless it is another one by now.
func (t *Table) TookBack(ctx context.Context, b desk.TakeBack) error {
	_, err := t.remove(ctx, takeBackKey(b.Conversation), "t = :t", item{":t": moment(b.At)})
	return err
}

// Unassign takes a person off a conversation that was theirs, with its ticket, and has it given to somebody else. note is
// what the thread tells.
func (t *Table) Unassign(ctx context.Context, id desk.ConversationID, from desk.UserID, by desk.Author, note string) error {
	_, err := t.AmendWithTicket(ctx, id, "", by, func(c *desk.Conversation, k *desk.Ticket) ([]desk.Change, error) {
		if c.Assignee != from {
			return nil, nil
		}
		if k != nil && k.Owner == from {
			k.Owner = ""
		}
		c.Assignee, c.ByHand = "", false
		if c.State == desk.Open && c.Place == desk.InInbox {
			c.Work = workName(desk.WorkOpen, t.now().UnixMilli())
		}
		return []desk.Change{{What: "assigned", From: string(from), Note: note}}, nil
	})
	if desk.CodeOf(err) == desk.NotFound {
		return nil
	}
	return err
}

// saveAnnounced puts a head that tells of a message. A new conversation for which somebody is free is theirs from the
// first moment, in the same write; where that somebody changed meanwhile, it begins with nobody and its work is done later.
func (t *Table) saveAnnounced(ctx context.Context, f *desk.Filing, h *head) (refused bool, err error) {
	if h.read != nil || f.Choose == nil || f.Muted || h.Place != desk.InInbox || h.Assignee != "" {
		return t.saveHead(ctx, h)
	}
	given, ok, err := f.Choose(ctx, h.Conversation)
	if err != nil {
		return false, err
	}
	if !ok {
		return t.saveHead(ctx, h)
	}
	plain := h.Conversation
	h.Assignee = given.Presence.User
	if given.Done {
		h.Work = ""
	}
	writes := []types.TransactWriteItem{t.headPut(h), t.giveIn(given.Presence, h.ID, t.now())}
	writes = append(writes, t.events(h, desk.Author{Kind: desk.BySystem}, []desk.Change{given.Change})...)
	if given.TakeBack > 0 {
		writes = append(writes, t.takeBackIn(h.Conversation, h.Assignee, given.TakeBack))
	}
	lost, err := t.together(ctx, writes...)
	switch {
	case err == nil && lost == nil:
		return false, nil
	case err != nil && desk.CodeOf(err) != desk.Busy:
		return false, err
	case err == nil && lost[0]:
		return true, nil
	}
	h.Conversation = plain
	return t.saveHead(ctx, h)
}
