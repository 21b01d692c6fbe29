package routing

import (
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// An echo can come before the send that it is of has stored the platform's id of the message. Where the platform gives
// our own key back, that settles it; elsewhere a fresh echo that nobody knows is looked at once more a little later.
const (
	echoFresh = 10 * time.Second
	echoWait  = 3 * time.Second
)

// early makes a fresh echo of unknown origin come back; nil when it is time to believe that it was written elsewhere.
func (r *Router) early(e desk.Inbound) error {
	if age := r.Now().Sub(e.At); e.At.IsZero() || age < 0 || age >= echoFresh {
		return nil
	}
	return desk.Refuse(desk.Busy, "Nobody knows yet whether this was written here or elsewhere.").After(echoWait)
}
