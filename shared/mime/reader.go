package mime

import (
	"bytes"
	"io"
	"time"
)

// A Mail is what could be read of one e-mail. All text is valid UTF-8 without NUL and with "\n" as line end.
type Mail struct {
	Headers     Headers // of the mail itself, in order
	From        []Address
	Sender      Address
	To          []Address
	Cc          []Address
	Bcc         []Address
	ReplyTo     []Address
	Subject     string    // decoded, one line
	Date        time.Time // in the zone written; zero when absent or senseless
	MessageID   string    // without angle brackets, as all ids here
	InReplyTo   []string
	References  []string // oldest first
	ThreadIndex string   // bytes 6 to 22 of Outlook's Thread-Index in hexadecimal: its conversation; or ""

	Text        string // the text parts in order; "" when there are none (see Plain)
	HTML        string // the HTML parts in order, as sent: never show it uncleaned
	Attachments []Attachment
	Embedded    []Embedded // what the first attached mails say, for forwards and bounces

	Signed    string // "smime" or "pgp": the mail carries a signature, which nobody has checked
	Encrypted string // "smime" or "pgp"
	Auto      Auto
	Bounce    *Bounce // nil for a mail that reports no delivery

	Problems  []Problem
	Truncated string // why something of the mail is missing here, in words; "" when all of it was read

	reports      []report
	stray        Headers // of a part that carries a whole mail's headers, as some servers return mail
	reportInside bool    // this mail was found in the text of a report
}

// Plain is the mail's text, made from its HTML when it has no text part.
func (m *Mail) Plain() string {
	if m.Text != "" || m.HTML == "" {
		return m.Text
	}
	return TextFromHTML(m.HTML)
}

// Dispositions of an attachment.
const (
	Inline = "inline"
	Beside = "attachment"
)

// An Attachment is a part that is not the mail's text. Its bytes went to the Sink.
type Attachment struct {
	Index       int    // from 0, in order
	Name        string // decoded, without a path; "" when the sender gave none
	ContentType string // type/subtype in lower case
	Charset     string // as written, for text
	Disposition string // "inline" (shown in the text) or "attachment"
	ContentID   string // without angle brackets
	Size        int64  // bytes, decoded
	SHA256      string // of the decoded bytes, in hexadecimal
}

// An Embedded is an attached mail, read as far as its text; its own attachments are listed, not kept.
type Embedded struct {
	Attachment int // its place in Attachments
	Mail
}

// A Problem is something wrong with a mail that did not keep it from being read.
type Problem struct {
	Code   string // such as "boundary-missing"
	Detail string // a sentence
}

// A Sink takes attachments as they are read. Attach is called once for each, in order, with everything known but Size and
// SHA256; what it returns is written to and closed before the next one. A nil writer means that the bytes aren't wanted.
type Sink interface {
	Attach(a Attachment) (io.WriteCloser, error)
}

// Discard is a Sink that keeps nothing.
type Discard struct{}

// Attach wants no bytes.
func (Discard) Attach(Attachment) (io.WriteCloser, error) { return nil, nil }

// Limits bound what is read of one mail; a zero takes the default.
type Limits struct {
	Depth         int // multiparts inside each other; 50
	Parts         int // 1,000
	HeaderBytes   int // of one header block; 1 MiB
	Headers       int // of one header block; 2,000
	TextBytes     int // of Text and of HTML, each; 2 MiB
	EmbeddedBytes int // of attached mails that are read for Embedded, together; 512 KiB
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Depth, 50)
	set(&l.Parts, 1000)
	set(&l.HeaderBytes, 1<<20)
	set(&l.Headers, 2000)
	set(&l.TextBytes, 2<<20)
	set(&l.EmbeddedBytes, 512<<10)
	return l
}

// Read reads one mail to its end. The error is the source's or the sink's own; a bad mail is never one. With an error,
// what was read until then is returned beside it. A nil sink keeps no attachments.
func Read(source io.Reader, sink Sink, limits Limits) (*Mail, error) {
	r := newReader(newLineSource(source), sink, limits.withDefaults())
	r.read()
	if r.err == nil {
		r.err = r.in.err
	}
	m := r.mail
	m.Bounce = findBounce(m)
	m.Auto = findAuto(m)
	m.reports, m.stray = nil, nil
	return m, r.err
}

// ReadBytes reads a mail that is in memory. It can't fail; attachments are listed and not kept.
func ReadBytes(mail []byte, limits Limits) *Mail {
	m, _ := Read(bytes.NewReader(mail), nil, limits)
	return m
}

// A reader walks one mail from front to back.
type reader struct {
	in     *lineSource
	sink   Sink
	limits Limits
	mail   *Mail
	err    error // the sink's

	block    headerBlock
	bounds   [][]byte // of the multiparts that are open, outermost first
	depth    int
	parts    int
	groups   int // alternatives seen
	stopped  bool
	inner    bool // the mail is itself an attached one
	embedded int  // bytes of attached mails read so far

	xfer   transfer
	uu     *transfer // for files inside text
	text   textBuffer
	pieces []piece
	size   [2]int // of text and HTML so far
}

func newReader(in *lineSource, sink Sink, limits Limits) *reader {
	if sink == nil {
		sink = Discard{}
	}
	return &reader{in: in, sink: sink, limits: limits, mail: &Mail{}}
}

func (r *reader) read() {
	r.part(place{})
	r.assemble()
}

const maxProblems = 100

// problem notes something wrong, each code once.
func (r *reader) problem(code, detail string) {
	if len(r.mail.Problems) >= maxProblems {
		return
	}
	for i := range r.mail.Problems {
		if r.mail.Problems[i].Code == code {
			return
		}
	}
	r.mail.Problems = append(r.mail.Problems, Problem{code, detail})
}

// truncate notes that something is missing because of a cap.
func (r *reader) truncate(code, why string) {
	if r.mail.Truncated == "" {
		r.mail.Truncated = why
	}
	r.problem("truncated-"+code, why)
}
