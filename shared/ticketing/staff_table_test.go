package ticketing_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
	"github.com/loket-desk/loket/shared/table/units"
	"github.com/loket-desk/loket/shared/ticketing"
)

// routing changes the rule of the stack's channel.
func (s *stack) routing(change func(*desk.Channel)) {
	s.t.Helper()
	cfg, err := s.Fresh(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	ch := cfg.Channels["ch1"]
	change(&ch)
	if _, err := s.SaveChannel(context.Background(), ch, desk.Audit{}); err != nil {
		s.t.Fatal(err)
	}
}

// changeUser changes somebody of the stack.
func (s *stack) changeUser(id desk.UserID, change func(*desk.User)) {
	s.t.Helper()
	cfg, err := s.Fresh(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	u := cfg.Users[id]
	change(&u)
	if _, err := s.SaveUser(context.Background(), u, desk.Audit{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) closes(id desk.ConversationID) {
	s.t.Helper()
	_, err := s.AmendWithTicket(context.Background(), id, "", desk.Author{Kind: desk.ByUser}, func(c *desk.Conversation, _ *desk.Ticket) ([]desk.Change, error) {
		c.State, c.ClosedAt, c.Waiting = desk.Closed, time.Now(), time.Time{}
		return []desk.Change{{What: "closed", To: string(desk.Closed)}}, nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestThreePeopleWithRoomForTwoTakeSixOfSevenAndTheSeventhGoesToWhoeverCloses(t *testing.T) {
	s := newStack(t)
	if _, err := s.SaveUser(context.Background(), desk.User{ID: "cem", Email: "cem@example.com", Role: "agent", Active: true}, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	s.routing(func(ch *desk.Channel) { ch.Routing.UserIDs = append(ch.Routing.UserIDs, "cem") })
	for _, id := range []desk.UserID{"ada", "bob", "cem"} {
		s.changeUser(id, func(u *desk.User) { u.Capacity = 2 })
	}
	s.available("ada", "bob", "cem")
	given := map[desk.UserID]int{}
	var first, last desk.ConversationID
	for range 7 {
		id, job := s.begin()
		s.finish(s.Table, job)
		if c := s.conversation(id); c.Assignee == "cem" {
			first = id
		}
		given[s.conversation(id).Assignee]++
		last = id
	}
	if given["ada"] != 2 || given["bob"] != 2 || given["cem"] != 2 || given[""] != 1 || s.conversation(last).Assignee != "" {
		t.Fatalf("shared out as %v", given)
	}
	s.closes(first)
	if p, err := s.Presence(context.Background(), "cem"); err != nil || desk.WorkVerb(p.Work) != desk.WorkDrain || len(p.Load) != 1 {
		t.Fatalf("cem has room, and nobody hears of it: %+v, %v", p, err)
	}
	s.finish(s.Table, desk.TicketJob{Kind: desk.JobDrain, User: "cem"})
	if c := s.conversation(last); c.Assignee != "cem" {
		t.Errorf("the seventh is with %q", c.Assignee)
	}
}

func TestAnAssignmentThatNothingCameOfIsTakenBackWhereverItIsCutShort(t *testing.T) {
	ctx := context.Background()
	for n := 0; ; n += 3 {
		s := newStack(t)
		s.routing(func(ch *desk.Channel) { ch.Routing.TakeBack = 10 })
		s.available("ada")
		id, job := s.begin()
		s.finish(s.Table, job)
		due, err := s.StaleWork(ctx, time.Now().Add(11*time.Minute), 50)
		if err != nil || !strings.Contains(fmt.Sprint(due), "DUE#takeback") {
			t.Fatalf("the sweep would not find it: %v, %v", due, err)
		}
		take, over := desk.TicketJob{Kind: desk.JobTake, Conversation: id}, s.over(id)
		s.finish(s.Table, take) // too early
		if c := s.conversation(id); c.Assignee != "ada" {
			t.Fatalf("it was taken back before its time: %+v", c)
		}
		s.available("bob")
		cut := &tabletest.Cut{After: n}
		_ = handleAt(tabletest.NewCut(t, s.name, time.Now, cut), take, over) // the process is ended: nobody hears its error
		s.finishAt(s.Table, take, over)
		s.finishAt(s.Table, take, over)
		c := s.conversation(id)
		k, err := s.Ticket(ctx, id.TicketID())
		if err != nil || c.Assignee != "bob" || k.Owner != "bob" {
			t.Fatalf("ended after %d requests: it is with %q, its ticket %q's, %v", n, c.Assignee, k.Owner, err)
		}
		if p, err := s.Presence(ctx, "ada"); err != nil || len(p.Load) != 0 {
			t.Fatalf("ended after %d requests: ada has %+v, %v", n, p, err)
		}
		if !cut.Reached() {
			return
		}
	}
}

// over is a clock that stands at the moment when the time of a conversation's assignment is over.
func (s *stack) over(id desk.ConversationID) func() time.Time {
	s.t.Helper()
	due, err := s.TakeBack(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return func() time.Time { return due.At }
}

func TestAnAssignmentIsNotTakenBackOnceSomebodyAnsweredOrAPersonDecided(t *testing.T) {
	s := newStack(t)
	ctx := context.Background()
	s.routing(func(ch *desk.Channel) { ch.Routing.TakeBack = 10 })
	s.available("ada")
	answered, job := s.begin()
	s.finish(s.Table, job)
	if _, _, err := s.AppendOutgoing(ctx, desk.NewOutgoing{Conversation: answered, Message: desk.Message{Kind: desk.KindMessage, Text: "hi"}}); err != nil {
		t.Fatal(err)
	}
	s.finish(s.Table, job)
	kept, job := s.begin()
	s.finish(s.Table, job)
	_, err := s.ChangeConversation(ctx, kept, "", desk.Author{}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.ByHand = true
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	alone, job := s.begin()
	s.finish(s.Table, job)
	s.available("bob")
	for _, id := range []desk.ConversationID{answered, kept} {
		s.finishAt(s.Table, desk.TicketJob{Kind: desk.JobTake, Conversation: id}, s.over(id))
		if c := s.conversation(id); c.Assignee != "ada" {
			t.Errorf("it is with %q", c.Assignee)
		}
		if _, err := s.TakeBack(ctx, id); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("it is still to be taken back: %v", err)
		}
	}
	if _, err := s.SetAvailability(ctx, "bob", false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	s.finishAt(s.Table, desk.TicketJob{Kind: desk.JobTake, Conversation: alone}, s.over(alone))
	if c := s.conversation(alone); c.Assignee != "" {
		t.Errorf("bob could have it when he is back, but it is with %q", c.Assignee)
	}
	s.finish(s.Table, desk.TicketJob{Kind: desk.JobDrain, User: "ada"})
	if c := s.conversation(alone); c.Assignee != "" {
		t.Errorf("it went back to %q, from whom it was taken", c.Assignee)
	}
	s.available("bob")
	s.finish(s.Table, desk.TicketJob{Kind: desk.JobDrain, User: "bob"})
	if c := s.conversation(alone); c.Assignee != "bob" {
		t.Errorf("it is with %q", c.Assignee)
	}
	s.finish(s.Table, desk.TicketJob{Kind: desk.JobTake, Conversation: "none"})
}

func TestANewConversationForWhichSomebodyIsFreeIsTheirsFromTheFirstMoment(t *testing.T) {
	s := newStack(t)
	ctx := context.Background()
	s.routing(func(ch *desk.Channel) { ch.Routing.TakeBack = 5 })
	s.available("ada")
	file := func(between func()) desk.Conversation {
		t.Helper()
		cfg, err := s.Fresh(ctx)
		if err != nil {
			t.Fatal(err)
		}
		who := desk.Identity{Kind: "telegram", Value: s.NewID()}
		filed, err := s.FileInbound(ctx, desk.Filing{
			Channel: "ch1", Inbox: "help", Ext: who.Value, Thread: who.Value, From: who, Identities: []desk.Identity{who}, Place: desk.InInbox, Work: desk.WorkOpen,
			Message: desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming, Channel: "ch1", Text: "hello"},
			Choose: func(ctx context.Context, c desk.Conversation) (desk.Given, bool, error) {
				g, ok, err := ticketing.On(s.Table, time.Now).Choose(ctx, cfg, cfg.Channels["ch1"], c)
				between()
				return g, ok, err
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s.conversation(filed.Conversation)
	}
	c := file(func() {})
	if p, err := s.Presence(ctx, "ada"); c.Assignee != "ada" || c.Work == "" || err != nil || len(p.Load) != 1 {
		t.Errorf("%+v; ada has %+v, %v", c, p, err)
	}
	if _, err := s.TakeBack(ctx, c.ID); err != nil {
		t.Errorf("nobody would take it back: %v", err)
	}
	s.finish(s.Table, desk.TicketJob{Kind: desk.JobOpen, Conversation: c.ID})
	if wrong := s.check(c.ID); len(wrong) > 0 {
		t.Error(wrong)
	}
	c = file(func() {
		if _, err := s.SetAvailability(ctx, "ada", false, time.Time{}); err != nil {
			t.Fatal(err)
		}
	})
	if c.Assignee != "" || c.Work == "" {
		t.Errorf("ada left at that moment: %+v", c)
	}
	if c = file(func() {}); c.Assignee != "" || c.Work == "" {
		t.Errorf("nobody is there: %+v", c)
	}
}

// scans tells whether anything but reads by key was asked for.
type scans struct {
	http.RoundTripper
	n int
}

func (x *scans) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan") {
		x.n++
	}
	return x.RoundTripper.RoundTrip(r)
}

func TestAnAssignmentCostsAtMostTenWriteUnitsAndDrainingScansNothing(t *testing.T) {
	s := newStack(t)
	s.routing(func(ch *desk.Channel) { ch.Inbox = "plain" })
	if _, err := s.SaveInbox(context.Background(), desk.Inbox{ID: "plain", Kind: desk.PlainInbox, Slug: "plain", Access: desk.Access{Everyone: true}}, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	m := &units.Meter{Next: http.DefaultTransport, Indexes: units.Loket()}
	look := &scans{RoundTripper: m}
	metered := table.New(tabletest.Client(t, look), s.name)
	const waiting = 30
	for range waiting {
		_, job := s.begin()
		s.finish(s.Table, job)
	}
	s.available("ada")
	m.Take()
	s.finish(metered, desk.TicketJob{Kind: desk.JobDrain, User: "ada"})
	drained := m.Take()
	t.Logf("%d drained: %v write units, %d requests", waiting, drained.Writes, drained.Requests)
	if p, err := s.Presence(context.Background(), "ada"); err != nil || len(p.Load) != waiting {
		t.Fatalf("ada has %d, %v", len(p.Load), err)
	}
	if look.n > 0 || drained.Writes/waiting > 10.2 { // and the mark that is taken off once
		t.Errorf("each costs %v write units; %d scans", drained.Writes/waiting, look.n)
	}
	if drained.Requests > waiting*5+10 {
		t.Errorf("draining %d took %d requests", waiting, drained.Requests)
	}
}
