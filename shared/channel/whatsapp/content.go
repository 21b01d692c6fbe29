package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// The kinds of identities: a business-scoped user id, and a phone number in international form.
const (
	userKind  = "whatsapp-user"
	phoneKind = "phone"
)

// party is the other side, by number, user id or both, and the thread value. Either may be missing from the message and
// stand among the contacts.
func party(number, user string, contacts []contact) (p desk.Party, thread string) {
	for _, c := range contacts {
		if c.Phone != "" && c.Phone == number || c.User != "" && c.User == user || number == "" && user == "" && len(contacts) == 1 {
			number, user = or(number, c.Phone), or(user, c.User)
			p.Name, p.Handle = c.Profile.Name, c.Profile.Username
			break
		}
	}
	var also []desk.Identity
	if user != "" {
		also = append(also, desk.Identity{Kind: userKind, Value: user})
	}
	if isNumber(number) {
		also = append(also, desk.Identity{Kind: phoneKind, Value: "+" + number})
	} else if number != "" && user == "" {
		also = append(also, desk.Identity{Kind: Type, Value: number})
	}
	if len(also) == 0 {
		return p, ""
	}
	p.Identity = also[0]
	if len(also) > 1 {
		p.Also = also[1:]
	}
	return p, bounded(or(user, number))
}

func isNumber(s string) bool {
	return len(s) >= 5 && len(s) <= 15 && strings.Trim(s, "0123456789") == ""
}

// fill puts what a message holds into its event.
func (p *parser) fill(e *desk.Inbound, m *message) {
	if m.Context != nil {
		e.ReplyTo = bounded(m.Context.ID)
	}
	e.Text = textOf(m)
	e.Attachments = attachments(m)
	switch m.Type {
	case "system":
		p.notice(e, m)
	case "order":
		e.Unsupported, e.Payload = "an order from the catalogue", p.payload()
	}
	if e.Text == "" && len(e.Attachments) == 0 && e.Unsupported == "" {
		e.Unsupported, e.Payload = unsupported(m), p.payload()
	}
	if bytes.HasPrefix(m.Referral, []byte("{")) {
		e.Attachments = append(e.Attachments, data(len(e.Attachments), desk.UsageOther, map[string]json.RawMessage{"referral": m.Referral}))
	}
}

// notice is about the person, not from them: it is kept and opens nothing. A changed number is one more of the same person.
func (p *parser) notice(e *desk.Inbound, m *message) {
	e.Muted, e.Unsupported, e.Payload = true, "a notice of WhatsApp", p.payload()
	if m.System != nil && isNumber(m.System.Phone) {
		e.From.Also = append(slices.Clip(e.From.Also), desk.Identity{Kind: phoneKind, Value: "+" + m.System.Phone})
	}
	if m.System != nil && m.System.User != "" {
		e.From.Also = append(slices.Clip(e.From.Also), desk.Identity{Kind: userKind, Value: m.System.User})
	}
}

func textOf(m *message) string {
	switch {
	case m.Text != nil:
		return m.Text.Body
	case m.Button != nil:
		return or(m.Button.Text, m.Button.Payload)
	case m.Interactive != nil:
		return m.Interactive.text()
	case m.Order != nil:
		return m.Order.Text
	case m.System != nil:
		return m.System.Body
	}
	for _, f := range m.files() {
		if f.Caption != "" {
			return f.Caption
		}
	}
	return ""
}

// text is the chosen button or row, or what was filled into a form, a line each.
func (i *interactive) text() string {
	switch {
	case i.Button != nil:
		return i.Button.Title
	case i.List != nil && i.List.Description != "":
		return i.List.Title + "\n" + i.List.Description
	case i.List != nil:
		return i.List.Title
	case i.Form == nil:
		return ""
	}
	lines := []string{or(i.Form.Body, i.Form.Name)}
	var fields map[string]any
	_ = json.Unmarshal([]byte(i.Form.Response), &fields) // what can't be read is not shown
	for name, v := range fields {
		if name != "flow_token" {
			lines = append(lines, fmt.Sprintf("%s: %v", name, v))
		}
	}
	slices.Sort(lines[1:])
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// kinds are the parts of a message with a file, and how each is meant and named.
func (m *message) files() []file {
	var out []file
	add := func(f *media, usage desk.Usage, name string) {
		if f != nil && f.ID != "" {
			out = append(out, file{*f, usage, name})
		}
	}
	add(m.Image, desk.UsageImage, "image")
	add(m.Video, desk.UsageVideo, "video")
	add(m.Voice, desk.UsageVoice, "voice")
	if m.Audio != nil && m.Audio.Voice {
		add(m.Audio, desk.UsageVoice, "voice")
	} else {
		add(m.Audio, desk.UsageAudio, "audio")
	}
	add(m.Document, desk.UsageFile, "document")
	add(m.Sticker, desk.UsageSticker, "sticker")
	return out
}

type file struct {
	media
	usage desk.Usage
	name  string
}

func attachments(m *message) []desk.Attachment {
	var out []desk.Attachment
	for i, f := range m.files() {
		out = append(out, desk.Attachment{
			ID: strconv.Itoa(i), Name: or(f.FileName, f.name+extension(f.MimeType)), ContentType: f.MimeType,
			Usage: f.usage, State: desk.PartPending, Ref: f.ID,
		})
	}
	if l := m.Location; l != nil {
		out = append(out, data(len(out), desk.UsageLocation, spot{l.Latitude, l.Longitude, l.Name, l.Address}))
	}
	for _, c := range m.Contacts {
		out = append(out, data(len(out), desk.UsageContact, cardOf(c)))
	}
	return out
}

// extension is what a file of a type is usually called. By hand: the system's table differs from machine to machine.
func extension(contentType string) string {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "image/jpeg":
		return ".jpg"
	case "audio/mpeg":
		return ".mp3"
	case "image/png", "image/webp", "video/mp4", "audio/mp4", "audio/aac", "audio/ogg", "audio/amr", "application/pdf":
		return "." + kind[strings.IndexByte(kind, '/')+1:]
	case "video/3gpp":
		return ".3gp"
	default:
		return ""
	}
}

// spot and person are the data of an attachment without bytes, named as custom channels name them.
type spot struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

type person struct {
	Name    string   `json:"name,omitempty"`
	Phones  []string `json:"phones,omitempty"`
	Emails  []string `json:"emails,omitempty"`
	Company string   `json:"company,omitempty"`
}

func cardOf(c card) person {
	out := person{Name: c.Name.Formatted, Company: c.Org.Company}
	for _, p := range c.Phones {
		out.Phones = append(out.Phones, or(p.Phone, p.ID))
	}
	for _, e := range c.Emails {
		out.Emails = append(out.Emails, e.Email)
	}
	return out
}

func data(n int, usage desk.Usage, v any) desk.Attachment {
	b, _ := json.Marshal(v) // strings, finite numbers and JSON that was read: this can't fail
	return desk.Attachment{ID: strconv.Itoa(n), Usage: usage, State: desk.PartInline, Data: string(b)}
}

// unsupported says in words what a message is that we can't carry.
func unsupported(m *message) string {
	words := "a message of a kind that WhatsApp doesn't pass on"
	switch {
	case m.Type == "interactive":
		words = "an answer that WhatsApp could not pass on"
	case m.Type != "" && m.Type != "unsupported" && m.Type != "unknown" && len(m.Type) < 40:
		words = "a message of a kind that we don't know (" + m.Type + ")"
	}
	if len(m.Errors) > 0 {
		words += ": " + m.Errors[0].said()
	}
	return words
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
