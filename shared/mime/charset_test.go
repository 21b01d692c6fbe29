package mime

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

const (
	japaneseText = "お問い合わせいただきありがとうございます。ご注文の商品は明日発送いたします。"
	chineseText  = "您好，请问我的订单什么时候可以发货？谢谢你们的回复。"
	taiwanText   = "您好，請問我的訂單什麼時候可以出貨？謝謝你們的回覆。"
	koreanText   = "안녕하세요. 주문한 상품은 언제 발송되나요? 답변 부탁드립니다."
	russianText  = "Здравствуйте! Когда будет отправлен мой заказ? Спасибо за ответ."
	germanText   = "Schöne Grüße aus Köln, die Größe paßt nicht."
)

func encoded(t testing.TB, enc encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTextIsDecodedByEveryNameOfItsCharset(t *testing.T) {
	for _, c := range []struct {
		enc    encoding.Encoding
		text   string
		labels string
	}{
		{unicode.UTF8, russianText, "utf-8 UTF8 uft-8 unicode-1-1-utf-8 utf8mb4"},
		{charmap.ISO8859_1, germanText, "iso-8859-1 ISO_8859-1 latin1 windows-1252 cp1252 ansi"},
		{charmap.ISO8859_2, "Zażółć gęślą jaźń", "iso-8859-2 latin2"},
		{charmap.Windows1250, "Zażółć gęślą jaźń", "windows-1250 cp1250"},
		{charmap.ISO8859_15, "10 € für Grüße", "iso-8859-15 latin9"},
		{charmap.Windows1251, russianText, "windows-1251 CP-1251 win-1251"},
		{charmap.KOI8R, russianText, "koi8-r KOI8R"},
		{charmap.KOI8U, "Привіт, як справи", "koi8-u"},
		{charmap.ISO8859_5, russianText, "iso-8859-5"},
		{charmap.CodePage866, russianText, "ibm866 cp866"},
		{charmap.CodePage850, germanText, "cp850 ibm850"},
		{charmap.Macintosh, germanText, "macintosh x-mac-roman"},
		{charmap.Windows1253, "Καλημέρα σας", "windows-1253"},
		{charmap.ISO8859_7, "Καλημέρα σας", "iso-8859-7 greek"},
		{charmap.Windows1254, "Sipariş ne zaman gönderilir", "windows-1254 iso-8859-9"},
		{charmap.Windows1255, "שלום רב", "windows-1255"},
		{charmap.Windows1256, "مرحبا", "windows-1256"},
		{charmap.Windows874, "สวัสดี", "windows-874 tis-620"},
		{japanese.ISO2022JP, japaneseText, "iso-2022-jp csISO2022JP cp50220"},
		{japanese.ShiftJIS, japaneseText, "shift_jis sjis cp932 windows-31j x-sjis"},
		{japanese.EUCJP, japaneseText, "euc-jp x-euc-jp"},
		{korean.EUCKR, koreanText, "euc-kr ks_c_5601-1987 cp949 ksc5601"},
		{simplifiedchinese.GBK, chineseText, "gbk gb2312 iso-gb2312 gb18030 cp936 x-gbk"},
		{simplifiedchinese.GB18030, chineseText + "🍿", "gb18030"},
		{simplifiedchinese.HZGB2312, chineseText, "hz-gb-2312"},
		{traditionalchinese.Big5, taiwanText, "big5 cp950 big5-hkscs cn-big5"},
		{unicode.UTF16(unicode.BigEndian, unicode.UseBOM), russianText, "utf-16"},
		{unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), russianText, "utf-16le"},
	} {
		raw := encoded(t, c.enc, c.text)
		for label := range strings.FieldsSeq(c.labels) {
			if got := string(toUTF8(append([]byte(nil), raw...), label)); got != c.text {
				t.Errorf("%s gives %q, not %q", label, got, c.text)
			}
		}
	}
}

func TestSevenBitCharsetsAreDecoded(t *testing.T) {
	for _, c := range []struct{ label, in, want string }{
		{"utf-7", "Hi Mom -+Jjo--!", "Hi Mom -☺-!"},
		{"unicode-1-1-utf-7", "A+ImIDkQ.", "A≢Α."},
		{"utf-7", "1 +- 1 = 2", "1 + 1 = 2"},
		{"utf-7", "+2Dzffw-", "🍿"},
		{"utf-7", "+2Dw-", "\uFFFD"},
		{"utf-7", "a+", "a+"},
		{"utf-7", "caf\u00e9", "café"},
		{"iso-2022-kr", "\x1b$)C\x0e" + seven(korean.EUCKR, "안녕") + "\x0f hi", "안녕 hi"},
		{"iso-2022-cn", "\x1b$)A\x0e" + seven(simplifiedchinese.GBK, "你好") + "\x0f\nhi", "你好\nhi"},
		{"", "\x1b$B$^$_$`\x1b(B", "まみむ"},
		{"us-ascii", "plain \x1b[1m", "plain \x1b[1m"},
		{"utf-16", "plain ASCII", "plain ASCII"},
	} {
		if got := string(toUTF8([]byte(c.in), c.label)); got != c.want {
			t.Errorf("%q in %s gives %q, not %q", c.in, c.label, got, c.want)
		}
	}
}

// seven is a text in a two-byte charset without the high bits.
func seven(enc encoding.Encoding, text string) string {
	b, _ := enc.NewEncoder().Bytes([]byte(text))
	for i := range b {
		b[i] &= 0x7f
	}
	return string(b)
}

func TestACharsetThatTheBytesContradictIsNotBelieved(t *testing.T) {
	for _, label := range []string{"us-ascii", "iso-8859-1", "windows-1252", "iso-8859-15", "", "unknown-8bit", "nonsense", "binary", "utf-8", "gb2312", "iso-2022-jp"} {
		for _, text := range []string{germanText, russianText, japaneseText, "ein €"} {
			if label == "gb2312" && text != japaneseText { // two-byte text can't be told apart so surely
				continue
			}
			if got := string(toUTF8([]byte(text), label)); got != text {
				t.Errorf("UTF-8 called %q gives %q, not %q", label, got, text)
			}
		}
	}
	if got := string(toUTF8([]byte("Gr\xfc\xdfe"), "utf-8")); got != "Grüße" {
		t.Errorf("Latin 1 called UTF-8 gives %q", got)
	}
	if got := string(toUTF8([]byte("\xef\xbb\xbfGrüße"), "")); got != "Grüße" {
		t.Errorf("a byte order mark stays in %q", got)
	}
	if got := string(toUTF8([]byte("Grüße Grüße \xe2\x82"), "utf-8")); got != "Grüße Grüße \uFFFD" {
		t.Errorf("a character cut in two gives %q", got)
	}
}

func TestAnUnnamedCharsetIsGuessedWhereItIsPlain(t *testing.T) {
	for name, c := range map[string]struct {
		enc  encoding.Encoding
		text string
	}{
		"Shift_JIS":    {japanese.ShiftJIS, japaneseText},
		"EUC-JP":       {japanese.EUCJP, japaneseText},
		"EUC-KR":       {korean.EUCKR, koreanText},
		"GBK":          {simplifiedchinese.GBK, chineseText},
		"Big5":         {traditionalchinese.Big5, taiwanText},
		"windows-1251": {charmap.Windows1251, russianText},
		"KOI8-R":       {charmap.KOI8R, russianText},
		"Latin 1":      {charmap.Windows1252, germanText},
		"one letter":   {charmap.Windows1252, "a long sentence with one é in it"},
	} {
		if got := string(toUTF8(encoded(t, c.enc, c.text), "")); got != c.text {
			t.Errorf("%s is read as %q", name, got)
		}
	}
}

func TestAnHTMLPagesOwnCharsetIsUsedWhenTheHeaderNamesNone(t *testing.T) {
	page := `<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"></head><body>`
	m := ReadBytes(append([]byte("Content-Type: text/html\n\n"+page), encoded(t, charmap.Windows1251, "Привет")...), Limits{})
	if m.Plain() != "Привет" {
		t.Errorf("the text is %q", m.Plain())
	}
	m = ReadBytes([]byte("Content-Type: text/html; charset=utf-8\n\n"+page+"Привет"), Limits{})
	if m.Plain() != "Привет" {
		t.Errorf("against the header's charset the text is %q", m.Plain())
	}
}

func FuzzAnyBytesInAnyCharsetGiveValidText(f *testing.F) {
	for _, label := range []string{"utf-7", "iso-2022-jp", "gb18030", "utf-16", "utf-32", "iso-2022-kr", "hz", "big5", ""} {
		f.Add([]byte("\x1b$B~{+AGE-\x0e\xff\xfe\x00"), label)
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		if text := toUTF8(b, label); !utf8.Valid(text) {
			t.Errorf("%q in %q gives invalid text", b, label)
		}
	})
}
