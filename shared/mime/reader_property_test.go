package mime

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A tree is a mail's structure as a property test draws it: a leaf, or a multipart of trees.
type tree struct {
	kind     string // a multipart's subtype; "" for a leaf
	children []*tree
	media    string
	text     string
}

func drawTree(t *rapid.T, depth int) *tree {
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "what") == 0 {
		n := &tree{kind: rapid.SampledFrom([]string{"mixed", "related", "x-odd"}).Draw(t, "kind")}
		for range rapid.IntRange(1, 3).Draw(t, "children") {
			n.children = append(n.children, drawTree(t, depth-1))
		}
		return n
	}
	return &tree{
		media: rapid.SampledFrom([]string{"text/plain", "image/png", "application/x-odd"}).Draw(t, "media"),
		text:  rapid.StringMatching(`[a-z =\-äöü]{1,80}`).Draw(t, "line") + rapid.SampledFrom([]string{"", "\r\n", "\r\n--\r\nx", "\r\n--bx\r\n--b0x"}).Draw(t, "more") + ".",
	}
}

// write writes a tree as a part; boundaries are b, b0, b00 and so on, each a beginning of the next.
func (n *tree) write(t *rapid.T, w *bytes.Buffer, boundary string) {
	if n.kind == "" {
		fmt.Fprintf(w, "Content-Type: %s; charset=utf-8\r\n", n.media)
		if n.media != "text/plain" {
			w.WriteString("Content-Disposition: attachment; filename=f\r\n")
		}
		writeBody(t, w, n.text)
		return
	}
	fmt.Fprintf(w, "Content-Type: multipart/%s; boundary=%q\r\n\r\n", n.kind, boundary)
	w.WriteString(rapid.SampledFrom([]string{"", "a preamble\r\n", "--\r\n"}).Draw(t, "preamble"))
	for _, c := range n.children {
		fmt.Fprintf(w, "--%s\r\n", boundary)
		c.write(t, w, boundary+"0")
		w.WriteString("\r\n")
	}
	fmt.Fprintf(w, "--%s--\r\n%s", boundary, rapid.SampledFrom([]string{"", "an epilogue"}).Draw(t, "epilogue"))
}

// writeBody writes a leaf's text in one of the transfer encodings.
func writeBody(t *rapid.T, w *bytes.Buffer, text string) {
	switch rapid.IntRange(0, 2).Draw(t, "encoding") {
	case 0:
		w.WriteString("Content-Transfer-Encoding: base64\r\n\r\n" + wrapped(base64.StdEncoding.EncodeToString([]byte(text)), 76, "\r\n"))
	case 1:
		w.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
		q := quotedprintable.NewWriter(w)
		_, _ = q.Write([]byte(text))
		_ = q.Close()
	default:
		w.WriteString("Content-Transfer-Encoding: 8bit\r\n\r\n")
		w.WriteString(text)
	}
}

// leaves lists a tree's texts and its attachments' number.
func (n *tree) leaves(texts *[]string, files *int) {
	if n.kind == "" {
		if n.media == "text/plain" {
			*texts = append(*texts, n.text)
		} else {
			*files++
		}
	}
	for _, c := range n.children {
		c.leaves(texts, files)
	}
}

func TestAnyStructureIsReadBackInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root := drawTree(t, 4)
		var mail bytes.Buffer
		root.write(t, &mail, "b")
		var texts []string
		files := 0
		root.leaves(&texts, &files)
		m := ReadBytes(mail.Bytes(), Limits{})
		if got := len(m.Attachments); got != files {
			t.Fatalf("%d attachments, not %d, in\n%s", got, files, mail.String())
		}
		rest := m.Text
		for _, want := range texts {
			want = strings.ReplaceAll(want, "\r\n", "\n")
			i := strings.Index(rest, want)
			if i < 0 {
				t.Fatalf("%q is missing, or out of order, in %q, of\n%s", want, m.Text, mail.String())
			}
			rest = rest[i+len(want):]
		}
	})
}

// A pieceReader gives its bytes in pieces of drawn sizes.
type pieceReader struct {
	t    *rapid.T
	rest []byte
	read int
}

func (p *pieceReader) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := min(len(b), len(p.rest), rapid.SampledFrom([]int{1, 7, 1000, 1 << 20}).Draw(p.t, "piece"))
	copy(b, p.rest[:n])
	p.rest = p.rest[n:]
	p.read += n
	return n, nil
}

func TestLinesAreTheSameHoweverTheSourceGivesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in bytes.Buffer
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			in.WriteString(strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 76, lineBuffer - 2, lineBuffer - 1, lineBuffer, lineBuffer + 1, 3 * lineBuffer}).Draw(t, "length")))
			in.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\r\r\n", "\r"}).Draw(t, "end"))
		}
		var out bytes.Buffer
		src := newLineSource(&pieceReader{t: t, rest: in.Bytes()})
		for {
			line, eol, _, ok := src.next()
			if !ok {
				break
			}
			if rapid.Bool().Draw(t, "put back") {
				src.unread()
				line, eol, _, _ = src.next()
			}
			if bytes.IndexByte(line, '\n') >= 0 {
				t.Fatalf("a line holds a line end")
			}
			out.Write(line)
			out.Write(eol)
		}
		if !bytes.Equal(out.Bytes(), in.Bytes()) {
			t.Fatalf("%d bytes came back as %d", in.Len(), out.Len())
		}
	})
}

func TestALineGivenBackComesNextAndCanBePutBack(t *testing.T) {
	src := newLineSourceBytes([]byte("one\ntwo\n"))
	next := func(want string) {
		t.Helper()
		if line, _, _, ok := src.next(); !ok || string(line) != want {
			t.Errorf("%q comes next, not %q", line, want)
		}
	}
	next("one")
	next("two")
	src.unread()
	src.pushBack([]byte("one"))
	next("one")
	src.unread()
	next("one")
	next("two")
	src.unread()
	next("two")
	if _, _, _, ok := src.next(); ok {
		t.Error("a line comes behind the last")
	}
}

func TestEveryByteOfAMailIsReadOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mail := mailOf50KB()
		src := &pieceReader{t: t, rest: mail}
		if _, err := Read(src, nil, Limits{}); err != nil || src.read != len(mail) {
			t.Fatalf("%d bytes of %d were read, %v", src.read, len(mail), err)
		}
	})
}

// A bigMail is a mail with one attachment, made up while it is read.
type bigMail struct {
	head, line, tail []byte
	lines            int
	rest             []byte
}

func (b *bigMail) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		switch {
		case b.head != nil:
			b.rest, b.head = b.head, nil
		case b.lines > 0:
			b.rest = b.line
			b.lines--
		case b.tail != nil:
			b.rest, b.tail = b.tail, nil
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func TestAMailOf25MBTakesLittleMemory(t *testing.T) {
	mail := &bigMail{
		head:  []byte("Subject: big\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
		line:  []byte(strings.Repeat("QUJD", 19) + "\r\n"),
		lines: 25 << 20 / 78,
		tail:  []byte("--b--\r\n"),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := Read(mail, nil, Limits{})
	runtime.ReadMemStats(&after)
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Size != 25<<20/78*57 {
		t.Fatalf("error %v, %s", err, shape(m))
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
}

// A watchedSink notes how much of the source had been read when an attachment's first bytes came.
type watchedSink struct {
	source *bigMail
	left   int
}

func (s *watchedSink) Attach(Attachment) (io.WriteCloser, error) {
	s.left = s.source.lines
	return nil, nil
}

func TestAttachmentsArePassedOnWhileTheMailIsRead(t *testing.T) {
	mail := &bigMail{head: []byte("Content-Type: application/zip\r\n\r\n"), line: []byte(strings.Repeat("x", 98) + "\r\n"), lines: 10_000}
	sink := &watchedSink{source: mail}
	if _, err := Read(mail, sink, Limits{}); err != nil || sink.left < 9_000 {
		t.Errorf("the sink was told with %d lines left to read, %v", sink.left, err)
	}
}

func TestHeadersFoldedAnywhereAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[!-9;-~äöü]{1,20}`), 1, 20).Draw(t, "words")
		var field strings.Builder
		field.WriteString("X-Field:")
		for _, w := range words {
			field.WriteString(rapid.SampledFrom([]string{" ", "\r\n ", "\r\n\t", "\r\n   "}).Draw(t, "fold") + w)
		}
		m := ReadBytes([]byte("A: 1\r\n"+field.String()+"\r\nB: 2\r\n\r\nhi"), Limits{})
		if want := strings.Join(words, " "); m.Headers.Get("x-field") != want || m.Headers.Get("B") != "2" || m.Text != "hi" {
			t.Fatalf("%q came back as %q", field.String(), m.Headers.Get("x-field"))
		}
	})
}

func TestFlowedTextIsWhatWasFlowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var flowed, want strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "paragraphs") {
			depth := rapid.IntRange(0, 3).Draw(t, "depth")
			words := rapid.SliceOfN(rapid.StringMatching(`[a-z>.]{1,9}`), 1, 12).Draw(t, "words")
			quote := strings.Repeat(">", depth)
			if depth > 0 {
				want.WriteString(quote + " ")
			}
			want.WriteString(strings.Join(words, " ") + "\n")
			flowed.WriteString(quote + " " + words[0]) // always stuffed, as it may be
			for _, w := range words[1:] {
				flowed.WriteString(rapid.SampledFrom([]string{" ", " \n" + quote + " "}).Draw(t, "break") + w)
			}
			flowed.WriteString("\n")
		}
		if got := string(unflow([]byte(flowed.String()), false)); got != want.String() {
			t.Fatalf("%q\n came back as %q\n not %q", flowed.String(), got, want.String())
		}
	})
}
