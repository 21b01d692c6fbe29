package mime

import (
	"strings"
	"unicode/utf8"
)

// maxAddresses bounds the addresses read from the fields of one name.
const maxAddresses = 5000

// maxAddress is how far the end of a comment or of an angle bracket is looked for, in bytes.
const maxAddress = 2000

// An Address is one mailbox. Name is decoded; Addr is as written, without brackets, and "" where the field has only a name.
type Address struct {
	Name string
	Addr string
}

// ParseAddresses reads the addresses of a From, To or like field: groups are opened, comments become names, encoded
// words are decoded, and what has lost a bracket, comma or quote is read as it was most likely meant.
func ParseAddresses(field string) []Address {
	list := scanAddresses(field)
	if strings.Contains(field, "=?") && !anyAddr(list) { // the address itself was encoded
		if decoded := DecodeWords(field); decoded != field {
			if again := scanAddresses(decoded); anyAddr(again) {
				return again
			}
		}
	}
	return list
}

func anyAddr(list []Address) bool {
	for _, a := range list {
		if a.Addr != "" {
			return true
		}
	}
	return false
}

// An addressScanner reads one field from left to right.
type addressScanner struct {
	s       string
	i       int
	list    []Address
	text    strings.Builder // the phrase or bare address so far
	quoted  bool            // text holds a quoted string
	comment string          // the last comment
	literal int             // up to here an opening parenthesis is text: its end was looked for in vain
	name    string          // what stood before the angle bracket
	addr    string          // found in angle brackets
	angle   bool
}

func scanAddresses(field string) []Address {
	a := &addressScanner{s: field}
	for a.i < len(a.s) && len(a.list) < maxAddresses {
		switch c := a.s[a.i]; c {
		case '"':
			a.quotedText()
		case '(':
			a.readComment()
		case '<':
			a.readAngle()
		case ',', ';':
			a.i++
			a.separator(c)
		case ':':
			a.i++
			a.colon()
		default:
			a.plain()
		}
	}
	a.flush()
	return a.list
}

// plain takes text up to the next character that means something.
func (a *addressScanner) plain() {
	if strings.HasPrefix(a.s[a.i:], "=?") { // an encoded word may hold any of them
		if _, n := parseWord(a.s[a.i:]); n > 0 && (!strings.Contains(a.s[a.i:a.i+n], "<") || !strings.Contains(a.s[a.i:a.i+n], " ")) {
			a.text.WriteString(a.s[a.i : a.i+n])
			a.i += n
			return
		}
	}
	n := strings.IndexAny(a.s[a.i+1:], "\"(<,;:=")
	if n < 0 {
		n = len(a.s) - a.i - 1
	}
	a.text.WriteString(a.s[a.i : a.i+1+n])
	a.i += 1 + n
}

// quotedText takes a quoted string; one without an end is taken as far as the next bracket.
func (a *addressScanner) quotedText() {
	var b strings.Builder
	for i := a.i + 1; i < len(a.s); i++ {
		switch c := a.s[i]; {
		case c == '\\' && i+1 < len(a.s):
			i++
			b.WriteByte(a.s[i])
		case c == '"':
			a.i = i + 1
			a.quoted = true
			a.text.WriteString(b.String())
			return
		default:
			b.WriteByte(c)
		}
	}
	a.i++ // no end: the quote means nothing
}

// readComment takes a comment, with the comments inside it.
func (a *addressScanner) readComment() {
	depth, end := 0, min(len(a.s), a.i+maxAddress)
	if a.i < a.literal {
		end = a.i
	}
	for i := a.i; i < end; i++ {
		switch a.s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				a.comment = a.s[a.i+1 : i]
				a.i = i + 1
				return
			}
		}
	}
	a.literal = max(a.literal, end)
	a.text.WriteByte('(')
	a.i++
}

// readAngle takes an address in angle brackets; a missing bracket is made up at the next comma or the end.
func (a *addressScanner) readAngle() {
	rest := a.s[a.i+1 : min(len(a.s), a.i+1+maxAddress)]
	end := strings.IndexByte(rest, '>')
	next := strings.IndexByte(rest, '<')
	switch {
	case next >= 0 && (end < 0 || next < end) && !strings.ContainsRune(rest[:next], '@'): // <<a@b>> or <name <a@b>
		a.text.WriteString(rest[:next])
		a.i += 1 + next
		return
	case end < 0:
		if end = strings.IndexAny(rest, ",;"); end < 0 {
			end = len(rest)
		}
		a.i += 1 + end
	default:
		a.i += 1 + end + 1
	}
	addr := cleanAddr(rest[:end])
	if a.angle && addr == "" {
		return
	}
	text := a.text.String()
	if a.angle { // a comma is missing between two addresses
		a.text.Reset()
		a.flush()
	}
	a.name, a.addr, a.angle = text, addr, true
	a.text.Reset()
}

// separator ends an address at a comma or semicolon, unless the text before it is the first half of a name such as `Doe, John <…>`.
func (a *addressScanner) separator(c byte) {
	if c == ',' && !a.angle && !strings.ContainsRune(a.text.String(), '@') && a.nameGoesOn() {
		a.text.WriteString(", ")
		for a.i < len(a.s) && a.s[a.i] == ' ' {
			a.i++
		}
		return
	}
	a.flush()
}

// nameGoesOn says whether an angle bracket follows before the next comma and before any other address.
func (a *addressScanner) nameGoesOn() bool {
	if trimSpace(a.text.String()) == "" {
		return false
	}
	rest := a.s[a.i:min(len(a.s), a.i+200)]
	i := strings.IndexAny(rest, "<,;@:")
	return i > 0 && rest[i] == '<' && trimSpace(rest[:i]) != ""
}

// colon ends a group's name, which is dropped; in anything else it is text.
func (a *addressScanner) colon() {
	text := a.text.String()
	if a.angle || strings.ContainsRune(text, '@') || strings.EqualFold(trimSpace(text), "mailto") {
		if !strings.EqualFold(trimSpace(text), "mailto") {
			a.text.WriteByte(':')
			return
		}
	}
	a.text.Reset()
	a.quoted, a.comment = false, ""
}

// flush ends the address at hand.
func (a *addressScanner) flush() {
	text := trimSpace(a.text.String())
	comment := trimSpace(DecodeWords(a.comment))
	name, addr, angle, quoted := a.name, a.addr, a.angle, a.quoted
	a.text.Reset()
	a.name, a.addr, a.comment, a.angle, a.quoted = "", "", "", false, false
	switch {
	case angle:
		if name = cleanName(name, ""); name == "" {
			name = cleanName(text, comment) // behind the address, or in a comment
		}
		a.emit(name, addr)
	case text == "":
	case strings.ContainsRune(text, '@') && (!quoted || !strings.ContainsAny(text, " ")):
		a.bare(text, comment)
	default:
		a.emit(cleanName(text, comment), "")
	}
}

// bare takes an address without brackets: alone, behind a name, or several that have lost their commas.
func (a *addressScanner) bare(text, comment string) {
	words := strings.Fields(text)
	first := -1
	found := 0
	for i, w := range words {
		if strings.ContainsRune(w, '@') && w != "@" {
			found++
			if first < 0 {
				first = i
			}
		}
	}
	switch {
	case found == 0: // "john @ example.com"
		a.emit(comment, cleanAddr(strings.Join(words, "")))
	case found == 1:
		name := strings.Join(append(append([]string{}, words[:first]...), words[first+1:]...), " ")
		a.emit(cleanName(name, comment), cleanAddr(words[first]))
	default:
		for _, w := range words {
			if strings.ContainsRune(w, '@') {
				a.emit("", cleanAddr(w))
			}
		}
	}
}

func (a *addressScanner) emit(name, addr string) {
	if name == "" && addr == "" || len(a.list) >= maxAddresses {
		return
	}
	a.list = append(a.list, Address{Name: name, Addr: addr})
}

// cleanName decodes a display name and folds its white space.
func cleanName(name, comment string) string {
	if name == "" {
		name = comment
	}
	name = DecodeWords(strings.Trim(name, " \t"))
	if n := len(name); n > 1 && (name[0] == '\'' && name[n-1] == '\'' || name[0] == '"' && name[n-1] == '"') {
		name = name[1 : n-1]
	}
	return strings.Join(strings.Fields(name), " ")
}

// cleanAddr takes white space, routes, mailto and stray punctuation off an address.
func cleanAddr(s string) string {
	s = strings.Trim(s, " \t<>,;\"'")
	s = strings.TrimSuffix(s, ".")
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") { // a source route: <@one,@two:user@host>
		if i := strings.IndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if strings.Contains(s, "=?") {
		s = DecodeWords(s)
	}
	if strings.ContainsRune(s, '(') {
		s = dropComment(s)
	}
	if strings.ContainsAny(s, " \t") {
		s = strings.Join(strings.Fields(s), "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "")
	}
	return s
}
