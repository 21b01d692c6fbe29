package mime

import (
	"encoding/base64"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// decodeUTF7 decodes UTF-7 (RFC 2152): runs of base64 between '+' and '-'. What breaks its rules becomes U+FFFD.
func decodeUTF7(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		c := b[i]
		if c >= utf8.RuneSelf { // not UTF-7 at all
			r, n := utf8.DecodeRune(b[i:])
			out = utf8.AppendRune(out, r)
			i += n
			continue
		}
		if c != '+' {
			out = append(out, c)
			i++
			continue
		}
		end := i + 1
		for end < len(b) && base64Value[b[end]] != notBase64 {
			end++
		}
		if end == i+1 { // "+-" is a plus
			out = append(out, '+')
			i++
		} else {
			out = appendUTF16(out, b[i+1:end])
			i = end
		}
		if i < len(b) && b[i] == '-' {
			i++
		}
	}
	return out
}

// appendUTF16 adds the text of one base64 run of big-endian UTF-16.
func appendUTF16(out, run []byte) []byte {
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, _ := base64.RawStdEncoding.Decode(raw, run) // only the alphabet is in it: it can't fail
	for i := 0; i+1 < n; i += 2 {
		r := rune(raw[i])<<8 | rune(raw[i+1])
		if utf16.IsSurrogate(r) {
			if i+3 < n {
				r = utf16.DecodeRune(r, rune(raw[i+2])<<8|rune(raw[i+3]))
			} else {
				r = utf8.RuneError
			}
			if r != utf8.RuneError {
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// decodeShifted decodes ISO-2022-KR and ISO-2022-CN: between SO and SI stand two-byte characters without their high bits.
func decodeShifted(b []byte, enc encoding.Encoding) []byte {
	out := make([]byte, 0, len(b))
	wide := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x0e:
			wide = true
		case c == 0x0f:
			wide = false
		case c == 0x1b && i+3 < len(b) && b[i+1] == '$' && b[i+2] == ')': // names the set that SO calls
			i += 3
		case c == '\n' || c == '\r':
			wide = false
			out = append(out, c)
		case wide && c > ' ' && c < 0x7f:
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return decodeWith(enc, out)
}
