package mime

import (
	"bytes"
	"io"
	stdmime "mime"
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyText gives what people and attackers put into fields.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[a-zA-Z .,"'()<>@=?_-]{0,200}`),
		rapid.StringMatching(`([a-z]{1,9} ){0,30}[é木📦]{0,60}( [a-z]{1,9}){0,30}`),
		rapid.SampledFrom([]string{"", " ", "a\r\nBcc: x@example.com", "=?utf-8?q?x?=", "a\n\nb", strings.Repeat("x", 2000), "  a  b  ", "=?", "\x00\x7f\xff\xfe", "a\u2028b"}),
	)
}

// onlyOwnLines fails when a mail has a bare line end, a line over the limit, or one over 76 characters that could be broken.
func onlyOwnLines(t rapid.TB, composed string) {
	for line := range strings.SplitSeq(composed, "\r\n") {
		if strings.ContainsAny(line, "\r\n") {
			t.Fatalf("a bare line end in %q", line)
		}
		if len(line) > 998 || len(line) > 76 && strings.Contains(strings.TrimPrefix(line, " "), " ") {
			t.Fatalf("%d characters in %q", len(line), line)
		}
	}
}

func TestEveryFieldRoundTripsAndNothingIsInjected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := plainMail()
		m.Subject, m.From.Name = anyText().Draw(t, "subject"), anyText().Draw(t, "name")
		m.To[0].Name = anyText().Draw(t, "recipient")
		note := anyText().Draw(t, "note")
		m.Headers = []Header{{"X-Note", note}}
		var b bytes.Buffer
		if err := Compose(&b, m); err != nil {
			t.Fatal(err)
		}
		onlyOwnLines(t, b.String())
		read, err := mail.ReadMessage(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Header) != 9 {
			t.Fatalf("%d fields: %v", len(read.Header), read.Header)
		}
		dec := new(stdmime.WordDecoder)
		for name, want := range map[string]string{"Subject": m.Subject, "X-Note": note} {
			got, err := dec.DecodeHeader(read.Header.Get(name))
			if err != nil || got != headerText(want) && strings.TrimSpace(headerText(want)) != got {
				t.Fatalf("%s: %q became %q (%v)", name, want, got, err)
			}
			if ours := DecodeWords(read.Header.Get(name)); withoutMark(ours) != withoutMark(got) {
				t.Fatalf("%s: our reader has %q, another %q", name, ours, got)
			}
		}
		for field, want := range map[string]Address{"From": m.From, "To": m.To[0]} {
			list, err := read.Header.AddressList(field)
			if err != nil || len(list) != 1 || list[0].Address != want.Addr || list[0].Name != strings.TrimSpace(headerText(want.Name)) {
				t.Fatalf("%s: %q became %v (%v)", field, want.Name, list, err)
			}
		}
	})
}

func TestEveryTextAndFileRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := plainMail()
		m.Text = rapid.OneOf(rapid.String(), rapid.StringMatching(`([ -~é]{0,90}\n){0,10}`)).Draw(t, "text")
		if rapid.Bool().Draw(t, "html") {
			m.HTML = "<p>" + rapid.String().Draw(t, "page") + "</p>"
		}
		name := anyText().Draw(t, "name")
		content := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "content")
		m.Attachments = []File{fileOf(name, rapid.SampledFrom([]string{"", "application/pdf", "x", "text/calendar; method=REQUEST", "a/b; c=\"d; e\""}).Draw(t, "type"), content)}
		m.Attachments[0].Inline = rapid.Bool().Draw(t, "inline")
		var b bytes.Buffer
		if err := Compose(&b, m); err != nil {
			t.Fatal(err)
		}
		onlyOwnLines(t, b.String())
		got, err := readByLibrary(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if lineFeeds(got.Text) != lineFeeds(strings.ToValidUTF8(m.Text, "\ufffd")) && m.Text != "" || lineFeeds(got.HTML) != lineFeeds(m.HTML) {
			t.Fatalf("%q and %q became %q and %q", m.Text, m.HTML, got.Text, got.HTML)
		}
		if len(got.Files) != 1 || got.Files[0].Name != fileName(name) || !bytes.Equal(got.Files[0].content(), content) {
			t.Fatalf("%q became %+v", name, got.Files)
		}
	})
}

func TestABase64LineNeverDependsOnHowTheSourceReads(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	m := plainMail()
	m.Attachments = []File{fileOf("x.bin", "", content)}
	whole := composed(t, m)
	m.Attachments[0].Open = func() (io.ReadCloser, error) { return io.NopCloser(&crumbs{content}), nil }
	if composed(t, m) != whole {
		t.Error("read in crumbs, the mail is another")
	}
}

// crumbs gives seven bytes at a time, and the end together with the last ones.
type crumbs struct{ rest []byte }

func (c *crumbs) Read(p []byte) (int, error) {
	n := copy(p[:min(7, len(p))], c.rest)
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// withoutMark takes out byte order marks, of which our reader drops those at a word's beginning.
func withoutMark(s string) string { return strings.ReplaceAll(s, "\ufeff", "") }

func lineFeeds(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
