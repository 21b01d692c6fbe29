package mime

import (
	stdmime "mime"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestEncodedWordsAreDecoded(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                "plain",
		"=?utf-8?Q?M=C3=BCller?=":              "Müller",
		"=?UTF-8?B?TcO8bGxlcg==?=":             "Müller",
		"=?UTF-8?B?TcO8bGxlcg?=":               "Müller",
		"=?iso-8859-1?q?M=FCller_und_Co?=":     "Müller und Co",
		"Re: =?utf-8?Q?caf=C3=A9?= today":      "Re: café today",
		"=?utf-8?Q?a?= =?utf-8?Q?b?=":          "ab",
		"=?utf-8?Q?a?=\t =?iso-8859-1?Q?=FC?=": "aü",
		"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=":   "café",
		"=?utf-8?B?4pyT4p?= =?utf-8?B?yT?=":    "✓✓",
		"=?utf-8?B?4py?= =?utf-8?Q?=93?=":      "✓",
		"=?utf-8*en?Q?hi?=":                    "hi",
		"=?utf-8?Q?hello world?=":              "hello world",
		"=?utf-8?Q?what??=":                    "what?",
		"=?utf-8?Q?=41?=":                      "A",
		"=?utf-8?Q?=?=":                        "=",
		"=?utf-8?Q?=4?=":                       "=4",
		"(=?utf-8?Q?a?=)":                      "(a)",
		"=?iso-2022-jp?B?GyRCJF4kXyRgGyhC?=":   "まみむ",
		"=?unicode-1-1-utf-7?Q?Fr+APY-sche?=":  "Frösche",
		"=?ks_c_5601-1987?B?vcXGrg==?=":        "신트",
		"=?gb2312?B?xOO6ww==?=":                "你好",
		"=?koi8-r?B?8NLJ18XU?=":                "Привет",
		"=?utf-8?Q?no end":                     "=?utf-8?Q?no end",
		"=?utf-8?X?what?=":                     "=?utf-8?X?what?=",
		"=??Q?a?=":                             "=??Q?a?=",
		"=?nonsense?Q?plain?=":                 "plain",
		"a =? b ?= c":                          "a =? b ?= c",
		"=?utf-8?Q?two=0D=0Alines?=":           "two  lines",
		"=?utf-8?Q?nul=00?=":                   "nul",
	} {
		if got := DecodeWords(in); got != want {
			t.Errorf("%q gives %q, not %q", in, got, want)
		}
	}
}

func TestWordsThatTheStandardLibraryWritesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.StringOf(rapid.RuneFrom([]rune("abc =?_äöü✓漢字🍿"))).Draw(t, "text")
		for _, e := range []stdmime.WordEncoder{stdmime.QEncoding, stdmime.BEncoding} {
			written := e.Encode("utf-8", want)
			if !strings.HasPrefix(written, "=?") {
				continue // nothing to encode in it, though it may look like a word
			}
			if got := DecodeWords(written); got != want {
				t.Fatalf("%q, written %q, came back as %q", want, written, got)
			}
		}
	})
}

func TestHostileWordsGiveValidTextOnOneLine(t *testing.T) {
	for _, piece := range []string{"=?", "=?a?q?", "=?utf-8?B?", "=?utf-8?Q?=?= ", "=?utf-8?B?4?= ", "?=", "=?=?"} {
		got := DecodeWords(strings.Repeat(piece, 1<<20/len(piece)))
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00") {
			t.Errorf("%q repeated gives bad text", piece)
		}
	}
}
