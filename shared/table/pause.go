package table

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// pause waits a few milliseconds, differently for each, so that writers that met do not meet again.
func pause(ctx context.Context) error {
	timer := time.NewTimer(time.Duration(2+rand.IntN(12)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return desk.Refuse(desk.Busy, "There was no time left; try again.").Because(ctx.Err())
	case <-timer.C:
		return nil
	}
}

// sweepAfter is how long saved work may wait before the sweeper hands it on again.
const sweepAfter = 2 * time.Minute
