package mailroom

import (
	"bytes"
	"encoding/json"

	"github.com/loket-desk/loket/shared/desk"
)

// maxLetter is how large an event may be: a queue message is at most 256 KB, its attributes included.
const maxLetter = 250 << 10

// fit makes the queue message of an event. One that is too large loses what lies in the store as well, step by step; its
// parts are bounded, so that the last step always suffices.
func fit(e desk.Inbound) desk.Letter {
	body := encode(e)
	for step := 0; len(body) > maxLetter && step < len(cuts()); step++ {
		cuts()[step](&e)
		body = encode(e)
	}
	return desk.Letter{Queue: desk.QueueInbound, Group: e.Group(), Dedup: e.Dedup(), Body: body}
}

// cuts are the steps by which an event gets smaller, from what is missed least to what is missed most.
func cuts() []func(*desk.Inbound) {
	return []func(*desk.Inbound){
		func(e *desk.Inbound) { cutForward(e, keptText) },
		func(e *desk.Inbound) { e.Mail.Visible = clip(e.Mail.Visible, 2*keptText) },
		func(e *desk.Inbound) {
			e.Mail.References, e.Mail.To, e.Mail.Cc = last(e.Mail.References, 20), first(e.Mail.To, 30), first(e.Mail.Cc, 30)
			tell(e, "It was too large to show all of it; the raw mail is whole.")
		},
		func(e *desk.Inbound) { e.Text = clip(e.Text, 2*keptText) },
		func(e *desk.Inbound) { e.Attachments = first(e.Attachments, 50) },
		func(e *desk.Inbound) {
			cutForward(e, 0)
			e.Mail.Visible, e.Text, e.Mail.ReplyTo = "", clip(e.Text, 200), first(e.Mail.ReplyTo, 5)
			e.Mail.InReplyTo, e.Mail.Problems, e.Mail.Bounce = last(e.Mail.InReplyTo, 5), last(e.Mail.Problems, 2), nil
		},
	}
}

func cutForward(e *desk.Inbound, n int) {
	if f := e.Mail.Forwarded; f != nil {
		less := *f
		less.Text, less.To = clip(less.Text, n), first(less.To, 20)
		e.Mail.Forwarded = &less
	}
}

func tell(e *desk.Inbound, words string) {
	e.Mail.Problems = append(e.Mail.Problems[:len(e.Mail.Problems):len(e.Mail.Problems)], words)
}

func first[T any](all []T, n int) []T { return all[:min(n, len(all))] }

func last[T any](all []T, n int) []T { return all[len(all)-min(n, len(all)):] }

// encode is json.Marshal without the escapes for HTML, which would make six bytes of one. Its values can't fail.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
