package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
)

// simple is a mail that SES builds from its parts.
type simple struct {
	Subject text
	Body    struct {
		Text, Html *text
	}
	Headers     []tag
	Attachments []attachment
}

type text struct{ Data, Charset string }

type attachment struct {
	RawContent                                                    []byte
	FileName, ContentType, ContentDescription, ContentDisposition string
	ContentId, ContentTransferEncoding                            string
}

const maxSimpleHeaders = 15

// build writes the mail as SES does: alternative bodies, attachments around them.
func (s *simple) build(in request) ([]byte, error) {
	if s.Body.Text == nil && s.Body.Html == nil {
		return nil, bad("Body must have Text or Html.")
	}
	head, err := s.head(in)
	if err != nil {
		return nil, err
	}
	kind, body, err := s.body()
	if err != nil {
		return nil, err
	}
	b := bytes.NewBufferString(head)
	for name, values := range kind {
		fmt.Fprintf(b, "%s: %s\r\n", name, values[0])
	}
	b.WriteString("\r\n")
	b.Write(body)
	if b.Len() > in.limit {
		return nil, tooBig(in.limit)
	}
	return b.Bytes(), nil
}

func (s *simple) head(in request) (string, error) {
	if len(s.Headers) > maxSimpleHeaders {
		return "", bad("A message has at most %d custom headers.", maxSimpleHeaders)
	}
	var b strings.Builder
	list := func(name string, addresses []string) {
		if len(addresses) > 0 {
			b.WriteString(name + ": " + strings.Join(addresses, ",\r\n ") + "\r\n")
		}
	}
	list("From", []string{in.FromEmailAddress})
	list("To", in.Destination.ToAddresses)
	list("Cc", in.Destination.CcAddresses)
	list("Reply-To", in.ReplyToAddresses)
	b.WriteString("Subject: " + strings.ReplaceAll(mime.QEncoding.Encode("UTF-8", s.Subject.Data), "?= =?", "?=\r\n =?") + "\r\n")
	for _, h := range s.Headers {
		switch lower := strings.ToLower(h.Name); {
		case strings.HasPrefix(lower, "content-"), lower == "from", lower == "to", lower == "cc", lower == "bcc", lower == "date",
			lower == "message-id", lower == "reply-to", lower == "sender", lower == "subject", lower == "return-path", lower == "mime-version":
			return "", bad("Header name '%s' is not allowed.", h.Name)
		}
		if strings.ContainsAny(h.Value, "\r\n") {
			return "", bad("Header '%s' has a line break in its value.", h.Name)
		}
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	return b.String(), nil
}

// part is a body and what its own head says.
type part struct {
	head textproto.MIMEHeader
	body []byte
}

func (s *simple) body() (textproto.MIMEHeader, []byte, error) {
	var bodies []part
	for kind, t := range map[string]*text{"text/html": s.Body.Html, "text/plain": s.Body.Text} {
		if t == nil {
			continue
		}
		var b bytes.Buffer
		q := quotedprintable.NewWriter(&b)
		if _, err := q.Write([]byte(t.Data)); err != nil {
			return nil, nil, err
		}
		if err := q.Close(); err != nil {
			return nil, nil, err
		}
		p := part{textproto.MIMEHeader{"Content-Type": {kind + "; charset=UTF-8"}, "Content-Transfer-Encoding": {"quoted-printable"}}, b.Bytes()}
		if bodies = append(bodies, p); kind == "text/plain" && len(bodies) == 2 {
			bodies[0], bodies[1] = bodies[1], bodies[0]
		}
	}
	whole := bodies[0]
	if len(bodies) == 2 {
		whole = join("alternative", bodies)
	}
	if len(s.Attachments) > 0 {
		parts := []part{whole}
		for _, a := range s.Attachments {
			parts = append(parts, a.part())
		}
		whole = join("mixed", parts)
	}
	return whole.head, whole.body, nil
}

func (a attachment) part() part {
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	disposition := "attachment"
	if strings.EqualFold(a.ContentDisposition, "INLINE") {
		disposition = "inline"
	}
	h := textproto.MIMEHeader{
		"Content-Type": {a.ContentType}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType(disposition, map[string]string{"filename": a.FileName})},
	}
	if a.ContentId != "" {
		h.Set("Content-Id", "<"+a.ContentId+">")
	}
	encoded := base64.StdEncoding.EncodeToString(a.RawContent)
	var b bytes.Buffer
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	b.WriteString(encoded)
	return part{h, b.Bytes()}
}

// join makes one multipart of several parts. Writing to memory can't fail.
func join(kind string, parts []part) part {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		if to, err := w.CreatePart(p.head); err == nil {
			_, _ = to.Write(p.body)
		}
	}
	_ = w.Close()
	return part{textproto.MIMEHeader{"Content-Type": {"multipart/" + kind + ";\r\n boundary=" + w.Boundary()}}, b.Bytes()}
}
