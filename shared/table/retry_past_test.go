package table_test

import (
	"context"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

func TestWhatIsStillSaidOfAnEarlierAttemptIsNotAboutTheOneThatWasSentAgain(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	m, _, err := tb.AppendOutgoing(ctx, reply(filed.Conversation, "an answer", nil))
	if err != nil {
		t.Fatal(err)
	}
	attempt := func(state desk.State, id string) {
		t.Helper()
		turn, err := tb.ClaimOutbound(ctx, m.ID(), time.Minute)
		if err != nil || turn.Turn != desk.TurnYours {
			t.Fatalf("claiming: %v, %v", turn.Turn, err)
		}
		if err := tb.SettleOutbound(ctx, turn.Message, desk.SendResult{State: state, IDs: []string{id}}); err != nil {
			t.Fatal(err)
		}
		if err := tb.LinkProviders(ctx, turn.Message, []string{id}); err != nil {
			t.Fatal(err)
		}
	}
	state := func() desk.State {
		t.Helper()
		now, err := tb.Message(ctx, m.ID())
		if err != nil {
			t.Fatal(err)
		}
		return now.Status.State
	}
	told := func(id string, s desk.State) {
		t.Helper()
		if err := tb.ApplyStatus(ctx, "ch1", "42", id, desk.StatusNews{State: s, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	attempt(desk.Sent, "first")
	told("first", desk.Failed)
	if _, err := tb.RetryMessage(ctx, m.ID()); err != nil {
		t.Fatal(err)
	}
	told("first", desk.Failed)
	if got := state(); got != desk.Queued {
		t.Fatalf("a late word about the first attempt made it %s", got)
	}
	attempt(desk.Unknown, "second")
	told("first", desk.Delivered)
	if got := state(); got != desk.Unknown {
		t.Errorf("a late word about the first attempt made it %s", got)
	}
	told("second", desk.Delivered)
	if got := state(); got != desk.Delivered {
		t.Errorf("what was said of the second attempt left it %s", got)
	}
}
