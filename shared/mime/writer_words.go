package mime

import (
	"encoding/base64"
	"unicode/utf8"
)

// wordFrame is what an encoded word has beside its text: =?utf-8?q? and ?=.
const wordFrame = 12

// words writes text as encoded words (RFC 2047), each of whole characters and at most as long as its line has room.
func (h *fieldWriter) words(s string) {
	q := qLength(s) <= 2*len(s)+1 // at most half of it is encoded: it can still be read in the raw mail
	for s != "" {
		room := maxLine - 1 - h.col
		if room < 40 {
			room = maxLine - 1
		}
		word, n := encodeWord(s, room-wordFrame, q)
		h.token(word)
		s = s[n:]
	}
}

// encodeWord makes one encoded word of as much of s as fits; n says how many bytes of s that is.
func encodeWord(s string, room int, q bool) (word string, n int) {
	used := 0
	for n < len(s) {
		_, size := utf8.DecodeRuneInString(s[n:])
		cost := size
		if q {
			cost = qLength(s[n : n+size])
		} else if (n+size+2)/3*4 > room {
			break
		}
		if q && used+cost > room {
			break
		}
		used += cost
		n += size
	}
	if !q {
		return "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(s[:n])) + "?=", n
	}
	out := append(make([]byte, 0, used+wordFrame), "=?utf-8?q?"...)
	for i := range n {
		out = appendQByte(out, s[i])
	}
	return string(append(out, "?="...)), n
}

// qLength is how long a text is in Q.
func qLength(s string) int {
	n := 0
	for i := range len(s) {
		n++
		if s[i] != ' ' && !qPlain(s[i]) {
			n += 2
		}
	}
	return n
}

// qPlain says whether a byte stands for itself in Q: only what may stand in a name, too.
func qPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '!' || c == '*' || c == '+' || c == '-' || c == '/'
}

func appendQByte(out []byte, c byte) []byte {
	switch {
	case c == ' ':
		return append(out, '_')
	case qPlain(c):
		return append(out, c)
	}
	return append(out, '=', upperHex[c>>4], upperHex[c&15])
}

const upperHex = "0123456789ABCDEF"
