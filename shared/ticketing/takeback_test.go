package ticketing_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

func TestAJobThatTakesAnAssignmentBackMayComeTwiceAndTakesItFromNobodyElse(t *testing.T) {
	s, ctx := newStack(t), context.Background()
	now := time.Now().UTC()
	clock := func() time.Time { return now }
	s.Table = table.NewAt(tabletest.Client(t, nil), s.name, clock)
	ch := s.channel()
	ch.Routing.TakeBack = 10
	if _, err := s.SaveChannel(ctx, ch, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	s.available("ada", "bob")
	id, job := s.begin()
	take := desk.TicketJob{Kind: desk.JobTake, Conversation: id}
	for _, j := range []desk.TicketJob{job, job} {
		s.at(clock, j)
	}
	first := s.conversation(id).Assignee
	if first == "" {
		t.Fatal("nobody has it")
	}
	now = now.Add(11 * time.Minute)
	s.at(clock, take)
	second := s.conversation(id).Assignee
	if second == first || second == "" {
		t.Fatalf("first %q had it, then %q", first, second)
	}
	for range 2 {
		if s.at(clock, take); s.conversation(id).Assignee != second {
			t.Fatalf("the same job again took it from %q, who had it for no time", second)
		}
	}
	now = now.Add(11 * time.Minute)
	if s.at(clock, take); s.conversation(id).Assignee != first {
		t.Errorf("%q kept it without doing anything", second)
	}
}

// channel is the stack's channel as it is now.
func (s *stack) channel() desk.Channel {
	s.t.Helper()
	cfg, err := s.Fresh(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	ch, ok := cfg.Channel("ch1")
	if !ok {
		s.t.Fatal("the channel is gone")
	}
	return ch
}

// at does a job at the clock's time.
func (s *stack) at(clock func() time.Time, job desk.TicketJob) {
	s.t.Helper()
	body, err := json.Marshal(job)
	if err == nil {
		err = stageOf(s.Table, clock).Handle(context.Background(), body)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
