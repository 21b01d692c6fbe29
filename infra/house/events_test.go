package house

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/table"
)

func event(t *testing.T, function string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "events", function+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// exactly decodes JSON and refuses what the type does not know.
func exactly(data []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(out)
}

func TestEveryFunctionHasAnEventToTryItWith(t *testing.T) {
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		t.Fatal(mains, err)
	}
	for _, main := range mains {
		event(t, filepath.Base(filepath.Dir(main)))
	}
}

// bodies delivers a queue's event to a handler and gives its records.
func bodies(t *testing.T, function string) []lambdaio.Record {
	t.Helper()
	var got []lambdaio.Record
	h := lambdaio.Queue(lambdaio.BatchOptions{
		Handle:    func(_ context.Context, r lambdaio.Record) error { got = append(got, r); return nil },
		GiveUp:    func(context.Context, lambdaio.Record, error) error { return nil },
		Backoff:   func(context.Context, string, time.Duration) error { return nil },
		Transient: desk.Transient,
	})
	if _, err := h.Invoke(t.Context(), event(t, function)); err != nil || len(got) != 1 {
		t.Fatal(function, got, err)
	}
	return got
}

func TestTheQueuesEventsHoldWhatTheStagesRead(t *testing.T) {
	var inbound desk.Inbound
	r := bodies(t, "router")[0]
	if err := exactly(r.Body, &inbound); err != nil || inbound.Text == "" || r.Group != inbound.Group() {
		t.Errorf("router: %v %+v in group %s", err, inbound, r.Group)
	}
	var ticket desk.TicketJob
	if err := exactly(bodies(t, "ticket")[0].Body, &ticket); err != nil || ticket.Conversation == "" {
		t.Errorf("ticket: %v %+v", err, ticket)
	}
	var outbound desk.OutboundJob
	if err := exactly(bodies(t, "sender")[0].Body, &outbound); err != nil || outbound.Message == "" {
		t.Errorf("sender: %v %+v", err, outbound)
	}
	var note struct{ Type, Message string }
	var mail struct {
		NotificationType string
		Receipt          struct{ Action struct{ ObjectKey string } }
	}
	if err := json.Unmarshal(bodies(t, "mail")[0].Body, &note); err != nil || note.Type != "Notification" {
		t.Fatalf("mail: %v %+v", err, note)
	}
	if err := json.Unmarshal([]byte(note.Message), &mail); err != nil || !strings.HasPrefix(mail.Receipt.Action.ObjectKey, "incoming/") {
		t.Errorf("mail: %v %+v", err, mail)
	}
}

func TestTheDispatchersEventIsASavedMessage(t *testing.T) {
	h := lambdaio.Stream(func(_ context.Context, changes []lambdaio.Change) (int, error) {
		for _, c := range changes {
			saved, err := table.ReadSaved(c.Old, c.New)
			if err != nil || !saved.Fresh() || saved.Message.Text == "" {
				t.Errorf("%v %+v", err, saved)
			}
		}
		return len(changes), nil
	})
	if _, err := h.Invoke(t.Context(), event(t, "dispatcher")); err != nil {
		t.Error(err)
	}
}

func TestTheAPIsEventsAreRequests(t *testing.T) {
	for function, want := range map[string]string{"webhook": "POST /hooks/example-channel", "api": "GET /v1/me"} {
		var got string
		h := lambdaio.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Method + " " + r.URL.Path }))
		if _, err := h.Invoke(t.Context(), event(t, function)); err != nil || got != want {
			t.Errorf("%s: %s %v", function, got, err)
		}
	}
	ran := false
	h := lambdaio.Schedule(func(context.Context) error { ran = true; return nil })
	if _, err := h.Invoke(t.Context(), event(t, "sweeper")); err != nil || !ran {
		t.Errorf("sweeper: %v", err)
	}
}
