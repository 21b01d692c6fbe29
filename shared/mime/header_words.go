package mime

import (
	"encoding/base64"
	"strings"
)

// maxWord is the longest encoded word that is looked for, in bytes; the standard's limit is 75.
const maxWord = 8 << 10

// A word is one encoded word (RFC 2047), taken apart but not decoded.
type word struct {
	charset string
	base64  bool
	text    string
}

// DecodeWords decodes the encoded words of a header's value (RFC 2047). Neighbouring words of one charset are put
// together before they are decoded, since writers split them inside a character. What can't be decoded stays as it is.
func DecodeWords(s string) string {
	i := strings.Index(s, "=?")
	if i < 0 {
		return s
	}
	last := strings.LastIndex(s, "?=")
	if last < i {
		return s
	}
	s, tail := s[:last+2], s[last+2:]
	var b strings.Builder
	for i >= 0 {
		b.WriteString(s[:i])
		w, n := parseWord(s[i:])
		if n == 0 {
			b.WriteString("=?")
			s = s[i+2:]
			i = strings.Index(s, "=?")
			continue
		}
		s = s[i+n:]
		run := []word{w}
		for { // white space between encoded words is no text
			rest := strings.TrimLeft(s, " \t\r\n")
			w, n = parseWord(rest)
			if n == 0 {
				break
			}
			run = append(run, w)
			s = rest[n:]
		}
		decodeRun(&b, run)
		i = strings.Index(s, "=?")
	}
	b.WriteString(s)
	b.WriteString(tail)
	return oneLine(b.String())
}

// parseWord reads an encoded word at the beginning of s; n is its length, 0 when there is none.
func parseWord(s string) (w word, n int) {
	if !strings.HasPrefix(s, "=?") {
		return word{}, 0
	}
	i := strings.IndexByte(s[2:min(len(s), 80)], '?')
	if i <= 0 {
		return word{}, 0
	}
	at := 2 + i + 1
	if at+1 >= len(s) || s[at+1] != '?' {
		return word{}, 0
	}
	w.charset = s[2 : 2+i]
	switch s[at] {
	case 'b', 'B':
		w.base64 = true
	case 'q', 'Q':
	default:
		return word{}, 0
	}
	if star := strings.IndexByte(w.charset, '*'); star >= 0 { // a language (RFC 2231)
		w.charset = w.charset[:star]
	}
	text := s[at+2:]
	end := strings.Index(text[:min(len(text), maxWord)], "?=")
	if end < 0 {
		return word{}, 0
	}
	w.text = text[:end]
	return w, at + 2 + end + 2
}

// decodeRun writes neighbouring words out, those of one charset as one text.
func decodeRun(b *strings.Builder, run []word) {
	var bytes []byte
	for i := 0; i < len(run); {
		charset := run[i].charset
		bytes = bytes[:0]
		for i < len(run) && strings.EqualFold(run[i].charset, charset) {
			if !run[i].base64 {
				bytes = appendQ(bytes, run[i].text)
				i++
				continue
			}
			text := run[i].text
			for i++; i < len(run) && run[i].base64 && strings.EqualFold(run[i].charset, charset) && splitInside(text); i++ {
				text += run[i].text
			}
			bytes = appendB(bytes, text)
		}
		b.WriteString(decodeRaw(bytes, charset))
	}
}

// splitInside says that a base64 text ends within a group of four, so that the next word goes on with it.
func splitInside(text string) bool {
	return len(text) < 1000 && len(text)%4 != 0 && !strings.HasSuffix(text, "=")
}

func appendQ(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			b = append(b, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return b
}

// appendB decodes base64 with or without padding; rubbish inside is left out.
func appendB(b []byte, s string) []byte {
	clean := make([]byte, 0, len(s)+3)
	for i := 0; i < len(s); i++ {
		if base64Value[s[i]] != notBase64 {
			clean = append(clean, s[i])
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	at := len(b)
	b = append(b, make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))...)
	n, _ := base64.RawStdEncoding.Decode(b[at:], clean) // only the alphabet is left: it can't fail
	return b[:at+n]
}
