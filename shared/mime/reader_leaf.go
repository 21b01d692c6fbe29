package mime

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
)

// A report is a part that a machine wrote about another mail, kept to find bounces.
type report struct {
	media string
	body  []byte
}

// maxReport is how much of a report is kept, in bytes.
const maxReport = 256 << 10

// leaf reads a part that has no parts.
func (r *reader) leaf(e *entity, at place) ending {
	r.noteSecurity(e)
	if e.isBody(at) {
		return r.textLeaf(e)
	}
	a := r.newAttachment(e, at)
	r.xfer.reset(e.transfer, a)
	end := r.content(&r.xfer)
	r.xfer.finish(end)
	a.finish(&r.xfer)
	return end
}

// content reads lines up to the next boundary into a decoder.
func (r *reader) content(t *transfer) ending {
	for t.err == nil {
		line, eol, continued, ok := r.in.next()
		if !ok {
			return mailEnd
		}
		if !continued && len(line) > 2 && line[0] == '-' && line[1] == '-' {
			if end, ok := r.matchBoundary(line); ok {
				return end
			}
		}
		t.line(line, eol, !r.in.mid)
	}
	return mailEnd
}

// noteSecurity marks signed and encrypted mail.
func (r *reader) noteSecurity(e *entity) {
	switch strings.TrimPrefix(strings.TrimPrefix(e.media, "application/"), "x-") {
	case "pkcs7-signature":
		r.mail.Signed = "smime"
	case "pkcs7-mime":
		switch strings.ToLower(e.content.get("smime-type")) {
		case "signed-data":
			r.mail.Signed = "smime"
		case "certs-only", "compressed-data":
		default:
			r.mail.Encrypted = "smime"
		}
	case "pgp-signature":
		r.mail.Signed = "pgp"
	case "pgp-encrypted":
		r.mail.Encrypted = "pgp"
	}
}

// An attachmentWriter passes one attachment's bytes on to the sink, hashes and counts them, and keeps what is read later.
type attachmentWriter struct {
	r      *reader
	e      *entity
	a      Attachment
	out    io.WriteCloser
	opened bool
	hash   hash.Hash
	keep   []byte // the first bytes of an attached mail or a report
	max    int
}

func (r *reader) newAttachment(e *entity, at place) *attachmentWriter {
	w := &attachmentWriter{r: r, e: e, hash: sha256.New(), a: Attachment{
		Index: len(r.mail.Attachments), Name: e.name, ContentType: e.media, Charset: e.charset(),
		Disposition: e.dispositionOf(at), ContentID: e.contentID(),
	}}
	switch {
	case isReport(e.media):
		w.max = maxReport
	case isMessage(e.media) && !r.inner:
		w.max = r.limits.EmbeddedBytes - r.embedded
	}
	return w
}

func isMessage(media string) bool {
	return media == "message/rfc822" || media == "message/global" || media == "text/rfc822"
}

// isReport says that a part tells of another mail's delivery, or is that mail's headers.
func isReport(media string) bool {
	switch media {
	case "message/delivery-status", "message/global-delivery-status", "message/feedback-report", "message/disposition-notification",
		"text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers", "message/global-headers", "message/x-delivery-status":
		return true
	}
	return false
}

// Write takes decoded bytes.
func (w *attachmentWriter) Write(b []byte) (int, error) {
	if room := w.max - len(w.keep); room > 0 {
		w.keep = append(w.keep, b[:min(len(b), room)]...)
	}
	if !w.opened {
		if err := w.open(b); err != nil {
			return 0, err
		}
	}
	w.hash.Write(b)
	w.a.Size += int64(len(b))
	if w.out == nil {
		return len(b), nil
	}
	return w.out.Write(b)
}

// open tells the sink of the attachment. An attached mail without a name takes its subject's, so its first bytes are needed.
func (w *attachmentWriter) open(firstBytes []byte) error {
	w.opened = true
	if w.a.Name == "" && isMessage(w.e.media) {
		w.a.Name = messageName(firstBytes)
	}
	out, err := w.r.sink.Attach(w.a)
	w.out = out
	return err
}

// finish closes the attachment and notes it.
func (w *attachmentWriter) finish(t *transfer) {
	r := w.r
	err := t.err
	if !w.opened && err == nil {
		err = w.open(nil)
	}
	if w.out != nil {
		if closing := w.out.Close(); err == nil {
			err = closing
		}
	}
	if err != nil && r.err == nil {
		r.err = err
	}
	if t.bad {
		r.problem("encoding-malformed", "an attachment breaks the rules of its transfer encoding; its bytes may be damaged")
	}
	var sum [sha256.Size]byte
	w.a.SHA256 = hex.EncodeToString(w.hash.Sum(sum[:0]))
	r.mail.Attachments = append(r.mail.Attachments, w.a)
	switch {
	case isReport(w.e.media):
		r.mail.reports = append(r.mail.reports, report{w.e.media, w.keep})
	case len(w.keep) > 0:
		r.readEmbedded(w.a.Index, w.keep)
	}
}

// readEmbedded reads an attached mail from its first bytes.
func (r *reader) readEmbedded(index int, mail []byte) {
	r.embedded += len(mail)
	in := newReader(newLineSourceBytes(mail), nil, r.limits)
	in.inner = true
	in.read()
	r.mail.Embedded = append(r.mail.Embedded, Embedded{Attachment: index, Mail: *in.mail})
}

// messageName names an attached mail by its subject.
func messageName(firstBytes []byte) string {
	in := newReader(newLineSourceBytes(firstBytes), nil, Limits{}.withDefaults())
	subject := strings.NewReplacer("/", "-", `\`, "-", ":", "").Replace(trimSpace(in.readHeaders().Text("Subject")))
	subject = cleanFileName(subject)
	if runes := []rune(subject); len(runes) > 80 {
		subject = strings.TrimSpace(string(runes[:80]))
	}
	if subject == "" {
		subject = "message"
	}
	return subject + ".eml"
}

// uuFile reads a uuencoded file that stands inside the text, from behind its begin line.
func (r *reader) uuFile(name string, at place) {
	if r.uu == nil {
		r.uu = &transfer{}
	}
	e := &entity{media: "application/octet-stream", name: cleanFileName(name)}
	a := r.newAttachment(e, at)
	r.uu.reset(uuTransfer, a)
	r.uu.began = true
	for r.uu.err == nil && !r.uu.ended {
		line, eol, continued, ok := r.in.next()
		if !ok {
			break
		}
		if _, boundary := r.matchBoundary(line); boundary && !continued {
			r.in.unread()
			break
		}
		r.uu.line(line, eol, true)
	}
	r.uu.finish(mailEnd)
	a.finish(r.uu)
}

// uuFollows says whether the line behind a begin line is uuencode. Otherwise the begin line is put back.
func (r *reader) uuFollows(begin []byte) bool {
	held := append([]byte(nil), begin...)
	next, _, _, ok := r.in.next()
	if ok {
		var room [64]byte
		_, fits := uuDecode(room[:0], next)
		fits = fits && len(next) > 1 && !bytes.ContainsAny(next[1:], "abcdefghijklmnopqrstuvwxyz")
		r.in.unread()
		if fits {
			return true
		}
	}
	r.in.pushBack(held)
	return false
}
