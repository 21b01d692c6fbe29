package table

import (
	"context"

	"github.com/loket-desk/loket/shared/desk"
)

// SetChannelHealth shows a channel's admin what was found about it. The same finding again writes nothing; a channel that
// is gone is no error.
func (t *Table) SetChannelHealth(ctx context.Context, id desk.ChannelID, h desk.Health) error {
	for range tries {
		cfg, err := t.Fresh(ctx)
		if err != nil {
			return err
		}
		ch, ok := cfg.Channel(id)
		if !ok || (ch.Health.State == h.State && ch.Health.Detail == h.Detail) {
			return nil
		}
		ch.Health = h
		if _, err = t.SaveChannel(ctx, ch, desk.Audit{}); desk.CodeOf(err) != desk.Conflict || err == nil {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}
