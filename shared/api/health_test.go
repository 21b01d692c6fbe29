package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// depths are queues by name; a queue of -1 does not answer.
type depths map[string]int

func (d depths) Depth(_ context.Context, queue string) (desk.QueueDepth, error) {
	if d[queue] < 0 {
		return desk.QueueDepth{}, errors.New("away")
	}
	return desk.QueueDepth{Waiting: d[queue], Working: 2}, nil
}

func TestAHealthyStackSaysSoAndWhen(t *testing.T) {
	s := newStack(t)
	at := time.Now().UTC().Truncate(time.Second)
	if err := s.table.Swept(t.Context(), "mails announced again: 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.table.MailCame(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	got := s.call(s.admin, "GET", "/v1/health", "")
	if got.Status != 200 || got.text("lastMailAt") != at.Format(time.RFC3339) || got.text("lastSweep") != "mails announced again: 1" || got.text("lastSweepAt") == "" {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
	if got.count("queues") != 4 || got.text("queues.0.name") != "inbound" || got.text("queues.0.working") != "2" || got.count("channels") != 1 {
		t.Errorf("%s", got.Raw)
	}
}

func TestWhatNeedsSomebodyIsSaidInWords(t *testing.T) {
	s := newStack(t)
	now := time.Now().UTC()
	s.depths["outbound"] = 7
	if err := s.table.NoteQueuesWaiting(t.Context(), map[string]time.Time{"outbound": now.Add(-20 * time.Minute), "inbound": now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := s.table.RecordFailure(t.Context(), desk.Failure{ID: desk.NewFailureID(now, "m1"), Stage: "inbound", Reason: "x", At: now}); err != nil {
		t.Fatal(err)
	}
	got := s.call(s.admin, "GET", "/v1/health", "")
	if got.text("state") != "ATTENTION" || got.text("failures") != "1" || got.text("queues.2.waiting") != "7" || got.text("queues.2.waitingSince") == "" {
		t.Errorf("%s", got.Raw)
	}
	if got.at("queues.0.waitingSince") != nil {
		t.Errorf("an empty queue waits: %s", got.Raw)
	}
	for _, words := range []string{"every minute was not done", "waited in the queue outbound since", "of the queue mail crashed", "1 events could not be processed"} {
		if !strings.Contains(got.Raw, words) {
			t.Errorf("it does not say %q: %s", words, got.Raw)
		}
	}
	if strings.Contains(got.Raw, "the queue inbound since") {
		t.Errorf("it speaks of an empty queue: %s", got.Raw)
	}
}

func TestAQueueThatDoesNotAnswerIsOurFault(t *testing.T) {
	for _, which := range []int{0, 1} {
		s := newStack(t)
		[]depths{s.depths, s.dead}[which]["tickets"] = -1
		if got := s.call(s.admin, "GET", "/v1/health", ""); got.Status != 500 || strings.Contains(got.Raw, "away") {
			t.Errorf("%d %s", got.Status, got.Raw)
		}
	}
}
