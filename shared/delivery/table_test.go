package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/delivery"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// stack is a sender on the real table, with a platform that counts.
type stack struct {
	t    *testing.T
	name string
	*table.Table

	mu    sync.Mutex
	at    time.Time
	calls int
	slow  time.Duration
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, name: tabletest.Create(t), at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	s.Table = table.NewAt(tabletest.Client(t, nil), s.name, s.now)
	if _, err := s.SaveChannel(context.Background(), desk.Channel{ID: "ch1", Type: "telegram", Inbox: "ib1", Active: true}, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stack) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *stack) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

type counted struct {
	channel.Channel
	s *stack
}

func (c counted) Send(context.Context, channel.Doer, channel.Account, channel.Outgoing) channel.Result {
	time.Sleep(c.s.slow)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.calls++
	return channel.Result{Outcome: channel.Accepted, IDs: []string{fmt.Sprint("p", c.s.calls)}}
}

// reply saves an answer and gives its job.
func (s *stack) reply() (desk.MessageID, []byte) {
	s.t.Helper()
	ctx := context.Background()
	who := desk.Identity{Kind: "telegram", Value: s.NewID()}
	filed, err := s.FileInbound(ctx, desk.Filing{
		Channel: "ch1", Inbox: "ib1", Ext: who.Value, Thread: who.Value, From: who, Identities: []desk.Identity{who}, Place: desk.InInbox,
		Message: desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming, Channel: "ch1", Text: "hello"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	m, _, err := s.AppendOutgoing(ctx, desk.NewOutgoing{Conversation: filed.Conversation, Message: desk.Message{
		Kind: desk.KindMessage, Channel: "ch1", Text: "hi", Author: desk.Author{Kind: desk.ByUser, ID: "u1"},
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	job, err := json.Marshal(desk.OutboundJob{Kind: desk.SendMessage, Conversation: m.Conversation, Message: m.Key, Channel: "ch1"})
	if err != nil {
		s.t.Fatal(err)
	}
	return m.ID(), job
}

func (s *stack) sender(tb *table.Table) *delivery.Stage {
	return delivery.New(delivery.Options{
		Outbox: tb, Threads: tb, Setup: tb, Now: s.now,
		Kind: func(t desk.ChannelType) (channel.Kind, bool) {
			return channel.Kind{Type: t, Channel: counted{s: s}}, true
		},
	})
}

// deliver brings a job back until it is done, as its queue would.
func (s *stack) deliver(tb *table.Table, job []byte) {
	s.t.Helper()
	for range 10 {
		err := s.sender(tb).Handle(context.Background(), job)
		if err == nil {
			return
		}
		s.pass(max(desk.WaitOf(err), time.Second))
	}
	s.t.Fatal("the job never ends")
}

func (s *stack) state(id desk.MessageID) desk.Message {
	s.t.Helper()
	m, err := s.Message(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

func TestASenderThatIsEndedAfterAnyRequestNeverSendsTwice(t *testing.T) {
	for _, answered := range []bool{false, true} {
		sent, unknown := 0, 0
		for n := 0; ; n++ {
			s := newStack(t)
			id, job := s.reply()
			cut := &tabletest.Cut{After: n, Answered: answered}
			_ = s.sender(tabletest.NewCut(t, s.name, s.now, cut)).Handle(context.Background(), job) // the process is ended: nobody hears its error
			s.deliver(s.Table, job)
			s.deliver(s.Table, job)
			m := s.state(id)
			switch {
			case s.calls > 1:
				t.Fatalf("ended after %d requests (answered %v): the platform was called %d times", n, answered, s.calls)
			case m.Status.State == desk.Sent && s.calls == 1:
				sent++
			case m.Status.State == desk.Unknown:
				unknown++
			default:
				t.Fatalf("ended after %d requests (answered %v): %s after %d calls", n, answered, m.Status.State, s.calls)
			}
			if m.Status.State == desk.Sent { // its links are whole: a status finds it
				if err := s.ApplyStatus(context.Background(), "ch1", "", "p1", desk.StatusNews{State: desk.Delivered}); err != nil {
					t.Fatal(err)
				}
				if m := s.state(id); m.Status.State != desk.Delivered {
					t.Errorf("ended after %d requests (answered %v): a status did not find the message", n, answered)
				}
			}
			if !cut.Reached() {
				break
			}
		}
		if sent == 0 || unknown == 0 {
			t.Errorf("answered %v: %d ended as sent, %d as unknown: the cuts missed the send", answered, sent, unknown)
		}
	}
}

func TestTwoSendersWithTheSameJobSendOnce(t *testing.T) {
	s := newStack(t)
	s.slow = 20 * time.Millisecond
	for range 5 {
		id, job := s.reply()
		s.calls = 0
		var both sync.WaitGroup
		for range 2 {
			other := table.NewAt(tabletest.Client(t, nil), s.name, s.now)
			both.Go(func() {
				err := s.sender(other).Handle(context.Background(), job)
				if err != nil && !desk.Transient(err) {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if m := s.state(id); s.calls != 1 || m.Status.State != desk.Sent {
			t.Fatalf("%d calls, %s", s.calls, m.Status.State)
		}
	}
}

func TestAThrottledTableDelaysASendAndLosesNothing(t *testing.T) {
	s := newStack(t)
	id, job := s.reply()
	cut := &tabletest.Cut{}
	if err := s.sender(tabletest.NewCut(t, s.name, s.now, cut)).Handle(context.Background(), job); !desk.Transient(err) {
		t.Errorf("a table that can't be reached: %v", err)
	}
	s.deliver(s.Table, job)
	if m := s.state(id); m.Status.State != desk.Sent || s.calls != 1 {
		t.Errorf("%s after %d calls", m.Status.State, s.calls)
	}
}
