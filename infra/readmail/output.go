package main

import (
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/mime"
)

// maxBody is how much of a bare body is read, in bytes.
const maxBody = 4 << 20

// An output is one line of readmail. Its field names are fixed: other programs read them.
type output struct {
	From        []address    `json:"from"`
	To          []address    `json:"to"`
	Cc          []address    `json:"cc"`
	ReplyTo     []address    `json:"replyTo"`
	Subject     string       `json:"subject"`
	Date        string       `json:"date"` // RFC 3339, in the zone written; "" when unreadable
	MessageID   string       `json:"messageId"`
	InReplyTo   []string     `json:"inReplyTo"`
	References  []string     `json:"references"`
	Text        string       `json:"-"` // the long ones are written apart: text, html, visibleText
	HTML        string       `json:"-"`
	VisibleText string       `json:"-"`
	Attachments []attachment `json:"attachments"`
	Auto        auto         `json:"auto"`
	Bounce      *bounce      `json:"bounce"`
	Forwarded   *forwarded   `json:"forwarded"`
	Problems    []problem    `json:"problems"`
	Truncated   string       `json:"truncated,omitempty"`
}

type address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type attachment struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
	Disposition string `json:"disposition"`
	ContentID   string `json:"contentId"`
	SHA256      string `json:"sha256"`
}

type auto struct {
	Kind    string   `json:"kind"`
	Reasons []string `json:"reasons"`
}

type bounce struct {
	Recipients        []recipient `json:"recipients"`
	OriginalMessageID string      `json:"originalMessageId"`
	Feedback          string      `json:"feedback,omitempty"`
}

type recipient struct {
	Address    string `json:"address"`
	Action     string `json:"action"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnostic"`
}

type forwarded struct {
	From    address   `json:"from"`
	To      []address `json:"to"`
	Subject string    `json:"subject"`
	Date    string    `json:"date"`
	Text    string    `json:"text"`
}

type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// chunk is how much of a long text is encoded at once, in bytes: a whole one would be in memory three times over.
const chunk = 32 << 10

// writeTo writes the output as one line.
func (o *output) writeTo(w io.Writer) error {
	rest, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := w.Write(rest[:len(rest)-1]); err != nil {
		return err
	}
	for _, f := range []struct{ name, text string }{{"text", o.Text}, {"html", o.HTML}, {"visibleText", o.VisibleText}} {
		if err := writeText(w, f.name, f.text); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, "}\n")
	return err
}

// writeText writes one more field, piece by piece between characters.
func writeText(w io.Writer, name, text string) error {
	if _, err := io.WriteString(w, `,"`+name+`":"`); err != nil {
		return err
	}
	for len(text) > 0 {
		n := min(len(text), chunk)
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		piece, err := json.Marshal(text[:n])
		if err != nil {
			return err
		}
		if _, err := w.Write(piece[1 : len(piece)-1]); err != nil {
			return err
		}
		text = text[n:]
	}
	_, err := io.WriteString(w, `"`)
	return err
}

// outputOf makes what was read, and what is understood of it, into a line's fields.
func outputOf(m *mime.Mail) *output {
	text := m.Plain()
	o := &output{
		From: addresses(m.From), To: addresses(m.To), Cc: addresses(m.Cc), ReplyTo: addresses(m.ReplyTo),
		Subject: m.Subject, MessageID: m.MessageID, InReplyTo: list(m.InReplyTo), References: list(m.References),
		Text: text, HTML: m.HTML, Attachments: []attachment{}, Problems: []problem{}, Truncated: m.Truncated,
		VisibleText: visible(text, m.HTML), Forwarded: forwardOf(mime.FindForwarded(m)),
		Auto: auto{Kind: m.Auto.Kind, Reasons: list(m.Auto.Reasons)},
	}
	if !m.Date.IsZero() {
		o.Date = m.Date.Format(time.RFC3339)
	}
	for _, a := range m.Attachments {
		o.Attachments = append(o.Attachments, attachment{a.Name, a.ContentType, a.Size, a.Disposition, a.ContentID, a.SHA256})
	}
	for _, p := range m.Problems {
		o.Problems = append(o.Problems, problem(p))
	}
	if m.Bounce != nil {
		o.Bounce = &bounce{Recipients: []recipient{}, OriginalMessageID: m.Bounce.OriginalMessageID, Feedback: m.Bounce.Feedback}
		for _, p := range m.Bounce.Recipients {
			o.Bounce.Recipients = append(o.Bounce.Recipients, recipient(p))
		}
	}
	return o
}

// visible is what the sender wrote himself. A text of more than half a megabyte is no reply: all of it is shown.
func visible(text, html string) string {
	const most = 512 << 10
	if len(text) > most {
		return text
	}
	if len(html) > most {
		html = ""
	}
	return mime.VisibleText(text, html)
}

func forwardOf(f *mime.Forwarded) *forwarded {
	if f == nil {
		return nil
	}
	return &forwarded{From: address{f.From.Name, f.From.Addr}, To: addresses(f.To), Subject: f.Subject, Date: f.Date, Text: f.Text}
}

func addresses(in []mime.Address) []address {
	out := make([]address, len(in))
	for i, a := range in {
		out[i] = address{a.Name, a.Addr}
	}
	return out
}

// list makes an absent list an empty one: readers of the output needn't tell them apart.
func list(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}

// readBody reads a bare text body.
func readBody(r io.Reader, subject string) (*output, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBody))
	if err != nil {
		return nil, err
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(string(b), "\r\n", "\n"), "\uFFFD")
	return outputOf(&mime.Mail{Subject: subject, Text: text}), nil
}
