package mime

import (
	"net/mail"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEachProblemIsNamed(t *testing.T) {
	from := "From: a@example.com\n"
	for code, m := range map[string]string{
		"from-missing":            "Subject: x\n\nhi",
		"date-malformed":          from + "Date: whenever\n\nhi",
		"headers-missing":         "no headers here\n",
		"header-malformed":        from + "what is this\nSubject: x\n\nhi",
		"header-end-missing":      from + "this is the text already\nand so on",
		"content-type-malformed":  from + "Content-Type: text\n\nhi",
		"encoding-unknown":        from + "Content-Transfer-Encoding: rot13\n\nhi",
		"encoding-wrong":          from + "Content-Transfer-Encoding: base64\n\nthis is not base64 at all\n",
		"encoding-malformed":      from + "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAA*B",
		"text-encoding-malformed": from + "Content-Transfer-Encoding: quoted-printable\n\na=zz",
		"charset-unknown":         from + "Content-Type: text/plain; charset=klingon\n\nhi",
		"boundary-missing":        from + "Content-Type: multipart/mixed; boundary=b\n\nhi",
		"boundary-wrong":          from + "Content-Type: multipart/mixed; boundary=b\n\n--c\nContent-Type: text/plain\n\nhi\n--c--\n",
		"boundary-unclosed":       from + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n",
		"boundary-early":          from + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b--\n--b\n\nmore\n--b--\n",
		"truncated-text":          from + "\n" + strings.Repeat("x", 3000),
		"truncated-parts":         from + multi("mixed", plainPart, plainPart, plainPart, plainPart, plainPart, plainPart),
		"truncated-depth":         from + nested(9, true),
		"truncated-headers":       from + "X: " + strings.Repeat("x", 3000) + "\n\nhi",
	} {
		got := ReadBytes([]byte(m), Limits{Depth: 5, Parts: 6, HeaderBytes: 2000, TextBytes: 2000})
		if !hasProblem(got, code) {
			t.Errorf("%q is not among %v", code, got.Problems)
		}
		for _, p := range got.Problems {
			if p.Detail == "" {
				t.Errorf("%q says nothing", p.Code)
			}
		}
		if strings.HasPrefix(code, "truncated") != (got.Truncated != "") {
			t.Errorf("%q: truncated is %q", code, got.Truncated)
		}
	}
}

func TestAGoodMailHasNoProblem(t *testing.T) {
	if m := ReadBytes(mailOf50KB(), Limits{}); len(m.Problems) > 0 || m.Truncated != "" {
		t.Errorf("problems %v, truncated %q", m.Problems, m.Truncated)
	}
}

func TestAProblemIsToldOnce(t *testing.T) {
	part := "Content-Transfer-Encoding: rot13\n\nhi"
	m := ReadBytes([]byte("From: a@example.com\n"+multi("mixed", part, part, part)), Limits{})
	if len(m.Problems) != 1 {
		t.Errorf("the problems are %v", m.Problems)
	}
}

func TestAddressesThatTheStandardLibraryWritesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Address
		var field []string
		for range rapid.IntRange(1, 5).Draw(t, "addresses") {
			name := strings.Join(strings.Fields(rapid.StringOf(rapid.RuneFrom([]rune(`abc ,.;:@()<>äö漢🍿`))).Draw(t, "name")), " ")
			a := Address{Name: name, Addr: rapid.StringMatching(`[a-z.+_-]{0,8}[a-z]@([a-z]{1,6}\.)?example`).Draw(t, "addr")}
			if strings.HasPrefix(a.Addr, ".") || strings.Contains(a.Addr, "..") {
				a.Addr = "x@example"
			}
			want = append(want, a)
			field = append(field, (&mail.Address{Name: a.Name, Address: a.Addr}).String())
		}
		if got := ParseAddresses(strings.Join(field, ", ")); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\n came back as %q\n not %q", field, got, want)
		}
	})
}

func TestTextInHTMLIsItsText(t *testing.T) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	rapid.Check(t, func(t *rapid.T) {
		var page strings.Builder
		var want []string
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			line := strings.Join(strings.Fields(rapid.StringOf(rapid.RuneFrom([]rune(`ab &<>"äö漢🍿;`))).Draw(t, "line")), " ")
			if line == "" {
				continue
			}
			want = append(want, line)
			page.WriteString(rapid.SampledFrom([]string{"<div>", "<div class=x>\n  ", "<p class=MsoNormal>", "<table><tr><td>"}).Draw(t, "tag"))
			page.WriteString(strings.ReplaceAll(escape.Replace(line), " ", rapid.SampledFrom([]string{" ", "\n", " \t ", " <!-- x --> "}).Draw(t, "space")) + "<br>")
		}
		if got := TextFromHTML(page.String()); got != strings.Join(want, "\n") {
			t.Fatalf("%s\n gives %q\n not %q", page.String(), got, want)
		}
	})
}
