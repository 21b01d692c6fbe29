package routing

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// world is a small desk in memory: what the router asks for, and what it did.
type world struct {
	cfg, fresh *desk.Config
	filed      []desk.Filing
	failures   []desk.Failure
	edits      []string
	statuses   []desk.StatusNews
	found      map[string]desk.MessageID
	people     map[desk.ConversationID][]string
	heads      map[desk.ConversationID]desk.Conversation
	contacts   map[string]desk.ContactID
	tickets    map[int64]desk.Ticket
	tokens     map[string]desk.ConversationID
	copies     map[string]string
	recipients []string
	marks      []string
	threads    map[string]desk.ConversationID
	counted    int
	broken     error // every lookup fails with it
}

func newWorld() *world {
	inbox := desk.Inbox{ID: "ib", Kind: desk.PlainInbox, Access: desk.Access{Everyone: true}, Spam: desk.SpamRule{RoleAddresses: true}, Reopen: desk.ReopenRule{Policy: desk.Reopen}}
	cfg := &desk.Config{
		Inboxes: map[desk.InboxID]desk.Inbox{"ib": inbox, "other": {ID: "other", Access: desk.Access{Everyone: true}}},
		Channels: map[desk.ChannelID]desk.Channel{
			"tg":   {ID: "tg", Type: "telegram", Inbox: "ib", Active: true},
			"mail": {ID: "mail", Type: "email", Inbox: "ib", Active: true, Sender: desk.SenderIdentity{Address: "help@example.com"}},
		},
		Users: map[desk.UserID]desk.User{"u1": {ID: "u1", Email: "agent@example.com", Active: true}},
	}
	return &world{
		cfg: cfg, fresh: cfg, found: map[string]desk.MessageID{}, people: map[desk.ConversationID][]string{}, heads: map[desk.ConversationID]desk.Conversation{},
		contacts: map[string]desk.ContactID{}, tickets: map[int64]desk.Ticket{}, tokens: map[string]desk.ConversationID{}, copies: map[string]string{},
		threads: map[string]desk.ConversationID{},
	}
}

func (w *world) router() *Router {
	return &Router{
		Setup: w, Filer: w, Changes: w, Evidence: w, Copies: w, Failures: w, Tokens: w,
		Now: func() time.Time { return time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC) }, Count: func() { w.counted++ },
	}
}

func (w *world) Config(context.Context) (*desk.Config, error) { return w.cfg, w.broken }
func (w *world) Fresh(context.Context) (*desk.Config, error)  { return w.fresh, w.broken }
func (w *world) FileInbound(_ context.Context, f desk.Filing) (desk.Filed, error) {
	w.filed = append(w.filed, f)
	return desk.Filed{}, nil
}

func (w *world) EditMessage(_ context.Context, _ desk.ChannelID, target string, e desk.Inbound) (desk.MessageID, error) {
	return w.change(target, e.Text)
}

func (w *world) MarkDeleted(_ context.Context, _ desk.ChannelID, target string) (desk.MessageID, error) {
	return w.change(target, "deleted")
}

func (w *world) React(_ context.Context, _ desk.ChannelID, target, by, emoji string) (desk.MessageID, error) {
	return w.change(target, by+emoji)
}

func (w *world) change(target, what string) (desk.MessageID, error) {
	if _, ok := w.found[target]; !ok {
		return "", desk.Refuse(desk.NotFound, "There is no such message.")
	}
	w.edits = append(w.edits, target+"="+what)
	return w.found[target], nil
}

func (w *world) ApplyStatus(_ context.Context, _ desk.ChannelID, _, _ string, n desk.StatusNews) error {
	w.statuses = append(w.statuses, n)
	return nil
}

func (w *world) MarkAddress(_ context.Context, address, state string) error {
	w.marks = append(w.marks, address+" "+state)
	return nil
}

func (w *world) FindMessages(_ context.Context, ch desk.ChannelID, ids []string) (map[string]desk.MessageID, error) {
	out := map[string]desk.MessageID{}
	for _, id := range ids {
		if m, ok := w.found[id]; ok {
			out[id] = m
		}
	}
	return out, w.broken
}

func (w *world) TakesPart(_ context.Context, id desk.ConversationID, address string) (bool, error) {
	return slices.Contains(w.people[id], address), nil
}

func (w *world) Conversation(_ context.Context, id desk.ConversationID) (desk.Conversation, error) {
	c, ok := w.heads[id]
	if !ok {
		return c, desk.Refuse(desk.NotFound, "There is no such conversation.")
	}
	return c, nil
}

func (w *world) ContactOf(_ context.Context, who desk.Identity) (desk.ContactID, error) {
	id, ok := w.contacts[who.Value]
	if !ok {
		return "", desk.Refuse(desk.NotFound, "Nobody is known by that address.")
	}
	return id, nil
}

func (w *world) TicketByNumber(_ context.Context, n int64) (desk.Ticket, error) {
	t, ok := w.tickets[n]
	if !ok {
		return t, desk.Refuse(desk.NotFound, "There is no such ticket.")
	}
	return t, nil
}

func (w *world) ClaimCopy(_ context.Context, inbox desk.InboxID, hash string, ch desk.ChannelID, ext string) (desk.ChannelID, string, error) {
	k := string(inbox) + hash
	if first, ok := w.copies[k]; ok {
		return ch, first, nil
	}
	w.copies[k] = ext
	return ch, ext, nil
}

func (w *world) AddRecipient(_ context.Context, _ desk.ChannelID, ext, address string) error {
	if !slices.ContainsFunc(w.filed, func(f desk.Filing) bool { return f.Ext == ext }) {
		return desk.Refuse(desk.NotFound, "There is no such message.")
	}
	w.recipients = append(w.recipients, address)
	return nil
}

func (w *world) OpenThread(_ context.Context, _ desk.ChannelID, thread string) (desk.ConversationID, error) {
	return w.threads[thread], nil
}

func (w *world) RecordFailure(_ context.Context, f desk.Failure) error {
	w.failures = append(w.failures, f)
	return nil
}

func (w *world) OpenReplyToken(_ context.Context, token string) (desk.ConversationID, bool, error) {
	id, ok := w.tokens[token]
	return id, ok, nil
}

// route sends an event through the router, as the queue would.
func (w *world) route(t *testing.T, e desk.Inbound) error {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return w.router().Route(context.Background(), desk.QueueMessage{ID: "q1", Body: body, Tries: 1})
}

func chat(text string) desk.Inbound {
	return desk.Inbound{
		Channel: "tg", Type: desk.InMessage, ID: "u1", MessageID: "42:1", Thread: "42", Text: text,
		From: desk.Party{Identity: desk.Identity{Kind: "telegram", Value: "42"}, Name: "Ada"},
	}
}

func letterFrom(address string) desk.Inbound {
	return desk.Inbound{
		Channel: "mail", Type: desk.InMessage, ID: "ses1", Thread: "root@example.com", Subject: "Broken", Text: "It broke",
		From: desk.Party{Identity: desk.Identity{Kind: "email", Value: address}, Name: "Ada"},
		Mail: &desk.MailFacts{MessageID: "m1@example.com", Recipient: "inbox@loket.test", Hash: "h1", To: []desk.Address{{Address: "help@example.com"}}},
	}
}

// only is the one filing that was made.
func (w *world) only(t *testing.T) desk.Filing {
	t.Helper()
	if len(w.filed) != 1 {
		t.Fatalf("%d messages were filed", len(w.filed))
	}
	return w.filed[0]
}
