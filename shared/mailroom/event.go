package mailroom

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// The field that every mail of ours carries, "<message id>@<mail domain>": one that comes back is known by it.
const ownField = "X-Loket-Message"

// Sizes, in bytes.
const (
	maxText  = 32 << 10 // a longer text goes to the store
	keptText = 2 << 10  // how much of it stays with the event
	maxIDs   = 100      // message ids of References
)

// event is what all events of a mail share. Long texts are in the store before it.
func (s *Stage) event(ctx context.Context, a arrival, read reading) (desk.Inbound, error) {
	m := read.mail
	e := desk.Inbound{
		Type: desk.InMessage, ID: a.id, At: a.at, From: sender(m, a.source), Subject: clip(m.Subject, 998), Attachments: read.parts,
		Mail: s.facts(a, read),
	}
	e.Thread = root(e.Mail)
	cfg, err := s.Setup.Config(ctx)
	if err != nil {
		return e, err
	}
	if e.Mail.Forwarded == nil && s.fromUs(cfg, m, e.From.Value) {
		e.Mail.Auto = autoLoop
	}
	text := m.Plain()
	e.Text = text
	if visible := mime.VisibleText(m.Text, m.HTML); visible != text {
		e.Mail.Visible = clip(visible, maxText)
	}
	if len(text) > maxText {
		e.TextKey = "texts/" + a.id + ".txt"
		if err := s.put(ctx, e.TextKey, "text/plain; charset=utf-8", text); err != nil {
			return e, err
		}
		e.Text = clip(text, keptText)
	}
	if m.HTML != "" {
		e.HTMLKey = "texts/" + a.id + ".html"
		if err := s.put(ctx, e.HTMLKey, "text/html; charset=utf-8", m.HTML); err != nil {
			return e, err
		}
	}
	return e, nil
}

func (s *Stage) put(ctx context.Context, key, contentType, text string) error {
	return s.Objects.Put(ctx, key, contentType, strings.NewReader(text), int64(len(text)))
}

// facts are what threading and the spam rules need, the same for every inbox.
func (s *Stage) facts(a arrival, read reading) *desk.MailFacts {
	m := read.mail
	f := &desk.MailFacts{
		MessageID: shortID(m.MessageID), InReplyTo: shortIDs(m.InReplyTo), References: shortIDs(m.References), ThreadIdx: m.ThreadIndex,
		To: people(m.To), Cc: people(m.Cc), ReplyTo: people(m.ReplyTo), Hash: hash(read), RawKey: done + a.id, Verdicts: a.verdicts,
		Auto: m.Auto.Kind, Forwarded: forwarded(mime.FindForwarded(m)), Bounce: bounce(m.Bounce), Domain: s.Domain,
	}
	for _, p := range m.Problems {
		f.Problems = append(f.Problems, p.Detail)
	}
	if m.Truncated != "" {
		f.Problems = append(f.Problems, m.Truncated)
	}
	if len(m.Attachments) > maxParts {
		f.Problems = append(f.Problems, "It has more attachments than are listed here; the raw mail holds them all.")
	}
	if !a.told {
		f.Problems = append(f.Problems, "The mail service's own notice of this mail was lost: whom it went to was read from its headers, and nobody checked it for spam.")
	}
	if len(f.Problems) > 20 {
		f.Problems = f.Problems[:20]
	}
	return f
}

// eventFor is the event of one inbox.
func eventFor(e desk.Inbound, p place, strangers []string, m *mime.Mail) desk.Inbound {
	facts := *e.Mail
	e.Channel, e.Mail = p.channel.ID, &facts
	facts.Recipient, facts.Recipients, facts.Tokens = p.recipients[0], p.recipients, p.tokens
	if len(strangers) > 0 {
		facts.Problems = append(slices.Clone(facts.Problems), "It also went to addresses that belong to nothing: "+list(strangers)+".")
	}
	e.Muted = facts.Auto != "" && !(facts.Auto == mime.AutoList && ownList(p.channel.Settings["address"], m))
	return e
}

// ownList says whether the list that a mail came through is the channel's own address: a group address that takes
// customers' mail and hands it on.
func ownList(own string, m *mime.Mail) bool {
	own = strings.ToLower(strings.TrimSpace(own))
	if own == "" {
		return false
	}
	id := strings.Replace(own, "@", ".", 1)
	return strings.Contains(strings.ToLower(m.Headers.Get("List-Post")), "mailto:"+own) || strings.Contains(strings.ToLower(m.Headers.Get("List-Id")), "<"+id+">")
}

// autoLoop is the kind of automatic mail that came from us.
const autoLoop = "loop"

// fromUs says whether a mail is one of ours that came back, or from an address of ours. What a person forwards from such
// an address is somebody else's.
func (s *Stage) fromUs(cfg *desk.Config, m *mime.Mail, from string) bool {
	if s.ownID(m.Headers.All(ownField)) != "" {
		return true
	}
	_, own := ownAddress(cfg, from)
	return own || strings.HasSuffix(from, "@"+s.Domain)
}

// sender is who wrote a mail: From, else Sender, else the envelope's.
func sender(m *mime.Mail, envelope string) desk.Party {
	for _, a := range slices.Concat(m.From, []mime.Address{m.Sender}, mime.ParseAddresses(envelope)) {
		if a.Addr != "" {
			return party(a)
		}
	}
	name := ""
	if len(m.From) > 0 {
		name = m.From[0].Name
	}
	return party(mime.Address{Name: name, Addr: "unknown-sender@mail.invalid"})
}

func party(a mime.Address) desk.Party {
	return desk.Party{Identity: desk.Identity{Kind: email, Value: strings.ToLower(clip(a.Addr, 320))}, Name: clip(a.Name, 200)}
}

// root is the thread value: the oldest id that the mail names, else its own, else its hash.
func root(f *desk.MailFacts) string {
	for _, ids := range [][]string{f.References, f.InReplyTo, {f.MessageID}, {f.Hash}} {
		if len(ids) > 0 && ids[0] != "" {
			return ids[0]
		}
	}
	return f.Hash
}

// hash is the same for each copy of a mail that reaches one inbox by several ways.
func hash(read reading) string {
	m := read.mail
	of := []string{"mail", m.MessageID, sender(m, "").Value, m.Text, m.HTML}
	if m.MessageID == "" {
		of = append(of, m.Headers.Get("Date"), m.Subject)
	}
	for _, p := range m.Attachments {
		of = append(of, p.SHA256)
	}
	return desk.Digest(of...)
}

// writtenTo are the addresses of ours that the headers name, for a mail whose envelope nobody told us.
func (s *Stage) writtenTo(m *mime.Mail) []string {
	var out []string
	add := func(address string) {
		address = strings.ToLower(strings.TrimSpace(address))
		if address != "" && !slices.Contains(out, address) && len(out) < 100 {
			out = append(out, address)
		}
	}
	for _, a := range slices.Concat(m.To, m.Cc, m.Bcc) {
		add(a.Addr)
	}
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To"} {
		for _, value := range m.Headers.All(name) {
			for _, a := range mime.ParseAddresses(value) {
				add(a.Addr)
			}
		}
	}
	_, after, _ := strings.Cut(m.Headers.Get("Received"), " for ") // the mail service's own, since it stands first
	first, _, _ := strings.Cut(after, ";")
	add(strings.Trim(first, "<> \t"))
	return slices.DeleteFunc(out, func(address string) bool { return !strings.Contains(address, "@") })
}

func people(all []mime.Address) []desk.Address {
	var out []desk.Address
	for _, a := range all {
		if a.Addr != "" && len(a.Addr) <= 320 && len(out) < 100 {
			out = append(out, desk.Address{Name: clip(a.Name, 200), Address: a.Addr})
		}
	}
	return out
}

func shortID(id string) string {
	if len(id) > 900 {
		return ""
	}
	return id
}

// shortIDs keeps the first id, which names the thread, and the newest ones.
func shortIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		if shortID(id) != "" {
			out = append(out, id)
		}
	}
	if over := len(out) - maxIDs; over > 0 {
		out = slices.Concat(out[:1], out[1+over:])
	}
	return out
}

func forwarded(f *mime.Forwarded) *desk.Forward {
	if f == nil {
		return nil
	}
	return &desk.Forward{
		From: desk.Address{Name: clip(f.From.Name, 200), Address: clip(f.From.Addr, 320)}, To: people(f.To), Subject: clip(f.Subject, 998),
		Date: clip(f.Date, 200), Text: clip(f.Text, maxText),
	}
}

func bounce(b *mime.Bounce) *desk.Bounce {
	if b == nil {
		return nil
	}
	out := &desk.Bounce{OriginalMessageID: shortID(b.OriginalMessageID)}
	for _, r := range b.Recipients {
		if len(out.Recipients) < 50 {
			out.Recipients = append(out.Recipients, desk.BounceRecipient{
				Address: clip(r.Address, 320), Action: clip(r.Action, 40), Status: clip(r.Status, 40), Diagnostic: clip(r.Diagnostic, 500),
			})
		}
	}
	return out
}

// clip is the first n bytes of a text at most, on a whole character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:n]), nil))
}
