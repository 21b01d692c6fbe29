package table_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestWhatTheStagesNoteOfThemselvesIsReadTogether(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	if s, err := b.Signs(ctx); err != nil || !s.Swept.IsZero() || !s.Mail.IsZero() || len(s.Waiting) != 0 {
		t.Errorf("a new stack says %+v, %v", s, err)
	}
	at := b.now().Add(-time.Hour)
	for _, err := range []error{
		b.Swept(ctx, "mails announced again: 1"), b.MailCame(ctx, at),
		b.NoteQueuesWaiting(ctx, map[string]time.Time{"mail": at}), b.NoteQueuesWaiting(ctx, map[string]time.Time{"inbound": at}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Signs(ctx)
	if err != nil || !s.Swept.Equal(b.now()) || s.Note != "mails announced again: 1" || !s.Mail.Equal(at) {
		t.Errorf("it says %+v, %v", s, err)
	}
	if len(s.Waiting) != 1 || !s.Waiting["inbound"].Equal(at) {
		t.Errorf("what waits is %v", s.Waiting)
	}
}

func TestFailuresAreCountedToABound(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		f := desk.Failure{ID: desk.NewFailureID(b.now(), fmt.Sprint("m", i)), Stage: "inbound", Reason: "x", At: b.now()}
		if err := b.RecordFailure(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	for most, want := range map[int]int{2: 2, 10: 3} {
		if n, err := b.CountFailures(t.Context(), most); err != nil || n != want {
			t.Errorf("of three, to %d: %d, %v", most, n, err)
		}
	}
}

func TestCallsAreCountedByCallerAndMinute(t *testing.T) {
	b := newBench(t)
	minute := b.now().Truncate(time.Minute)
	for i, c := range []struct {
		caller string
		minute time.Time
		want   int
	}{{"key:a", minute, 10}, {"key:a", minute, 20}, {"key:b", minute, 10}, {"key:a", minute.Add(time.Minute), 10}} {
		if n, err := b.CountCalls(t.Context(), c.caller, c.minute, 10); err != nil || n != c.want {
			t.Errorf("%d: %d, want %d, %v", i, n, c.want, err)
		}
	}
}
