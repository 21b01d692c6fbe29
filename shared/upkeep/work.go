package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// The waits between two looks at the same work: 2 minutes doubling to an hour, so that a thread that is held back by a
// vendor's outage is not flooded with copies of its jobs. After triesAtMost, more than two days, it is given up.
const (
	firstLook   = 2 * time.Minute
	longestLook = time.Hour
	triesAtMost = 60
)

// neverDone is what is shown of work that was handed on again and again in vain.
const neverDone = "It was saved and handed on for two days, and nobody did it."

// handOn hands on again what was saved and not taken up, and what waited for its time. An item that can't be changed is
// told and holds up no other.
func (s *Sweep) handOn(ctx context.Context) (int, error) {
	var all []error
	for n := 0; ; {
		stale, err := s.Work.StaleWork(ctx, s.Now(), page)
		if err != nil {
			return n, errors.Join(append(all, err)...)
		}
		for _, w := range stale {
			n++
			if err := s.handOnOne(ctx, w); err != nil {
				all = append(all, fmt.Errorf("%s: %w", w.Item, err))
			}
		}
		if len(stale) < page || n >= most || len(all) > 0 {
			return n, errors.Join(all...)
		}
	}
}

func (s *Sweep) handOnOne(ctx context.Context, w desk.StaleWork) error {
	if desk.WorkTries(w.Work) >= triesAtMost {
		return s.giveUp(ctx, w)
	}
	_, err := s.Work.HandOnAgain(ctx, w, s.Now().Add(look(w.Work)))
	return err
}

func look(work string) time.Duration {
	return min(firstLook<<min(desk.WorkTries(work), 10), longestLook)
}

// giveUp shows work that nobody does: a message says so itself, anything else becomes a failure whose replay marks the
// work anew. The failure comes first, so that an end between the two loses nothing.
func (s *Sweep) giveUp(ctx context.Context, w desk.StaleWork) error {
	if desk.WorkVerb(w.Work) != desk.WorkSend {
		payload, err := json.Marshal(desk.LostWork{Item: w.Item, Work: w.Work})
		if err != nil {
			return desk.Refuse(desk.Internal, "The failure could not be written down.").Because(err)
		}
		now := s.Now()
		if err := s.Keeper.Failures.RecordFailure(ctx, desk.Failure{
			ID: desk.NewFailureID(now, desk.Derive("sweep", w.Item, desk.WorkBase(w.Work))), Stage: desk.StageDispatcher,
			Code: desk.Internal, Reason: neverDone, Payload: payload, Tries: desk.WorkTries(w.Work), At: now,
		}); err != nil {
			return err
		}
	}
	_, err := s.Work.DropWork(ctx, w, neverDone)
	return err
}
