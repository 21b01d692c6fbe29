package mime

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEncodedWordsAreWholeAndFitTheirLines(t *testing.T) {
	for _, text := range []string{strings.Repeat("é", 200), strings.Repeat("木📦", 90), strings.Repeat("plain words and one é ", 30), "é"} {
		h := &fieldWriter{}
		h.field("Subject", text, maxPlainWord)
		for line := range strings.SplitSeq(strings.TrimSuffix(string(h.buf), "\r\n"), "\r\n") {
			if len(line) > maxLine {
				t.Errorf("%d characters in %q", len(line), line)
			}
			for word := range strings.FieldsSeq(line) {
				if strings.HasPrefix(word, "=?") && (len(word) > 75 || !utf8.ValidString(DecodeWords(word))) {
					t.Errorf("the word %q", word)
				}
			}
		}
	}
}

func TestTextThatIsMostlyPlainStaysReadable(t *testing.T) {
	for text, want := range map[string]string{
		"Größe der Kiste":  "Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?= der Kiste\r\n",
		"Привет":           "Subject: =?utf-8?b?0J/RgNC40LLQtdGC?=\r\n",
		"a  b":             "Subject: a =?utf-8?q?_b?=\r\n",
		"ends in a blank ": "Subject: ends in a =?utf-8?q?blank_?=\r\n",
		"é and è":          "Subject: =?utf-8?q?=C3=A9_and_=C3=A8?=\r\n",
		"=?utf-8?q?x?= ok": "Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= ok\r\n",
		"":                 "Subject:\r\n",
	} {
		h := &fieldWriter{}
		h.field("Subject", text, maxPlainWord)
		if string(h.buf) != want {
			t.Errorf("%q is written as %q, want %q", text, h.buf, want)
		}
	}
}

func TestNamesAreWrittenAsPlainlyAsTheyCanBe(t *testing.T) {
	for name, want := range map[string]string{
		"Ann Smith": "Ann Smith <a@example.com>", "Smith, Ann": "\"Smith, Ann\" <a@example.com>",
		`Ann "the \ box"`: `"Ann \"the \\ box\"" <a@example.com>`, "": "a@example.com", " \r\n ": "a@example.com",
		"Zoë": "=?utf-8?q?Zo=C3=AB?= <a@example.com>", "a@b.example": "\"a@b.example\" <a@example.com>",
		"Ann\r\nBcc: x": "\"Ann Bcc: x\" <a@example.com>",
	} {
		h := &fieldWriter{}
		h.addresses("From", []Address{{name, "a@example.com"}})
		if got := strings.TrimSuffix(strings.TrimPrefix(string(h.buf), "From: "), "\r\n"); got != want {
			t.Errorf("%q is written as %q, want %q", name, got, want)
		}
	}
}
