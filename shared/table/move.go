package table

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// move is what happens when a message belongs to a conversation that takes no more: in one transaction it begins a new
// one, the thread's pointer moves on, and the claim names the new place.
func (t *Table) move(ctx context.Context, f *desk.Filing, x claim, old *head) (filed desk.Filed, done bool, err error) {
	thread := threadKey(old.Channel, old.Thread)
	it, there, err := t.get(ctx, thread)
	if err != nil {
		return filed, false, err
	}
	now := desk.ConversationID(getStr(it, "c"))
	if there && now != old.ID {
		return filed, false, t.followMoved(ctx, f, x, now)
	}
	next := &head{Conversation: desk.Conversation{
		ID: desk.ConversationID(t.NewID()), Inbox: f.Inbox, Channel: old.Channel, Thread: old.Thread, Contact: old.Contact,
		Name: old.Name, Subject: f.Subject, State: desk.Open, Place: f.Place, CreatedAt: t.now(), Previous: old.ID,
	}}
	if f.Muted {
		next.State, next.ClosedAt = desk.Closed, t.now()
	}
	y := claim{made: true, conv: next.ID, key: t.keyAfter(""), at: t.now()}
	next.announce(f, y.key, t.now())
	writes := []types.TransactWriteItem{
		t.headPut(next),
		t.putIn(t.inbound(f, y), "", nil),
		t.updateIn(thread, "SET c = :new", "attribute_not_exists(c) OR c = :old", item{":new": str(string(next.ID)), ":old": str(string(old.ID))}),
		t.claimIn(f, x, y),
		t.putIn(t.link(next.Contact, next.Conversation), "", nil),
	}
	if x.made {
		writes = append(writes, t.removeIn(messageKey(x.conv, x.key)))
	}
	refused, err := t.together(ctx, writes...)
	if err != nil || refused != nil {
		return filed, false, err
	}
	if err := t.addTakers(ctx, next.ID, f.Takers); err != nil {
		return filed, false, err
	}
	for _, alias := range f.Aliases {
		if err := t.putAlias(ctx, f.Channel, alias, y.conv, y.key); err != nil {
			return filed, false, err
		}
	}
	return desk.Filed{Conversation: y.conv, Key: y.key, New: true}, true, nil
}

// followMoved joins the conversation that the pointer has moved on to: the next round starts there.
func (t *Table) followMoved(ctx context.Context, f *desk.Filing, x claim, now desk.ConversationID) error {
	if !x.made {
		if f.Join != "" {
			f.Join = now
		}
		return nil
	}
	y := claim{conv: now, key: t.keyAfter(x.key), at: t.now()}
	_, err := t.together(ctx, t.claimIn(f, x, y), t.removeIn(messageKey(x.conv, x.key)))
	return err
}

// claimIn makes the event's claim y, if it is as read in x.
func (t *Table) claimIn(f *desk.Filing, x, y claim) types.TransactWriteItem {
	args := item{":c": str(string(y.conv)), ":k": str(string(y.key)), ":t": moment(y.at)}
	cond := claimFree
	if x.made {
		cond = "c = :oldc AND k = :oldk"
		args[":oldc"], args[":oldk"] = str(string(x.conv)), str(string(x.key))
	}
	w := t.updateIn(extKey(f.Channel, f.Ext), claimSet, cond, args)
	w.Update.ExpressionAttributeNames = claimNames()
	return w
}

// workName makes a name of work unique to the moment that made it, so that the stream hands each on once.
func workName(what string, n int64) string { return what + ":" + strconv.FormatInt(n, 10) }
