package mime

import (
	stdmime "mime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParametersAreReadWhateverIsWrongWithThem(t *testing.T) {
	for _, c := range []struct{ field, value, name, want string }{
		{`text/plain; charset=utf-8`, "text/plain", "charset", "utf-8"},
		{`TEXT/Plain;CHARSET="UTF-8"`, "text/plain", "charset", "UTF-8"},
		{`text/plain; charset = "utf-8" ; format=flowed`, "text/plain", "format", "flowed"},
		{`text/plain; charset=us-ascii (Plain text)`, "text/plain", "charset", "us-ascii"},
		{`text/plain (really); charset=utf-8`, "text/plain", "charset", "utf-8"},
		{`text/plain;; charset=utf-8;`, "text/plain", "charset", "utf-8"},
		{`text/plain charset="iso-2022-jp"`, "text/plain", "charset", "iso-2022-jp"},
		{`application/pdf name="a b.pdf"`, "application/pdf", "name", "a b.pdf"},
		{`attachment; filename=report (1).pdf`, "attachment", "filename", "report (1).pdf"},
		{`attachment; filename=a b.pdf; size=3`, "attachment", "filename", "a b.pdf"},
		{`attachment; filename="a;b.pdf"`, "attachment", "filename", "a;b.pdf"},
		{`attachment; filename="a \"b\".pdf"`, "attachment", "filename", `a "b".pdf`},
		{`attachment; filename="a "b" c.pdf"`, "attachment", "filename", `a "b" c.pdf`},
		{`attachment; filename="C:\temp\x.doc"`, "attachment", "filename", `C:\temp\x.doc`},
		{`attachment; filename="a.pdf`, "attachment", "filename", "a.pdf"},
		{`attachment; filename="a.pdf; size=3`, "attachment", "filename", "a.pdf"},
		{`attachment; filename="a.pdf" size=3`, "attachment", "size", "3"},
		{`attachment; filename=a.pdf; filename=b.pdf`, "attachment", "filename", "a.pdf"},
		{`attachment; filename*=utf-8''%e2%82%ac%20rates.txt`, "attachment", "filename", "€ rates.txt"},
		{`attachment; filename*=iso-8859-1'en'%A3%20rates`, "attachment", "filename", "£ rates"},
		{`attachment; filename=x.txt; filename*=utf-8''%c3%bc.txt`, "attachment", "filename", "ü.txt"},
		{`attachment; filename*=%41b.txt`, "attachment", "filename", "Ab.txt"},
		{`attachment; filename*0="long "; filename*1="name"; filename*2=".txt"`, "attachment", "filename", "long name.txt"},
		{`attachment; filename*1="name"; filename*0="long "`, "attachment", "filename", "long name"},
		{`attachment; filename*0*=utf-8''%e2%82; filename*1*=%ac; filename*2=.txt`, "attachment", "filename", "€.txt"},
		{`attachment; filename*0=a; filename*2=c`, "attachment", "filename", "a"},
		{`attachment; filename*x=a`, "attachment", "filename", ""},
		{`attachment; filename*=utf-8''100%`, "attachment", "filename", "100%"},
		{`multipart/mixed; boundary="a=b"`, "multipart/mixed", "boundary", "a=b"},
		{`multipart/mixed; boundary==_x`, "multipart/mixed", "boundary", "=_x"},
		{`charset=utf-8`, "", "charset", "utf-8"},
		{``, "", "charset", ""},
		{`;`, "", "charset", ""},
	} {
		p := parseParams(c.field)
		if p.value != c.value || p.get(c.name) != c.want {
			t.Errorf("%q gives %q and %q, not %q and %q", c.field, p.value, p.get(c.name), c.value, c.want)
		}
	}
}

func TestParametersThatTheStandardLibraryWritesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.RuneFrom([]rune(`abc .;="()\äö漢🍿`))).Draw(t, "name")
		written := stdmime.FormatMediaType("attachment", map[string]string{"filename": name, "size": "3"})
		if written == "" {
			return
		}
		if got := parseParams(written).get("filename"); got != name && got != strings.TrimSpace(name) {
			t.Fatalf("%q, written %s, came back as %q", name, written, got)
		}
	})
}

func TestHostileParametersAreBounded(t *testing.T) {
	for _, piece := range []string{";", "a=b;", `a="`, `"`, "(", "()", "=", `a*0="x";`, `\"`, "a=(b)c;"} {
		p := parseParams("text/plain;" + strings.Repeat(piece, 1<<20/len(piece)))
		if len(p.list) > maxParams {
			t.Errorf("%q repeated gives %d parameters", piece, len(p.list))
		}
		p.get("a")
	}
}

func TestTransferEncodingsAreKnownHoweverTheyAreSpelt(t *testing.T) {
	for in, want := range map[string]transferKind{
		"": identity, "7bit": identity, "7-bit": identity, "8bits": identity, "BINARY": identity, "base64": base64Transfer, " Base-64 ": base64Transfer,
		"quoted-printable": quotedPrintable, "Quoted-Printable;": quotedPrintable, "quoted_printable": quotedPrintable, `"base64"`: base64Transfer,
		"quoted printable": quotedPrintable, "x-uuencode": uuTransfer, "uuencode": uuTransfer,
	} {
		if got, known := transferOf(in); got != want || !known {
			t.Errorf("%q is %v (known: %v)", in, got, known)
		}
	}
	if _, known := transferOf("base9000"); known {
		t.Error("an encoding that doesn't exist is known")
	}
}
