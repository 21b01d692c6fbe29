package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

// content is a file's bytes: its beginning says what it is.
func content(magic string, size int) []byte {
	return append([]byte(magic), bytes.Repeat([]byte{7}, size-len(magic))...)
}

const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	pdfMagic = "%PDF-1.4\n"
	oggMagic = "OggS\x00\x02"
)

// sends makes a customer of the bot send a file with a caption.
func (b *bot) sends(t *testing.T, n int64, name, caption string, f botapi.NewFile) {
	t.Helper()
	if _, _, err := b.Write(botapi.Writing{Chat: b.id(n), Person: botapi.Person{Name: name}, Text: caption, File: &f}); err != nil {
		t.Fatal(err)
	}
}

// parts waits until the attachments of a thread's n-th message are not on their way any more.
func (s *stack) parts(t *testing.T, conversation string, n int) []object {
	t.Helper()
	var got []object
	eventually(t, time.Minute, func() error {
		thread := s.thread(t, conversation)
		if len(thread) <= n {
			return fmt.Errorf("the thread has %d messages", len(thread))
		}
		if got = thread[n].list("attachments"); len(got) == 0 {
			return fmt.Errorf("the message has no attachments: %v", thread[n])
		}
		for _, p := range got {
			if p.str("state") == "PENDING" {
				return fmt.Errorf("still on its way: %v", p)
			}
		}
		return nil
	})
	return got
}

func TestFilesThatCustomersSendArriveByteForByte(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	for i, c := range []struct {
		file        botapi.NewFile
		usage, kind string
	}{
		{botapi.NewFile{Kind: "photo", Content: content(pngMagic, 300_000)}, "IMAGE", "image/png"},
		{botapi.NewFile{Kind: "document", Name: "invoice.pdf", ContentType: "application/pdf", Content: content(pdfMagic, 2_000_000)}, "FILE", "application/pdf"},
		{botapi.NewFile{Kind: "voice", Content: content(oggMagic, 40_000)}, "VOICE_RECORDING", "application/ogg"},
		{botapi.NewFile{Kind: "document", Name: "lie.txt", ContentType: "text/plain", Content: content(pngMagic, 1000)}, "FILE", "image/png"},
		{botapi.NewFile{Kind: "document", Name: "empty.txt", ContentType: "text/plain"}, "FILE", "text/plain"},
	} {
		n, name := int64(i), fmt.Sprintf("Sender %d", i)
		b.sends(t, n, name, "look", c.file)
		conversation := b.conversation(t, name).str("id")
		p := s.parts(t, conversation, 0)[0]
		if p.str("state") != "STORED" || p.str("usage") != c.usage || !strings.HasPrefix(p.str("contentType"), c.kind) || p["size"] != float64(len(c.file.Content)) {
			t.Errorf("%s %s: %v", c.file.Kind, c.file.Name, p)
			continue
		}
		if !bytes.Equal(fetch(t, p.str("url")), c.file.Content) {
			t.Errorf("%s %s: other bytes came out than went in", c.file.Kind, c.file.Name)
		}
		if raw := mustJSON(s.thread(t, conversation)); strings.Contains(raw, b.token) || strings.Contains(raw, "/file/bot") {
			t.Errorf("%s: the bot's token is shown: %s", c.file.Kind, raw)
		}
	}
}

func TestALinkToAFileOpensThatFileOnly(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	for n, name := range []string{"One", "Two"} {
		b.sends(t, int64(n), name, "", botapi.NewFile{Kind: "photo", Content: content(pngMagic, 1000+n)})
	}
	one := s.parts(t, b.conversation(t, "One").str("id"), 0)[0].str("url")
	two := s.parts(t, b.conversation(t, "Two").str("id"), 0)[0].str("url")
	path, query, _ := strings.Cut(one, "?")
	other, _, _ := strings.Cut(two, "?")
	for what, link := range map[string]string{"without its signature": path, "another file under its signature": other + "?" + query} {
		resp, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 == 2 {
			t.Errorf("%s: %s", what, resp.Status)
		}
	}
}

func TestAFileThatCanNotBeHadSaysWhyAndHoldsNobodyUp(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.sends(t, 1, "Large", "too large", botapi.NewFile{Kind: "video", Claimed: 30 << 20, Content: []byte("x")})
	if _, _, err := b.Write(botapi.Writing{Chat: b.id(1), Text: "did you get it?"}); err != nil { // the stand-in keeps a chat's order
		t.Fatal(err)
	}
	conversation := b.conversation(t, "Large").str("id")
	s.waitTexts(t, 30*time.Second, conversation, "too large", "did you get it?")
	if p := s.parts(t, conversation, 0)[0]; p.str("state") != "REFUSED" || p.str("reason") == "" || p["url"] != nil {
		t.Errorf("the file: %v", p)
	}
	b.Fail(botapi.Fault{Method: "download", Kind: "500"})
	b.sends(t, 2, "Patient", "", botapi.NewFile{Kind: "photo", Content: content(pngMagic, 5000)})
	if p := s.parts(t, b.conversation(t, "Patient").str("id"), 0)[0]; p.str("state") != "STORED" || p["size"] != float64(5000) {
		t.Errorf("after a failure the file is %v", p)
	}
}

func TestAnAgentsFileReachesTheCustomerByteForByte(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.write(t, 1, "Ada", "the invoice, please")
	conversation := b.conversation(t, "Ada").str("id")
	pdf, png := content(pdfMagic, 1_500_000), content(pngMagic, 70_000)
	m := s.must(t, 201, "POST", "/v1/conversations/"+conversation+"/messages", object{"text": "Here it is", "attachments": []string{s.upload(t, s.key, "invoice.pdf", "application/pdf", pdf)}})
	s.state(t, time.Minute, conversation, m.str("id"), "SENT")
	m = s.must(t, 201, "POST", "/v1/conversations/"+conversation+"/messages", object{"attachments": []string{s.upload(t, s.key, "stamp.png", "image/png", png)}})
	s.state(t, time.Minute, conversation, m.str("id"), "SENT")
	sent := b.sent(1)
	if len(sent) != 2 {
		t.Fatalf("the customer got %d messages", len(sent))
	}
	for i, want := range [][]byte{pdf, png} {
		sum := sha256.Sum256(want)
		found := false
		for _, f := range sent[i].Files {
			found = found || f.SHA256 == hex.EncodeToString(sum[:])
		}
		if !found {
			t.Errorf("message %d (%s) holds %v", i, sent[i].Method, sent[i].Files)
		}
	}
	if sent[0].Text() != "Here it is" {
		t.Errorf("the caption is %q", sent[0].Text())
	}
}

func TestAnUploadIsLookedAtAgainWhenItIsUsed(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.write(t, 1, "Ada", "hello")
	conversation := b.conversation(t, "Ada").str("id")
	answer := func(id string) (int, object) {
		return s.call(t, "POST", "/v1/conversations/"+conversation+"/messages", object{"text": "x", "attachments": []string{id}})
	}
	if status, problem := answer(s.upload(t, s.key, "photo.png", "image/png", []byte("<html><script>alert(1)</script></html>"))); status != 422 || !strings.Contains(problem.str("detail"), "photo.png") {
		t.Errorf("a page announced as a picture: %d %v", status, problem)
	}
	announced := s.must(t, 201, "POST", "/v1/uploads", object{"name": "later.png", "contentType": "image/png", "size": 100}).str("id")
	if status, problem := answer(announced); status != 422 || !strings.Contains(problem.str("detail"), "not uploaded") {
		t.Errorf("a file that was announced only: %d %v", status, problem)
	}
	if status := s.tooLarge(t); status/100 == 2 {
		t.Errorf("a file larger than announced was taken: %d", status)
	}
	if status, problem := answer("none"); status != 422 {
		t.Errorf("no upload at all: %d %v", status, problem)
	}
	if sent := b.sent(1); len(sent) != 0 {
		t.Errorf("the customer got %d messages", len(sent))
	}
}

// tooLarge uploads more than was announced and gives the store's answer.
func (s *stack) tooLarge(t *testing.T) int {
	t.Helper()
	form := s.must(t, 201, "POST", "/v1/uploads", object{"name": "small.png", "contentType": "image/png", "size": 100})
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fields, _ := form.at("fields").(map[string]any)
	for field, v := range fields {
		_ = w.WriteField(field, fmt.Sprint(v))
	}
	part, err := w.CreateFormFile("file", "small.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content(pngMagic, 100_000))
	_ = w.Close()
	resp, err := http.Post(form.str("url"), w.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
