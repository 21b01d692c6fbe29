package delivery_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/custom"
	"github.com/loket-desk/loket/shared/delivery"
	"github.com/loket-desk/loket/shared/desk"
)

// program is an integration that is down until a time.
type program struct {
	s   *integrated
	up  time.Time // zero is never
	at  []time.Duration
	ids map[string]bool
}

func (p *program) Do(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	now := p.s.now()
	p.at = append(p.at, now.Sub(p.s.begun))
	p.ids[r.Header.Get("webhook-id")] = true
	status := 500
	if !p.up.IsZero() && !now.Before(p.up) {
		status = 204
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("")), Header: http.Header{}}, nil
}

// integrated is a sender with one account of a custom channel, on the real table.
type integrated struct {
	*stack
	begun time.Time
}

type plainOpener struct{}

func (plainOpener) Open(context.Context, string, string) (string, error) {
	return "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=", nil
}

func newIntegrated(t *testing.T) *integrated {
	t.Helper()
	s := &integrated{stack: newStack(t)}
	s.begun = s.now()
	x := desk.CustomChannel{ID: "7", Name: "Pager", WebhookURL: "https://hooks.example.com", SealedSecret: "sealed", Capabilities: desk.CustomAbilities{AllowOutgoingMessages: true}}
	if _, err := s.SaveCustomChannel(t.Context(), x, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	ch := desk.Channel{ID: "ch1", Type: "custom:7", Inbox: "ib1", Active: true, Custom: &desk.CustomAccount{Authorized: true, Type: desk.OpaqueID, Value: "desk"}, Version: 1}
	if _, err := s.SaveChannel(t.Context(), ch, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// run does a message's job, and what the sweep hands on again, until the message comes to an end.
func (s *integrated) run(p *program, id desk.MessageID, job []byte) desk.Message {
	s.t.Helper()
	stage := delivery.New(delivery.Options{
		Outbox: s.Table, Threads: s.Table, Setup: s.Table, Opener: plainOpener{}, HTTP: p, Now: s.now,
		Kind: func(t desk.ChannelType) (channel.Kind, bool) {
			return custom.Describe(desk.CustomChannel{ID: "7"}), true
		},
	})
	for range 60 {
		err := stage.Handle(s.t.Context(), job)
		m, rerr := s.Message(s.t.Context(), id)
		switch {
		case rerr != nil:
			s.t.Fatal(rerr)
		case m.Status.State == desk.Sent || m.Status.State == desk.Failed:
			return m
		case err != nil: // it waits on its queue
			s.pass(desk.WaitOf(err))
			continue
		}
		// It waits in the table: the sweep finds it when it is due.
		s.pass(m.NotBefore.Sub(s.now()) + time.Minute)
		stale, err := s.StaleWork(s.t.Context(), s.now().Add(time.Hour), 10)
		own := func(w desk.StaleWork) bool { return w.Item == "CONV#"+string(m.Conversation)+"/MSG#"+string(m.Key) }
		if err != nil || !slices.ContainsFunc(stale, own) {
			s.t.Fatalf("the sweep finds %+v, %v", stale, err)
		}
	}
	s.t.Fatal("the message never comes to an end")
	return desk.Message{}
}

func TestAnIntegrationThatIsDownForAnHourGetsTheMessageOnceItIsThere(t *testing.T) {
	s := newIntegrated(t)
	id, job := s.reply()
	p := &program{s: s, up: s.begun.Add(time.Hour), ids: map[string]bool{}}
	m := s.run(p, id, job)
	if m.Status.State != desk.Sent || len(p.ids) != 1 || len(p.at) != 6 || len(m.Attempts) != 6 {
		t.Errorf("%s after the tries %v under the ids %v; kept %+v", m.Status.State, p.at, p.ids, m.Attempts)
	}
}

func TestAnIntegrationThatNeverComesBackMakesTheMessageFailAfterTheLastTry(t *testing.T) {
	s := newIntegrated(t)
	id, job := s.reply()
	p := &program{s: s, ids: map[string]bool{}}
	m := s.run(p, id, job)
	if m.Status.State != desk.Failed || !strings.Contains(m.Status.Detail, "last of 8 tries") || len(p.ids) != 1 || len(p.at) != 8 {
		t.Fatalf("%s (%s) after the tries %v under the ids %v", m.Status.State, m.Status.Detail, p.at, p.ids)
	}
	want := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}
	for i, wait := range want {
		if got := p.at[i+1] - p.at[i]; got < wait || got > wait+2*time.Minute {
			t.Errorf("the pause after try %d is %v, want %v", i+1, got, wait)
		}
	}
	raw, err := json.Marshal(m.Attempts)
	if err != nil || strings.Count(string(raw), "HTTP 500") != 8 {
		t.Errorf("the tries that are kept: %s, %v", raw, err)
	}
}
