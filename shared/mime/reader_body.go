package mime

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"
)

// A piece is one text or HTML part.
type piece struct {
	html  bool
	text  string
	group int // the alternative that it is in
}

// A textBuffer takes a text part's raw bytes up to a limit.
type textBuffer struct {
	b    []byte
	max  int
	over bool
}

func (t *textBuffer) reset(limit int) {
	t.b, t.max, t.over = t.b[:0], limit, false
}

func (t *textBuffer) Write(p []byte) (int, error) {
	n := min(len(p), t.max-len(t.b))
	t.b = append(t.b, p[:n]...)
	t.over = t.over || n < len(p)
	return len(p), nil
}

// textLeaf reads a part that is the mail's text or HTML.
func (r *reader) textLeaf(e *entity) ending {
	r.text.reset(r.limits.TextBytes)
	if e.transfer == base64Transfer && !r.base64Follows() {
		e.transfer = identity
		r.problem("encoding-wrong", "a text is not in the transfer encoding that it names")
	}
	r.xfer.reset(e.transfer, &r.text)
	files := e.transfer == identity && e.media != "text/html"
	var end ending
	if files {
		end = r.textWithFiles()
	} else {
		end = r.content(&r.xfer)
	}
	r.xfer.finish(end)
	if r.xfer.bad {
		r.problem("text-encoding-malformed", "a text breaks the rules of its transfer encoding")
	}
	r.addText(e)
	return end
}

// base64Follows looks whether the next line can be base64.
func (r *reader) base64Follows() bool {
	line, _, _, ok := r.in.next()
	if !ok {
		return true
	}
	defer r.in.unread()
	if _, boundary := r.matchBoundary(line); boundary {
		return true
	}
	for _, c := range bytes.TrimSpace(line) {
		if base64Value[c] == notBase64 && c != '=' {
			return false
		}
	}
	return true
}

// textWithFiles reads unencoded text, in which uuencoded files may stand.
func (r *reader) textWithFiles() ending {
	for r.err == nil {
		line, eol, continued, ok := r.in.next()
		if !ok {
			return mailEnd
		}
		if !continued && len(line) > 2 {
			if line[0] == '-' && line[1] == '-' {
				if end, ok := r.matchBoundary(line); ok {
					return end
				}
			}
			if line[0] == 'b' && bytes.HasPrefix(line, []byte("begin ")) && len(r.mail.Attachments) < r.limits.Parts {
				if name := uuBegin(line); name != "" {
					if r.uuFollows(line) {
						r.uuFile(name, place{parent: "mixed"})
						continue
					}
					line, eol, _, _ = r.in.next() // the look ahead may have moved it
				}
			}
		}
		r.xfer.line(line, eol, !r.in.mid)
	}
	return mailEnd
}

// addText makes the bytes read into a piece of the mail's text.
func (r *reader) addText(e *entity) {
	raw := r.text.b
	isHTML := e.media == "text/html"
	label := e.charset()
	if isHTML && findCharset(label).kind <= asciiCharset {
		if meta := metaCharset(raw); meta != "" {
			label = meta
		}
	}
	if findCharset(label).kind == unknownCharset && label != "" {
		r.problem("charset-unknown", "a text's charset is unknown; it was guessed")
	}
	text := cleanText(toUTF8(raw, label))
	if !isHTML && strings.EqualFold(e.content.get("format"), "flowed") {
		text = unflow(text, strings.EqualFold(e.content.get("delsp"), "yes"))
	}
	which := 0
	if isHTML {
		which = 1
	}
	if room := r.limits.TextBytes - r.size[which]; len(text) > room || r.text.over {
		r.truncate("text", "the text is longer than is kept")
		text = cutText(text, room)
	}
	if len(text) == 0 {
		return
	}
	r.size[which] += len(text)
	r.pieces = append(r.pieces, piece{html: isHTML, text: string(text), group: e.group})
}

// cutText cuts text to n bytes at most, between characters.
func cutText(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// cleanText takes NULs out and makes every line end "\n", in place.
func cleanText(b []byte) []byte {
	if bytes.IndexByte(b, 0) >= 0 {
		b = bytes.ReplaceAll(b, []byte{0}, nil)
	}
	i := bytes.IndexByte(b, '\r')
	if i < 0 {
		return b
	}
	out := b[:i]
	for rest := b[i:]; ; { // rest begins with a CR, and out is never longer than what was read
		if rest = rest[1:]; len(rest) == 0 || rest[0] != '\n' {
			out = append(out, '\n')
		}
		i = bytes.IndexByte(rest, '\r')
		if i < 0 {
			return append(out, rest...)
		}
		out = append(out, rest[:i]...)
		rest = rest[i:]
	}
}

// metaCharset finds the charset that an HTML document names itself.
func metaCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 2048)])
	i := bytes.Index(head, []byte("charset="))
	if i < 0 || !bytes.Contains(head[:i], []byte("<meta")) {
		return ""
	}
	v := bytes.TrimLeft(head[i+len("charset="):], `"' `)
	if j := bytes.IndexAny(v, `"'>; /`); j >= 0 {
		return string(v[:j])
	}
	return ""
}

// assemble puts the pieces together: texts to text and HTML to HTML, each in order. A piece that exists in one form only,
// such as a list's footer or what Apple Mail writes behind a picture, is given to the other form too.
func (r *reader) assemble() {
	m := r.mail
	var has [2]bool
	in := map[int][2]bool{}
	for _, p := range r.pieces {
		k := kindOf(p.html)
		has[k] = true
		if p.group > 0 {
			g := in[p.group]
			g[k] = true
			in[p.group] = g
		}
	}
	both := has[0] && has[1]
	var said [2]string
	var text, markup joiner
	for _, p := range r.pieces {
		alone := both && !in[p.group][1-kindOf(p.html)]
		if alone && said[0] == "" {
			said = r.folded()
		}
		switch {
		case p.html:
			markup.add(p.text)
			if alone {
				if t := TextFromHTML(p.text); !strings.Contains(said[0], fold(t)) {
					text.add(t)
				}
			}
		default:
			text.add(p.text)
			if alone && !strings.Contains(said[1], fold(p.text)) {
				markup.add("<p>" + strings.ReplaceAll(html.EscapeString(strings.TrimSpace(p.text)), "\n", "<br>\n") + "</p>")
			}
		}
	}
	m.Text, m.HTML = text.String(), markup.String()
	r.pieces = nil
	r.notePGP()
}

func kindOf(isHTML bool) int {
	if isHTML {
		return 1
	}
	return 0
}

// folded gives all texts, and the text of all HTML, without white space, to see what is said in both.
func (r *reader) folded() (said [2]string) {
	for _, p := range r.pieces {
		t := p.text
		if p.html {
			t = TextFromHTML(t)
		}
		said[kindOf(p.html)] += fold(t)
	}
	return said
}

// fold takes everything but letters and digits out of a text, for comparing.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0xa0 || r < 0x80 && strings.ContainsRune(">*_-|[]()", r) {
			return -1
		}
		return r
	}, s)
}

// A joiner puts texts together, each on a line of its own; a single one is not copied.
type joiner struct {
	only string
	b    strings.Builder
}

func (j *joiner) add(s string) {
	if s == "" {
		return
	}
	if j.only == "" {
		j.only = s
		return
	}
	if j.b.Len() == 0 {
		j.b.WriteString(j.only)
	}
	if !strings.HasSuffix(j.last(), "\n") {
		j.b.WriteByte('\n')
	}
	j.b.WriteString(s)
}

func (j *joiner) last() string { return j.b.String()[max(0, j.b.Len()-1):] }

func (j *joiner) String() string {
	if j.b.Len() > 0 {
		return j.b.String()
	}
	return j.only
}

// notePGP marks texts in PGP's own armour.
func (r *reader) notePGP() {
	text := r.mail.Text
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		r.mail.Encrypted = "pgp"
	}
	if strings.Contains(text, "-----BEGIN PGP SIGNED MESSAGE-----") {
		r.mail.Signed = "pgp"
	}
}
