package table

import (
	"context"
	"slices"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// A status can come before the send that it is about has stored the platform's id. Both sides write the EXT item of that
// id, each its own half: c and k (which message), hs hd ha (an early status). Whoever finds the other's half there
// applies the status, upward only.

// earlyFor is how long a status waits for its message.
const earlyFor = 14 * 24 * time.Hour

// LinkProviders makes a sent message be found by the platform's ids, and applies what the platform said of it before.
// It is safe to repeat.
func (t *Table) LinkProviders(ctx context.Context, m desk.Message, ids []string) error {
	for _, id := range ids {
		it, _, err := t.updateReturning(ctx, extKey(m.Channel, id),
			"SET c = if_not_exists(c, :c), k = if_not_exists(k, :k), t = if_not_exists(t, :t) REMOVE #ttl",
			"attribute_not_exists(gone)", item{":c": str(string(m.Conversation)), ":k": str(string(m.Key)), ":t": moment(t.now())})
		if err != nil {
			return err
		}
		if getStr(it, "hs") == "" || getStr(it, "k") != string(m.Key) {
			continue
		}
		news := desk.StatusNews{State: desk.State(getStr(it, "hs")), Detail: getStr(it, "hd"), At: getTime(it, "ha")}
		if err := t.moveState(ctx, m.ID(), m.Channel, id, news); err != nil {
			return err
		}
	}
	return nil
}

// ApplyStatus takes what a platform says about a message of ours. The message is found by our own key where the platform
// gives it back, else by the platform's id; a status that comes before its message is kept for it. With UpTo it is about
// every message of the thread up to then. A status moves a message up only, and one that finds nothing is no error.
func (t *Table) ApplyStatus(ctx context.Context, ch desk.ChannelID, thread, target string, news desk.StatusNews) error {
	if !news.UpTo.IsZero() {
		return t.applyWatermark(ctx, ch, thread, news)
	}
	if news.Key != "" {
		if err := t.moveState(ctx, news.Key, ch, target, news); err != nil || target == "" {
			return err
		}
		return t.settleByKey(ctx, ch, target, news.Key)
	}
	if target == "" {
		return nil
	}
	for range tries {
		it, _, err := t.get(ctx, extKey(ch, target))
		if err != nil || getFlag(it, "gone") {
			return err
		}
		if c := getStr(it, "c"); c != "" {
			return t.moveState(ctx, desk.ConversationID(c).Message(desk.MessageKey(getStr(it, "k"))), ch, target, news)
		}
		kept, err := t.keepEarly(ctx, ch, target, it, news)
		if err != nil || kept {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// settleByKey makes a message of ours be found by the platform's id that came with our own key, unless it is another's.
func (t *Table) settleByKey(ctx context.Context, ch desk.ChannelID, target string, id desk.MessageID) error {
	m, err := t.Message(ctx, id)
	if err != nil || m.Channel != ch || m.Direction != desk.Outgoing {
		return ignoreMissing(err)
	}
	if len(m.Providers) == 0 {
		if err := t.keepProviders(ctx, m, nil, []string{target}); err != nil {
			return err
		}
	}
	return t.LinkProviders(ctx, m, []string{target})
}

func ignoreMissing(err error) error {
	if desk.CodeOf(err) == desk.NotFound {
		return nil
	}
	return err
}

// keepEarly keeps a status whose message is not known yet, if it is further than the one kept before. kept is false when
// somebody changed the item as read.
func (t *Table) keepEarly(ctx context.Context, ch desk.ChannelID, target string, it item, news desk.StatusNews) (kept bool, err error) {
	was := desk.State(getStr(it, "hs"))
	if was != "" && !was.MayBecome(news.State) {
		return true, nil
	}
	cond := "attribute_not_exists(c) AND attribute_not_exists(hs)"
	args := item{
		":hs": str(string(news.State)), ":hd": str(clip(news.Detail, 1000)), ":ha": moment(news.At),
		":ttl": num(t.now().Add(earlyFor).Unix()),
	}
	if was != "" {
		cond = "attribute_not_exists(c) AND hs = :was"
		args[":was"] = str(string(was))
	}
	_, refused, err := t.updateReturning(ctx, extKey(ch, target), "SET hs = :hs, hd = :hd, ha = :ha, #ttl = :ttl", cond, args)
	return !refused, err
}

// moveState moves an outgoing message up to the state that a platform told. A status of an id that the message does not
// have (any more) is not about it: it was sent again since.
func (t *Table) moveState(ctx context.Context, id desk.MessageID, ch desk.ChannelID, provider string, news desk.StatusNews) error {
	for range tries {
		m, err := t.Message(ctx, id)
		if err != nil {
			return ignoreMissing(err)
		}
		stranger := provider != "" && (slices.Contains(m.Past, provider) || len(m.Providers) > 0 && !slices.Contains(m.Providers, provider))
		if m.Direction != desk.Outgoing || m.Channel != ch || stranger || !m.Status.State.MayBecome(news.State) && !delayed(m, news) {
			return nil
		}
		refused, err := t.advance(ctx, m, news)
		if err != nil || !refused {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// delayed says that news tells why a message that was sent hasn't arrived yet.
func delayed(m desk.Message, news desk.StatusNews) bool {
	return m.Status.State == desk.Sent && news.State == desk.Sent && news.Detail != "" && news.Detail != m.Status.Detail
}

// advance writes a message's new state if the old one is as read.
func (t *Table) advance(ctx context.Context, m desk.Message, news desk.StatusNews) (refused bool, err error) {
	at := news.At
	if at.IsZero() {
		at = t.now()
	}
	expr, gone := "SET st = :st, sa = :sa", " REMOVE q, g3, h3, le, ln"
	args := item{":st": str(string(news.State)), ":sa": moment(at), ":was": str(string(m.Status.State))}
	if news.Detail != "" {
		expr += ", sd = :sd"
		args[":sd"] = str(clip(news.Detail, 1000))
	} else {
		gone += ", sd"
	}
	return t.update(ctx, messageKey(m.Conversation, m.Key), expr+gone, "st = :was", args)
}

// watermark is how many of a thread's last entries a status "up to" looks at.
const watermark = 50

// applyWatermark moves up the thread's last messages of ours that were written up to a time.
func (t *Table) applyWatermark(ctx context.Context, ch desk.ChannelID, thread string, news desk.StatusNews) error {
	conv, err := t.pointer(ctx, ch, thread)
	if err != nil || conv == "" {
		return err
	}
	last, _, err := t.Messages(ctx, conv, "", "~", watermark)
	if err != nil {
		return err
	}
	for _, m := range last {
		if m.Kind != desk.KindMessage || m.Direction != desk.Outgoing || m.Channel != ch || m.Thread != thread {
			continue
		}
		told := m.Status.State == desk.Sent || m.Status.State == desk.Delivered // others were not on their way
		if !told || m.At.After(news.UpTo) || !m.Status.State.MayBecome(news.State) {
			continue
		}
		if err := t.moveState(ctx, m.ID(), ch, "", news); err != nil {
			return err
		}
	}
	return nil
}
