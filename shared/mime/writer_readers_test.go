package mime

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	stdmime "mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// readMail is what a reader that isn't ours says of a mail.
type readMail struct {
	Headers map[string]string
	People  map[string][][2]string
	Text    string
	HTML    string
	Files   []readFile
	Defects []string
}

type readFile struct{ Name, Type, Disposition, ID, Hex string }

func (f readFile) content() []byte {
	b, _ := hex.DecodeString(f.Hex)
	return b
}

func TestAnotherReaderGetsEverythingBack(t *testing.T) {
	var names, paths []string
	mails := outgoingMails()
	for name, m := range mails {
		path := filepath.Join(t.TempDir(), "mail.eml")
		if err := os.WriteFile(path, []byte(composed(t, m)), 0o600); err != nil {
			t.Fatal(err)
		}
		names, paths = append(names, name), append(paths, path)
	}
	for i, got := range readByOthers(t, paths) {
		m := mails[names[i]]
		t.Run(names[i], func(t *testing.T) { compareRead(t, got, m) })
	}
}

// readByOthers reads mails with Python's reader, or with the standard library's where there is no Python.
func readByOthers(t *testing.T, paths []string) []readMail {
	var all []readMail
	python, err := exec.LookPath("python3")
	if err != nil {
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := readByLibrary(b)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
		return all
	}
	out, err := exec.Command(python, append([]string{filepath.Join("testdata", "read_mail.py")}, paths...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		var m readMail
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func compareRead(t *testing.T, got readMail, m Outgoing) {
	for _, d := range got.Defects {
		t.Errorf("the reader complains: %s", d)
	}
	headers := map[string]string{"Subject": m.Subject, "Message-ID": "<" + m.MessageID + ">"}
	if m.InReplyTo != "" {
		headers["In-Reply-To"] = "<" + m.InReplyTo + ">"
	}
	if ids := shortReferences(m.References); len(ids) > 0 {
		headers["References"] = "<" + strings.Join(ids, "> <") + ">"
	}
	for name, want := range headers {
		if got.Headers[name] != want {
			t.Errorf("%s is %q, want %q", name, got.Headers[name], want)
		}
	}
	for name, want := range map[string][]Address{"From": {m.From}, "To": m.To, "Cc": m.Cc, "Reply-To": m.ReplyTo} {
		var people []Address
		for _, p := range got.People[name] {
			people = append(people, Address{p[0], p[1]})
		}
		if !reflect.DeepEqual(people, want) {
			t.Errorf("%s is %v, want %v", name, people, want)
		}
	}
	text := m.Text
	if text == "" {
		text = TextFromHTML(m.HTML)
	}
	if strings.TrimRight(lineFeeds(got.Text), "\n") != strings.TrimRight(text, "\n") || strings.TrimRight(lineFeeds(got.HTML), "\n") != strings.TrimRight(m.HTML, "\n") {
		t.Errorf("the text is %q and %q", got.Text, got.HTML)
	}
	compareFiles(t, got.Files, m.Attachments)
}

func compareFiles(t *testing.T, got []readFile, want []File) {
	if len(got) != len(want) {
		t.Fatalf("%d files, want %d", len(got), len(want))
	}
	for i, f := range want {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(r)
		g := got[i]
		if g.Name != fileName(f.Name) || !bytes.Equal(g.content(), content) || (g.Disposition == Inline) != f.Inline || strings.Trim(g.ID, "<>") != f.ContentID {
			t.Errorf("file %d is %+v", i, g)
		}
		if base, _, _ := strings.Cut(fileType(f.ContentType)[0], ";"); g.Type != base {
			t.Errorf("file %d is of type %s, want %s", i, g.Type, base)
		}
	}
}

// readByLibrary reads a mail with net/mail and mime/multipart.
func readByLibrary(b []byte) (readMail, error) {
	m := readMail{Headers: map[string]string{}, People: map[string][][2]string{}}
	msg, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		return m, err
	}
	for name := range msg.Header {
		name = strings.ReplaceAll(name, "Message-Id", "Message-ID")
		if m.Headers[name], err = new(stdmime.WordDecoder).DecodeHeader(msg.Header.Get(name)); err != nil {
			return m, err
		}
		if list, err := msg.Header.AddressList(name); err == nil {
			for _, a := range list {
				m.People[name] = append(m.People[name], [2]string{a.Name, a.Address})
			}
		}
	}
	return m, m.part(msg.Header, msg.Body)
}

// part takes one part, and those in it.
func (m *readMail) part(header map[string][]string, body io.Reader) error {
	h := mail.Header(header)
	kind, params, err := stdmime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.parts(multipart.NewReader(body, params["boundary"]))
	}
	if h.Get("Content-Transfer-Encoding") == "base64" {
		body = base64.NewDecoder(base64.StdEncoding, body)
	} else {
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	disposition, names, err := stdmime.ParseMediaType(h.Get("Content-Disposition"))
	switch {
	case err == nil:
		m.Files = append(m.Files, readFile{names["filename"], kind, disposition, h.Get("Content-ID"), hex.EncodeToString(content)})
	case h.Get("Content-Disposition") != "":
		return err
	case kind == "text/plain":
		m.Text = string(content)
	default:
		m.HTML = string(content)
	}
	return nil
}

func (m *readMail) parts(r *multipart.Reader) error {
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.part(p.Header, p); err != nil {
			return err
		}
	}
}

func TestOurReaderGetsEverythingBack(t *testing.T) {
	for name, m := range outgoingMails() {
		got := ReadBytes([]byte(composed(t, m)), Limits{})
		if len(got.Problems) > 0 || got.Subject != m.Subject || !reflect.DeepEqual(got.From, []Address{m.From}) || !reflect.DeepEqual(got.Cc, m.Cc) {
			t.Errorf("%s is %+v", name, got)
		}
		if len(got.Attachments) != len(m.Attachments) {
			t.Fatalf("%s has %d attachments", name, len(got.Attachments))
		}
		for i, a := range got.Attachments {
			if f := m.Attachments[i]; a.Name != fileName(f.Name) || (a.Disposition == Inline) != f.Inline || a.ContentID != f.ContentID {
				t.Errorf("%s: attachment %d is %+v", name, i, a)
			}
		}
	}
}
