package mime

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// A charset is how bytes become text.
type charset struct {
	kind charsetKind
	enc  encoding.Encoding // of kinds single and multi
}

type charsetKind int

const (
	unknownCharset charsetKind = iota
	asciiCharset               // us-ascii, or none named
	utf8Charset
	utf7Charset
	shiftCharset // ISO-2022-KR and -CN: seven bits with shifts
	singleByte
	multiByte
	escapeCharset // ISO-2022-JP and HZ: seven bits, so no 8-bit text is really in them
	wideCharset   // UTF-16 and UTF-32
)

// findCharset knows a charset by its label, however it is spelt.
func findCharset(label string) charset {
	key := charsetKey(label)
	switch key {
	case "", "usascii", "ascii", "usaskey", "ansix341968", "iso646us", "646", "us", "7bit", "none", "default", "binary", "8bit", "xunknown", "unknown8bit", "unknown":
		return charset{kind: asciiCharset}
	case "utf8", "uft8", "utf", "unicode11utf8", "utf8mb4", "cp65001", "xutf8", "utf8n", "utf08":
		return charset{kind: utf8Charset}
	case "utf7", "unicode11utf7", "unicode20utf7", "xunicode20utf7", "unicode11utf", "csunicode11utf7":
		return charset{kind: utf7Charset}
	case "iso2022kr", "csiso2022kr":
		return charset{shiftCharset, korean.EUCKR}
	case "iso2022cn", "iso2022cnext":
		return charset{shiftCharset, simplifiedchinese.GBK}
	}
	if enc := wideEncoding(key); enc != nil {
		return charset{wideCharset, enc}
	}
	if enc := escapeEncoding(key); enc != nil {
		return charset{escapeCharset, enc}
	}
	if enc := eastAsian(key); enc != nil {
		return charset{multiByte, enc}
	}
	if enc := singleByteEncoding(key); enc != nil {
		return charset{singleByte, enc}
	}
	return charset{}
}

// charsetKey is a label without its punctuation, in lower case.
func charsetKey(label string) string {
	var b [40]byte
	n := 0
	for i := 0; i < len(label) && n < len(b); i++ {
		c := label[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b[n] = c
			n++
		}
	}
	return strings.TrimPrefix(string(b[:n]), "charset")
}

func wideEncoding(key string) encoding.Encoding {
	switch key {
	case "utf16", "ucs2", "iso10646ucs2", "unicode", "csunicode", "unicodefeff":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf16le", "ucs2le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf16be", "ucs2be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf32", "ucs4", "utf32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "utf32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	}
	return nil
}

func escapeEncoding(key string) encoding.Encoding {
	switch key {
	case "iso2022jp", "csiso2022jp", "iso2022jp1", "iso2022jp2", "iso2022jp3", "iso2022jp2004", "iso2022jpms", "cp50220", "cp50221", "cp50222", "jis", "windows50220", "windows50221":
		return japanese.ISO2022JP
	case "hzgb2312", "hz":
		return simplifiedchinese.HZGB2312
	}
	return nil
}

func eastAsian(key string) encoding.Encoding {
	switch key {
	case "shiftjis", "sjis", "xsjis", "shiftjisx0213", "mskanji", "csshiftjis", "cp932", "windows31j", "ms932", "mscp932", "ibm943", "cp943", "cp943c", "windows932":
		return japanese.ShiftJIS
	case "eucjp", "xeucjp", "ujis", "cp51932", "eucjpms", "cseucpkdfmtjapanese", "extendedunixcodepackedformatforjapanese":
		return japanese.EUCJP
	case "gb2312", "gb231280", "isogb2312", "chinese", "csgb2312", "csiso58gb231280", "euccn", "xeuccn", "gbk", "xgbk", "cp936", "ms936", "windows936", "gb18030", "gb180302000", "gb180302022", "gb", "isoir58", "gb2312cn":
		return simplifiedchinese.GB18030
	case "big5", "big5hkscs", "cnbig5", "xxbig5", "csbig5", "cp950", "ms950", "windows950", "big5eten", "big5tw", "cp951":
		return traditionalchinese.Big5
	case "euckr", "ksc56011987", "ksc5601", "ksc56011989", "ksc5601l", "ksc560", "korean", "cp949", "ms949", "uhc", "windows949", "cseuckr", "isoir149", "csksc56011987", "xwindows949", "ks":
		return korean.EUCKR
	}
	return nil
}

// decodeRaw makes header bytes into UTF-8: in the charset named, or in the one that they look like.
func decodeRaw(b []byte, label string) string {
	return string(toUTF8(b, label))
}

// toUTF8 makes bytes into valid UTF-8. A charset that the bytes contradict is not believed. The result may share b's memory.
func toUTF8(b []byte, label string) []byte {
	cs := findCharset(label)
	ascii := isASCII(b)
	switch cs.kind {
	case utf7Charset:
		return decodeUTF7(b)
	case shiftCharset:
		return decodeShifted(b, cs.enc)
	case wideCharset:
		if ascii && bytes.IndexByte(b, 0) < 0 {
			return b // never UTF-16, which has zeros in any such text
		}
		return decodeWith(cs.enc, b)
	case escapeCharset:
		if ascii {
			return decodeWith(cs.enc, b)
		}
	default:
		if ascii {
			return decodeEscapes(b)
		}
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) && utf8.Valid(b) {
		return b[3:]
	}
	return decode8Bit(b, cs)
}

// decode8Bit makes bytes that are not all ASCII into text.
func decode8Bit(b []byte, cs charset) []byte {
	valid := utf8.Valid(b)
	switch cs.kind {
	case singleByte:
		if valid && !cs.mostlySingle(b) {
			return b
		}
		return decodeWith(cs.enc, b)
	case multiByte, escapeCharset:
		text := decodeWith(cs.enc, b)
		if bytes.Contains(text, []byte("\uFFFD")) {
			if valid {
				return b
			}
			if cs.kind == escapeCharset {
				return decodeWith(guessCharset(b), b)
			}
		}
		if valid && readability(b[:min(len(b), guessBytes)]) > readability(text[:min(len(text), guessBytes)])+.1 {
			return b
		}
		return text
	}
	if valid {
		return b
	}
	if mostlyUTF8(b) {
		return bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	return decodeWith(guessCharset(b), b)
}

// mostlySingle says that bytes which happen to be valid UTF-8 are still text of a single-byte charset: one lone pair
// that is two capital or accented letters there, as in Cyrillic or Greek charsets, whose letters fill UTF-8's ranges.
func (cs charset) mostlySingle(b []byte) bool {
	if cs.enc == charmap.Windows1252 || cs.enc == charmap.ISO8859_1 || cs.enc == charmap.ISO8859_15 {
		return false
	}
	high, long := 0, 0
	for i := 0; i < len(b) && high < 8; {
		r, n := utf8.DecodeRune(b[i:])
		if r >= utf8.RuneSelf {
			high++
			if n > 2 {
				long++
			}
		}
		i += n
	}
	return high == 1 && long == 0
}

// decodeEscapes gives ASCII back as it is, unless it holds ISO-2022-JP's escapes.
func decodeEscapes(b []byte) []byte {
	if i := bytes.IndexByte(b, 0x1b); i >= 0 && (bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) || bytes.Contains(b, []byte("\x1b(I"))) {
		return decodeWith(japanese.ISO2022JP, b)
	}
	return b
}

// decodeWith decodes all of b; what isn't valid becomes U+FFFD.
func decodeWith(enc encoding.Encoding, b []byte) []byte {
	text, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		text = b
	}
	if !utf8.Valid(text) {
		return bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return text
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mostlyUTF8 says that bytes are UTF-8 with a few errors, such as a character cut in two.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		i += n
		if r != utf8.RuneError || n > 1 {
			good++
			continue
		}
		bad++
		for i < len(b) && b[i] >= 0x80 && b[i] < 0xc0 { // the rest of the same character
			i++
		}
	}
	return good > 0 && good >= 4*bad
}
