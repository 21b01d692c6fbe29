package mime

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// guessBytes is how much of a text a guess looks at.
const guessBytes = 4 << 10

// guessCharset finds the charset that 8-bit bytes most plainly are: windows-1252 unless they read well as another.
func guessCharset(b []byte) encoding.Encoding {
	b = b[:min(len(b), guessBytes)]
	best, bestScore := encoding.Encoding(charmap.Windows1252), .5
	if highShare(b) < .2 || highRuns(b) < .5 { // a foreign letter here and there, as in Western text
		return best
	}
	for _, enc := range []encoding.Encoding{
		japanese.EUCJP, japanese.ShiftJIS, korean.EUCKR, simplifiedchinese.GB18030, traditionalchinese.Big5,
		charmap.Windows1251, charmap.KOI8R,
	} {
		s := readability(decodeWith(enc, b))
		if enc == korean.EUCKR { // its later extension fills rows that other charsets' text falls into
			s *= pairShare(b)
		}
		if s > bestScore {
			best, bestScore = enc, s
		}
	}
	return best
}

// highShare is the part of the letters that are not ASCII.
func highShare(b []byte) float64 {
	high, low := 0, 0
	for _, c := range b {
		switch {
		case c >= utf8.RuneSelf:
			high++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			low++
		}
	}
	return float64(high) / float64(max(1, high+low))
}

// highRuns is the part of the bytes outside ASCII that stand beside another one.
func highRuns(b []byte) float64 {
	all, beside := 0, 0
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		all++
		if i > 0 && b[i-1] >= utf8.RuneSelf || i+1 < len(b) && b[i+1] >= utf8.RuneSelf {
			beside++
		}
	}
	return float64(beside) / float64(max(1, all))
}

// pairShare is the part of the two-byte characters that are of the original set: both bytes from 0xa1.
func pairShare(b []byte) float64 {
	all, good := 0, 0
	for i := 0; i+1 < len(b); i++ {
		if b[i] < utf8.RuneSelf {
			continue
		}
		all++
		if b[i] >= 0xa1 && b[i+1] >= 0xa1 {
			good++
		}
		i++
	}
	return float64(good) / float64(max(1, all))
}

// readability says how much decoded text looks like a language, 0 to about 1.1: a share of its characters outside ASCII
// that are common in the script that most of them belong to. Errors and rare characters count against it.
func readability(text []byte) float64 {
	var n, good, bad, lower, cyrillic, hangul, kana float64
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		if r < utf8.RuneSelf {
			continue
		}
		n++
		switch {
		case r == utf8.RuneError || unicode.IsControl(r) || r >= 0xe000 && r < 0xf900:
			bad += 4
		case r >= 0x410 && r <= 0x44f:
			cyrillic++
			if r >= 0x430 {
				lower++
			}
		case r >= 0x3041 && r <= 0x30fe:
			kana++
		case r >= 0xac00 && r <= 0xd7a3:
			hangul++
		case r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xff5e:
			good++
		case r >= 0x4e00 && r <= 0x9fff:
			if commonHan(r) {
				good++
			} else {
				good += .45
			}
		case r >= 0xff61 && r <= 0xff9f || unicode.IsSymbol(r):
			bad += .5
		}
	}
	if n == 0 {
		return 0
	}
	if cyrillic > 0 && lower < cyrillic*.6 { // KOI8-R and windows-1251 read as each other have their cases swapped
		cyrillic *= .4
	}
	return (good + cyrillic + hangul + 1.1*kana - bad) / n
}

// commonHan says whether a character is among the most frequent of Chinese and Japanese text.
func commonHan(r rune) bool {
	const frequent = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后" +
		"這個來國們爲為時說會過學對後裡樣點從當還經發開動現產種問間關請您謝電話郵件公司收信聯絡系統" +
		"日本月分行事前入出見手小方同定用高新名本通知者内部全面社会電的件送受信願致申上様御中株式" +
		"请您谢谢电话邮件联系公司发收信回复问题服务客户账号系统通知附件查没无"
	for _, f := range frequent {
		if f == r {
			return true
		}
	}
	return false
}
