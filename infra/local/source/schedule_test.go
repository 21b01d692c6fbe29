package source

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"
)

// recorder is a function that keeps its events and answers as it is told.
type recorder struct {
	mu     sync.Mutex
	events [][]byte
	answer func(call int, event []byte) ([]byte, error)
}

func (r *recorder) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	r.mu.Lock()
	r.events = append(r.events, payload)
	n := len(r.events)
	r.mu.Unlock()
	if r.answer == nil {
		return nil, nil
	}
	return r.answer(n, payload)
}

func TestADueTimeBecomesAScheduledEvent(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		scheduler             bool
		source, arn, expected string
	}{
		{false, "aws.events", "arn:aws:events:us-east-1:000000000000:rule/Sweep", `{}`},
		{true, "aws.scheduler", "arn:aws:scheduler:us-east-1:000000000000:schedule/default/Sweep", `"{}"`},
	} {
		timer := &Timer{Name: "Sweep", Region: "us-east-1", AccountID: "000000000000", Scheduler: c.scheduler}
		payload, err := timer.payload(at)
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			ID, Source, Time, Region, Account string
			DetailType                        string `json:"detail-type"`
			Resources                         []string
			Detail                            json.RawMessage
		}
		if err := json.Unmarshal(payload, &e); err != nil {
			t.Fatal(err)
		}
		if e.DetailType != "Scheduled Event" || e.Source != c.source || e.Time != "2026-03-01T10:00:00Z" || e.Resources[0] != c.arn || string(e.Detail) != c.expected || e.ID == "" {
			t.Errorf("the event is %s", payload)
		}
	}
}

func TestATemplatesInputTakesTheEventsPlace(t *testing.T) {
	payload, err := (&Timer{Input: `{"job":"nightly"}`}).payload(time.Now())
	if err != nil || string(payload) != `{"job":"nightly"}` {
		t.Errorf("got %s, %v", payload, err)
	}
	if _, err := (&Timer{Name: "Sweep", Input: "nightly"}).payload(time.Now()); err == nil {
		t.Error("an input that is no JSON was taken")
	}
}

func TestATimerCallsItsFunction(t *testing.T) {
	f := &recorder{}
	timer := &Timer{Schedule: Schedule{every: 10 * time.Millisecond}, Function: f, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { timer.Run(ctx); close(done) }()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		f.mu.Lock()
		n := len(f.events)
		f.mu.Unlock()
		if n >= 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it was never called twice")
		}
	}
	cancel()
	<-done
}
