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
}

// begin wakes everybody whose working hours have begun since the last look: what waited for them is given out. Cut short
// it begins again where it began; waking somebody twice is harmless.
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
	n, any := 0, false
	for id, u := range cfg.Users {
		working, since, set := cfg.Working(u, now)
		any = any || set
		if !u.Active || !set || !working || !since.After(seen) {
			continue
		}
		if err := s.Shifts.Wake(ctx, id); err != nil {
			return n, err
		}
		n++
	}
	if !any { // nobody has working hours: there is nothing to remember
		return 0, nil
	}
	return n, s.Shifts.SawShifts(ctx, now)
}
