package mail

import (
	"bytes"
	"strings"
)

// maxLine is the longest line of a mail, in bytes without its end (RFC 5322).
const maxLine = 998

// message is a mail taken apart: its fields as written, folds included, and its body; all lines end in CRLF.
type message struct {
	lines []string
	body  []byte
}

// splitMail checks a raw mail as SES does: fields well-formed, ASCII and not doubled, no line too long.
func splitMail(raw []byte) (message, error) {
	var m message
	rest := crlf(raw)
	for {
		line, after, found := bytes.Cut(rest, []byte("\r\n"))
		if rest = after; len(line) == 0 || !found {
			if len(line) > 0 {
				if err := m.add(string(line)); err != nil {
					return m, err
				}
			}
			break
		}
		if err := m.add(string(line)); err != nil {
			return m, err
		}
	}
	m.body = rest
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		if len(line) > maxLine {
			return m, bad("A line of the message is %d bytes long; the maximum is %d.", len(line), maxLine)
		}
	}
	if len(m.lines) == 0 {
		return m, bad("The message has no headers.")
	}
	return m, m.once()
}

// crlf ends every line in CRLF.
func crlf(raw []byte) []byte {
	if !bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) {
		return raw
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

func (m *message) add(line string) error {
	if len(line) > maxLine {
		return bad("A header line is %d bytes long; the maximum is %d.", len(line), maxLine)
	}
	for i := range len(line) {
		if line[i] > '~' || line[i] < ' ' && line[i] != '\t' {
			return bad("A header has a character that is not printable ASCII: %q.", line)
		}
	}
	if n := len(m.lines); n > 0 && (line[0] == ' ' || line[0] == '\t') {
		m.lines[n-1] += "\r\n" + line
		return nil
	}
	name, _, found := strings.Cut(line, ":")
	if !found || name == "" || strings.ContainsAny(name, " \t") {
		return bad("Malformed header: %q.", line)
	}
	m.lines = append(m.lines, line)
	return nil
}

// once refuses a second field of the kinds that a mail has once.
func (m *message) once() error {
	seen := map[string]bool{}
	for _, line := range m.lines {
		switch name := nameOf(line); name {
		case "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "return-path",
			"mime-version", "content-type", "content-transfer-encoding":
			if seen[name] {
				return bad("Duplicate header '%s'.", line[:len(name)])
			}
			seen[name] = true
		}
	}
	return nil
}

func nameOf(line string) string {
	name, _, _ := strings.Cut(line, ":")
	return strings.ToLower(name)
}

func (m *message) fields() fields {
	return parseFields([]byte(strings.Join(m.lines, "\r\n") + "\r\n"))
}

// wire is the mail as recipients get it, without the fields that SES keeps to itself or writes anew. Message-ID and Date are put in by stamped.
func (m *message) wire(in request) []byte {
	var b bytes.Buffer
	has := map[string]bool{}
	for _, line := range m.lines {
		name := nameOf(line)
		if has[name] = true; name == "bcc" || name == "return-path" || name == "message-id" || name == "date" || ownField(name) {
			continue
		}
		b.WriteString(line + "\r\n")
	}
	if !has["from"] {
		b.WriteString("From: " + in.FromEmailAddress + "\r\n")
	}
	if !has["reply-to"] && len(in.ReplyToAddresses) > 0 {
		b.WriteString("Reply-To: " + strings.Join(in.ReplyToAddresses, ",\r\n ") + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(m.body)
	return b.Bytes()
}

// ownField says whether a field speaks to SES rather than to a recipient.
func ownField(name string) bool {
	switch name {
	case "x-ses-configuration-set", "x-ses-message-tags", "x-ses-list-management-options", "x-ses-tenant",
		"x-ses-source-arn", "x-ses-from-arn", "x-ses-return-path-arn":
		return true
	}
	return false
}
