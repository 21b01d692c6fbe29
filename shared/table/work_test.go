package table_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// stale is the one piece of work that waits at a time.
func (b *bench) stale(t *testing.T) desk.StaleWork {
	t.Helper()
	found, err := b.StaleWork(context.Background(), b.now(), 10)
	if err != nil || len(found) != 1 {
		t.Fatalf("waiting: %v, %v", found, err)
	}
	return found[0]
}

func TestWorkThatWasSavedAndNotTakenUpIsHandedOnUnderANewName(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.reply(t, "42")
	if found, err := b.StaleWork(ctx, b.now().Add(time.Minute), 10); err != nil || len(found) != 0 {
		t.Fatalf("after a minute: %v, %v", found, err)
	}
	b.add(3 * time.Minute)
	w := b.stale(t)
	if w.Work != "out" || w.Item != "CONV#"+string(m.Conversation)+"/MSG#"+string(m.Key) {
		t.Fatalf("waiting: %+v", w)
	}
	next := b.now().Add(2 * time.Minute)
	if moved, err := b.HandOnAgain(ctx, w, next); moved || err != nil {
		t.Fatal(moved, err)
	}
	if q, _ := b.work(t, m); q != "out.1" {
		t.Errorf("it is marked %q", q)
	}
	if moved, err := b.HandOnAgain(ctx, w, next); !moved || err != nil {
		t.Errorf("a second sweep handed the same on: %v, %v", moved, err)
	}
	if found, err := b.StaleWork(ctx, b.now(), 10); err != nil || len(found) != 0 {
		t.Errorf("right after: %v, %v", found, err)
	}
}

func TestWorkThatIsTakenUpMeanwhileIsLeftAlone(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.reply(t, "42")
	b.add(3 * time.Minute)
	w := b.stale(t)
	b.claim(t, m.ID(), desk.TurnYours)
	if moved, err := b.HandOnAgain(ctx, w, b.now()); !moved || err != nil {
		t.Errorf("handed on: %v, %v", moved, err)
	}
	if moved, err := b.DropWork(ctx, w, "x"); !moved || err != nil {
		t.Errorf("dropped: %v, %v", moved, err)
	}
	b.state(t, m.ID(), desk.Sending)
}

func TestWorkThatNobodyDoesIsTakenOffAndAMessageSaysSo(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.reply(t, "42")
	b.add(3 * time.Minute)
	if moved, err := b.DropWork(ctx, b.stale(t), "Nobody sent it."); moved || err != nil {
		t.Fatal(moved, err)
	}
	if got := b.state(t, m.ID(), desk.Failed); got.Status.Detail != "Nobody sent it." {
		t.Errorf("told %q", got.Status.Detail)
	}
	c := b.opened(t, "43")
	b.add(3 * time.Minute)
	if moved, err := b.DropWork(ctx, b.stale(t), "x"); moved || err != nil {
		t.Fatal(moved, err)
	}
	if got := b.conversation(t, c.ID); got.Work != "" || got.State != desk.Open {
		t.Errorf("the conversation is %+v", got)
	}
}

func TestWhatAChangedItemHasLeftIsReadFromItsKeys(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	c := b.opened(t, "42")
	keys := json.RawMessage(`{"pk":{"S":"CONV#` + string(c.ID) + `"},"sk":{"S":"HEAD"}}`)
	w, err := b.SavedNow(ctx, keys)
	if err != nil || w.Work != c.Work || w.Item != "CONV#"+string(c.ID)+"/HEAD" || w.Due.IsZero() {
		t.Errorf("left: %+v, %v", w, err)
	}
	if w, err := b.SavedNow(ctx, json.RawMessage(`{"pk":{"S":"CONV#gone"},"sk":{"S":"HEAD"}}`)); err != nil || w.Work != "" {
		t.Errorf("of an item that isn't there: %+v, %v", w, err)
	}
	if _, err := b.SavedNow(ctx, json.RawMessage(`[]`)); err == nil {
		t.Error("keys that can't be read are no error")
	}
}

func TestAnItemThatIsNoneIsNothingToDo(t *testing.T) {
	b := newBench(t)
	for _, item := range []string{"", "x", "x/", "/x"} {
		w := desk.StaleWork{Item: item, Work: "out"}
		if moved, err := b.HandOnAgain(context.Background(), w, b.now()); !moved || err != nil {
			t.Errorf("%q handed on: %v, %v", item, moved, err)
		}
		if moved, err := b.DropWork(context.Background(), w, "x"); !moved || err != nil {
			t.Errorf("%q dropped: %v, %v", item, moved, err)
		}
	}
}

func TestTheLastSweepIsRemembered(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	if at, _, err := b.LastSweep(ctx); err != nil || !at.IsZero() {
		t.Errorf("before the first: %v, %v", at, err)
	}
	if err := b.Swept(ctx, "work handed on again: 2"); err != nil {
		t.Fatal(err)
	}
	if at, note, err := b.LastSweep(ctx); err != nil || !at.Equal(b.now()) || note != "work handed on again: 2" {
		t.Errorf("the last was at %v: %q, %v", at, note, err)
	}
}
