package table

import (
	"context"

	"github.com/loket-desk/loket/shared/desk"
)

// UseSender says whose message a forwarded mail is: the original sender's, or the forwarder's. The same again changes
// nothing. NotFound when there is no such message, Conflict when it holds no forwarded mail.
func (t *Table) UseSender(ctx context.Context, id desk.MessageID, original bool) error {
	c, k, _ := id.Split()
	for range tries {
		it, err := t.mustGet(ctx, messageKey(c, k), "There is no such message.")
		if err != nil {
			return err
		}
		forwarded := false
		done, err := t.rewriteMessage(ctx, it, func(m *desk.Message) bool {
			forwarded = m.Mail != nil && m.Mail.Forwarded != nil
			if !forwarded || m.Mail.Original == original {
				return false
			}
			m.Mail.Original = original
			return true
		})
		if err == nil && !forwarded {
			err = desk.Refuse(desk.Conflict, "This message holds no forwarded mail.")
		}
		if err != nil || done {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}
