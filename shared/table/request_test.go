package table_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

var aCall = desk.Request{Caller: "k1", Route: "POST /v1/teams", Key: "abc", Hash: "h1"}

func TestARepeatedCallGetsTheFirstAnswer(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	id, answer, repeat, err := tb.BeginRequest(ctx, aCall, "one")
	if id != "one" || answer != nil || repeat || err != nil {
		t.Fatalf("first: %q %s %v %v", id, answer, repeat, err)
	}
	id, answer, repeat, err = tb.BeginRequest(ctx, aCall, "two")
	if id != "one" || answer != nil || !repeat || err != nil {
		t.Errorf("while the first is unfinished: %q %s %v %v", id, answer, repeat, err)
	}
	if err := tb.AnswerRequest(ctx, aCall, []byte(`{"id":"one"}`)); err != nil {
		t.Fatal(err)
	}
	if err := tb.ForgetRequest(ctx, aCall); err != nil {
		t.Fatal(err)
	}
	id, answer, repeat, err = tb.BeginRequest(ctx, aCall, "three")
	if id != "one" || string(answer) != `{"id":"one"}` || !repeat || err != nil {
		t.Errorf("after the answer: %q %s %v %v", id, answer, repeat, err)
	}
}

func TestAKeyWithAnotherBodyIsAConflictAndAnothersKeyIsNot(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	if _, _, _, err := tb.BeginRequest(ctx, aCall, "one"); err != nil {
		t.Fatal(err)
	}
	other := aCall
	other.Hash = "h2"
	if _, _, _, err := tb.BeginRequest(ctx, other, "two"); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("another body: %v", err)
	}
	other.Caller = "k2"
	if id, _, repeat, err := tb.BeginRequest(ctx, other, "two"); id != "two" || repeat || err != nil {
		t.Errorf("another caller: %q %v %v", id, repeat, err)
	}
	other.Route = "POST /v1/users"
	if id, _, repeat, err := tb.BeginRequest(ctx, other, "three"); id != "three" || repeat || err != nil {
		t.Errorf("another route: %q %v %v", id, repeat, err)
	}
}

func TestARefusedCallMayBeMadeAgainAndAnOldKeyIsFree(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	for _, id := range []string{"one", "two"} {
		if got, _, repeat, err := tb.BeginRequest(ctx, aCall, id); got != id || repeat || err != nil {
			t.Fatalf("%q %v %v", got, repeat, err)
		}
		if err := tb.ForgetRequest(ctx, aCall); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, _, err := tb.BeginRequest(ctx, aCall, "three"); err != nil {
		t.Fatal(err)
	}
	tb.clk.add(24*time.Hour + time.Second)
	if got, _, repeat, err := tb.BeginRequest(ctx, aCall, "four"); got != "four" || repeat || err != nil {
		t.Errorf("a day later: %q %v %v", got, repeat, err)
	}
}

func TestAVeryLongAnswerIsNotKept(t *testing.T) {
	tb := newStack(t)
	if _, _, _, err := tb.BeginRequest(t.Context(), aCall, "one"); err != nil {
		t.Fatal(err)
	}
	if err := tb.AnswerRequest(t.Context(), aCall, []byte(strings.Repeat("x", 64<<10+1))); err != nil {
		t.Fatal(err)
	}
	if id, answer, repeat, err := tb.BeginRequest(t.Context(), aCall, "two"); id != "one" || answer != nil || !repeat || err != nil {
		t.Errorf("%q %d %v %v", id, len(answer), repeat, err)
	}
}

func TestAnUploadWaitsADayToBeUsed(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	u := desk.Upload{ID: "u", Name: "a.pdf", ContentType: "application/pdf", Size: 9, Key: "uploads/u", Owner: "k1", CreatedAt: tb.clk.now()}
	if err := tb.SaveUpload(ctx, u); err != nil {
		t.Fatal(err)
	}
	if err := tb.SaveUpload(ctx, u); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("again: %v", err)
	}
	got, err := tb.Upload(ctx, "u")
	if err != nil || !got.CreatedAt.Equal(u.CreatedAt) || got.Name != u.Name || got.ID != "u" || got.Key != u.Key {
		t.Errorf("%+v, %v", got, err)
	}
	tb.clk.add(24 * time.Hour)
	for _, id := range []desk.UploadID{"u", "none"} {
		if _, err := tb.Upload(ctx, id); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
}
