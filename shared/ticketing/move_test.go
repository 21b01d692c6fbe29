package ticketing_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
	"github.com/loket-desk/loket/shared/ticketing"
)

// moving begins the move of the stack's channel, which has some conversations, and gives the job's id.
func (s *stack) moving(convs int) (string, []desk.ConversationID) {
	s.t.Helper()
	ctx := context.Background()
	if _, err := s.SaveInbox(ctx, desk.Inbox{ID: "other", Kind: desk.PlainInbox, Slug: "other", Access: desk.Access{Everyone: true}}, desk.Audit{}); err != nil {
		s.t.Fatal(err)
	}
	var ids []desk.ConversationID
	for range convs {
		id, job := s.begin()
		s.finish(s.Table, job)
		ids = append(ids, id)
	}
	cfg, err := s.Fresh(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	ch := cfg.Channels["ch1"]
	ch.Inbox = "other"
	j := desk.Job{ID: s.NewID(), Kind: desk.JobMoveChannel, State: desk.JobRunning, Begun: time.Now(), Channel: "ch1", From: "help", To: "other"}
	if _, err := s.MoveChannel(ctx, ch, j, desk.Audit{}); err != nil {
		s.t.Fatal(err)
	}
	return j.ID, ids
}

// lagging is a table whose index tells what it told a moment ago.
type lagging struct {
	*table.Table
	told map[string][]desk.ConversationID
}

func (l lagging) ChannelConversations(ctx context.Context, inbox desk.InboxID, ch desk.ChannelID, view desk.View, after string, limit int) ([]desk.ConversationID, string, error) {
	at := fmt.Sprint(inbox, view, after, limit)
	before := l.told[at]
	ids, next, err := l.Table.ChannelConversations(ctx, inbox, ch, view, after, limit)
	l.told[at] = ids
	if err == nil && len(ids) > 0 {
		return before, "", nil // what came since is not in it yet
	}
	return before, next, err
}

func soon() time.Time { return time.Now().Add(time.Minute) } // everybody knows of the move

// finished brings a job to its end, step by step.
func (s *stack) finished(stage *ticketing.Stage, id string) desk.Job {
	s.t.Helper()
	ctx := context.Background()
	for range 80 {
		if err := stage.Handle(ctx, []byte(`{"kind":"job","job":"`+id+`"}`)); err != nil && !desk.Transient(err) {
			s.t.Fatal(err)
		}
		j, err := s.Job(ctx, id)
		if err != nil {
			s.t.Fatal(err)
		}
		if j.State != desk.JobRunning {
			return j
		}
	}
	s.t.Fatal("the job never ends")
	return desk.Job{}
}

func (s *stack) allIn(ids []desk.ConversationID, inbox desk.InboxID) {
	s.t.Helper()
	for _, id := range ids {
		k, err := s.Ticket(context.Background(), id.TicketID())
		if c := s.conversation(id); c.Inbox != inbox || err != nil || k.Inbox != inbox {
			s.t.Errorf("%s is in %s, its ticket in %s, %v", id, c.Inbox, k.Inbox, err)
		}
		all, _, err := s.Messages(context.Background(), id, "", "", 50)
		if err != nil {
			s.t.Fatal(err)
		}
		told := 0
		for _, m := range all {
			if m.Change != nil && m.Change.What == "moved" {
				told++
			}
		}
		if told != 1 {
			s.t.Errorf("%s tells of %d moves", id, told)
		}
	}
}

func TestAMoveThatIsEndedAfterAnyRequestIsDoneToItsEndAndEachIsMovedOnce(t *testing.T) {
	for n := 2; n < 60; n += 7 {
		s := newStack(t)
		id, convs := s.moving(3)
		for range 3 { // each process dies a little later in the work
			cut := tabletest.NewCut(t, s.name, time.Now, &tabletest.Cut{After: n})
			_ = ticketing.On(cut, soon).Handle(context.Background(), []byte(`{"kind":"job","job":"`+id+`"}`))
		}
		if j := s.finished(ticketing.On(s.Table, soon), id); j.State != desk.JobDone || j.Done > 3 || len(j.Errors) > 0 {
			t.Errorf("ended after %d requests: %+v", n, j)
		}
		s.allIn(convs, "other")
	}
}

func TestAMoveFindsAlsoWhatTheIndexDidNotKnowYet(t *testing.T) {
	s := newStack(t)
	id, convs := s.moving(4)
	now := time.Now()
	later := func() time.Time { now = now.Add(time.Second); return now }
	if j := s.finished(ticketing.On(lagging{s.Table, map[string][]desk.ConversationID{}}, later), id); j.State != desk.JobDone || j.Done != 4 {
		t.Errorf("%+v", j)
	}
	s.allIn(convs, "other")
}

func TestAMoveWaitsForMessagesThatAreJustComingInAndTellsWhatItCouldNotMove(t *testing.T) {
	s := newStack(t)
	id, convs := s.moving(1)
	stage := ticketing.On(s.Table, time.Now)
	var err error
	for range 40 {
		if err = stage.Handle(context.Background(), []byte(`{"kind":"job","job":"`+id+`"}`)); err != nil {
			break
		}
	}
	if !desk.Transient(err) || desk.WaitOf(err) == 0 {
		t.Errorf("it is done too soon: %v", err)
	}
	late, job := s.begin() // a router that has not heard of the move
	_, err = s.ChangeConversation(context.Background(), late, "", desk.Author{}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.Inbox = "help"
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.finish(s.Table, job)
	if j := s.finished(ticketing.On(s.Table, soon), id); j.Done != 2 {
		t.Errorf("%+v", j)
	}
	if c := s.conversation(late); c.Inbox != "other" || s.conversation(convs[0]).Inbox != "other" {
		t.Errorf("%+v", c)
	}
	odd, err := s.SaveJob(context.Background(), desk.Job{ID: "odd", Kind: "moon", State: desk.JobRunning})
	if err != nil {
		t.Fatal(err)
	}
	if j := s.finished(ticketing.On(s.Table, soon), odd.ID); j.State != desk.JobFailed || len(j.Errors) != 1 {
		t.Errorf("%+v", j)
	}
	if _, err := s.SaveJob(context.Background(), odd); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("an old state was saved over a newer one: %v", err)
	}
	if err := stage.Handle(context.Background(), []byte(`{"kind":"job","job":"none"}`)); err != nil {
		t.Error(err)
	}
}
