package table

import (
	"context"
	"encoding/json"

	"github.com/loket-desk/loket/shared/desk"
)

// StorePart stores what became of a pending attachment: STORED with its key, or REFUSED with the reason. With the last
// one the message's work is done. An attachment that is not pending (any more) stays as it is, and so does everything of
// a message that is gone. An empty part only takes the mark off a message that has none pending.
func (t *Table) StorePart(ctx context.Context, id desk.MessageID, part desk.Attachment) error {
	c, k, ok := id.Split()
	if !ok {
		return nil
	}
	for range tries {
		it, found, err := t.get(ctx, messageKey(c, k))
		if err != nil || !found {
			return err
		}
		done, err := t.storePart(ctx, it, part)
		if err != nil || done {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// storePart writes the part into the message as read. done is false when somebody else changed the message meanwhile.
func (t *Table) storePart(ctx context.Context, it item, part desk.Attachment) (done bool, err error) {
	m, err := decodeMessage(it)
	if err != nil {
		return false, err
	}
	changed := false
	for i, a := range m.Attachments {
		if a.ID == part.ID && a.State == desk.PartPending && part.State != desk.PartPending && part.State != "" {
			m.Attachments[i] = part
			changed = true
		}
	}
	marked := desk.WorkVerb(getStr(it, "q")) == desk.WorkMedia
	unmark := marked && len(m.Pending()) == 0
	if !changed && !unmark {
		return true, nil
	}
	d, err := json.Marshal(m)
	if err != nil {
		return false, desk.Refuse(desk.Internal, "A message could not be written.").Because(err)
	}
	expr := "SET d = :d, v = :w"
	if unmark {
		expr += " REMOVE q, g3, h3"
	}
	v := getNum(it, "v")
	cond := "v = :v"
	args := item{":d": str(string(d)), ":w": num(v + 1), ":v": num(v)}
	if v == 0 {
		cond = "attribute_exists(pk) AND attribute_not_exists(v)"
		delete(args, ":v")
	}
	refused, err := t.update(ctx, keyOf(it), expr, cond, args)
	return !refused, err
}
