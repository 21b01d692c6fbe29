package mime

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A memorySink keeps every attachment's bytes.
type memorySink struct {
	told  []Attachment
	files []*bytes.Buffer
	open  int
}

func (s *memorySink) Attach(a Attachment) (io.WriteCloser, error) {
	s.told = append(s.told, a)
	s.files = append(s.files, &bytes.Buffer{})
	s.open++
	return memoryFile{s.files[len(s.files)-1], s}, nil
}

type memoryFile struct {
	*bytes.Buffer
	sink *memorySink
}

func (f memoryFile) Close() error {
	f.sink.open--
	return nil
}

// decodedFile reads a mail with one attachment in the given encoding and gives the attachment's bytes.
func decodedFile(t interface {
	Helper()
	Fatalf(string, ...any)
}, encoding, content string,
) ([]byte, *Mail) {
	t.Helper()
	var sink memorySink
	mail := "Content-Type: multipart/mixed; boundary=the-boundary\r\n\r\n--the-boundary\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: " +
		encoding + "\r\n\r\n" + content + "\r\n--the-boundary--\r\n"
	m, err := Read(strings.NewReader(mail), &sink, Limits{})
	if err != nil || len(sink.files) != 1 || sink.open != 0 {
		t.Fatalf("error %v, %d files, %d left open", err, len(sink.files), sink.open)
	}
	sum := sha256.Sum256(sink.files[0].Bytes())
	if a := m.Attachments[0]; a.SHA256 != hex.EncodeToString(sum[:]) || a.Size != int64(sink.files[0].Len()) {
		t.Fatalf("the attachment's sum or size is wrong: %+v", a)
	}
	return sink.files[0].Bytes(), m
}

// wrapped cuts a text into lines.
func wrapped(text string, width int, eol string) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + eol)
		text = text[width:]
	}
	return b.String() + text
}

func anyBytes() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 300),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 40), func(b []byte) []byte { return bytes.Repeat(b, 60_000/len(b)) }),
		rapid.Map(rapid.SliceOfN(rapid.StringMatching(`[a-z =.]{0,90}`), 0, 20), func(lines []string) []byte { return []byte(strings.Join(lines, "\r\n")) }),
	)
}

func TestBase64IsDecodedAtAnyLineLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyBytes().Draw(t, "bytes")
		width := rapid.SampledFrom([]int{4, 7, 60, 76, 77, 998, 20_000, 1 << 20}).Draw(t, "width")
		got, m := decodedFile(t, "base64", wrapped(base64.StdEncoding.EncodeToString(want), width, rapid.SampledFrom([]string{"\r\n", "\n", " \r\n"}).Draw(t, "line end")))
		if !bytes.Equal(got, want) || hasProblem(m, "encoding-malformed") {
			t.Fatalf("%d bytes came back as %d: %v", len(want), len(got), m.Problems)
		}
	})
}

func TestQuotedPrintableIsDecodedAsTheStandardLibraryDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var written bytes.Buffer
		w := quotedprintable.NewWriter(&written)
		if _, err := w.Write(anyBytes().Draw(t, "bytes")); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(written.Bytes())))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := decodedFile(t, "quoted-printable", written.String())
		if !bytes.Equal(got, want) {
			t.Fatalf("%q came back as %q, not %q", written.String(), got, want)
		}
	})
}

func TestUnencodedFilesKeepEveryByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyBytes().Draw(t, "bytes")
		if bytes.HasSuffix(want, []byte("\r")) {
			want = append(want, '.') // it would be half of the boundary's line end
		}
		got, _ := decodedFile(t, rapid.SampledFrom([]string{"binary", "8bit", "7bit"}).Draw(t, "encoding"), string(want))
		if !bytes.Equal(got, want) {
			t.Fatalf("%q came back as %q", want, got)
		}
	})
}

func TestDamagedEncodingsGiveWhatCanBeDecoded(t *testing.T) {
	for _, c := range []struct{ encoding, in, want string }{
		{"base64", "aGVsbG8", "hello"},
		{"base64", "aGVs*bG8=", "hello"},
		{"base64", "aGVsbG8=\r\n\r\n-- \r\nA list's footer", "hello"},
		{"base64", "aGk=\r\naGk=", "hihi"},
		{"base64", "aGVsbG8h\r\nZ", "hello!"},
		{"base64", "=", ""},
		{"quoted-printable", "a=3", "a=3"},
		{"quoted-printable", "a=zz=41", "a=zzA"},
		{"quoted-printable", "a=3d=3D", "a=="},
		{"quoted-printable", "a =\r\n b", "a  b"},
		{"quoted-printable", "a=", "a"},
		{"x-uuencode", "begin 644 a\r\n%:&5L;&\\\r\n`\r\nend\r\nmore", "hello"},
		{"x-uuencode", "no beginning", ""},
		{"base9000", "as it is", "as it is"},
	} {
		if got, _ := decodedFile(t, c.encoding, c.in); string(got) != c.want {
			t.Errorf("%s %q gives %q, not %q", c.encoding, c.in, got, c.want)
		}
	}
	for _, c := range [][2]string{{"base64", "aGVs*bG8="}, {"quoted-printable", "a=zz"}} {
		if _, m := decodedFile(t, c[0], c[1]); !hasProblem(m, "encoding-malformed") {
			t.Errorf("%s %q is taken for whole", c[0], c[1])
		}
	}
}

func TestAQuotedPrintableEscapeMayBeCutByTheBuffer(t *testing.T) {
	for pad := range 6 {
		line := strings.Repeat("x", lineBuffer-3+pad-2) + strings.Repeat("=41", 10)
		got, _ := decodedFile(t, "quoted-printable", line)
		if want := strings.ReplaceAll(line, "=41", "A"); string(got) != want {
			t.Errorf("with %d more: %d bytes, not %d", pad, len(got), len(want))
		}
	}
}
