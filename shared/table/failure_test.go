package table_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func (b *bench) fail(t *testing.T, id desk.FailureID) desk.Failure {
	t.Helper()
	f := desk.Failure{
		ID: id, Stage: "inbound", Code: desk.Internal, Reason: "It could not be filed.", Channel: "ch1", Group: "g1", Tries: 5,
		Payload: []byte("{\"ch\":\"ch1\",\xff no JSON"), At: b.now(),
	}
	if err := b.RecordFailure(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFailureIsKeptOnceWithItsPayloadAsItCame(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	want := b.fail(t, "2026-11-01.m1")
	again := want
	again.Reason = "another"
	if err := b.RecordFailure(ctx, again); err != nil {
		t.Fatal(err)
	}
	got, err := b.Failure(ctx, "2026-11-01.m1")
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept %+v, want %+v; %v", got, want, err)
	}
}

func TestAFailureNamedByItsQueueMessageAloneGetsItsDay(t *testing.T) {
	b := newBench(t)
	b.fail(t, "5d0f0a2c-1111-2222")
	if _, err := b.Failure(context.Background(), "2026-11-01.5d0f0a2c-1111-2222"); err != nil {
		t.Error(err)
	}
	if err := b.RecordFailure(context.Background(), desk.Failure{At: b.now()}); desk.CodeOf(err) != desk.Internal {
		t.Errorf("a failure without an id: %v", err)
	}
}

func TestFailuresAreListedNewestFirstPageByPage(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	for i := range 5 {
		b.fail(t, desk.FailureID(fmt.Sprint("m", i)))
		b.add(13 * time.Hour)
	}
	var got []desk.FailureID
	after := ""
	for pages := 0; pages < 5; pages++ {
		page, err := b.Failures(ctx, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Failures {
			got = append(got, f.ID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	want := "[2026-11-03.m4 2026-11-03.m3 2026-11-02.m2 2026-11-02.m1 2026-11-01.m0]"
	if fmt.Sprint(got) != want {
		t.Errorf("listed %v, want %v", got, want)
	}
}

func TestAReplayMarksTheFailureAndIsNotedWhenThePayloadIsBack(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.fail(t, "2026-11-01.m1")
	if err := b.ReplayFailure(ctx, "2026-11-01.m1"); err != nil {
		t.Fatal(err)
	}
	q := b.attribute(t, "FAILURE#2026-11-01", "m1", "q")
	if desk.WorkVerb(q) != desk.WorkReplay || b.attribute(t, "FAILURE#2026-11-01", "m1", "g3") != "work#0" {
		t.Fatalf("it is marked %q", q)
	}
	if err := b.FailureReplayed(ctx, "2026-11-01.m1", "replay:0"); err != nil {
		t.Fatal(err)
	}
	if f, err := b.Failure(ctx, "2026-11-01.m1"); err != nil || f.State != desk.FailureReplaying || f.Replays != 1 {
		t.Errorf("another replay's note: %+v, %v", f, err)
	}
	if err := b.FailureReplayed(ctx, "2026-11-01.m1", q); err != nil {
		t.Fatal(err)
	}
	f, err := b.Failure(ctx, "2026-11-01.m1")
	if err != nil || f.State != desk.FailureReplayed || len(f.Payload) == 0 {
		t.Errorf("noted: %+v, %v", f, err)
	}
	if b.attribute(t, "FAILURE#2026-11-01", "m1", "q") != "" {
		t.Error("the mark is still there")
	}
	b.add(31 * 24 * time.Hour)
	if _, err := b.Failure(ctx, "2026-11-01.m1"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("after a month: %v", err)
	}
	if page, err := b.Failures(ctx, "", 10); err != nil || len(page.Failures) != 0 {
		t.Errorf("after a month listed: %v, %v", page, err)
	}
}

func TestAReplayOfADispatchersFailureMarksTheItemItIsAbout(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.sent(t, "42", "p1")
	item := "CONV#" + string(m.Conversation) + "/HEAD"
	for id, payload := range map[desk.FailureID]string{
		"m1": `{"item":"` + item + `","work":"open:7.3"}`, "m2": `{"item":"CONV#gone/HEAD","work":"open:7"}`, "m3": `{}`, "m4": `garbage`,
	} {
		if err := b.RecordFailure(ctx, desk.Failure{ID: id, Stage: desk.StageDispatcher, Payload: []byte(payload), At: b.now()}); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[desk.FailureID]desk.Code{"2026-11-01.m2": desk.NotFound, "2026-11-01.m3": desk.Conflict, "2026-11-01.m4": desk.Malformed} {
		if err := b.ReplayFailure(ctx, id); desk.CodeOf(err) != want {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := b.ReplayFailure(ctx, "2026-11-01.m1"); err != nil {
		t.Fatal(err)
	}
	if c, err := b.Conversation(ctx, m.Conversation); err != nil || desk.WorkVerb(c.Work) != desk.WorkOpen || c.Work == "open:7.3" {
		t.Errorf("the conversation's work is %q, %v", c.Work, err)
	}
	if f, err := b.Failure(ctx, "2026-11-01.m1"); err != nil || f.State != desk.FailureReplayed {
		t.Errorf("noted: %+v, %v", f, err)
	}
}

func TestAFailureThatIsNotThereIsNotFound(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.fail(t, "2026-11-01.m1")
	if err := b.DeleteFailure(ctx, "2026-11-01.m1"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []desk.FailureID{"2026-11-01.m1", "garbage", ""} {
		if _, err := b.Failure(ctx, id); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("reading %q: %v", id, err)
		}
		if err := b.DeleteFailure(ctx, id); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("deleting %q: %v", id, err)
		}
		if err := b.ReplayFailure(ctx, id); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("replaying %q: %v", id, err)
		}
		if err := b.FailureReplayed(ctx, id, "replay:1"); err != nil {
			t.Errorf("noting %q: %v", id, err)
		}
	}
}
