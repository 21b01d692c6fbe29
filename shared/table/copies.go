package table

import (
	"context"
	"slices"

	"github.com/loket-desk/loket/shared/desk"
)

// ClaimCopy says which event of an inbox first carried a mail with this hash; the caller's own when it is the first, now
// or on an earlier try.
func (t *Table) ClaimCopy(ctx context.Context, inbox desk.InboxID, hash string, ch desk.ChannelID, ext string) (desk.ChannelID, string, error) {
	k := copyKey(inbox, hash)
	it, ok, err := t.get(ctx, k)
	if err != nil {
		return "", "", err
	}
	if !ok {
		mine := k.item()
		mine["ch"], mine["x"], mine["t"] = str(string(ch)), str(ext), moment(t.now())
		taken, err := t.putNew(ctx, mine)
		if err != nil || !taken {
			return ch, ext, err
		}
		if it, _, err = t.get(ctx, k); err != nil {
			return "", "", err
		}
	}
	return desk.ChannelID(getStr(it, "ch")), getStr(it, "x"), nil
}

// AddRecipient adds one of our addresses to the mail that an event became. NotFound when it isn't filed yet.
func (t *Table) AddRecipient(ctx context.Context, ch desk.ChannelID, ext, address string) error {
	_, err := t.changeMessage(ctx, ch, ext, func(m *desk.Message) bool {
		if m.Mail == nil || slices.Contains(m.Mail.Recipients, address) {
			return false
		}
		m.Mail.Recipients = append(m.Mail.Recipients, address)
		return true
	})
	return err
}

// OpenThread is the conversation that a thread's pointer names; empty when there is none.
func (t *Table) OpenThread(ctx context.Context, ch desk.ChannelID, thread string) (desk.ConversationID, error) {
	return t.pointer(ctx, ch, thread)
}
