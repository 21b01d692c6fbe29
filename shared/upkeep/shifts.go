package upkeep

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Shifts wakes people whose working hours begin, and remembers until when it was looked.
type Shifts interface {
	Config(ctx context.Context) (*desk.Config, error)
	// Wake has what waits for a person given out.
	Wake(ctx context.Context, id desk.UserID) error
	// ShiftsSeen is until when beginnings of working hours were looked for; zero at first.
	ShiftsSeen(ctx context.Context) (time.Time, error)
	SawShifts(ctx context.Context, until time.Time) error
	// ReconcileLoad makes what counts to a person's load what they have.
	ReconcileLoad(ctx context.Context, id desk.UserID) (changed bool, err error)
}

// begin wakes everybody whose working hours have begun since the last look: what waited for them is given out. Once a night
// it also counts what everybody has. Cut short it begins again where it began; waking somebody twice is harmless.
func (s *Sweep) begin(ctx context.Context) (int, error) {
	now := s.Now()
	seen, err := s.Shifts.ShiftsSeen(ctx)
	if err != nil {
		return 0, err
	}
	cfg, err := s.Shifts.Config(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for id, u := range cfg.Users {
		working, since, set := cfg.Working(u, now)
		if !u.Active || !set || !working || !since.After(seen) {
			continue
		}
		if err := s.Shifts.Wake(ctx, id); err != nil {
			return n, err
		}
		n++
	}
	if now.Sub(seen) < remember && n == 0 && seen.UTC().YearDay() == now.UTC().YearDay() {
		return 0, nil // not worth a write; nobody is woken twice for it
	}
	if seen.UTC().YearDay() != now.UTC().YearDay() { // once a night
		for id := range cfg.Users {
			if _, err := s.Shifts.ReconcileLoad(ctx, id); err != nil {
				return n, err
			}
		}
	}
	return n, s.Shifts.SawShifts(ctx, now)
}

// remember is how old the last look may be before a new one is noted.
const remember = 10 * time.Minute
