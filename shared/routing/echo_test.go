package routing

import (
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAFreshEchoOfUnknownOriginIsLookedAtOnceMore(t *testing.T) {
	w := newWorld()
	e := chat("written here or elsewhere?")
	e.Type, e.MessageID = desk.InEcho, "42:7"
	e.At = time.Date(2026, 11, 1, 8, 59, 58, 0, time.UTC)
	if err := w.route(t, e); desk.CodeOf(err) != desk.Busy || desk.WaitOf(err) != echoWait || len(w.filed) != 0 {
		t.Fatalf("two seconds old: %v, %d filed", err, len(w.filed))
	}
	w.found["42:7"] = "C1-K9"
	if err := w.route(t, e); err != nil || len(w.filed) != 0 || len(w.statuses) != 1 {
		t.Fatalf("its send was stored meanwhile: %v, %d filed", err, len(w.filed))
	}
	for _, at := range []time.Time{{}, e.At.Add(-echoFresh), e.At.Add(time.Hour)} {
		w := newWorld()
		e.At = at
		if err := w.route(t, e); err != nil || len(w.filed) != 1 {
			t.Errorf("at %s: %v, %d filed", at, err, len(w.filed))
		}
	}
}
