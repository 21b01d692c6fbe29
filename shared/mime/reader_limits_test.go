package mime

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// inTime fails when reading hangs: hostile mail must cost no more than its size.
func inTime(t *testing.T, read func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		read()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("reading doesn't end")
	}
}

func nested(levels int, closed bool) string {
	var b strings.Builder
	for i := range levels {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\ndeepest\r\n")
	for i := levels - 1; closed && i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return b.String()
}

func TestTwentyThousandNestedPartsAreCapped(t *testing.T) {
	for _, closed := range []bool{true, false} {
		inTime(t, func() {
			m := ReadBytes([]byte(nested(20_000, closed)), Limits{})
			if m.Truncated == "" || !hasProblem(m, "truncated-depth") {
				t.Errorf("closed %v: nothing is told of it: %v", closed, m.Problems)
			}
		})
	}
	if m := ReadBytes([]byte(nested(40, true)), Limits{}); m.Truncated != "" || m.Text != "deepest" {
		t.Errorf("40 levels are not read: %q, %q", m.Truncated, m.Text)
	}
}

func TestAHundredThousandSiblingsAreCapped(t *testing.T) {
	inTime(t, func() {
		mail := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", 100_000) + "--b--\r\n"
		m := ReadBytes([]byte(mail), Limits{})
		if m.Truncated == "" || len(m.Attachments) > 1000 || len(m.Attachments) < 990 {
			t.Errorf("%d attachments, truncated %q", len(m.Attachments), m.Truncated)
		}
	})
}

func TestUuencodedFilesAreCappedLikeParts(t *testing.T) {
	inTime(t, func() {
		m := ReadBytes([]byte("\n"+strings.Repeat("begin 644 a\n%:&5L;&\\*\n`\nend\n", 20_000)), Limits{})
		if len(m.Attachments) > 1000 {
			t.Errorf("%d files", len(m.Attachments))
		}
	})
}

func TestTextPastTheLimitIsCutBetweenCharacters(t *testing.T) {
	text := strings.Repeat("grüße ", 100)
	m := ReadBytes([]byte("Content-Type: text/plain; charset=utf-8\n\n"+text), Limits{TextBytes: 10})
	if m.Text != "grüße gr" || m.Truncated == "" {
		t.Errorf("text %q, truncated %q", m.Text, m.Truncated)
	}
	m = ReadBytes([]byte(multi("mixed", "\n12345678", "\n12345678", htmlPart)), Limits{TextBytes: 12})
	if !strings.HasPrefix(m.Text, "12345678\n1234") || !strings.HasSuffix(m.HTML, "<p>hello</p>") || m.Truncated == "" {
		t.Errorf("text %q, html %q, truncated %q", m.Text, m.HTML, m.Truncated)
	}
}

func TestAttachedMailsAreReadUpToTheirLimit(t *testing.T) {
	part := "Content-Type: message/rfc822\n\nSubject: inner\n\n" + strings.Repeat("x", 400)
	m := ReadBytes([]byte(multi("mixed", part, part, part)), Limits{EmbeddedBytes: 500})
	if len(m.Attachments) != 3 || m.Attachments[2].Size != 416 {
		t.Errorf("the attachments are %+v", m.Attachments)
	}
	if len(m.Embedded) != 2 || len(m.Embedded[0].Text) != 400 || len(m.Embedded[1].Text) != 68 {
		t.Errorf("%d mails were read", len(m.Embedded))
	}
}

func TestAMailInsideAMailInsideAMailCostsNoMoreThanItsSize(t *testing.T) {
	inTime(t, func() {
		m := ReadBytes([]byte(strings.Repeat("Content-Type: message/rfc822\n\n", 50_000)+"\nhi"), Limits{})
		if len(m.Attachments) != 1 || len(m.Embedded) != 1 || len(m.Embedded[0].Embedded) != 0 {
			t.Errorf("%d attachments, %d read", len(m.Attachments), len(m.Embedded))
		}
	})
}

func TestLinesOfAnyLengthAreRead(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000)
	m := ReadBytes([]byte("Subject: x\r\n\r\n"+long+"\r\n"+long), Limits{})
	if m.Text != long+"\n"+long {
		t.Errorf("%d bytes of text", len(m.Text))
	}
	cut := strings.Repeat("x", lineBuffer-1) + "\r\n--b--\r\n" // the line's end stands across two buffers
	m = ReadBytes([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\n"+cut), Limits{})
	if m.Attachments[0].Size != lineBuffer-1 {
		t.Errorf("the attachment has %d bytes", m.Attachments[0].Size)
	}
}

func TestTheSourcesOwnErrorIsGivenWithWhatWasRead(t *testing.T) {
	broken := errors.New("connection lost")
	m, err := Read(io.MultiReader(strings.NewReader("Subject: half\n\nsome text\n"), iotest.ErrReader(broken)), nil, Limits{})
	if !errors.Is(err, broken) || m.Subject != "half" || m.Text != "some text\n" {
		t.Errorf("error %v, subject %q, text %q", err, m.Subject, m.Text)
	}
	if _, err = Read(stuckReader{}, nil, Limits{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a source that gives nothing: %v", err)
	}
	if m, err = Read(iotest.OneByteReader(strings.NewReader(multi("mixed", plainPart, imagePart))), nil, Limits{}); err != nil || len(m.Attachments) != 1 {
		t.Errorf("byte by byte: %v, %s", err, shape(m))
	}
	if m, err = Read(iotest.DataErrReader(strings.NewReader("\nhi")), nil, Limits{}); err != nil || m.Text != "hi" {
		t.Errorf("data together with the end: %v, %q", err, m.Text)
	}
}

type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { return 0, nil }

// A failingSink refuses at one of three moments.
type failingSink struct{ at string }

func (s failingSink) Attach(Attachment) (io.WriteCloser, error) {
	if s.at == "attach" {
		return nil, errors.New("attach")
	}
	return failingFile(s), nil
}

type failingFile struct{ at string }

func (f failingFile) Write(b []byte) (int, error) {
	if f.at == "write" {
		return 0, errors.New("write")
	}
	return len(b), nil
}

func (f failingFile) Close() error {
	if f.at == "close" {
		return errors.New("close")
	}
	return nil
}

func TestTheSinksErrorEndsTheReading(t *testing.T) {
	for _, at := range []string{"attach", "write", "close"} {
		m, err := Read(strings.NewReader(multi("mixed", plainPart, imagePart, imagePart)), failingSink{at}, Limits{})
		if err == nil || err.Error() != at {
			t.Errorf("at %s: error %v", at, err)
		}
		if m.Text != "hello" || len(m.Attachments) != 1 {
			t.Errorf("at %s: %s", at, shape(m))
		}
	}
}

func TestTheSinkIsToldEachAttachmentInOrder(t *testing.T) {
	var sink memorySink
	mail := multi("mixed", plainPart, imagePart, "Content-Disposition: attachment; filename=empty.bin\n", "Content-Type: message/rfc822\n\nSubject: s\n\nx")
	m, err := Read(strings.NewReader(mail), &sink, Limits{})
	if err != nil || len(sink.told) != 3 || sink.open != 0 {
		t.Fatalf("error %v, %d told, %d open", err, len(sink.told), sink.open)
	}
	for i, a := range sink.told {
		if got := m.Attachments[i]; a.Index != i || a.Name != got.Name || a.ContentType != got.ContentType || a.Disposition != got.Disposition {
			t.Errorf("told %+v, listed %+v", a, got)
		}
	}
	if sink.told[2].Name != "s.eml" {
		t.Errorf("the attached mail is called %q", sink.told[2].Name)
	}
}

func TestMailWithCarriageReturnsAloneIsRead(t *testing.T) {
	m := ReadBytes([]byte(strings.ReplaceAll(multi("mixed", plainPart, imagePart), "\n", "\r")), Limits{})
	if got := shape(m); got != `text "hello" html "" | attachment image/png a.png 3` {
		t.Error(got)
	}
}
