package ticketing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
	"github.com/loket-desk/loket/shared/ticketing"
)

// stack is a help desk on the real table: one channel, whose rule names ada and bob.
type stack struct {
	t    *testing.T
	name string
	*table.Table
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, name: tabletest.Create(t)}
	s.Table = s.process()
	ctx := context.Background()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.SaveInbox(ctx, desk.Inbox{ID: "help", Kind: desk.HelpDesk, Slug: "help", Access: desk.Access{Everyone: true}}, desk.Audit{}))
	must(s.SaveRole(ctx, desk.Role{ID: "agent", Permissions: []desk.Permission{desk.PermBeAssigned}}, desk.Audit{}))
	must(s.SavePipeline(ctx, desk.Pipeline{ID: "p1", Stages: []desk.Stage{{ID: "new", State: desk.StageOpen}}}, desk.Audit{}))
	for _, id := range []desk.UserID{"ada", "bob"} {
		must(s.SaveUser(ctx, desk.User{ID: id, Name: string(id), Email: string(id) + "@example.com", Role: "agent", Active: true}, desk.Audit{}))
	}
	must(s.SaveChannel(ctx, desk.Channel{
		ID: "ch1", Type: "telegram", Inbox: "help", Active: true,
		Routing: desk.Routing{Assign: desk.AssignSpecific, UserIDs: []desk.UserID{"ada", "bob"}, OnlyAvailable: true},
	}, desk.Audit{}))
	return s
}

func (s *stack) process() *table.Table { return table.New(tabletest.Client(s.t, nil), s.name) }

func (s *stack) available(ids ...desk.UserID) {
	s.t.Helper()
	for _, id := range ids {
		if _, err := s.SetAvailability(context.Background(), id, true, time.Time{}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// begin files a new conversation that wants a ticket and somebody, and gives its job.
func (s *stack) begin() (desk.ConversationID, desk.TicketJob) {
	s.t.Helper()
	who := desk.Identity{Kind: "telegram", Value: s.NewID()}
	cfg, err := s.Fresh(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	filed, err := s.FileInbound(context.Background(), desk.Filing{
		Channel: "ch1", Inbox: cfg.Channels["ch1"].Inbox, Ext: who.Value, Thread: who.Value, From: who, Identities: []desk.Identity{who}, Place: desk.InInbox,
		Message: desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming, Channel: "ch1", Text: "hello"}, Work: desk.WorkOpen, Preview: "hello",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return filed.Conversation, desk.TicketJob{Kind: desk.JobOpen, Conversation: filed.Conversation}
}

func stageOf(tb *table.Table, now func() time.Time) *ticketing.Stage { return ticketing.On(tb, now) }

func handle(tb *table.Table, job desk.TicketJob) error { return handleAt(tb, job, time.Now) }

func handleAt(tb *table.Table, job desk.TicketJob, now func() time.Time) error {
	body, err := json.Marshal(job)
	if err != nil {
		return err
	}
	return stageOf(tb, now).Handle(context.Background(), body)
}

// finish brings a job back until it is done, as its queue would.
func (s *stack) finish(tb *table.Table, job desk.TicketJob) {
	s.t.Helper()
	s.finishAt(tb, job, time.Now)
}

func (s *stack) finishAt(tb *table.Table, job desk.TicketJob, now func() time.Time) {
	s.t.Helper()
	var err error
	for range 20 {
		if err = handleAt(tb, job, now); err == nil {
			return
		}
		if !desk.Transient(err) {
			s.t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("the job never ends: %v", err)
}

func (s *stack) conversation(id desk.ConversationID) desk.Conversation {
	s.t.Helper()
	c, err := s.Conversation(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// check says what is wrong with an opened conversation: it has one ticket, found by its number and its contact, and one
// assignee who is the ticket's owner and has it in the load; the thread tells both once.
func (s *stack) check(id desk.ConversationID) (wrong []string) {
	s.t.Helper()
	ctx := context.Background()
	c := s.conversation(id)
	k, err := s.TicketByNumber(ctx, c.Ticket)
	if err != nil || k.Conversation != id {
		wrong = append(wrong, fmt.Sprintf("ticket %d: %+v, %v", c.Ticket, k, err))
	}
	if of, err := s.TicketsOf(ctx, c.Contact); err != nil || len(of) != 1 {
		wrong = append(wrong, fmt.Sprintf("the contact's tickets: %v, %v", of, err))
	}
	if c.Work != "" || c.Assignee == "" || k.Owner != c.Assignee {
		wrong = append(wrong, fmt.Sprintf("work %q, assignee %q, owner %q", c.Work, c.Assignee, k.Owner))
	}
	p, err := s.Presence(ctx, c.Assignee)
	if err != nil || !strings.Contains(fmt.Sprint(p.Load), string(id)) {
		wrong = append(wrong, fmt.Sprintf("the assignee has %v, %v", p.Load, err))
	}
	all, _, err := s.Messages(ctx, id, "", "", 50)
	if err != nil {
		s.t.Fatal(err)
	}
	told := map[string]int{}
	for _, m := range all {
		if m.Kind == desk.KindEvent {
			told[m.Change.What]++
		}
	}
	if told["ticket"] != 1 || told["assigned"] != 1 {
		wrong = append(wrong, fmt.Sprintf("the thread tells %v", told))
	}
	return wrong
}

func TestATicketFunctionThatIsEndedAfterAnyRequestLeavesOneTicketAndOneAssignee(t *testing.T) {
	s := newStack(t)
	s.available("ada", "bob")
	for _, answered := range []bool{false, true} {
		for n := 0; ; n++ {
			id, job := s.begin()
			cut := &tabletest.Cut{After: n, Answered: answered}
			_ = handle(tabletest.NewCut(t, s.name, time.Now, cut), job) // the process is ended: nobody hears its error
			s.finish(s.Table, job)
			s.finish(s.Table, job)
			if wrong := s.check(id); len(wrong) > 0 {
				t.Fatalf("ended after %d requests (answered %v): %v", n, answered, wrong)
			}
			if !cut.Reached() {
				break
			}
		}
	}
}

func TestADrainThatIsEndedAfterAnyRequestGivesEachConversationOutOnce(t *testing.T) {
	for n := 0; ; n += 2 {
		s := newStack(t)
		ids := make([]desk.ConversationID, 2)
		for i := range ids {
			id, job := s.begin()
			s.finish(s.Table, job)
			ids[i] = id
		}
		s.available("bob")
		cut := &tabletest.Cut{After: n}
		drain := desk.TicketJob{Kind: desk.JobDrain, User: "bob"}
		_ = handle(tabletest.NewCut(t, s.name, time.Now, cut), drain) // the process is ended: nobody hears its error
		s.finish(s.Table, drain)
		for _, id := range ids {
			if wrong := s.check(id); len(wrong) > 0 {
				t.Fatalf("ended after %d requests: %v", n, wrong)
			}
		}
		if left, err := s.Waiting(context.Background(), desk.Pool("ch1"), "", 10); err != nil || len(left) != 0 {
			t.Fatalf("ended after %d requests: still in line: %v, %v", n, left, err)
		}
		if p, err := s.Presence(context.Background(), "bob"); err != nil || p.Work != "" {
			t.Fatalf("ended after %d requests: bob is %+v, %v", n, p, err)
		}
		if !cut.Reached() {
			return
		}
	}
}

func TestManyConversationsAtOnceAreSharedOutAndEachIsOpenedOnce(t *testing.T) {
	s := newStack(t)
	s.available("ada", "bob")
	var ids []desk.ConversationID
	var all sync.WaitGroup
	for range 6 {
		id, job := s.begin()
		ids = append(ids, id)
		for range 2 { // each job twice, in two processes
			tb := s.process()
			all.Go(func() { s.finish(tb, job) })
		}
	}
	all.Wait()
	given := map[desk.UserID]int{}
	for _, id := range ids {
		if wrong := s.check(id); len(wrong) > 0 {
			t.Errorf("%s: %v", id, wrong)
		}
		given[s.conversation(id).Assignee]++
	}
	if given["ada"] != 3 || given["bob"] != 3 {
		t.Errorf("shared out as %v", given)
	}
}

func TestSomebodyWhoComesAtTheMomentAConversationBeginsIsNeverMissed(t *testing.T) {
	s := newStack(t)
	for range 8 {
		if _, err := s.SetAvailability(context.Background(), "ada", false, time.Time{}); err != nil {
			t.Fatal(err)
		}
		id, job := s.begin()
		var both sync.WaitGroup
		both.Go(func() { s.finish(s.process(), job) })
		both.Go(func() {
			s.available("ada")
			s.finish(s.process(), desk.TicketJob{Kind: desk.JobDrain, User: "ada"})
		})
		both.Wait()
		if c := s.conversation(id); c.Assignee != "ada" {
			t.Fatalf("nobody answers: %+v", c)
		}
	}
}
