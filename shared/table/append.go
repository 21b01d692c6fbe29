package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// requestTTL is how long an idempotency key of the API gives the first answer again.
const requestTTL = 24 * time.Hour

// AppendOutgoing saves a reply in one transaction: the message, queued for the sender, what the head says now, and the
// caller's idempotency record. before reports that the request was made already: the message is then the first one.
func (t *Table) AppendOutgoing(ctx context.Context, n desk.NewOutgoing) (m desk.Message, before bool, err error) {
	return t.append(ctx, n, func(h *head, m *desk.Message) {
		m.Direction = desk.Outgoing
		m.Status = desk.Status{State: desk.Queued, At: m.At}
		h.LastOut, h.LastAt, h.Preview = m.Key, m.At, n.Preview
		if h.Ticket != 0 && !h.Waiting.IsZero() && h.Work == "" { // the ticket tells whose turn it is
			h.Work = workName(desk.WorkOpen, m.At.UnixMilli())
		}
		h.Waiting = time.Time{}
	})
}

// AppendComment saves an internal comment, which the contact never sees.
func (t *Table) AppendComment(ctx context.Context, n desk.NewOutgoing) (m desk.Message, before bool, err error) {
	return t.append(ctx, n, func(*head, *desk.Message) {})
}

func (t *Table) append(ctx context.Context, n desk.NewOutgoing, tell func(*head, *desk.Message)) (desk.Message, bool, error) {
	var last desk.MessageID // of the try before, whose answer may have been lost
	for range tries {
		if m, ok, err := t.answered(ctx, n); err != nil || ok {
			return m, ok, err
		}
		if m, err := t.Message(ctx, last); err == nil || desk.CodeOf(err) != desk.NotFound {
			return m, false, err
		}
		h, ok, err := t.head(ctx, n.Conversation)
		if err != nil {
			return desk.Message{}, false, err
		}
		if !ok || h.Place == desk.Purging {
			return desk.Message{}, false, desk.Refuse(desk.NotFound, "There is no such conversation.")
		}
		if err := t.addTakers(ctx, h.ID, n.Takers); err != nil {
			return desk.Message{}, false, err
		}
		m := n.Message
		m.Conversation, m.Key, m.At = h.ID, t.keyAfter(lastKey(h)), t.now()
		if m.Thread == "" {
			if m.Thread, err = t.threadOf(ctx, h); err != nil {
				return m, false, err
			}
		}
		tell(h, &m)
		writes := []types.TransactWriteItem{t.putIn(t.outgoing(m), "attribute_not_exists(pk)", nil)}
		if m.Kind == desk.KindMessage {
			writes = append(writes, t.headPut(h))
		}
		if n.Request != nil {
			writes = append(writes, t.requestIn(*n.Request, m))
		}
		refused, err := t.together(ctx, writes...)
		if err != nil && desk.CodeOf(err) != desk.Busy {
			return desk.Message{}, false, err
		}
		if err == nil && refused == nil {
			return m, false, nil
		}
		if err != nil {
			last = m.ID()
		}
		if err := pause(ctx); err != nil {
			return desk.Message{}, false, err
		}
	}
	return desk.Message{}, false, desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// threadOf is the whole thread value of a conversation, which a head keeps only up to a length: a longer one stands in the
// conversation's first messages.
func (t *Table) threadOf(ctx context.Context, h *head) (string, error) {
	if h.Thread != brief(h.Thread) || !strings.HasPrefix(h.Thread, "~") {
		return h.Thread, nil
	}
	first, _, err := t.Messages(ctx, h.ID, "", "", 25)
	if err != nil {
		return "", err
	}
	for _, m := range first {
		if brief(m.Thread) == h.Thread {
			return m.Thread, nil
		}
	}
	return h.Thread, nil
}

// outgoing is the MSG item of something we wrote; a message is marked for the sender.
func (t *Table) outgoing(m desk.Message) item {
	it := encodeMessage(m)
	if m.Kind == desk.KindMessage && m.Direction == desk.Outgoing {
		due := t.now()
		if m.NotBefore.After(due) {
			due = m.NotBefore
		}
		it["q"], it["g3"], it["h3"] = str("out"), str(workShard), moment(due.Add(sweepAfter))
	}
	return it
}

// answered finds the message that an earlier request with the same idempotency key made. Another body is a Conflict.
func (t *Table) answered(ctx context.Context, n desk.NewOutgoing) (desk.Message, bool, error) {
	if n.Request == nil {
		return desk.Message{}, false, nil
	}
	it, ok, err := t.get(ctx, requestKey(n.Request.Caller, n.Request.Route, n.Request.Key))
	if err != nil || !ok || getTime(it, "te").Before(t.now()) {
		return desk.Message{}, false, err
	}
	if getStr(it, "hash") != n.Request.Hash {
		return desk.Message{}, false, desk.Refuse(desk.Conflict, "This Idempotency-Key was used with another body.")
	}
	m, err := t.Message(ctx, desk.MessageID(getStr(it, "m")))
	return m, true, err
}

func (t *Table) requestIn(r desk.Request, m desk.Message) types.TransactWriteItem {
	it := requestKey(r.Caller, r.Route, r.Key).item()
	until := t.now().Add(requestTTL)
	it["hash"], it["m"], it["te"], it["ttl"] = str(r.Hash), str(string(m.ID())), moment(until), num(until.Unix())
	return t.putIn(it, "attribute_not_exists(pk) OR te < :now", item{":now": moment(t.now())})
}

// StartConversation begins a conversation with a first message of ours: the thread's pointer, the contact, the head in
// the "sent" list and the message. A thread that runs already is answered there.
func (t *Table) StartConversation(ctx context.Context, f desk.Filing, n desk.NewOutgoing) (m desk.Message, before bool, err error) {
	if m, ok, err := t.answered(ctx, n); err != nil || ok {
		return m, ok, err
	}
	id := desk.ConversationID(t.NewID())
	refused, err := t.point(ctx, f.Channel, f.Thread, id)
	if err != nil {
		return m, false, err
	}
	if refused {
		if id, err = t.pointer(ctx, f.Channel, f.Thread); err != nil {
			return m, false, err
		}
		if _, ok, err := t.head(ctx, id); err != nil || ok {
			n.Conversation = id
			if err != nil {
				return m, false, err
			}
			return t.AppendOutgoing(ctx, n)
		}
	}
	contact, err := t.introduce(ctx, &f, id)
	if err != nil {
		return m, false, err
	}
	h := &head{Conversation: desk.Conversation{
		ID: id, Inbox: f.Inbox, Channel: f.Channel, Thread: f.Thread, Contact: contact.ID, Name: contact.Name, Subject: f.Subject,
		State: desk.Open, Place: desk.InInbox, CreatedAt: t.now(), LastAt: t.now(), Outbound: true, Assignee: f.Assignee,
	}}
	if _, err = t.saveHead(ctx, h); err != nil { // a refusal: somebody else began it at this moment
		return m, false, err
	}
	n.Conversation = id
	return t.AppendOutgoing(ctx, n)
}

// FindMessages finds which conversations hold the messages with these provider ids in one channel: id → conversation and key.
func (t *Table) FindMessages(ctx context.Context, ch desk.ChannelID, ids []string) (map[string]desk.MessageID, error) {
	out := map[string]desk.MessageID{}
	byKey := map[key]string{}
	var keys []map[string]types.AttributeValue
	for _, id := range ids {
		k := extKey(ch, id)
		if _, twice := byKey[k]; twice || strings.TrimSpace(id) == "" || len(keys) == 100 {
			continue
		}
		byKey[k] = id
		keys = append(keys, k.attrs())
	}
	if len(keys) == 0 {
		return out, nil
	}
	items, err := t.batchGet(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		if c := getStr(it, "c"); c != "" {
			out[byKey[keyOf(it)]] = desk.ConversationID(c).Message(desk.MessageKey(getStr(it, "k")))
		}
	}
	return out, nil
}
