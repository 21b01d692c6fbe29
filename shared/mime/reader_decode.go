package mime

import (
	"bytes"
	"encoding/base64"
	"io"
)

// decodeBuffer is how many decoded bytes are gathered before they are handed on.
const decodeBuffer = 16 << 10

const notBase64 = 0xff

// base64Value gives a byte's six bits, or notBase64.
var base64Value = base64Table()

func base64Table() (table [256]byte) {
	for i := range table {
		table[i] = notBase64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		table[c] = byte(i)
	}
	return table
}

// A transfer undoes one content transfer encoding, line by line, into out.
type transfer struct {
	kind    transferKind
	out     io.Writer
	buf     []byte // decoded, not yet handed on; reused from part to part
	eol     []byte // the last line's end: it belongs to the content only if another line follows
	eolBuf  [2]byte
	carry   []byte // base64: characters short of a group of four; quoted-printable: an escape cut in two
	carried [4]byte
	padded  bool // base64 has ended
	began   bool // uuencode
	ended   bool
	bad     bool // something was not in the encoding's rules
	err     error
}

type transferKind int

const (
	identity transferKind = iota
	base64Transfer
	quotedPrintable
	uuTransfer
)

func (t *transfer) reset(kind transferKind, out io.Writer) {
	*t = transfer{kind: kind, out: out, buf: t.buf[:0]}
	if t.buf == nil {
		t.buf = make([]byte, 0, decodeBuffer)
	}
	t.carry = t.carried[:0]
}

// line takes one line, or a piece of a long one (not whole). Its end is held back until the next, since the last one
// belongs to the boundary.
func (t *transfer) line(line, eol []byte, whole bool) {
	switch t.kind {
	case base64Transfer:
		for len(line) > decodeBuffer/2 {
			t.base64Line(line[:decodeBuffer/2])
			line = line[decodeBuffer/2:]
		}
		t.base64Line(line)
		return
	case uuTransfer:
		t.uuLine(line)
		return
	}
	if len(t.eol) > 0 {
		t.put(t.eol)
	}
	hard := true
	if t.kind == quotedPrintable {
		hard = t.qpLine(line, whole)
	} else {
		t.put(line)
	}
	t.eol = nil
	if hard {
		t.eol = t.eolBuf[:copy(t.eolBuf[:], eol)]
	}
}

// finish ends the content: at a boundary, to which the last line's end belongs, or at the end of the mail.
func (t *transfer) finish(end ending) {
	if end == mailEnd && len(t.eol) > 0 {
		t.put(t.eol)
	}
	if t.kind == base64Transfer {
		t.flushGroup()
	} else if len(t.carry) > 0 {
		t.put(t.carry)
	}
	t.flush()
}

// put adds decoded bytes.
func (t *transfer) put(b []byte) {
	if len(t.buf)+len(b) > decodeBuffer {
		t.flush()
		if len(b) >= decodeBuffer {
			t.write(b)
			return
		}
	}
	t.buf = append(t.buf, b...)
}

func (t *transfer) flush() {
	if len(t.buf) > 0 {
		t.write(t.buf)
		t.buf = t.buf[:0]
	}
}

func (t *transfer) write(b []byte) {
	if t.err == nil {
		_, t.err = t.out.Write(b)
	}
}

// base64Line decodes a line: whole, if it is a clean one, else character by character.
func (t *transfer) base64Line(line []byte) {
	if t.padded && !wholeGroups(line) {
		t.bad = t.bad || len(bytes.Trim(line, "= \t\r")) > 0
		return // behind the end: a footer that a list or a filter has added
	}
	n := len(line)
	if len(t.carry) == 0 && n > 0 && n%4 == 0 {
		t.padded = line[n-1] == '='
		if t.direct(line) {
			return
		}
	}
	for _, c := range line {
		if v := base64Value[c]; v == notBase64 {
			if c == '=' {
				t.flushGroup()
				t.padded = true
			} else if c > ' ' {
				t.bad = true
			}
			continue
		}
		if t.carry = append(t.carry, c); len(t.carry) == 4 {
			t.padded = false
			t.direct(t.carry)
			t.carry = t.carried[:0]
		}
	}
}

// direct decodes whole groups straight into the buffer; false when there is something else in them.
func (t *transfer) direct(groups []byte) bool {
	if len(t.buf)+base64.StdEncoding.DecodedLen(len(groups)) > cap(t.buf) {
		t.flush()
	}
	room := t.buf[len(t.buf):cap(t.buf)]
	n, err := base64.StdEncoding.Decode(room, groups)
	if err != nil {
		return false
	}
	t.buf = t.buf[:len(t.buf)+n]
	return true
}

// flushGroup decodes a last group of two or three characters.
func (t *transfer) flushGroup() {
	if n := len(t.carry); n >= 2 {
		var out [3]byte
		k, _ := base64.RawStdEncoding.Decode(out[:], t.carry) // only the alphabet is in it: it can't fail
		t.put(out[:k])
	} else if n == 1 {
		t.bad = true
	}
	t.carry = t.carried[:0]
}

func wholeGroups(line []byte) bool {
	if len(line) == 0 || len(line)%4 != 0 {
		return false
	}
	for _, c := range bytes.TrimRight(line, "=") {
		if base64Value[c] == notBase64 {
			return false
		}
	}
	return true
}

// qpLine decodes a line of quoted-printable; false when it goes on in the next one.
func (t *transfer) qpLine(line []byte, whole bool) bool {
	if len(t.carry) > 0 {
		line = append(append([]byte(nil), t.carry...), line...)
		t.carry = t.carried[:0]
	}
	if whole {
		line = bytes.TrimRight(line, " \t")
	}
	for {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			t.put(line)
			return true
		}
		t.put(line[:i])
		switch rest := line[i+1:]; {
		case len(rest) >= 2 && isHex(rest[0]) && isHex(rest[1]):
			t.putByte(unhex(rest[0])<<4 | unhex(rest[1]))
			line = rest[2:]
		case len(rest) == 0 && whole:
			return false // a soft line break
		case len(rest) < 2 && !whole && (len(rest) == 0 || isHex(rest[0])):
			t.carry = append(t.carry, line[i:]...) // the line was cut inside an escape
			return true
		default:
			t.bad = true
			t.putByte('=')
			line = rest
		}
	}
}

func (t *transfer) putByte(c byte) {
	if len(t.buf) == cap(t.buf) {
		t.flush()
	}
	t.buf = append(t.buf, c)
}

// uuLine decodes a line of uuencode, between begin and end.
func (t *transfer) uuLine(line []byte) {
	switch {
	case t.ended:
	case !t.began:
		t.began = uuBegin(line) != ""
	case bytes.Equal(bytes.TrimRight(line, " "), []byte("end")):
		t.ended = true
	default:
		var room [64]byte
		text, ok := uuDecode(room[:0], line)
		t.bad = t.bad || !ok
		t.put(text)
	}
}

// uuBegin gives the name in a `begin 644 name` line; "" when it is none.
func uuBegin(line []byte) string {
	rest, ok := bytes.CutPrefix(line, []byte("begin "))
	if !ok || len(rest) > 300 {
		return ""
	}
	mode, name, ok := bytes.Cut(rest, []byte(" "))
	if !ok || len(mode) < 3 || len(mode) > 4 {
		return ""
	}
	for _, c := range mode {
		if c < '0' || c > '7' {
			return ""
		}
	}
	return string(bytes.TrimSpace(name))
}

// uuDecode decodes one line of uuencode; spaces cut off at its end count as zeros.
func uuDecode(out, line []byte) ([]byte, bool) {
	if len(line) == 0 {
		return out, true
	}
	n := int(line[0]-' ') & 63
	line = line[1:]
	if full := (n + 2) / 3 * 4; len(line) > full+2 || len(line)*4 < full { // so short a line isn't one that lost its spaces
		return out, false
	}
	at := func(i int) byte {
		if i < len(line) && line[i] >= ' ' && line[i] <= '`' {
			return (line[i] - ' ') & 63
		}
		return 0
	}
	for i := 0; n > 0; i += 4 {
		a, b, c, d := at(i), at(i+1), at(i+2), at(i+3)
		group := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | d}
		out = append(out, group[:min(n, 3)]...)
		n -= 3
	}
	return out, true
}

// transferOf reads a Content-Transfer-Encoding, however it is spelt; known is false when it names none.
func transferOf(value string) (kind transferKind, known bool) {
	key := charsetKey(parseParams(value).value)
	switch key {
	case "", "7bit", "8bit", "7bits", "8bits", "binary", "plain", "none", "7", "8", "bit", "usascii", "ascii":
		return identity, true
	case "base64", "b64", "xbase64", "b", "based64", "mimebase64":
		return base64Transfer, true
	case "quotedprintable", "qp", "q", "quoted", "quotedprint", "quoteprintable", "printable":
		return quotedPrintable, true
	case "xuuencode", "uuencode", "xuue", "uue", "uu", "xuu":
		return uuTransfer, true
	}
	return identity, false
}
