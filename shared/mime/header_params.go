package mime

import (
	"strconv"
	"strings"
)

// maxParams bounds the parameters read from one header.
const maxParams = 200

// params are a Content-Type's or Content-Disposition's value and its parameters.
type params struct {
	value string // lower case, without comments
	list  []param
}

type param struct {
	name    string // lower case, without RFC 2231's marks
	value   string
	index   int  // the place of a continuation, from 0
	encoded bool // percent-encoded (RFC 2231)
	quoted  bool
}

// get gives a parameter's value: joined from its continuations, decoded; "" when it is not there.
func (p params) get(name string) string {
	plain, extended := "", false
	for i := range p.list {
		if q := &p.list[i]; q.name == name {
			if q.encoded || q.index > 0 {
				extended = true
			} else if plain == "" {
				plain = q.value
			}
		}
	}
	if extended {
		if v := p.joined(name); v != "" {
			return v
		}
	}
	return plain
}

// joined puts a parameter's continuations together (RFC 2231). The charset stands in the first; a character may be split between two.
func (p params) joined(name string) string {
	var bytes []byte
	charset, next, raw := "", 0, true
	for range p.list {
		q := p.piece(name, next)
		if q == nil {
			break
		}
		v := q.value
		if q.encoded {
			raw = false
			if next == 0 {
				charset, v = splitExtended(v)
			}
			bytes = appendPercentDecoded(bytes, v)
		} else {
			bytes = append(bytes, v...)
		}
		next++
	}
	if raw {
		return string(bytes)
	}
	return oneLine(decodeRaw(bytes, charset))
}

// piece finds a continuation by its place. The encoded form goes before a plain one of the same place.
func (p params) piece(name string, index int) *param {
	var found *param
	for i := range p.list {
		if q := &p.list[i]; q.name == name && q.index == index && (found == nil || q.encoded && !found.encoded) {
			found = q
		}
	}
	return found
}

// splitExtended takes charset'language'value apart; a value without the quotes is all value.
func splitExtended(v string) (charset, rest string) {
	if i := strings.IndexByte(v, '\''); i >= 0 {
		if j := strings.IndexByte(v[i+1:], '\''); j >= 0 {
			return v[:i], v[i+j+2:]
		}
	}
	return "", v
}

func appendPercentDecoded(b []byte, v string) []byte {
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) && isHex(v[i+1]) && isHex(v[i+2]) {
			b = append(b, unhex(v[i+1])<<4|unhex(v[i+2]))
			i += 2
		} else {
			b = append(b, v[i])
		}
	}
	return b
}

// parseParams reads `value; name=value; name="value"`, whatever is wrong with it.
func parseParams(s string) params {
	i := strings.IndexByte(s, ';')
	if i < 0 {
		i = len(s)
	}
	head := dropComment(s[:i])
	if j := strings.IndexAny(head, " \t,"); j >= 0 && strings.Contains(head[:j], "/") && strings.Contains(head[j:], "=") {
		head, i = head[:j], strings.IndexAny(s, " \t,") // a forgotten semicolon
	}
	p := params{value: strings.ToLower(trimSpace(head))}
	if j := strings.IndexAny(p.value, " \t,"); j >= 0 {
		p.value = p.value[:j]
	}
	if strings.Contains(p.value, "=") && !strings.Contains(p.value, "/") { // no value at all
		p.value, i = "", -1
	}
	for i < len(s) && len(p.list) < maxParams {
		var q param
		if q, i = nextParam(s, i+1); q.name != "" {
			p.list = append(p.list, q)
		}
	}
	return p
}

// nextParam reads one parameter from i; the second result is where its semicolon stands, or the end.
func nextParam(s string, i int) (param, int) {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	start := i
	for i < len(s) && s[i] != '=' && s[i] != ';' {
		i++
	}
	name := strings.ToLower(trimSpace(s[start:i]))
	if i >= len(s) || s[i] == ';' {
		return param{}, i
	}
	i++
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	q := paramName(name)
	if i < len(s) && s[i] == '"' {
		q.quoted = true
		q.value, i = quotedValue(s, i+1)
		return q, i
	}
	start = i
	for i < len(s) && s[i] != ';' {
		i++
	}
	q.value = trimSpace(s[start:i])
	if q.name == "charset" || q.name == "boundary" || q.name == "format" || q.name == "delsp" {
		q.value = trimSpace(dropComment(q.value))
	}
	q.value = strings.Trim(q.value, `"`)
	return q, i
}

// quotedValue reads a quoted string from i, behind its opening quote. A closing quote counts when a semicolon or the end
// follows it, so that quotes inside names survive; a missing one is made up at the end.
func quotedValue(s string, i int) (string, int) {
	var b strings.Builder
	start := i
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			b.WriteString(s[start:i])
			i++
			start = i
		case c == '"' && closesQuote(s[i+1:]):
			b.WriteString(s[start:i])
			if looksLikeParam(strings.TrimLeft(s[i+1:], " \t")) {
				return b.String(), i // a forgotten semicolon
			}
			return b.String(), nextSemicolon(s, i)
		}
	}
	b.WriteString(s[start:])
	v := b.String()
	if j := strings.IndexByte(v, ';'); j >= 0 && looksLikeParam(strings.TrimLeft(v[j+1:], " \t")) {
		return trimSpace(v[:j]), nextSemicolon(s, start)
	}
	return trimSpace(v), len(s)
}

// closesQuote says whether a quote followed by rest ends the string.
func closesQuote(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	return rest == "" || rest[0] == ';' || rest[0] == '(' || strings.IndexByte(rest, '"') < 0 || looksLikeParam(rest)
}

func nextSemicolon(s string, i int) int {
	if j := strings.IndexByte(s[i:], ';'); j >= 0 {
		return i + j
	}
	return len(s)
}

// looksLikeParam says whether text begins like `name=`.
func looksLikeParam(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '=' {
			return i > 1
		}
		if c != '-' && c != '*' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return false
}

// paramName takes RFC 2231's marks off a name: name*0*, name*1, name*.
func paramName(name string) param {
	q := param{name: name}
	star := strings.IndexByte(name, '*')
	if star <= 0 {
		return q
	}
	marks := name[star+1:]
	if strings.HasSuffix(name, "*") {
		q.encoded = true
		marks = strings.TrimSuffix(marks, "*")
	}
	if marks != "" {
		n, err := strconv.Atoi(marks)
		if err != nil || n < 0 {
			return param{name: name}
		}
		q.index = n
	}
	q.name = name[:star]
	return q
}

// dropComment takes (comments) out of a value.
func dropComment(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
