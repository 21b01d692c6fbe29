package mime

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Outgoing is a mail to be written. Text in it may be anything: what can't stand in a header is replaced by blanks, so
// that no value can begin a field of its own.
type Outgoing struct {
	From       Address
	To, Cc     []Address
	Bcc        []Address // for the envelope alone: nothing of it is written
	ReplyTo    []Address
	Subject    string
	Date       time.Time
	MessageID  string   // without angle brackets, as all ids here
	InReplyTo  string   // "" for none; foreign ids that no header can carry are left out, here and in References
	References []string // oldest first
	Headers    []Header // further fields in order, such as Auto-Submitted; those that the writer makes are refused

	Text        string // made from HTML when empty
	HTML        string // "" for none
	Attachments []File

	Seed string // decides the boundaries; MessageID when empty. The same mail is the same bytes.
}

// A File is an attachment, or a picture inside the HTML.
type File struct {
	Name        string // for the reader; path separators and control characters are replaced
	ContentType string // application/octet-stream when empty or malformed, or when the type forbids base64
	ContentID   string // without angle brackets; the HTML names it as "cid:…"
	Inline      bool
	Open        func() (io.ReadCloser, error) // called once, when its turn comes
}

// Compose writes m as one mail, with CR LF line ends and lines of at most 76 characters wherever they can be broken. The
// error says in a sentence what can't be written, or is the one of w, or of an attachment's reader.
func Compose(w io.Writer, m Outgoing) error {
	if err := m.check(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 16<<10)
	h := &fieldWriter{}
	m.writeFields(h)
	root := m.content()
	root.header(h)
	out.Write(h.buf)
	out.WriteString("\r\n")
	if err := root.body(out); err != nil {
		return err
	}
	return out.Flush()
}

// check refuses what would be a mail that nobody can deliver or read.
func (m *Outgoing) check() error {
	switch {
	case m.Date.IsZero():
		return errors.New("a mail needs a date")
	case !validID(bareID(m.MessageID)):
		return fmt.Errorf("%q can't be a message id", m.MessageID)
	}
	for _, list := range [][]Address{{m.From}, m.To, m.Cc, m.Bcc, m.ReplyTo} {
		for _, a := range list {
			if !validAddr(a.Addr) {
				return fmt.Errorf("%q is not an address that mail can be sent with", a.Addr)
			}
		}
	}
	for _, h := range m.Headers {
		if !validFieldName(h.Name) || ownField(h.Name) {
			return fmt.Errorf("%q can't be added as a header field", h.Name)
		}
	}
	for _, f := range m.Attachments {
		if f.ContentID != "" && !validID(bareID(f.ContentID)) {
			return fmt.Errorf("%q can't be a content id", f.ContentID)
		}
		if f.Open == nil {
			return fmt.Errorf("the attachment %q has no content", f.Name)
		}
	}
	return nil
}

// writeFields writes the fields of the mail itself.
func (m *Outgoing) writeFields(h *fieldWriter) {
	h.addresses("From", []Address{m.From})
	h.addresses("To", m.To)
	h.addresses("Cc", m.Cc)
	if len(m.To)+len(m.Cc) == 0 {
		h.begin("To")
		h.token("undisclosed-recipients:;")
		h.end()
	}
	h.addresses("Reply-To", m.ReplyTo)
	h.field("Subject", m.Subject, maxPlainWord)
	h.field("Date", m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"), maxPlainWord)
	h.ids("Message-ID", []string{m.MessageID})
	h.ids("In-Reply-To", []string{m.InReplyTo})
	h.ids("References", shortReferences(m.References))
	for _, extra := range m.Headers {
		h.field(extra.Name, extra.Value, maxFieldWord)
	}
	h.field("MIME-Version", "1.0", maxPlainWord)
}

// maxReferences is how many ids References has at most.
const maxReferences = 20

// shortReferences drops ids that can't be written, and the oldest but the first when there are too many: the first names
// the conversation, the last ones its present end.
func shortReferences(ids []string) []string {
	kept := make([]string, 0, len(ids))
	for _, id := range ids {
		if validID(bareID(id)) {
			kept = append(kept, id)
		}
	}
	if over := len(kept) - maxReferences; over > 0 {
		kept = append(kept[:1], kept[1+over:]...)
	}
	return kept
}

// bareID takes the angle brackets off an id.
func bareID(id string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(id), "<"), ">")
}

// validID says whether an id can stand between angle brackets. Foreign ids are odd, so no more is asked.
func validID(id string) bool {
	return id != "" && len(id) <= 900 && !strings.ContainsFunc(id, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '<' || r == '>'
	})
}

// validAddr says whether an address can be written: ASCII, both halves there, and nothing that could end it.
func validAddr(addr string) bool {
	if !isMailbox(addr) || len(addr) > 320 {
		return false
	}
	return !strings.ContainsFunc(addr, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>()[]\\,;:\"", r)
	})
}

// validFieldName says whether a name has the form of a header field's.
func validFieldName(name string) bool {
	return name != "" && len(name) <= 60 && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == ':'
	})
}

// ownField says whether the writer makes a field itself, so that another one of that name would contradict it.
func ownField(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version":
		return true
	}
	return strings.HasPrefix(name, "content-")
}
