package routing

import (
	"context"

	"github.com/loket-desk/loket/shared/desk"
)

// What is known of an address that doesn't take our mail, as a contact's address shows it.
const (
	bounced    = "BOUNCED"
	complained = "COMPLAINED"
)

// status tells a message of ours what became of it, and marks an address that will never work or doesn't want our mail.
func (r *Router) status(ctx context.Context, ch desk.Channel, e desk.Inbound) error {
	err := r.Changes.ApplyStatus(ctx, ch.ID, e.Thread, e.Target, *e.Status)
	if err != nil || e.Status.Recipient == "" || !e.Status.Hard && !e.Status.Complained {
		return err
	}
	id := e.Status.Key
	if id == "" {
		found, err := r.Evidence.FindMessages(ctx, ch.ID, []string{e.Target})
		if err != nil {
			return err
		}
		id = found[e.Target]
	}
	conv, _, ok := id.Split()
	if !ok {
		return nil
	}
	// Reports can be made up by whoever got the mail: only who takes part in its conversation is marked.
	knows, err := r.Evidence.TakesPart(ctx, conv, e.Status.Recipient)
	if err != nil || !knows {
		return err
	}
	mark := bounced
	if e.Status.Complained {
		mark = complained
	}
	return r.Changes.MarkAddress(ctx, e.Status.Recipient, mark)
}
