package mime

import "strings"

// Forwarded is a mail that somebody passed on: who wrote it, as far as the forwarding mail says. Nothing of it is proved.
type Forwarded struct {
	From    Address   // Addr is "" where the forwarding client wrote only a name
	To      []Address // empty when unknown
	Cc      []Address
	Subject string
	Date    string // as written, in any language; "" when unknown
	Text    string // the forwarded body
	Note    string // what the forwarder wrote above it
}

// FindForwarded looks for a forwarded mail inside m: an attached one, then the header fields of relays, then the header
// block that clients copy into the text, or into the HTML where there is no text. Nil when m is no forward.
func FindForwarded(m *Mail) *Forwarded {
	if m.Bounce != nil {
		return nil
	}
	if f := attachedForward(m); f != nil {
		return f
	}
	if f := relayedForward(m); f != nil {
		return f
	}
	return ForwardedInText(m.Plain(), m.Subject)
}

// ForwardedInText looks for a forwarded mail in a body. The subject is the forwarding mail's; "" when unknown. Nil when
// the body is an answer, or holds no other mail.
func ForwardedInText(text, subject string) *Forwarded {
	lines := splitLines(text)
	prefix := prefixOf(subject)
	for i := range lines {
		if lines[i].blank() {
			continue
		}
		q, ok := readQuoteStart(lines, i)
		if !ok && lines[i].depth == 0 {
			continue
		}
		if !ok {
			if prefix != subjectForward {
				return nil // an answer: an ordinary quotation comes first
			}
			continue
		}
		if !isForward(lines, q, prefix) {
			return nil
		}
		return forwardedAt(lines, q, subject)
	}
	return nil
}

// isForward decides whether the copied mail that comes first in a body was forwarded or answered.
func isForward(lines []textLine, q quoteStart, prefix subjectKind) bool {
	quoted := lines[q.start].depth > 0
	switch {
	case q.kind == quoteForward:
		return !quoted || prefix != subjectReply
	case q.kind == quoteAttribution, prefix == subjectReply:
		return prefix == subjectForward
	case prefix == subjectForward:
		return true
	case prefix == subjectEither:
		return !q.block.finnish || noneAbove(lines, q.start)
	}
	// No prefix that is known: a mail that consists of the copy, or that quotes it header block and all, passes it on.
	return noneAbove(lines, q.start) || quoted && q.kind == quoteOriginal
}

// forwardedAt takes the forwarded mail apart.
func forwardedAt(lines []textLine, q quoteStart, subject string) *Forwarded {
	f := &Forwarded{Note: noteAbove(lines, q.start), Text: bodyBelow(lines, q)}
	if !q.hasBlock {
		f.Date, f.From = writtenBy(q.attribution.text)
		f.Subject = withoutPrefix(subject)
		return f.orNil()
	}
	v := &q.block.values
	if from := writtenPeople(v[fieldFrom]); len(from) > 0 {
		f.From = from[0]
	}
	f.To, f.Cc = writtenPeople(v[fieldTo]), writtenPeople(v[fieldCc])
	f.Subject, f.Date = foldBlanks(v[fieldSubject]), foldBlanks(v[fieldDate])
	if !q.block.seen[fieldSubject] {
		f.Subject = withoutPrefix(subject)
	}
	return f.orNil()
}

// orNil drops a forward that names nobody.
func (f *Forwarded) orNil() *Forwarded {
	if f.From == (Address{}) {
		return nil
	}
	return f
}

// noneAbove says whether nothing was written above a line.
func noneAbove(lines []textLine, i int) bool { return nextShown(lines, 0, i) < 0 }

// noteAbove is what was written above a line.
func noteAbove(lines []textLine, i int) string {
	raw := make([]string, 0, i)
	for _, l := range lines[:i] {
		raw = append(raw, l.raw)
	}
	return trimBlank(strings.Join(raw, "\n"))
}

// bodyBelow is the forwarded body: the lines below its header block without the quote marks and the indent that the
// forwarding client put before all of them.
func bodyBelow(lines []textLine, q quoteStart) string {
	body := lines[q.end:]
	depth := -1
	for _, l := range body {
		if !l.blank() && (depth < 0 || l.depth < depth) {
			depth = l.depth
		}
	}
	indent := commonIndent(body, depth)
	out := make([]string, 0, len(body))
	for _, l := range body {
		text := l.raw
		for range depth {
			text = strings.TrimPrefix(strings.TrimLeft(text, " \t"), ">")
		}
		if depth > 0 {
			text = strings.TrimPrefix(text, " ")
		}
		out = append(out, strings.TrimPrefix(text, indent))
	}
	return trimBlank(strings.Join(out, "\n"))
}

// commonIndent is the white space with which every line of an unquoted body begins.
func commonIndent(body []textLine, depth int) string {
	indent, first := "", true
	for _, l := range body {
		if depth != 0 || l.blank() {
			continue
		}
		own := l.raw[:len(l.raw)-len(strings.TrimLeft(l.raw, " \t"))]
		if first {
			indent, first = own, false
		}
		for !strings.HasPrefix(own, indent) {
			indent = indent[:len(indent)-1]
		}
	}
	return indent
}

// withoutPrefix takes the first prefix ("Fwd:") off a subject.
func withoutPrefix(subject string) string {
	if prefixOf(subject) == subjectPlain {
		return trimBlank(subject)
	}
	at := strings.IndexAny(subject, ":：")
	return trimBlank(strings.TrimLeft(subject[at:], ":："))
}
