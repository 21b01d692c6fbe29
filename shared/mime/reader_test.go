package mime

import (
	"fmt"
	"strings"
	"testing"
)

// shape tells a mail's parts in one line: its texts, then each attachment.
func shape(m *Mail) string {
	s := fmt.Sprintf("text %q html %q", m.Text, m.HTML)
	for _, a := range m.Attachments {
		s += fmt.Sprintf(" | %s %s %s %d", a.Disposition, a.ContentType, a.Name, a.Size)
	}
	return s
}

// multi puts parts between boundaries b.
func multi(kind string, parts ...string) string {
	return "Content-Type: multipart/" + kind + "; boundary=b\n\n--b\n" + strings.Join(parts, "\n--b\n") + "\n--b--\n"
}

const (
	plainPart = "Content-Type: text/plain\n\nhello"
	htmlPart  = "Content-Type: text/html\n\n<p>hello</p>"
	imagePart = "Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\nAAEC"
)

func TestTextHTMLAndFilesAreToldApart(t *testing.T) {
	for name, c := range map[string][2]string{
		"plain text":                     {"\nhello", `text "hello" html ""`},
		"HTML":                           {htmlPart, `text "" html "<p>hello</p>"`},
		"alternatives":                   {multi("alternative", plainPart, htmlPart), `text "hello" html "<p>hello</p>"`},
		"text and a file":                {multi("mixed", plainPart, imagePart), `text "hello" html "" | attachment image/png a.png 3`},
		"text, file, text":               {multi("mixed", plainPart, imagePart, "\nbye"), "text \"hello\\nbye\" html \"\" | attachment image/png a.png 3"},
		"a part without a type":          {multi("mixed", "\nhello"), `text "hello" html ""`},
		"a named text first":             {multi("mixed", "Content-Type: text/plain; name=a.txt\n\nhello"), `text "hello" html ""`},
		"a named text later":             {multi("mixed", plainPart, "Content-Type: text/plain; name=a.txt\n\nfile"), `text "hello" html "" | attachment text/plain a.txt 4`},
		"an inline named text":           {multi("mixed", plainPart, "Content-Type: text/plain\nContent-Disposition: inline; filename=a.txt\n\nfile"), `text "hello" html "" | inline text/plain a.txt 4`},
		"an attached text":               {multi("mixed", plainPart, "Content-Disposition: attachment\n\nfile"), `text "hello" html "" | attachment text/plain  4`},
		"a named alternative":            {multi("alternative", plainPart, "Content-Type: text/html; name=a.html\n\n<p>hello</p>"), `text "hello" html "<p>hello</p>"`},
		"a related image":                {multi("related", htmlPart, "Content-ID: <i>\n"+imagePart), `text "" html "<p>hello</p>" | inline image/png a.png 3`},
		"a related text":                 {multi("related", htmlPart, "Content-Type: text/plain\nContent-ID: <i>\n\nx"), `text "" html "<p>hello</p>" | inline text/plain  1`},
		"a main part that isn't first":   {multi("related; start=\"<m>\"", "Content-ID: <i>\n"+imagePart, "Content-ID: <m>\n"+htmlPart), `text "" html "<p>hello</p>" | inline image/png a.png 3`},
		"an invitation":                  {multi("alternative", plainPart, "Content-Type: text/calendar; method=REQUEST\n\nBEGIN"), `text "hello" html "" | attachment text/calendar  5`},
		"TNEF":                           {multi("mixed", plainPart, "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"), `text "hello" html "" | attachment application/ms-tnef winmail.dat 1`},
		"only a file":                    {imagePart, `text "" html "" | attachment image/png a.png 3`},
		"an unknown kind of text":        {"Content-Type: text/x-note\n\nhello", `text "hello" html ""`},
		"a table":                        {"Content-Type: text/csv\n\na,b", `text "" html "" | attachment text/csv  3`},
		"a type that is none":            {"Content-Type: text\n\nhello", `text "hello" html ""`},
		"a type of nonsense":             {"Content-Type: =?!\n\nhello", `text "hello" html ""`},
		"a file of no type":              {multi("mixed", plainPart, "Content-Disposition: attachment; filename=a.bin\n\nx"), `text "hello" html "" | attachment application/octet-stream a.bin 1`},
		"a multipart without a boundary": {"Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\nhello\n--x--\n", `text "hello" html ""`},
		"another boundary than is named": {"Content-Type: multipart/mixed; boundary=y\n\n--x\nContent-Type: text/html\n\n<p>\n--x--\n", `text "" html "<p>"`},
		"a multipart with nothing in it": {"Content-Type: multipart/mixed; boundary=y\n\nhello\nyou\n", `text "hello\nyou\n" html ""`},
		"the same in HTML":               {"Content-Type: multipart/mixed; boundary=y\n\n<html><p>hi\n", `text "" html "<html><p>hi\n"`},
		"a text that is a multipart":     {"Content-Type: text/html; boundary=x\n\n--x\nContent-Type: text/plain\n\nhello\n--x--\n", `text "hello" html ""`},
		"a preamble and an epilogue":     {"Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\nhello\n--b--\nepilogue\n", `text "hello" html ""`},
		"no end":                         {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n", `text "hello\n" html ""`},
		"parts behind the end":           {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b--\n--b\n\nbye\n--b--\n", "text \"hello\\nbye\" html \"\""},
		"rubbish behind the end":         {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b-->\nevil\n", `text "hello" html ""`},
		"spaces behind a boundary":       {"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\nhello\n--b-- \nx", `text "hello" html ""`},
		"a boundary that begins another": {multi("mixed", "Content-Type: multipart/alternative; boundary=bb\n\n--bb\n\nin\n--bb--", "\nout"), "text \"in\\nout\" html \"\""},
		"a boundary that ends in dashes": {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n\nin\n--b----\n--b\n\nout\n--b--\n", "text \"in\\nout\" html \"\""},
		"an inner multipart without end": {multi("mixed", "Content-Type: multipart/alternative; boundary=c\n\n--c\n\nin", "\nout"), "text \"in\\nout\" html \"\""},
		"a boundary in the headers":      {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n--b\n\nhello\n--b--\n", `text "hello" html ""`},
		"a base64 type with plain text":  {"Content-Transfer-Encoding: base64\n\nthis is not base64, as one sees\n", "text \"this is not base64, as one sees\\n\" html \"\""},
		"quoted-printable":               {"Content-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9 =\ncr=C3=A8me   \nend", "text \"café crème\\nend\" html \"\""},
		"a mail of nothing":              {"", `text "" html ""`},
	} {
		if got := shape(ReadBytes([]byte(c[0]), Limits{})); got != c[1] {
			t.Errorf("%s:\n     %s\n not %s", name, got, c[1])
		}
		crlf := strings.ReplaceAll(c[0], "\n", "\r\n")
		if got := shape(ReadBytes([]byte(crlf), Limits{})); got != c[1] {
			t.Errorf("%s, with CRLF:\n     %s\n not %s", name, got, c[1])
		}
	}
}

func TestTextThatStandsInOneFormOnlyIsInBoth(t *testing.T) {
	for name, c := range map[string][2]string{
		"a list's footer": {
			multi("mixed", "Content-Type: multipart/alternative; boundary=c\n\n--c\n"+plainPart+"\n--c\n"+htmlPart+"\n--c--", "\nList <help>"),
			`text "hello\nList <help>" html "<p>hello</p>\n<p>List &lt;help&gt;</p>"`,
		},
		"text, then HTML behind a picture": {
			multi("mixed", plainPart, imagePart, "Content-Type: text/html\n\n<p>and more</p>"),
			`text "hello\nand more" html "<p>hello</p>\n<p>and more</p>" | attachment image/png a.png 3`,
		},
		"alternatives called mixed": {multi("mixed", plainPart, htmlPart), `text "hello" html "<p>hello</p>"`},
	} {
		if got := shape(ReadBytes([]byte(c[0]), Limits{})); got != c[1] {
			t.Errorf("%s:\n     %s\n not %s", name, got, c[1])
		}
	}
}

func TestAnAttachedMailIsAFileAndIsRead(t *testing.T) {
	inner := "From: Carl <carl@example.org>\nTo: anna@example.com\nSubject: About: a/b\nDate: Mon, 2 Jun 2025 10:00:00 +0200\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ninner text\n--i\n" + imagePart + "\n--i--\n"
	m := ReadBytes([]byte(multi("mixed", plainPart, "Content-Type: message/rfc822\n\n"+inner, "Content-Type: message/rfc822; name=x.eml\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogdHdvCgpoaQ==")), Limits{})
	want := fmt.Sprintf(`text "hello" html "" | attachment message/rfc822 About a-b.eml %d | attachment message/rfc822 x.eml 16`, len(inner))
	if got := shape(m); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
	if len(m.Embedded) != 2 {
		t.Fatalf("%d mails were read", len(m.Embedded))
	}
	e := m.Embedded[0]
	if e.Attachment != 0 || e.From[0] != (Address{"Carl", "carl@example.org"}) || e.Subject != "About: a/b" || e.Text != "inner text" || len(e.Attachments) != 1 || e.Date.IsZero() {
		t.Errorf("the attached mail is %+v", e)
	}
	if e = m.Embedded[1]; e.Attachment != 1 || e.Subject != "two" || e.Text != "hi" {
		t.Errorf("the second is %+v", e)
	}
	if m = ReadBytes([]byte(multi("digest", "\nSubject: one\n\nx", "\n\ny")), Limits{}); shape(m) != `text "" html "" | attachment message/rfc822 one.eml 15 | attachment message/rfc822 message.eml 2` {
		t.Errorf("a digest is %s", shape(m))
	}
}

func TestUuencodedFilesInsideTextAreTakenOut(t *testing.T) {
	text := "before\nbegin 644 a.txt\n%:&5L;&\\*\n`\nend\nafter\nbegin 644 with nothing\nof that kind\nbegin again\n"
	m := ReadBytes([]byte("\n"+text), Limits{})
	if got := shape(m); got != `text "before\nafter\nbegin 644 with nothing\nof that kind\nbegin again\n" html "" | attachment application/octet-stream a.txt 5` {
		t.Errorf("%s", got)
	}
	m = ReadBytes([]byte("Content-Type: text/plain; name=b.txt\nContent-Disposition: attachment\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 b.txt\n%:&5L;&\\*\n`\nend\n"), Limits{})
	if got := shape(m); got != `text "" html "" | attachment text/plain b.txt 5` {
		t.Errorf("as a transfer encoding: %s", got)
	}
	m = ReadBytes([]byte(multi("mixed", "\nbegin 644 a.txt\n%:&5L;&\\*", plainPart)), Limits{})
	if got := shape(m); got != `text "hello" html "" | attachment application/octet-stream a.txt 5` {
		t.Errorf("without an end: %s", got)
	}
}

func TestSignedAndEncryptedMailIsMarked(t *testing.T) {
	for mail, want := range map[string][2]string{
		multi("signed; micalg=x", plainPart, "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nx"): {"smime", ""},
		multi("signed; micalg=x", plainPart, "Content-Type: application/pgp-signature\n\nx"):                   {"pgp", ""},
		"Content-Type: application/x-pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx":               {"", "smime"},
		"Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nx":                                    {"smime", ""},
		multi("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1", imagePart):                 {"", "pgp"},
		"\n-----BEGIN PGP MESSAGE-----\nx":        {"", "pgp"},
		"\n-----BEGIN PGP SIGNED MESSAGE-----\nx": {"pgp", ""},
		"\nplain": {"", ""},
	} {
		if m := ReadBytes([]byte(mail), Limits{}); m.Signed != want[0] || m.Encrypted != want[1] {
			t.Errorf("%q: signed %q, encrypted %q, not %q", mail, m.Signed, m.Encrypted, want)
		}
	}
}

func TestFileNamesAreReadWhereverTheyStandAndCarryNoPath(t *testing.T) {
	for headers, want := range map[string]string{
		"Content-Disposition: attachment; filename=a.pdf":                                            "a.pdf",
		"Content-Type: application/pdf; name=a.pdf":                                                  "a.pdf",
		"Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=b.pdf": "b.pdf",
		"Content-Disposition: attachment; filename=\"=?utf-8?Q?=C3=BC.pdf?=\"":                       "ü.pdf",
		"Content-Disposition: attachment; filename==?utf-8?B?w7wucGRm?=":                             "ü.pdf",
		"Content-Disposition: attachment;\n filename*0*=utf-8''%c3;\n filename*1*=%bc.pdf":           "ü.pdf",
		"Content-Disposition: attachment; filename=\"C:\\temp\\a.pdf\"":                              "a.pdf",
		"Content-Disposition: attachment; filename=\"../../etc/passwd\"":                             "passwd",
		"Content-Disposition: attachment; filename=\"a\u202efdp.exe\"":                               "afdp.exe",
		"Content-Disposition: attachment; filename=\"a\tb.pdf\"":                                     "ab.pdf",
		"Content-Disposition: attachment; filename=\"..\"":                                           "",
		"Content-Disposition: attachment; filename=\"caf\xe9.pdf\"":                                  "café.pdf",
		"Content-Type: image/png\nContent-Location: a.png":                                           "a.png",
		"Content-Type: image/png\nContent-Location: http://example.com/a.png":                        "",
		"Content-Disposition: attachment; filename=" + strings.Repeat("x", 300) + ".pdf":             strings.Repeat("x", 200) + strings.Repeat("x", 51) + ".pdf",
	} {
		m := ReadBytes([]byte(multi("mixed", plainPart, headers+"\nContent-Transfer-Encoding: 8bit\n\nx")), Limits{})
		if len(m.Attachments) != 1 || m.Attachments[0].Name != want {
			t.Errorf("%q gives %q, not %q", headers, shape(m), want)
		}
	}
}

func TestFlowedTextIsPutTogether(t *testing.T) {
	for in, want := range map[string]string{
		"a \nb\nc":                "a b\nc",
		"> a \n> b\nc":            "> a b\nc",
		"> a \n>> b \nc":          "> a \n>> b \nc",
		" stuffed\n >not a quote": "stuffed\n>not a quote",
		"a \n-- \nAnna":           "a \n-- \nAnna",
		">\n> a":                  ">\n> a",
		"a \n\nb":                 "a \nb",
		"a ":                      "a ",
		"":                        "",
	} {
		if got := string(unflow([]byte(in), false)); got != want {
			t.Errorf("%q gives %q, not %q", in, got, want)
		}
	}
	m := ReadBytes([]byte("Content-Type: text/plain; format=flowed; delsp=yes\n\nhttp://example.com/ \nlong"), Limits{})
	if m.Text != "http://example.com/long" {
		t.Errorf("with DelSp: %q", m.Text)
	}
}
