package table_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

var ada = desk.Author{Kind: desk.ByUser, ID: "ada"}

// opened files a conversation whose work is to be opened.
func (b *bench) opened(t *testing.T, from string) desk.Conversation {
	t.Helper()
	f := hello("o-"+from, from)
	f.Work = desk.WorkOpen
	filed := file(t, b.Table, f)
	return b.conversation(t, filed.Conversation)
}

func (b *bench) conversation(t *testing.T, id desk.ConversationID) desk.Conversation {
	t.Helper()
	c, err := b.Conversation(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b *bench) put(t *testing.T, k desk.Ticket) desk.Ticket {
	t.Helper()
	stored, _, err := b.PutTicket(context.Background(), k)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestAConversationHasOneTicketHoweverManyMakeIt(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	var all sync.WaitGroup
	numbers := make([]int64, 6)
	for i := range numbers {
		all.Go(func() {
			k, _, err := b.PutTicket(ctx, desk.Ticket{ID: "c1", Conversation: "c1", Name: "Refund", Pipeline: "p1", Contact: "k1"})
			if err != nil {
				t.Error(err)
			}
			numbers[i] = k.Number
		})
	}
	all.Wait()
	if slices.Compact(slices.Sorted(slices.Values(numbers)))[0] != numbers[0] || slices.Max(numbers) != slices.Min(numbers) {
		t.Fatalf("the numbers are %v", numbers)
	}
	byNumber, err := b.TicketByNumber(ctx, numbers[0])
	if err != nil || byNumber.ID != "c1" || byNumber.Name != "Refund" || byNumber.CreatedAt.IsZero() {
		t.Errorf("found by its number: %+v, %v", byNumber, err)
	}
	if of, err := b.TicketsOf(ctx, "k1"); err != nil || len(of) != 1 || of[0].ID != "c1" {
		t.Errorf("the contact's: %v, %v", of, err)
	}
	next := b.put(t, desk.Ticket{Pipeline: "p1"})
	if next.Number <= numbers[0] || next.ID == "" {
		t.Errorf("the next is %+v", next)
	}
}

func TestATicketMadeByHandIsToldInItsConversation(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	filed := file(t, b.Table, hello("1", "42"))
	k, existed, err := b.CreateTicket(ctx, desk.Ticket{Conversation: filed.Conversation, Pipeline: "p1", Name: "Refund"}, ada)
	if err != nil || existed || k.ID != filed.Conversation.TicketID() {
		t.Fatalf("%+v, existed %v, %v", k, existed, err)
	}
	again, existed, err := b.CreateTicket(ctx, desk.Ticket{Conversation: filed.Conversation, Pipeline: "p2", Name: "Other"}, ada)
	if err != nil || !existed || again.Number != k.Number || again.Name != "Refund" {
		t.Errorf("a second one: %+v, existed %v, %v", again, existed, err)
	}
	if c := b.conversation(t, filed.Conversation); c.Ticket != k.Number {
		t.Errorf("the conversation's ticket is %d", c.Ticket)
	}
	if notes := b.notes(t, filed.Conversation); !slices.Equal(notes, []string{fmt.Sprintf("Ticket #%d was created.", k.Number)}) {
		t.Errorf("the thread tells %q", notes)
	}
	if _, _, err := b.CreateTicket(ctx, desk.Ticket{Conversation: "gone"}, ada); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("of a conversation that isn't there: %v", err)
	}
}

// notes are what a thread's events say.
func (b *bench) notes(t *testing.T, id desk.ConversationID) []string {
	t.Helper()
	all, _, err := b.Messages(context.Background(), id, "", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range all {
		if m.Kind == desk.KindEvent {
			out = append(out, m.Change.Note)
		}
	}
	return out
}

func TestTicketsAreListedByPipelineAndStateAndFiltered(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	for i := range 6 {
		b.add(time.Second)
		k := desk.Ticket{Name: fmt.Sprint("t", i), Pipeline: "p1", Owner: "ada", Contact: "k1", Inbox: "ib1"}
		if i%2 == 1 {
			k.Owner, k.Contact, k.Inbox = "bob", "k2", "ib2"
		}
		if i == 5 {
			k.Pipeline = "p2"
		}
		k.ClosedAt = map[bool]time.Time{true: b.now()}[i == 0]
		b.put(t, k)
	}
	both := []desk.PipelineID{"p1", "p2"}
	for want, q := range map[string]desk.TicketQuery{
		"[t5 t4 t3 t2 t1 t0]": {Pipelines: both},
		"[t5 t4 t3 t2 t1]":    {Pipelines: both, Open: true},
		"[t0]":                {Pipelines: both, Closed: true},
		"[t4 t3 t2 t1 t0]":    {Pipelines: both[:1], Open: true, Closed: true},
		"[t5 t3 t1]":          {Pipelines: both, Owner: "bob"},
		"[t4 t2 t0]":          {Pipelines: both, Contact: "k1"},
		"[t5 t3 t1] ":         {Pipelines: both, Inboxes: []desk.InboxID{"ib2"}},
		"[]":                  {Pipelines: both, Inboxes: []desk.InboxID{}},
		"[] ":                 {},
	} {
		got := b.names(t, q, 0)
		if fmt.Sprint(got) != want[:len(fmt.Sprint(got))] || len(fmt.Sprint(got)) < len(want)-1 {
			t.Errorf("%+v lists %v, want %s", q, got, want)
		}
		if paged := b.names(t, q, 2); !slices.Equal(paged, got) {
			t.Errorf("%+v lists %v page by page, want %v", q, paged, got)
		}
	}
	if page, err := b.ListTickets(ctx, desk.TicketQuery{Pipelines: both, Limit: 6}); err != nil || page.Next != "" {
		t.Errorf("after the last: %q, %v", page.Next, err)
	}
}

// names lists tickets, page by page when limit is not 0.
func (b *bench) names(t *testing.T, q desk.TicketQuery, limit int) []string {
	t.Helper()
	names := []string{}
	q.Limit = limit
	for range 10 {
		page, err := b.ListTickets(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range page.Tickets {
			names = append(names, k.Name)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	return names
}

func TestATicketIsChangedByOneAfterTheOther(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	k := b.put(t, desk.Ticket{Pipeline: "p1", Contact: "k1"})
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			if _, err := b.ChangeTicket(ctx, k.ID, func(k *desk.Ticket) error {
				k.Tags = append(k.Tags, fmt.Sprint(i))
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := b.Ticket(ctx, k.ID)
	if err != nil || len(got.Tags) != 5 || got.Version != 6 {
		t.Errorf("the ticket is %+v, %v", got, err)
	}
	no := desk.RefuseField("stageId", "no such stage")
	if _, err := b.ChangeTicket(ctx, k.ID, func(*desk.Ticket) error { return no }); err != no { //nolint:errorlint // the same one
		t.Errorf("a refusal became %v", err)
	}
	if same, err := b.ChangeTicket(ctx, k.ID, func(*desk.Ticket) error { return nil }); err != nil || same.Version != 6 {
		t.Errorf("no change made version %d, %v", same.Version, err)
	}
	if _, err := b.ChangeTicket(ctx, "gone", nil); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a ticket that isn't there: %v", err)
	}
	if _, err := b.TicketByNumber(ctx, 999); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a number that isn't there: %v", err)
	}
}

func TestATicketsNewContactHasItAndTheOldOneHasNot(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	k := b.put(t, desk.Ticket{Pipeline: "p1", Contact: "k1"})
	if _, err := b.ChangeTicket(ctx, k.ID, func(k *desk.Ticket) error { k.Contact = "k2"; return nil }); err != nil {
		t.Fatal(err)
	}
	before, _ := b.TicketsOf(ctx, "k1")
	now, err := b.TicketsOf(ctx, "k2")
	if err != nil || len(before) != 0 || len(now) != 1 {
		t.Errorf("the old contact has %v, the new %v, %v", before, now, err)
	}
}

func TestADecisionIsStoredWhole(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	c := b.opened(t, "42")
	k := b.put(t, desk.Ticket{ID: c.ID.TicketID(), Pipeline: "p1", Conversation: c.ID})
	k.Owner = "ada"
	p, err := b.SetAvailability(ctx, "ada", true, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	o := desk.Opening{
		Conversation: c, Number: k.Number, Ticket: &k, Assignee: "ada", Presence: p,
		Changes: []desk.Change{desk.TicketCreated(k.Number), {What: "assigned", To: "ada", Note: "Assigned to Ada."}},
	}
	if err := b.OpenConversation(ctx, o); err != nil {
		t.Fatal(err)
	}
	got := b.conversation(t, c.ID)
	if got.Assignee != "ada" || got.ByHand || got.Ticket != k.Number || got.Work != "" || got.View() != desk.ViewAssigned {
		t.Errorf("the conversation is %+v", got)
	}
	if b.attribute(t, "CONV#"+string(c.ID), "HEAD", "g3") != "" {
		t.Error("the sweep would still find it")
	}
	if k, err := b.Ticket(ctx, k.ID); err != nil || k.Owner != "ada" {
		t.Errorf("the ticket is %+v, %v", k, err)
	}
	if p, err := b.Presence(ctx, "ada"); err != nil || !p.LastGiven.Equal(b.now()) || !slices.Equal(p.Load, []desk.ConversationID{c.ID}) {
		t.Errorf("ada is %+v, %v", p, err)
	}
	if notes := b.notes(t, c.ID); len(notes) != 2 || notes[1] != "Assigned to Ada." {
		t.Errorf("the thread tells %q", notes)
	}
	if err := b.OpenConversation(ctx, o); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the same decision twice: %v", err)
	}
}

func TestADecisionOnWhatChangedSinceIsRefusedWhole(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *bench, *desk.Opening){
		"a person was given it by hand": func(t *testing.T, b *bench, o *desk.Opening) {
			_, err := b.ChangeConversation(context.Background(), o.Conversation.ID, "", ada, func(c *desk.Conversation) ([]desk.Change, error) {
				c.Assignee, c.ByHand = "bob", true
				return nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		},
		"the assignee was given something else": func(t *testing.T, b *bench, o *desk.Opening) {
			if _, err := b.SetAvailability(context.Background(), "ada", true, time.Time{}); err != nil {
				t.Fatal(err)
			}
		},
		"the ticket was changed": func(t *testing.T, b *bench, o *desk.Opening) {
			_, err := b.ChangeTicket(context.Background(), o.Ticket.ID, func(k *desk.Ticket) error { k.Name = "other"; return nil })
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ctx := context.Background()
			c := b.opened(t, "42")
			k := b.put(t, desk.Ticket{ID: c.ID.TicketID(), Pipeline: "p1"})
			k.Owner = "ada"
			o := desk.Opening{Conversation: c, Number: k.Number, Ticket: &k, Assignee: "ada", Changes: []desk.Change{{What: "assigned"}}}
			change(t, b, &o)
			before := b.conversation(t, c.ID)
			if err := b.OpenConversation(ctx, o); desk.CodeOf(err) != desk.Conflict {
				t.Fatalf("stored all the same: %v", err)
			}
			if got := b.conversation(t, c.ID); got != before {
				t.Errorf("the conversation became %+v", got)
			}
			if p, err := b.Presence(ctx, "ada"); err != nil || len(p.Load) != 0 {
				t.Errorf("ada is %+v, %v", p, err)
			}
		})
	}
}
