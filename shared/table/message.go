package table

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

// A message's item holds what never changes as one JSON text (d) and what does in attributes of its own:
//
//	st sd sa   state, its detail, since when        nb le tr   not before, lease, tries of a send
//	ed rx rm   earlier texts, reactions, taken back  ps po      the platform's ids, and those of earlier attempts
//	v          counts changes of d                      al         every try to send, each as JSON
func encodeMessage(m desk.Message) item {
	it := messageKey(m.Conversation, m.Key).item()
	it["d"] = doc(m)
	if m.Direction == desk.Outgoing {
		encodeStatus(it, m.Status)
		putTime(it, "nb", m.NotBefore)
		putTime(it, "le", m.Lease)
		putNum(it, "tr", int64(m.Tries))
	}
	if len(m.Providers) > 0 {
		it["ps"] = doc(m.Providers)
	}
	if len(m.Edits) > 0 {
		it["ed"] = doc(m.Edits)
	}
	if len(m.Reactions) > 0 {
		it["rx"] = doc(m.Reactions)
	}
	putFlag(it, "rm", m.Deleted)
	return it
}

func encodeStatus(it item, s desk.Status) {
	putStr(it, "st", string(s.State))
	putStr(it, "sd", clip(s.Detail, 1000))
	putTime(it, "sa", s.At)
}

// decodeMessage reads a MSG item. An item that can't be read is an error: it is never shown as something else.
func decodeMessage(it item) (desk.Message, error) {
	k := keyOf(it)
	m := desk.Message{}
	err := getDoc(it, "d", &m)
	if err != nil {
		return m, desk.Refuse(desk.Internal, "A message could not be read.").Because(err)
	}
	m.Conversation = desk.ConversationID(strings.TrimPrefix(k.pk, "CONV#"))
	m.Key = desk.MessageKey(strings.TrimPrefix(k.sk, "MSG#"))
	m.Status = desk.Status{State: desk.State(getStr(it, "st")), Detail: getStr(it, "sd"), At: getTime(it, "sa")}
	if m.Status.State == "" && m.Kind == desk.KindMessage && m.Direction == desk.Incoming {
		m.Status = desk.Status{State: desk.Received, At: m.At}
	}
	m.NotBefore, m.Lease, m.Tries = getTime(it, "nb"), getTime(it, "le"), int(getNum(it, "tr"))
	m.Deleted = getFlag(it, "rm")
	if m.Attempts, err = decodeAttempts(it); err != nil {
		return m, desk.Refuse(desk.Internal, "A message could not be read.").Because(err)
	}
	for name, into := range map[string]any{"ps": &m.Providers, "po": &m.Past, "ed": &m.Edits, "rx": &m.Reactions} {
		if err := getDoc(it, name, into); err != nil {
			return m, desk.Refuse(desk.Internal, "A message could not be read.").Because(err)
		}
	}
	return m, nil
}

// Message reads one message strongly. NotFound when it isn't there or id is no message's.
func (t *Table) Message(ctx context.Context, id desk.MessageID) (desk.Message, error) {
	c, k, ok := id.Split()
	if !ok {
		return desk.Message{}, desk.Refuse(desk.NotFound, "There is no such message.")
	}
	it, err := t.mustGet(ctx, messageKey(c, k), "There is no such message.")
	if err != nil {
		return desk.Message{}, err
	}
	return decodeMessage(it)
}

// Messages reads a thread, oldest first: up to limit entries after `after`, or, when only `before` is given, the last
// limit entries before it. more tells whether there are further ones in that direction.
func (t *Table) Messages(ctx context.Context, id desk.ConversationID, after, before desk.MessageKey, limit int) (_ []desk.Message, more bool, err error) {
	backwards := before != "" && after == ""
	low, high := messageKey(id, after).sk, messageKey(id, before).sk
	if after == "" {
		low = "MSG#"
	}
	if before == "" {
		high = "MSG$" // right after every MSG#
	}
	in := &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :b"),
		ExpressionAttributeValues: item{
			":p": str(conversationPK(id)), ":a": str(low), ":b": str(high),
		},
		ScanIndexForward: aws.Bool(!backwards),
		Limit:            aws.Int32(int32(limit) + 2), // the bounds themselves are read and left out
	}
	items, last, err := t.query(ctx, in)
	if err != nil {
		return nil, false, err
	}
	var out []desk.Message
	for _, it := range items {
		sk := getStr(it, "sk")
		if sk == messageKey(id, after).sk || sk == messageKey(id, before).sk {
			continue
		}
		if len(out) == limit {
			more = true
			break
		}
		m, err := decodeMessage(it)
		if err != nil {
			return nil, false, err
		}
		out = append(out, m)
	}
	more = more || (last != nil && len(out) == limit)
	if backwards {
		reverse(out)
	}
	return out, more, nil
}

func reverse[T any](s []T) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

// Of a message's earlier texts the newest are kept: so many, and as JSON so many bytes, since a message and all of them are
// one item. The one before the last edit is always kept.
const (
	mostEdits  = 20
	editsLimit = 160 << 10
)

func encodedEdits(m *desk.Message) string { return getStr(item{"ed": doc(m.Edits)}, "ed") }

// EditMessage puts a new text on the message that a platform's edit names, keeping the earlier one. An edit that was
// applied before changes nothing. NotFound when the message isn't here (yet).
func (t *Table) EditMessage(ctx context.Context, ch desk.ChannelID, target string, e desk.Inbound) (desk.MessageID, error) {
	return t.changeMessage(ctx, ch, target, func(m *desk.Message) bool {
		last := len(m.Edits) - 1
		if m.Text == e.Text && m.TextKey == e.TextKey || (last >= 0 && !m.Edits[last].At.Before(e.At)) {
			return false
		}
		m.Edits = append(m.Edits, desk.Edit{Text: m.Text, At: e.At})
		for len(m.Edits) > 1 && (len(m.Edits) > mostEdits || len(encodedEdits(m)) > editsLimit) {
			m.Edits = m.Edits[1:]
		}
		m.Text, m.TextKey = e.Text, e.TextKey
		return true
	})
}

// MarkDeleted marks the message that a platform says was taken back; its text is no longer shown.
func (t *Table) MarkDeleted(ctx context.Context, ch desk.ChannelID, target string) (desk.MessageID, error) {
	return t.changeMessage(ctx, ch, target, func(m *desk.Message) bool {
		was := m.Deleted
		m.Deleted = true
		return !was
	})
}

// React sets or, with an empty emoji, removes somebody's reaction on a message.
func (t *Table) React(ctx context.Context, ch desk.ChannelID, target, by, emoji string) (desk.MessageID, error) {
	return t.changeMessage(ctx, ch, target, func(m *desk.Message) bool {
		var kept []desk.Reaction
		for _, r := range m.Reactions {
			if r.By == by && r.Emoji == emoji {
				return false
			}
			if r.By != by {
				kept = append(kept, r)
			}
		}
		if emoji != "" {
			kept = append(kept, desk.Reaction{Emoji: emoji, By: by})
		}
		changed := len(kept) != len(m.Reactions) || emoji != ""
		m.Reactions = kept
		return changed
	})
}

// changeMessage finds a message by its provider id and changes it by reading, changing and writing it if nobody else did.
func (t *Table) changeMessage(ctx context.Context, ch desk.ChannelID, target string, act func(*desk.Message) bool) (desk.MessageID, error) {
	for range tries {
		x, err := t.mustGet(ctx, extKey(ch, target), "There is no such message.")
		if err != nil {
			return "", err
		}
		id := desk.ConversationID(getStr(x, "c")).Message(desk.MessageKey(getStr(x, "k")))
		it, err := t.mustGet(ctx, messageKey(desk.ConversationID(getStr(x, "c")), desk.MessageKey(getStr(x, "k"))), "There is no such message.")
		if err != nil {
			return id, err
		}
		changed, err := t.rewriteMessage(ctx, it, act)
		if err != nil || changed {
			return id, err
		}
		if err := pause(ctx); err != nil {
			return id, err
		}
	}
	return "", desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// rewriteMessage applies act to a MSG item as read and writes what came of it. done is false when somebody else changed
// the message meanwhile.
func (t *Table) rewriteMessage(ctx context.Context, it item, act func(*desk.Message) bool) (done bool, err error) {
	m, err := decodeMessage(it)
	if err != nil {
		return false, err
	}
	if !act(&m) {
		return true, nil
	}
	d, err := json.Marshal(m)
	if err != nil {
		return false, desk.Refuse(desk.Internal, "A message could not be written.").Because(err)
	}
	args := item{":d": str(string(d)), ":v": num(getNum(it, "v")), ":w": num(getNum(it, "v") + 1), ":ed": doc(m.Edits), ":rx": doc(m.Reactions)}
	expr := "SET d = :d, v = :w, ed = :ed, rx = :rx"
	if m.Deleted {
		expr += ", rm = :rm"
		args[":rm"] = flag()
	}
	cond := "attribute_exists(pk) AND (v = :v OR (attribute_not_exists(v) AND :v = :zero))"
	args[":zero"] = num(0)
	refused, err := t.update(ctx, keyOf(it), expr, cond, args)
	return !refused, err
}
