package main

import (
	"io"
	"time"

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
	Text        string       `json:"text"`
	HTML        string       `json:"html"`
	VisibleText string       `json:"visibleText"`
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

func outputOf(m *mime.Mail) *output {
	o := &output{
		From: addresses(m.From), To: addresses(m.To), Cc: addresses(m.Cc), ReplyTo: addresses(m.ReplyTo),
		Subject: m.Subject, MessageID: m.MessageID, InReplyTo: list(m.InReplyTo), References: list(m.References),
		Text: m.Plain(), HTML: m.HTML, Attachments: []attachment{}, Problems: []problem{}, Truncated: m.Truncated,
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
	o := outputOf(&mime.Mail{Subject: subject, Text: string(b)})
	return o, nil
}
