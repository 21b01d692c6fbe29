package upkeep

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// rota is who works when, as the world of these tests holds it.
type rota struct {
	cfg   *desk.Config
	seen  time.Time
	woken []desk.UserID
	down  error
	count map[desk.UserID]int // how often their load was counted
}

func (w *world) Config(context.Context) (*desk.Config, error) {
	if w.rota.cfg == nil {
		return &desk.Config{}, nil
	}
	return w.rota.cfg, nil
}

func (w *world) Wake(_ context.Context, id desk.UserID) error {
	if w.rota.down == nil {
		w.rota.woken = append(w.rota.woken, id)
	}
	return w.rota.down
}

func (w *world) ShiftsSeen(context.Context) (time.Time, error) { return w.rota.seen, nil }
func (w *world) SawShifts(_ context.Context, until time.Time) error {
	w.rota.seen = until
	return nil
}

func (w *world) ReconcileLoad(_ context.Context, id desk.UserID) (bool, error) {
	if w.rota.count == nil {
		w.rota.count = map[desk.UserID]int{}
	}
	w.rota.count[id]++
	return false, nil
}

func TestWhatEverybodyHasIsCountedOnceANight(t *testing.T) {
	w := newWorld()
	w.rota = early()
	for _, at := range []string{"2026-11-02T22:00:00Z", "2026-11-02T23:59:00Z", "2026-11-03T00:01:00Z", "2026-11-03T12:00:00Z"} {
		var err error
		if w.now, err = time.Parse(time.RFC3339, at); err != nil {
			t.Fatal(err)
		}
		w.mustSweep(t)
		w.mustSweep(t)
	}
	for _, id := range []desk.UserID{"ann", "bob", "cem", "dot"} {
		if w.rota.count[id] != 2 { // at the very first look, and in the night
			t.Errorf("%s was counted %d times", id, w.rota.count[id])
		}
	}
}

// early has Ann begin at nine and Bob at ten, both in Amsterdam; Cem has no hours and Dot is gone.
func early() rota {
	at := func(from int) desk.Hours {
		return desk.Hours{Zone: "Europe/Amsterdam", Week: []desk.Shift{{Day: time.Monday, From: from, To: 17 * 60}}}
	}
	return rota{cfg: &desk.Config{
		Users: map[desk.UserID]desk.User{
			"ann": {ID: "ann", Active: true, Hours: "nine"}, "bob": {ID: "bob", Active: true, Hours: "ten"},
			"cem": {ID: "cem", Active: true}, "dot": {ID: "dot", Hours: "nine"},
		},
		Hours: map[string]desk.Hours{"nine": at(9 * 60), "ten": at(10 * 60)},
	}}
}

func TestWhoeverBeginsWorkIsWokenOnceAndAlsoAfterSweepsThatWereMissed(t *testing.T) {
	w := newWorld()
	w.rota = early()
	steps := []struct {
		at   string
		want []desk.UserID
	}{
		{"07:59", nil}, {"08:00", []desk.UserID{"ann"}}, {"08:01", nil}, {"09:30", []desk.UserID{"bob"}}, {"16:30", nil},
	}
	for _, s := range steps {
		clock, err := time.Parse(time.RFC3339, "2026-11-02T"+s.at+":00Z") // a Monday; Amsterdam is an hour ahead
		if err != nil {
			t.Fatal(err)
		}
		w.now, w.rota.woken = clock, nil
		w.mustSweep(t)
		if !slices.Equal(w.rota.woken, s.want) {
			t.Errorf("at %s: %v, want %v", s.at, w.rota.woken, s.want)
		}
	}
}

func TestABeginningOfWorkThatCouldNotBeToldIsToldByTheNextSweep(t *testing.T) {
	w := newWorld()
	w.rota = early()
	w.now = time.Date(2026, 11, 2, 8, 0, 30, 0, time.UTC)
	w.rota.down = errors.New("throttled")
	if err := w.sweep(t); err == nil {
		t.Fatal("nobody heard of it")
	}
	w.rota.down = nil
	w.now = w.now.Add(time.Minute)
	w.mustSweep(t)
	if !slices.Equal(w.rota.woken, []desk.UserID{"ann"}) {
		t.Errorf("woken: %v", w.rota.woken)
	}
}
