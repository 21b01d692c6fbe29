package mime

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fileOf is a File of bytes in memory.
func fileOf(name, kind string, content []byte) File {
	return File{Name: name, ContentType: kind, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}
}

func pictureOf(name, id string, content []byte) File {
	f := fileOf(name, "image/png", content)
	f.ContentID, f.Inline = id, true
	return f
}

func composed(t testing.TB, m Outgoing) string {
	t.Helper()
	var b bytes.Buffer
	if err := Compose(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// plainMail is the least that can be sent.
func plainMail() Outgoing {
	return Outgoing{
		From: Address{"Ann at Example", "support@example.com"}, To: []Address{{"Bob", "bob@example.org"}}, Subject: "Your boxes",
		Date: time.Date(2024, 5, 3, 10, 0, 0, 0, time.FixedZone("", 2*3600)), MessageID: "1@example.com", Text: "They are here.\n",
	}
}

// outgoingMails are the mails of the golden files, by their name.
func outgoingMails() map[string]Outgoing {
	all := map[string]Outgoing{"plain": plainMail()}

	m := plainMail()
	m.From.Name, m.Subject = "Жанна Д’Арк", "Ваш заказ № 42 прибыл — заберите его до пятницы, пожалуйста 📦"
	m.To = []Address{{"Łukasz \"Bob\" Żółw", "bob@example.org"}, {"Lee, Carol", "carol@example.org"}, {"", "dan@example.org"}}
	m.Cc = []Address{{"株式会社サンプル 営業部", "sales@example.org"}}
	m.Bcc = []Address{{"Secret", "secret@example.org"}}
	m.ReplyTo = []Address{{"", "reply+mzxw6ytboi@example.com"}}
	m.Text = "Здравствуйте!\n\nПосылка = здесь.   \n.\nFrom now on.\n" + strings.Repeat("long ", 40) + "\n"
	all["languages"] = m

	m = plainMail()
	m.HTML = "<p>They are <b>here</b>.</p>\n"
	m.InReplyTo, m.References = "0@example.org", []string{"first@example.org", "0@example.org"}
	m.Headers = []Header{{"Auto-Submitted", "auto-replied"}, {"X-Auto-Response-Suppress", "All"}, {"Precedence", "auto_reply"}}
	all["alternative"] = m

	m = plainMail()
	m.Text, m.HTML = "", `<p>See <img src="cid:box@example.com"> and <a href="https://example.com/">our page</a>.</p>`
	m.Attachments = []File{
		pictureOf("box.png", "box@example.com", []byte("\x89PNG\r\n\x1a\nnot really")),
		fileOf("größe der Kiste – endgültige Fassung für Łódź und 東京.pdf", "application/pdf", bytes.Repeat([]byte("%PDF\x00\xff"), 40)),
		fileOf("plain.txt", "text/plain; charset=utf-8", []byte("hello\n")),
		fileOf("../../etc/pass\r\nX: wd", "nonsense", nil),
		fileOf("passed on.eml", "message/rfc822", []byte("Subject: x\r\n\r\nx\r\n")),
	}
	all["related and mixed"] = m

	m = plainMail()
	m.To, m.Bcc = nil, []Address{{"", "bob@example.org"}}
	for i := range 40 {
		m.References = append(m.References, "a-rather-long-message-id."+strconv.Itoa(i)+"@mail.example.com")
	}
	m.Headers = []Header{{"X-Note", "a\r\nBcc: everybody@example.com\r\n\r\nbody"}, {"List-Unsubscribe", "<https://example.com/" + strings.Repeat("x", 120) + ">"}}
	all["long fields"] = m
	return all
}

func TestAMailIsWrittenAsItsGoldenFile(t *testing.T) {
	for name, m := range outgoingMails() {
		path := filepath.Join("testdata", "writer", strings.ReplaceAll(name, " ", "-")+".eml")
		got := composed(t, m)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not as in %s:\n%s", name, path, got)
		}
		if again := composed(t, m); again != got {
			t.Errorf("%s is different the second time", name)
		}
	}
}

func TestOnlyAsManyMultipartsAsNeeded(t *testing.T) {
	for name, want := range map[string]string{
		"plain": "", "languages": "", "long fields": "", "alternative": "alternative", "related and mixed": "mixed related alternative",
	} {
		var got []string
		for line := range strings.SplitSeq(composed(t, outgoingMails()[name]), "\r\n") {
			if kind, ok := strings.CutPrefix(line, "Content-Type: multipart/"); ok {
				kind, _, _ = strings.Cut(kind, ";")
				got = append(got, kind)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s has %v", name, got)
		}
	}
}

func TestAPictureWithoutHTMLIsAFile(t *testing.T) {
	m := plainMail()
	m.Attachments = []File{pictureOf("box.png", "box@example.com", []byte("png"))}
	if got := composed(t, m); strings.Contains(got, "multipart/related") || !strings.Contains(got, "multipart/mixed") {
		t.Errorf("is\n%s", got)
	}
}

func TestReferencesKeepTheFirstAndTheLast(t *testing.T) {
	var ids []string
	for i := range 50 {
		ids = append(ids, strconv.Itoa(i)+"@example.com")
	}
	got := shortReferences(append(ids, "broken id@example.com", ""))
	if len(got) != maxReferences || got[0] != "0@example.com" || got[1] != "31@example.com" || got[19] != "49@example.com" {
		t.Errorf("are %v", got)
	}
	m := plainMail()
	m.InReplyTo, m.References = "a b@example.com", []string{"ü@example.com", "<ok@example.com>", "x>\r\nBcc: y@example.com"}
	if mail := composed(t, m); strings.Contains(mail, "In-Reply-To") || !strings.Contains(mail, "References: <ok@example.com>\r\nMIME-Version") {
		t.Errorf("broken ids are written:\n%s", mail)
	}
}

func TestWhatCannotBeWrittenIsRefusedInWords(t *testing.T) {
	for want, change := range map[string]func(*Outgoing){
		"a mail needs a date":         func(m *Outgoing) { m.Date = time.Time{} },
		"can't be a message id":       func(m *Outgoing) { m.MessageID = "a b" },
		"mail can be sent with":       func(m *Outgoing) { m.From.Addr = "" },
		"\"bob@\" is not an address":  func(m *Outgoing) { m.To = append(m.To, Address{"Bob", "bob@"}) },
		"x: y@example.com\\r\\n":      func(m *Outgoing) { m.Cc = []Address{{"", "x: y@example.com\r\n"}} },
		"\"ü@example.com\" is not":    func(m *Outgoing) { m.Bcc = []Address{{"", "ü@example.com"}} },
		"\"a,b@example.com\" is not":  func(m *Outgoing) { m.ReplyTo = []Address{{"", "a,b@example.com"}} },
		"\"bcc\" can't be added":      func(m *Outgoing) { m.Headers = []Header{{"bcc", "x"}} },
		"\"Content-Type\" can't be":   func(m *Outgoing) { m.Headers = []Header{{"Content-Type", "x"}} },
		"\"X: y\\r\\nZ\" can't":       func(m *Outgoing) { m.Headers = []Header{{"X: y\r\nZ", "x"}} },
		"can't be a content id":       func(m *Outgoing) { f := pictureOf("x", "a b", nil); m.Attachments = []File{f} },
		"\"x.pdf\" has no content":    func(m *Outgoing) { m.Attachments = []File{{Name: "x.pdf"}} },
		"\"x.pdf\" can't be read: no": func(m *Outgoing) { m.Attachments = []File{failing("x.pdf", errors.New("no"), nil)} },
		"can't be read: unexpected EOF": func(m *Outgoing) {
			m.Attachments = []File{failing("x.pdf", nil, io.ErrUnexpectedEOF)}
		},
	} {
		m := plainMail()
		change(&m)
		if err := Compose(io.Discard, m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// failing is a file that can't be opened, or breaks off.
func failing(name string, open, read error) File {
	return File{Name: name, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("begun"), iotest.ErrReader(read))), open
	}}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestAnErrorOfTheDestinationIsTold(t *testing.T) {
	m := plainMail()
	for _, size := range []int{0, 100 << 10} {
		m.Text = strings.Repeat("x", size)
		m.Attachments = []File{fileOf("x", "", bytes.Repeat([]byte("y"), size))}
		if err := Compose(fullDisk{}, m); err == nil || !strings.Contains(err.Error(), "no room") {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func BenchmarkCompose50KBOfHTML(b *testing.B) {
	m := plainMail()
	m.HTML = strings.Repeat("<p>They are <b>here</b> – at last.</p>\n", 50<<10/40)
	m.Text = TextFromHTML(m.HTML)
	b.SetBytes(int64(len(m.HTML)))
	for b.Loop() {
		if err := Compose(io.Discard, m); err != nil {
			b.Fatal(err)
		}
	}
}

func TestALoneCarriageReturnSwallowsNoLaterLineEnd(t *testing.T) {
	m := plainMail()
	m.Text = "one\rǅ\ntwo\r\nthree\r"
	var b bytes.Buffer
	if err := Compose(&b, m); err != nil {
		t.Fatal(err)
	}
	got, err := readByLibrary(b.Bytes())
	if err != nil || lineFeeds(got.Text) != "one\nǅ\ntwo\nthree\n" {
		t.Errorf("it became %q, %v", got.Text, err)
	}
}
