package ticketing

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// world stands for the table: conversations, tickets, people and lines, with the table's conditions.
type world struct {
	now      time.Time
	cfg      *desk.Config
	stale    *desk.Config // what a process still believes
	convs    map[desk.ConversationID]desk.Conversation
	tickets  map[desk.TicketID]desk.Ticket
	people   map[desk.UserID]desk.Presence
	lines    map[string][]desk.Waiting
	contacts map[desk.ContactID]desk.Contact
	told     map[desk.ConversationID][]desk.Change
	messages map[desk.MessageID]desk.Message
	numbers  int64
	between  func() // once, between a decision and its storing
	looked   func() // once, after the people were looked at
	drained  []string
	down     error
	openings int

	contended bool // every decision loses its race
}

func newWorld() *world {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	w := &world{
		now: now, convs: map[desk.ConversationID]desk.Conversation{}, tickets: map[desk.TicketID]desk.Ticket{},
		people: map[desk.UserID]desk.Presence{}, lines: map[string][]desk.Waiting{}, told: map[desk.ConversationID][]desk.Change{},
	}
	w.cfg = &desk.Config{
		Inboxes: map[desk.InboxID]desk.Inbox{"help": {ID: "help", Kind: desk.HelpDesk, Access: desk.Access{Everyone: true}}, "plain": {ID: "plain", Kind: desk.PlainInbox, Access: desk.Access{Everyone: true}}},
		Channels: map[desk.ChannelID]desk.Channel{
			"ch1": {
				ID: "ch1", Type: "telegram", Name: "Bot", Inbox: "help", Active: true,
				Routing: desk.Routing{Assign: desk.AssignSpecific, UserIDs: []desk.UserID{"ada", "bob"}, TeamIDs: []desk.TeamID{"t1"}, OnlyAvailable: true},
			},
			"ch2": {ID: "ch2", Type: "telegram", Inbox: "plain", Active: true, Routing: desk.Routing{Assign: desk.AssignNobody}},
		},
		Users: map[desk.UserID]desk.User{
			"ada": {ID: "ada", Name: "Ada", Role: "agent", Active: true},
			"bob": {ID: "bob", Name: "Bob", Role: "agent", Active: true},
			"eve": {ID: "eve", Name: "Eve", Role: "viewer", Active: true, Teams: []desk.TeamID{"t1"}},
			"zoe": {ID: "zoe", Name: "Zoe", Role: "agent", Active: true, Teams: []desk.TeamID{"t1"}},
			"out": {ID: "out", Name: "Out", Role: "agent", Active: true},
		},
		Roles: map[desk.RoleID]desk.Role{"agent": {Permissions: []desk.Permission{desk.PermBeAssigned}}, "viewer": {}},
		Pipelines: map[desk.PipelineID]desk.Pipeline{"p1": {ID: "p1", Name: "Support", Stages: []desk.Stage{
			{ID: "new", State: desk.StageOpen}, {ID: "wait", State: desk.StageWaiting}, {ID: "done", State: desk.StageClosed},
		}}},
	}
	return w
}

func (w *world) Conversation(_ context.Context, id desk.ConversationID) (desk.Conversation, error) {
	if w.down != nil {
		return desk.Conversation{}, w.down
	}
	c, ok := w.convs[id]
	if !ok {
		return c, desk.Refuse(desk.NotFound, "There is no such conversation.")
	}
	return c, nil
}

func (w *world) Message(_ context.Context, id desk.MessageID) (desk.Message, error) {
	m, ok := w.messages[id]
	if !ok {
		return m, desk.Refuse(desk.NotFound, "There is no such message.")
	}
	return m, nil
}

func (w *world) OpenConversation(_ context.Context, o desk.Opening) error {
	if w.between != nil {
		w.between()
		w.between = nil
	}
	w.openings++
	c := w.convs[o.Conversation.ID]
	if w.contended || c != o.Conversation || (o.Assignee != "" && w.people[o.Assignee].Version != o.Presence.Version) ||
		(o.Ticket != nil && w.tickets[o.Ticket.ID].Version != o.Ticket.Version) {
		return desk.Refuse(desk.Conflict, "Somebody else changed this at the same moment.")
	}
	c.Work, c.Ticket = "", o.Number
	if o.Release {
		p := w.people[c.Assignee]
		p.Load = slices.DeleteFunc(slices.Clone(p.Load), func(x desk.ConversationID) bool { return x == c.ID })
		w.people[c.Assignee] = p
		c.Assignee = ""
	}
	if o.Assignee != "" {
		c.Assignee = o.Assignee
		p := w.people[o.Assignee]
		p.User, p.LastGiven, p.Version = o.Assignee, w.now, p.Version+1
		p.Load = append(p.Load, c.ID)
		w.people[o.Assignee] = p
		w.now = w.now.Add(time.Second)
	}
	if o.Ticket != nil {
		k := *o.Ticket
		k.Version++
		w.tickets[k.ID] = k
	}
	w.convs[c.ID] = c
	w.told[c.ID] = append(w.told[c.ID], o.Changes...)
	if o.Tell != nil {
		w.messages[o.Tell.ID()] = *o.Tell
	}
	return nil
}

func (w *world) PutTicket(_ context.Context, k desk.Ticket) (desk.Ticket, bool, error) {
	if old, ok := w.tickets[k.ID]; ok {
		return old, true, nil
	}
	w.numbers++
	k.Number, k.Version = w.numbers, 1
	w.tickets[k.ID] = k
	return k, false, nil
}

func (w *world) Ticket(_ context.Context, id desk.TicketID) (desk.Ticket, error) {
	k, ok := w.tickets[id]
	if !ok {
		return k, desk.Refuse(desk.NotFound, "There is no such ticket.")
	}
	return k, nil
}

func (w *world) Presence(_ context.Context, id desk.UserID) (desk.Presence, error) {
	p := w.people[id]
	p.User = id
	return p, nil
}

func (w *world) Presences(ctx context.Context, ids []desk.UserID) ([]desk.Presence, error) {
	var out []desk.Presence
	for _, id := range ids {
		p, _ := w.Presence(ctx, id)
		out = append(out, p)
	}
	if w.looked != nil {
		w.looked()
		w.looked = nil
	}
	return out, nil
}

func (w *world) Drained(_ context.Context, id desk.UserID, work string) error {
	w.drained = append(w.drained, string(id)+" "+work)
	return nil
}

func (w *world) Unassign(_ context.Context, id desk.ConversationID, from desk.UserID, _ desk.Author, note string) error {
	c := w.convs[id]
	if c.Assignee == from {
		c.Assignee, c.Work = "", "open:9"
		w.convs[id] = c
		w.told[id] = append(w.told[id], desk.Change{What: "assigned", From: string(from), Note: note})
	}
	return nil
}

func (w *world) ListConversations(_ context.Context, q desk.ConversationQuery) (desk.ConversationPage, error) {
	var out desk.ConversationPage
	for _, c := range w.convs {
		if c.Assignee == q.Assignee {
			out.Conversations = append(out.Conversations, c)
		}
	}
	return out, nil
}

func (w *world) Contact(_ context.Context, id desk.ContactID) (desk.Contact, error) {
	c, ok := w.contacts[id]
	if !ok {
		return c, desk.Refuse(desk.NotFound, "There is no such contact.")
	}
	return c, nil
}

func (w *world) Wait(_ context.Context, pool string, c desk.Conversation, not desk.UserID) error {
	at := desk.Waiting{Conversation: c.ID, Position: c.Waiting.Format(time.RFC3339) + "#" + string(c.ID), Not: not}
	if !slices.Contains(w.lines[pool], at) {
		w.lines[pool] = append(w.lines[pool], at)
	}
	slices.SortFunc(w.lines[pool], func(a, b desk.Waiting) int { return cmp.Compare(a.Position, b.Position) })
	return nil
}

func (w *world) Waiting(_ context.Context, pool, after string, limit int) ([]desk.Waiting, error) {
	var out []desk.Waiting
	for _, at := range w.lines[pool] {
		if at.Position > after && len(out) < limit {
			out = append(out, at)
		}
	}
	return out, nil
}

func (w *world) EndWait(_ context.Context, pool string, at desk.Waiting) error {
	w.lines[pool] = slices.DeleteFunc(slices.Clone(w.lines[pool]), func(x desk.Waiting) bool { return x == at })
	return nil
}

func (w *world) Config(context.Context) (*desk.Config, error) {
	if w.stale != nil {
		return w.stale, nil
	}
	return w.cfg, nil
}
func (w *world) Fresh(context.Context) (*desk.Config, error) { return w.cfg, nil }

// begin files a new conversation of a channel.
func (w *world) begin(id desk.ConversationID, ch desk.ChannelID) {
	w.now = w.now.Add(time.Second)
	w.convs[id] = desk.Conversation{
		ID: id, Channel: ch, Inbox: w.cfg.Channels[ch].Inbox, State: desk.Open, Place: desk.InInbox, Contact: "k1", Preview: "hello",
		Work: "open:1", CreatedAt: w.now, Waiting: w.now,
	}
}

func (w *world) available(ids ...desk.UserID) {
	for _, id := range ids {
		p := w.people[id]
		p.Available, p.Version = true, p.Version+1
		w.people[id] = p
	}
}

func (w *world) handle(t *testing.T, job desk.TicketJob) error {
	t.Helper()
	body, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Desk: w, Tickets: w, Contacts: w, People: w, Line: w, Setup: w, Now: func() time.Time { return w.now }})
	return s.Handle(t.Context(), body)
}

func (w *world) open(t *testing.T, ids ...desk.ConversationID) {
	t.Helper()
	for _, id := range ids {
		if err := w.handle(t, desk.TicketJob{Kind: desk.JobOpen, Conversation: id}); err != nil {
			t.Fatalf("opening %s: %v", id, err)
		}
	}
}

func (w *world) drain(t *testing.T, id desk.UserID) {
	t.Helper()
	if err := w.handle(t, desk.TicketJob{Kind: desk.JobDrain, User: id}); err != nil {
		t.Fatalf("draining for %s: %v", id, err)
	}
}
