package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Sizes, in bytes.
const (
	maxLetter   = 250 << 10 // a queue message is at most 256 KB, its attributes included
	maxText     = 32 << 10  // a longer text goes to S3
	keptText    = 2 << 10   // how much of it stays with the event
	maxPayload  = 32 << 10  // a larger payload of a message goes to S3
	maxUnparsed = 100 << 10 // the payload is all there is of an unparsed item: kept with it somewhat longer
)

// letter makes the queue message of one event: everything in it can be stored, and what is large is in S3 first. The
// keys in S3 come from the event, so that a repeated call replaces what it put there.
func (s *Stage) letter(ctx context.Context, e desk.Inbound) (desk.Letter, error) {
	tidy(&e, s.Now())
	spill := spiller{stage: s, event: e}
	if len(e.Text) > maxText {
		spill.text(ctx, &e)
	}
	switch limit := payloadLimit(e); {
	case len(e.Payload) > limit || !utf8.Valid(e.Payload):
		spill.payload(ctx, &e)
	case len(e.Payload) > 0 && !json.Valid(e.Payload):
		e.Payload = encode(string(e.Payload)) // text that is no JSON, as a JSON string
	}
	body := encode(e)
	if len(body) > maxLetter { // escapes can make six bytes of one
		spill.text(ctx, &e)
		spill.payload(ctx, &e)
		body = encode(e)
	}
	if len(body) > maxLetter {
		e = spill.whole(ctx, body)
		body = encode(e)
	}
	if spill.err != nil {
		return desk.Letter{}, spill.err
	}
	return desk.Letter{Queue: desk.QueueInbound, Group: e.Group(), Dedup: e.Dedup(), Body: body}, nil
}

func payloadLimit(e desk.Inbound) int {
	if e.Type == desk.InUnparsed {
		return maxUnparsed
	}
	return maxPayload
}

// spiller moves parts of an event to S3. After its first error it does nothing more.
type spiller struct {
	stage *Stage
	event desk.Inbound
	err   error
}

// text moves the text, and leaves its beginning.
func (p *spiller) text(ctx context.Context, e *desk.Inbound) {
	if e.TextKey == "" && len(e.Text) > keptText {
		e.TextKey = p.put(ctx, "texts/", "text/plain; charset=utf-8", []byte(e.Text))
		e.Text = begin(e.Text, keptText)
	}
}

// payload moves the payload, byte for byte as it came.
func (p *spiller) payload(ctx context.Context, e *desk.Inbound) {
	if e.PayloadKey == "" && len(e.Payload) > 0 {
		e.PayloadKey = p.put(ctx, "payloads/", "application/octet-stream", e.Payload)
		e.Payload = nil
	}
}

// whole moves all of an event that is still too large, and leaves a failure in its place.
func (p *spiller) whole(ctx context.Context, body []byte) desk.Inbound {
	u := channel.Unparsed(nil, "The item has more in it than a message can hold.", p.stage.Now())
	u.Channel, u.ID, u.Thread = p.event.Channel, "unparsed:"+desk.Derive(string(p.event.Type), p.event.ID), "unparsed"
	u.PayloadKey = p.put(ctx, "payloads/whole/", "application/json", body)
	return u
}

func (p *spiller) put(ctx context.Context, folder, contentType string, body []byte) string {
	if p.err != nil {
		return ""
	}
	e := p.event
	key := folder + string(e.Channel) + "/" + desk.Digest(string(e.Type), e.ID, e.Target)
	if err := p.stage.Objects.Put(ctx, key, contentType, bytes.NewReader(body), int64(len(body))); err != nil {
		p.err = desk.Refuse(desk.Busy, "A large message can't be stored now; send it again.").Because(err)
	}
	return key
}

// encode is json.Marshal without the escapes for HTML, which would make six bytes of one. Its values can't fail: times
// are within the calendar and raw JSON was checked.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// begin is the first n bytes of a text at most, on a whole character.
func begin(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// sane is a time that JSON can hold.
func sane(t, now time.Time) time.Time {
	if t.IsZero() || t.Year() > 9999 || t.Year() < 1 {
		t = now
	}
	return t.UTC()
}
