package mime

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strconv"
	"strings"
)

// A section is a mail's content or one part of it.
type section struct {
	header func(*fieldWriter)
	body   func(*bufio.Writer) error
}

// content builds the content: multipart/mixed around multipart/related around multipart/alternative around the text, each
// only where there is something for it.
func (m *Outgoing) content() section {
	plain := m.Text
	if plain == "" && m.HTML != "" {
		plain = TextFromHTML(m.HTML)
	}
	content := textEntity("text/plain", plain)
	if m.HTML != "" {
		content = m.multipart("alternative", "", content, textEntity("text/html", m.HTML))
	}
	related, mixed := []section{content}, []section{}
	for _, f := range m.Attachments {
		if f.Inline && f.ContentID != "" && m.HTML != "" {
			related = append(related, fileEntity(f))
		} else {
			mixed = append(mixed, fileEntity(f))
		}
	}
	if len(related) > 1 {
		content = m.multipart("related", "multipart/alternative", related...)
	}
	if len(mixed) > 0 {
		content = m.multipart("mixed", "", append([]section{content}, mixed...)...)
	}
	return content
}

// multipart puts parts together. Its boundary begins with "=_", which neither quoted-printable nor base64 can contain.
func (m *Outgoing) multipart(kind, root string, parts ...section) section {
	seed := m.Seed
	if seed == "" {
		seed = m.MessageID
	}
	sum := sha256.Sum256([]byte(kind + "\x00" + seed))
	boundary := "=_" + hex.EncodeToString(sum[:15])
	return section{
		header: func(h *fieldWriter) {
			h.begin("Content-Type")
			h.token("multipart/" + kind + ";")
			if root != "" {
				h.token(`type="` + root + `";`)
			}
			h.token(`boundary="` + boundary + `"`)
			h.end()
		},
		body: func(w *bufio.Writer) error {
			for _, p := range parts {
				h := &fieldWriter{}
				p.header(h)
				w.WriteString("--" + boundary + "\r\n")
				w.Write(h.buf)
				w.WriteString("\r\n")
				if err := p.body(w); err != nil {
					return err
				}
				w.WriteString("\r\n")
			}
			_, err := w.WriteString("--" + boundary + "--\r\n")
			return err
		},
	}
}

// textEntity is text in UTF-8 and quoted-printable.
func textEntity(kind, text string) section {
	return section{
		header: func(h *fieldWriter) {
			h.field("Content-Type", kind+"; charset=utf-8", maxFieldWord)
			h.field("Content-Transfer-Encoding", "quoted-printable", maxFieldWord)
		},
		body: func(w *bufio.Writer) error {
			q := quotedprintable.NewWriter(w)
			// Line ends are made one kind first: the encoder swallows a line feed when a lone CR stands anywhere before it
			// with nothing but encoded bytes between.
			if _, err := strings.NewReplacer("\r\n", "\n", "\r", "\n").WriteString(q, strings.ToValidUTF8(text, "\ufffd")); err != nil {
				return err
			}
			return q.Close()
		},
	}
}

// fileEntity is a file in base64, read when its turn comes.
func fileEntity(f File) section {
	return section{
		header: func(h *fieldWriter) {
			h.begin("Content-Type")
			for _, t := range fileType(f.ContentType) {
				h.token(t)
			}
			h.end()
			h.field("Content-Transfer-Encoding", "base64", maxFieldWord)
			kind := Beside
			if f.Inline {
				kind = Inline
			}
			h.disposition(kind, f.Name)
			h.ids("Content-ID", []string{f.ContentID})
		},
		body: func(w *bufio.Writer) error {
			r, err := f.Open()
			if err != nil {
				return fmt.Errorf("the attachment %s can't be read: %w", strconv.Quote(f.Name), err)
			}
			defer r.Close()
			if err := base64Lines(w, r); err != nil {
				return fmt.Errorf("the attachment %s can't be read: %w", strconv.Quote(f.Name), err)
			}
			return nil
		},
	}
}

// base64Lines writes what r gives as lines of 76 characters.
func base64Lines(w *bufio.Writer, r io.Reader) error {
	in := make([]byte, 57*64)
	line := make([]byte, 78)
	kept, ended := 0, error(nil)
	for ended == nil {
		var n int
		n, ended = r.Read(in[kept:])
		kept += n
		if ended == nil && kept < len(in) {
			continue
		}
		for chunk := in[:kept]; len(chunk) > 0; chunk = chunk[min(57, len(chunk)):] {
			part := chunk[:min(57, len(chunk))]
			size := base64.StdEncoding.EncodedLen(len(part))
			base64.StdEncoding.Encode(line, part)
			if _, err := w.Write(append(line[:size], "\r\n"...)); err != nil {
				return err
			}
		}
		kept = 0
	}
	if ended == io.EOF {
		return nil
	}
	return ended
}
