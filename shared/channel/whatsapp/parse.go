package whatsapp

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// object is what webhooks of WhatsApp name themselves.
const object = "whatsapp_business_account"

// Receive takes a webhook: many items of many numbers, each an event of its own. Each names its number as Account.
func (n numbers) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	answer, err := n.graph.Open(a, r)
	if err != nil || answer != nil {
		return channel.Received{Answer: answer}, err
	}
	p := parser{graph: n.graph, now: r.Now, body: r.Body}
	var body read
	if err := json.Unmarshal(r.Body, &body); err != nil {
		p.singly(err)
		return p.out, nil
	}
	if body.Object != object {
		return channel.Received{Events: []desk.Inbound{n.graph.Elsewhere(body.Object, r)}}, nil
	}
	for e := range body.Entry {
		for c := range body.Entry[e].Changes {
			p.at = place{e, c, 0, false}
			p.change(body.Entry[e].ID, &body.Entry[e].Changes[c])
		}
	}
	return p.out, nil
}

// place is where in the body an item stands.
type place struct {
	entry, change, item int
	echo                bool
}

// parser translates one body. Its out grows.
type parser struct {
	graph Graph
	now   time.Time
	body  []byte
	at    place
	raw   json.RawMessage // of the item at hand, where it was read by itself
	whole *unread
	out   channel.Received
}

func (p *parser) add(e desk.Inbound) { p.out.Events = append(p.out.Events, e) }

func (p *parser) ignore() { p.out.Ignored++ }

// known reports whether a change is one that holds messages. Those of other fields and the dashboard's samples, whose
// account is "0", are left aside.
func (p *parser) known(account, field, number string, items int) bool {
	if account != "0" && (field == "messages" || field == "smb_message_echoes") && number != "" {
		return true
	}
	p.out.Ignored += max(items, 1)
	return false
}

func (p *parser) change(account string, c *change[*message, *status]) {
	v := &c.Value
	if !p.known(account, c.Field, v.Metadata.Number, len(v.Messages)+len(v.Echoes)+len(v.Statuses)) {
		return
	}
	number := v.Metadata.Number
	p.out.Events = slices.Grow(p.out.Events, len(v.Messages)+len(v.Echoes)+len(v.Statuses))
	for i := range v.Messages {
		p.at.item, p.at.echo = i, false
		p.message(number, v.Contacts, v.Messages[i])
	}
	for i := range v.Echoes {
		p.at.item, p.at.echo = i, true
		p.echo(number, v.Contacts, v.Echoes[i])
	}
	for i := range v.Statuses {
		p.status(number, v.Contacts, v.Statuses[i])
	}
	p.errors(number, v.Errors)
}

// errors tells of trouble that is about no message.
func (p *parser) errors(number string, list []fault) {
	for _, f := range list {
		raw, _ := json.Marshal(f) // strings and a number
		u := channel.Unparsed(raw, "WhatsApp tells of an error: "+p.graph.Words(f.Code, f.said()), p.now)
		u.Account = number
		p.add(u)
	}
}

// singly reads each item by itself, where the body as a whole can't be read: what is wrong with one leaves the others.
func (p *parser) singly(cause error) {
	var body unread
	if err := json.Unmarshal(p.body, &body); err != nil || body.Object != object {
		p.add(channel.Unparsed(p.body, "WhatsApp sent something that can't be read: "+channel.Unreadable(cause), p.now))
	}
	if body.Object != object {
		return
	}
	for _, e := range body.Entry {
		for _, c := range e.Changes {
			v := c.Value
			if !p.known(e.ID, c.Field, v.Metadata.Number, len(v.Messages)+len(v.Echoes)+len(v.Statuses)) {
				continue
			}
			for _, raw := range v.Messages {
				readOne(p, v.Metadata.Number, v.Contacts, raw, p.message)
			}
			for _, raw := range v.Echoes {
				readOne(p, v.Metadata.Number, v.Contacts, raw, p.echo)
			}
			for _, raw := range v.Statuses {
				readOne(p, v.Metadata.Number, v.Contacts, raw, p.status)
			}
			p.errors(v.Metadata.Number, v.Errors)
		}
	}
}

func readOne[T any](p *parser, number string, contacts []contact, raw json.RawMessage, take func(string, []contact, *T)) {
	var item T
	if err := json.Unmarshal(raw, &item); err != nil {
		u := channel.Unparsed(raw, "WhatsApp sent an item that can't be read: "+channel.Unreadable(err), p.now)
		u.Account = number
		p.add(u)
		return
	}
	p.raw = raw
	take(number, contacts, &item)
	p.raw = nil
}

// payload is the raw JSON of the item at hand. It is needed seldom, so the body is read anew.
func (p *parser) payload() json.RawMessage {
	if p.raw != nil {
		return p.raw
	}
	if p.whole == nil {
		p.whole = &unread{}
		_ = json.Unmarshal(p.body, p.whole) // it was read before
	}
	v := &p.whole.Entry[p.at.entry].Changes[p.at.change].Value
	if p.at.echo {
		return v.Echoes[p.at.item]
	}
	return v.Messages[p.at.item]
}

func (p *parser) unparsed(number, reason string) {
	u := channel.Unparsed(p.payload(), reason, p.now)
	u.Account = number
	p.add(u)
}

func (p *parser) message(number string, contacts []contact, m *message) {
	if m == nil {
		m = &message{} // null
	}
	from, thread := party(m.From, m.FromUser, contacts)
	e := desk.Inbound{
		Account: number, Type: desk.InMessage, ID: bounded(m.ID), Thread: thread, At: channel.Time(int64(m.Time), p.now), From: from,
	}
	switch {
	case m.ID == "" || thread == "":
		p.unparsed(number, "WhatsApp sent a message without an id or a sender.")
	case m.Group != "":
		p.unparsed(number, "Somebody wrote in a WhatsApp group. Only chats with one person are taken.")
	case m.Type == "request_welcome":
		p.ignore() // somebody opened the chat for the first time
	case m.Type == "reaction" && m.Reaction != nil:
		e.Type, e.Target, e.Text = desk.InReaction, bounded(m.Reaction.Target), m.Reaction.Emoji
		p.add(e)
	case m.Type == "revoke" && m.Revoke != nil:
		e.Type, e.Target = desk.InDelete, bounded(m.Revoke.Original)
		p.add(e)
	case m.Type == "edit" && m.Edit != nil && m.Edit.Message != nil:
		p.fill(&e, m.Edit.Message)
		e.Type, e.Target = desk.InEdit, bounded(m.Edit.Original)
		e.MessageID = e.Target
		p.add(e)
	default:
		p.fill(&e, m)
		p.add(e)
	}
}

// echo is what somebody wrote in the WhatsApp Business app, which shares the number with us.
func (p *parser) echo(number string, contacts []contact, m *message) {
	if m == nil {
		m = &message{} // null
	}
	to, thread := party(m.To, m.ToUser, contacts)
	e := desk.Inbound{
		Account: number, Type: desk.InEcho, ID: bounded(m.ID), Thread: thread, At: channel.Time(int64(m.Time), p.now), From: to,
	}
	switch {
	case m.ID == "" || thread == "":
		p.unparsed(number, "WhatsApp sent the echo of a message without an id or a receiver.")
	case m.Group != "" || m.Type == "reaction":
		p.ignore()
	case m.Type == "revoke" && m.Revoke != nil:
		e.Type, e.Target = desk.InDelete, bounded(m.Revoke.Original)
		p.add(e)
	case m.Type == "edit" && m.Edit != nil && m.Edit.Message != nil:
		// Filed as one more message: an edit of one that is not here must never look like the contact's.
		p.fill(&e, m.Edit.Message)
		e.ReplyTo = bounded(m.Edit.Original)
		p.add(e)
	default:
		p.fill(&e, m)
		p.add(e)
	}
}

// states are what a status can say of a message of ours.
var states = map[string]desk.State{"sent": desk.Sent, "delivered": desk.Delivered, "read": desk.Read, "played": desk.Read, "failed": desk.Failed}

func (p *parser) status(number string, contacts []contact, s *status) {
	if s == nil {
		s = &status{} // null
	}
	state, known := states[s.Status]
	_, thread := party(s.To, s.ToUser, contacts)
	key, part := ours(s.Opaque)
	if s.ID == "" || !known || part && state != desk.Failed {
		p.ignore() // it was deleted at the contact's, or it is about a part of a long text, whose last part speaks for all
		return
	}
	e := desk.Inbound{
		Account: number, Type: desk.InStatus, ID: bounded(s.ID) + ":" + s.Status, Thread: thread, At: channel.Time(int64(s.Time), p.now), Target: bounded(s.ID),
	}
	if e.Thread == "" {
		e.Thread = "status"
	}
	e.Status = &desk.StatusNews{State: state, At: e.At, Key: key}
	for _, f := range s.Errors {
		e.Status.Detail = strings.TrimSpace(e.Status.Detail + " " + p.graph.Words(f.Code, f.said()))
	}
	p.add(e)
}

// partMark follows our key in the parts of a long text but the last.
const partMark = "/"

// ours is our message's id where the opaque data is one; part is set for all but the last part of a long text.
func ours(opaque string) (key desk.MessageID, part bool) {
	id, _, part := strings.Cut(opaque, partMark)
	if c, k, ok := desk.MessageID(id).Split(); !ok || len(c) != 26 || len(k) != 26 {
		return "", false
	}
	return desk.MessageID(id), part
}
