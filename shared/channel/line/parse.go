package line

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// Receive takes a call's events. Those of groups are left aside and counted; that the account was added to one is told,
// once, as a failure.
func (accounts) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	if err := signature.LINE(a.Credentials[secretField], r.Header, r.Body); err != nil {
		return channel.Received{}, err
	}
	if r.Method != http.MethodPost {
		return channel.Received{}, nil
	}
	p := parser{body: r.Body, now: r.Now.UTC()}
	var c call[event]
	if json.Unmarshal(r.Body, &c) != nil {
		return p.apart(), nil
	}
	p.account = channel.Bounded(channel.Clean(c.Destination))
	for i, e := range c.Events {
		p.at = i
		p.event(e)
	}
	return p.out, nil
}

// parser translates the events of one call.
type parser struct {
	account string
	body    []byte
	now     time.Time
	at      int               // which event
	raw     []json.RawMessage // the events as they came, once somebody needs them
	out     channel.Received
}

// apart reads the events one by one, so that one that can't be read doesn't spoil the rest.
func (p *parser) apart() channel.Received {
	var c call[json.RawMessage]
	if err := json.Unmarshal(p.body, &c); err != nil {
		u := channel.Unparsed(p.body, "LINE sent something that can't be read as events: "+channel.Unreadable(err), p.now)
		return channel.Received{Events: []desk.Inbound{u}}
	}
	p.account = channel.Bounded(channel.Clean(c.Destination))
	p.raw = c.Events
	for i, raw := range c.Events {
		p.at = i
		var e event
		if err := json.Unmarshal(raw, &e); err != nil {
			p.unparsed("LINE sent an event that can't be read: " + channel.Unreadable(err))
			continue
		}
		p.event(e)
	}
	return p.out
}

// payload is the present event as it came. It is needed seldom: the call is read anew, once.
func (p *parser) payload() json.RawMessage {
	if p.raw == nil {
		var c call[json.RawMessage]
		_ = json.Unmarshal(p.body, &c) // it was read before
		p.raw = c.Events
	}
	if p.at >= len(p.raw) {
		return p.body
	}
	return p.raw[p.at]
}

func (p *parser) event(e event) {
	user := channel.Bounded(channel.Clean(e.Source.User))
	switch {
	case e.Type == "join":
		p.unparsed("The account was added to a " + or(channel.Clean(e.Source.Type), "group") + ". Only chats with one person are taken: what is written there does not come in.")
	case e.Source.Type != "user":
		p.out.Ignored++
	case user == "":
		p.unparsed("LINE sent an event without a person.")
	default:
		p.personal(e, desk.Inbound{
			Account: p.account, Thread: user, At: channel.Time(e.Time, p.now), From: person(user),
			ID: channel.Bounded(channel.Clean(e.ID)), Muted: e.Mode == "standby", // another program answers now
		})
	}
}

// personal translates an event of one person. A follow, a beacon and what LINE thinks of tomorrow are no messages.
func (p *parser) personal(e event, in desk.Inbound) {
	switch {
	case e.Type == "message" && e.Message != nil && e.Message.ID != "":
		p.message(*e.Message, in)
	case e.Type == "messageEdited" && e.Message != nil && e.Message.ID != "":
		in.Type, in.Target, in.Text = desk.InEdit, channel.Bounded(channel.Clean(e.Message.ID)), channel.Clean(e.Message.Text)
		in.MessageID = in.Target
		p.add(in)
	case e.Type == "unsend" && e.Unsend != nil && e.Unsend.Message != "":
		in.Type, in.Target = desk.InDelete, channel.Bounded(channel.Clean(e.Unsend.Message))
		p.add(in)
	case e.Type == "postback" && e.Postback != nil:
		in.Type, in.Text = desk.InMessage, channel.Clean(e.Postback.Data)
		in.Unsupported, in.Payload = "a button pressed under an earlier message", p.payload()
		p.add(in)
	case e.Type == "unfollow":
		in.Type = desk.InBlocked
		p.add(in)
	case e.Type == "message" || e.Type == "messageEdited" || e.Type == "unsend" || e.Type == "postback":
		p.unparsed("LINE sent an event (" + e.Type + ") without what it is about.")
	default:
		p.out.Ignored++
	}
}

// message takes one message. Its own id is what is claimed: it stays the same however often LINE delivers it.
func (p *parser) message(m message, in desk.Inbound) {
	in.Type, in.ID = desk.InMessage, channel.Bounded(channel.Clean(m.ID))
	in.ReplyTo = channel.Bounded(channel.Clean(m.Quoted))
	switch m.Type {
	case "text":
		in.Text = channel.Clean(m.Text)
	case "image", "video", "audio", "file", "location", "sticker":
		in.Attachments = []desk.Attachment{part(m)}
	default:
		in.Unsupported, in.Payload = "a message of a kind that we don't know ("+short(channel.Clean(m.Type))+")", p.payload()
	}
	if m.Type == "text" && in.Text == "" {
		in.Unsupported, in.Payload = "an empty message", p.payload()
	}
	p.add(in)
}

// add keeps an event; one without an id could not be told from its repetition.
func (p *parser) add(in desk.Inbound) {
	if in.ID == "" {
		p.unparsed("LINE sent an event without an id.")
		return
	}
	p.out.Events = append(p.out.Events, in)
}

func (p *parser) unparsed(reason string) {
	u := channel.Unparsed(p.payload(), reason, p.now)
	u.Account = p.account
	p.out.Events = append(p.out.Events, u)
}

// part is what a message holds beside text.
func part(m message) desk.Attachment {
	a := desk.Attachment{ID: "0", State: desk.PartPending, Ref: m.ID}
	switch m.Type {
	case "image":
		a.Usage, a.Name, a.ContentType = desk.UsageImage, "image.jpg", "image/jpeg"
	case "video":
		a.Usage, a.Name, a.ContentType = desk.UsageVideo, "video.mp4", "video/mp4"
	case "audio":
		a.Usage, a.Name, a.ContentType = desk.UsageVoice, "audio.m4a", "audio/mp4"
	case "file":
		a.Usage, a.Name, a.Size = desk.UsageFile, or(channel.Clean(m.FileName), "file"), max(m.FileSize, 0)
	case "location":
		return data(desk.UsageLocation, "", place{m.Latitude, m.Longitude, m.Title, m.Address})
	case "sticker":
		name := m.Text
		if name == "" && len(m.Keywords) > 0 {
			name = m.Keywords[0]
		}
		return data(desk.UsageSticker, channel.Clean(name), sticker{m.Package, m.Sticker, m.Keywords})
	}
	switch {
	case m.Provider.Type == "external" && m.Provider.Original != "":
		a.Ref = channel.Clean(m.Provider.Original) // of whoever sent it by a program: fetched without our token
	case !isContent(a.Ref):
		a.State, a.Ref, a.Reason = desk.PartRefused, "", "LINE names no file."
	}
	return a
}

// isContent tells the id of a message, which becomes part of an address.
func isContent(id string) bool {
	_, err := strconv.ParseUint(id, 10, 64)
	return err == nil
}

// place and sticker are the data of a part without bytes.
type place struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

type sticker struct {
	Package  string   `json:"packageId,omitempty"`
	ID       string   `json:"stickerId,omitempty"`
	Keywords []string `json:"keywords,omitempty"`
}

func data(usage desk.Usage, name string, v any) desk.Attachment {
	b, _ := json.Marshal(v) // texts and finite numbers only: this can't fail
	return desk.Attachment{ID: "0", Usage: usage, State: desk.PartInline, Name: name, Data: string(b)}
}

// short bounds a word that LINE chose.
func short(s string) string {
	if len(s) > 40 {
		return channel.Clean(s[:40])
	}
	return s
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
