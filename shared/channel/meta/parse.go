package meta

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Receive takes a webhook of pages or Instagram accounts: many items of many accounts, each an event of its own that
// names its account. Items of threads that another app has ("standby") and of the feed are counted and left aside.
func (p API) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	answer, err := p.Open(a, r)
	if err != nil || answer != nil {
		return channel.Received{Answer: answer}, err
	}
	t := parser{api: p, now: r.Now, body: r.Body}
	var body read
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.singly(err)
		return t.out, nil
	}
	if body.Object != p.object {
		return channel.Received{Events: []desk.Inbound{p.Elsewhere(body.Object, r)}}, nil
	}
	for i := range body.Entry {
		e := &body.Entry[i]
		t.out.Ignored += len(e.Standby) + len(e.Changes)
		if t.account = string(e.ID); t.account == "0" {
			t.out.Ignored += len(e.Messaging) // the dashboard's samples
			continue
		}
		t.out.Events = slices.Grow(t.out.Events, len(e.Messaging))
		for j, it := range e.Messaging {
			t.entry, t.item = i, j
			t.translate(it)
		}
	}
	return t.out, nil
}

// parser translates one body. Its out grows.
type parser struct {
	api         API
	now         time.Time
	body        []byte
	account     string
	entry, item int
	raw         json.RawMessage // of the item at hand, where it was read by itself
	whole       *unread
	out         channel.Received
}

// singly reads each item by itself, where the body as a whole can't be read: what is wrong with one leaves the others.
func (t *parser) singly(cause error) {
	var body unread
	if err := json.Unmarshal(t.body, &body); err != nil || body.Object != t.api.object {
		t.out.Events = append(t.out.Events, channel.Unparsed(t.body, "Meta sent something that can't be read: "+channel.Unreadable(cause), t.now))
	}
	if body.Object != t.api.object {
		return
	}
	for _, e := range body.Entry {
		t.out.Ignored += len(e.Standby) + len(e.Changes)
		for _, raw := range e.Messaging {
			if t.account = string(e.ID); t.account == "0" {
				t.out.Ignored++
				continue
			}
			it := item{}
			t.raw = raw
			if err := json.Unmarshal(raw, &it); err != nil {
				t.unparsed("Meta sent an item that can't be read: " + channel.Unreadable(err))
				continue
			}
			t.translate(&it)
		}
	}
}

// payload is the raw JSON of the item at hand. It is needed seldom, so the body is read anew.
func (t *parser) payload() json.RawMessage {
	if t.raw != nil {
		return t.raw
	}
	if t.whole == nil {
		t.whole = &unread{}
		_ = json.Unmarshal(t.body, t.whole) // it was read before
	}
	return t.whole.Entry[t.entry].Messaging[t.item]
}

func (t *parser) unparsed(reason string) {
	u := channel.Unparsed(t.payload(), reason, t.now)
	u.Account = t.account
	t.out.Events = append(t.out.Events, u)
}

// event begins an event of the item. The other side is the sender unless the account itself is.
func (t *parser) event(it *item, kind desk.InboundType, id string) desk.Inbound {
	who := string(it.Sender.ID)
	if t.ownDoing(it) {
		who = string(it.Recipient.ID)
	}
	return desk.Inbound{
		Account: t.account, Type: kind, ID: bounded(id), Thread: bounded(who), At: channel.Time(int64(it.Time), t.now),
		From: desk.Party{Identity: desk.Identity{Kind: string(t.api.kind), Value: who}},
	}
}

// ownDoing reports whether the account itself did it, by whatever app: that is never the contact's.
func (t *parser) ownDoing(it *item) bool {
	return it.Message != nil && it.Message.Echo || string(it.Sender.ID) == t.account
}

func (t *parser) add(e desk.Inbound) {
	if e.Thread == "" {
		t.unparsed("Meta sent an item without a person.")
		return
	}
	t.out.Events = append(t.out.Events, e)
}

func (t *parser) translate(it *item) {
	if it == nil {
		it = &item{} // null
	}
	switch {
	case it.Message != nil:
		t.message(it, it.Message)
	case it.Postback != nil:
		t.postback(it, it.Postback)
	case it.Reaction != nil:
		t.reaction(it)
	case it.Edit != nil:
		t.edit(it)
	case it.Delivery != nil:
		t.delivery(it)
	case it.Read != nil:
		t.seen(it)
	case it.Policy != nil:
		t.unparsed("Meta tells that it limits the page (" + it.Policy.Action + "): " + it.Policy.Reason)
	case it.PolicyToo != nil:
		t.unparsed("Meta tells that it limits the page (" + it.PolicyToo.Action + "): " + it.PolicyToo.Reason)
	default:
		t.other()
	}
}

// other counts what is known and left aside; what nobody knows becomes a failure.
func (t *parser) other() {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(t.payload(), &fields) // it was read before
	var unknown []string
	for name := range fields {
		if slices.Contains(ignored, name) {
			t.out.Ignored++
			return
		}
		if name != "sender" && name != "recipient" && name != "timestamp" && len(name) < 40 {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	t.unparsed("Meta sent an item of a kind that we don't know (" + strings.Join(unknown[:min(len(unknown), 5)], ", ") + ").")
}

func (t *parser) message(it *item, m *message) {
	switch {
	case m.Mid == "":
		t.unparsed("Meta sent a message without an id.")
		return
	case m.Deleted:
		e := t.event(it, desk.InDelete, "deleted:"+m.Mid)
		e.Target = bounded(m.Mid)
		t.add(e)
		return
	}
	e := t.event(it, desk.InMessage, m.Mid)
	if m.ReplyTo != nil {
		e.ReplyTo = bounded(m.ReplyTo.Mid)
	}
	t.fill(&e, m)
	if !t.ownDoing(it) {
		t.add(e)
		return
	}
	e.Type = desk.InEcho
	key, part := ours(m.Metadata)
	if part {
		t.out.Ignored++ // a part of a long text, whose last part speaks for all
		return
	}
	if key != "" {
		e.Status = &desk.StatusNews{State: desk.Sent, At: e.At, Key: key}
	}
	t.add(e)
}

// postback is a pressed button, menu item or Get Started: its label is what the person said.
func (t *parser) postback(it *item, b *postback) {
	id := b.Mid
	if id == "" {
		id = "postback:" + desk.Derive(string(it.Sender.ID), strconv.FormatInt(int64(it.Time), 10), b.Payload, b.Title)
	}
	e := t.event(it, desk.InMessage, id)
	if e.Text = b.Title; e.Text == "" {
		e.Text = b.Payload
	}
	if e.Text == "" {
		e.Unsupported, e.Payload = "a pressed button without a label", t.payload()
	}
	e.Attachments = refer(e.Attachments, "referral", b.Referral)
	t.add(e)
}

func (t *parser) reaction(it *item) {
	r := it.Reaction
	id := "reaction:" + desk.Derive(string(it.Sender.ID), r.Mid, strconv.FormatInt(int64(it.Time), 10), r.Action, r.Emoji)
	e := t.event(it, desk.InReaction, id)
	e.Target = bounded(r.Mid)
	if e.Text = r.Emoji; r.Action == "unreact" {
		e.Text = ""
	} else if e.Text == "" {
		e.Text = emoji[r.Name]
	}
	if r.Mid == "" || r.Action == "react" && e.Text == "" || t.ownDoing(it) {
		t.out.Ignored++
		return
	}
	t.add(e)
}

// emoji are the reactions that have a name, where the character itself is missing.
var emoji = map[string]string{"love": "❤️", "like": "👍", "dislike": "👎", "smile": "😆", "angry": "😠", "sad": "😢", "wow": "😮", "yay": "🎉"}

func (t *parser) edit(it *item) {
	x := it.Edit
	if x.Mid == "" {
		t.unparsed("Meta sent an edit without the message's id.")
		return
	}
	e := t.event(it, desk.InEdit, "edit:"+desk.Derive(x.Mid, strconv.FormatInt(int64(x.Number), 10), x.Text))
	e.Text, e.Target, e.MessageID = x.Text, bounded(x.Mid), bounded(x.Mid)
	if t.ownDoing(it) {
		// Filed as one more message: an edit of one that is not here must never look like the contact's.
		e.Type, e.Target, e.MessageID, e.ReplyTo = desk.InEcho, "", "", bounded(x.Mid)
	}
	t.add(e)
}

// delivery names the messages that arrived, mostly; else it is about all up to a time.
func (t *parser) delivery(it *item) {
	for _, mid := range it.Delivery.Mids {
		if mid != "" {
			t.status(it, "delivered:"+desk.Derive(mid), mid, desk.StatusNews{State: desk.Delivered})
		}
	}
	if len(it.Delivery.Mids) == 0 {
		t.upTo(it, it.Delivery.UpTo, desk.Delivered)
	}
}

// seen is about one message on Instagram and about all up to a time on Messenger.
func (t *parser) seen(it *item) {
	if mid := it.Read.Mid; mid != "" {
		t.status(it, "read:"+desk.Derive(mid), mid, desk.StatusNews{State: desk.Read})
		return
	}
	t.upTo(it, it.Read.UpTo, desk.Read)
}

func (t *parser) upTo(it *item, watermark stamp, state desk.State) {
	if watermark <= 0 {
		t.out.Ignored++
		return
	}
	id := strings.ToLower(string(state)) + ":" + desk.Derive(string(it.Sender.ID), strconv.FormatInt(int64(watermark), 10))
	t.status(it, id, "", desk.StatusNews{State: state, UpTo: channel.Time(int64(watermark), t.now)})
}

func (t *parser) status(it *item, id, target string, news desk.StatusNews) {
	if t.ownDoing(it) {
		t.out.Ignored++ // we read what they wrote
		return
	}
	e := t.event(it, desk.InStatus, id)
	news.At, e.Target = e.At, bounded(target)
	e.Status, e.From = &news, desk.Party{}
	t.add(e)
}

// partMark follows our key in the parts of a long message but the last.
const partMark = "/"

// ours is our message's id where a message's metadata is one; part is set for all but the last part of a long message.
func ours(metadata string) (key desk.MessageID, part bool) {
	id, _, part := strings.Cut(metadata, partMark)
	if c, k, ok := desk.MessageID(id).Split(); !ok || len(c) != 26 || len(k) != 26 {
		return "", false
	}
	return desk.MessageID(id), part
}
