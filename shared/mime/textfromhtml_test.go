package mime

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHTMLBecomesReadableText(t *testing.T) {
	for in, want := range map[string]string{
		"<p>one</p><p>two</p>":                                 "one\n\ntwo",
		"<div>one</div><div>two</div>":                         "one\ntwo",
		"<div>one<br></div><div>two</div>":                     "one\ntwo",
		"<div>one</div><div><br></div><div>two</div>":          "one\n\ntwo",
		"one<br>two<br/><br>three":                             "one\ntwo\n\nthree",
		"<p class=MsoNormal>one</p><p class=MsoNormal>two</p>": "one\ntwo",
		"<p class=MsoNormal>one</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>two</p>": "one\n\ntwo",
		"  one \n  two\t three  ":                                      "one two three",
		"a <b>bold</b> word and a<i>b</i>c":                            "a bold word and abc",
		"&lt;a&gt; &amp; &euro; &#8364; &nope; caf&eacute;":            "<a> & € € &nope; café",
		"<h1>Title</h1>text":                                           "Title\n\ntext",
		"<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>after": "- one\n- two\n  - deep\nafter",
		"<ol><li>one<li>two</ol>":                                      "1. one\n2. two",
		"before<blockquote>quoted<br>more<blockquote>deep</blockquote></blockquote>after": "before\n> quoted\n> more\n>> deep\nafter",
		"<blockquote><p>one</p><p>two</p></blockquote>":                                   "> one\n>\n> two",
		`see <a href="https://example.com/x">this page</a>.`:                              "see this page (https://example.com/x).",
		`<a href="https://example.com/">example.com</a>`:                                  "example.com",
		`<a href="http://www.example.com">https://example.com/</a>`:                       "https://example.com/",
		`<a href="mailto:a@example.com">a@example.com</a>`:                                "a@example.com",
		`<a href="mailto:a@example.com">Anna</a>`:                                         "Anna (mailto:a@example.com)",
		`<a href="#top">up</a> <a href="javascript:x()">run</a>`:                          "up run",
		`<a href="https://example.com"><img src=x></a>end`:                                "end",
		`<a href="https://example.com"><img src=x alt="Shop"></a>`:                        "Shop (https://example.com)",
		`<a href="https://example.com">open`:                                              "open (https://example.com)",
		"<style>p{}</style><script>x()</script><title>t</title>text":                      "text",
		"<head><meta charset=utf-8><title>t</title></head><body>text":                     "text",
		`<div style="display:none">secret <div>preview</div></div>text`:                   "text",
		`<span style="mso-hide: all">x</span>text`:                                        "text",
		"<!-- comment -->text<![if !mso]>more<![endif]>":                                  "textmore",
		"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>":       "a b\nc d",
		"<pre>one\n  two\n</pre>three":                                                    "one\n  two\nthree",
		"one<hr>two":                                                                      "one\n---\ntwo",
		"<select><option>a</select>text":                                                  "text",
		"a&nbsp;&nbsp;b":                                                                  "a  b",
		"one<br><br><br><br><br><br>two":                                                  "one\n\n\ntwo",
		"<p>unclosed <b>tags <i>everywhere":                                               "unclosed tags everywhere",
		"text with < and > and & alone":                                                   "text with < and > and & alone",
		"<o:p>&nbsp;</o:p>x":                                                              "x",
		"":                                                                                "",
	} {
		if got := TextFromHTML(in); got != want {
			t.Errorf("%s\n gives %q\n  not  %q", in, got, want)
		}
	}
}

func TestAMailWithoutATextPartIsReadFromItsHTML(t *testing.T) {
	m := ReadBytes([]byte("Content-Type: text/html; charset=iso-8859-1\n\n<p>Gr\xfc\xdfe</p>"), Limits{})
	if m.Text != "" || m.Plain() != "Grüße" {
		t.Errorf("text %q, plain %q", m.Text, m.Plain())
	}
	if m = ReadBytes([]byte("\nhi"), Limits{}); m.Plain() != "hi" {
		t.Errorf("a text mail is read as %q", m.Plain())
	}
}

func TestHostileHTMLCostsNoMoreThanItsSize(t *testing.T) {
	for _, piece := range []string{"<", "<div>", "<blockquote>x", "<ul><li>x", "<a href=x>", "<a href=http://x.example>x", "&", "&amp", "<p style=display:none>", "<br>", "<!--", "<pre>\n", "</div>", "<a <a <a ", "x<td>", "\u00a0"} {
		inTime(t, func() {
			in := strings.Repeat(piece, 1<<20/len(piece))
			out := TextFromHTML(in)
			if !utf8.ValidString(out) || len(out) > 12*len(in) {
				t.Errorf("%q repeated gives %d bytes", piece, len(out))
			}
		})
	}
}

func FuzzTextFromHTMLIsValidTextWithoutTrailingSpace(f *testing.F) {
	f.Add("<blockquote><ul><li><a href='http://x.example'>a\u00a0</a><pre>\r\n x</pre>")
	f.Add("<pre>\x00")
	f.Add("<div style=display:none><p>&#0;&#x80;\x00\xff")
	f.Fuzz(func(t *testing.T, in string) {
		out := TextFromHTML(in)
		if !utf8.ValidString(out) || strings.ContainsRune(out, 0) || out != strings.TrimSpace(out) {
			t.Errorf("%q gives %q", in, out)
		}
	})
}
