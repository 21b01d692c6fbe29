package api_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

const png = "\x89PNG\r\n\x1a\n and so on"

// uploaded announces a file and puts it where the form says.
func (s *stack) uploaded(key, name, contentType, body string) string {
	s.t.Helper()
	a := s.ok(key, "POST", "/v1/uploads", `{"name":"`+name+`","contentType":"`+contentType+`","size":4000}`)
	s.files.held[a.text("fields.key")] = []byte(body)
	return a.text("id")
}

func TestAnUploadIsAForm(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "POST", "/v1/uploads", `{"name":"C:\\temp\\../bill\u0007.pdf","contentType":"application/PDF; x=y","size":77}`)
	if a.Status != 201 || a.text("url") != "https://files.example.com/" || a.text("fields.key") != "uploads/"+a.text("id") ||
		a.text("fields.Content-Type") != "application/pdf" || a.text("fields.size") != "77" {
		t.Errorf("%s", a.Raw)
	}
	u, err := s.table.Upload(t.Context(), desk.UploadID(a.text("id")))
	if err != nil || u.Name != "bill.pdf" {
		t.Errorf("%+v, %v", u, err)
	}
	for body, field := range map[string]string{
		`{"name":"..","contentType":"image/png","size":1}`:        "name",
		`{"name":"a","contentType":"picture","size":1}`:           "contentType",
		`{"name":"a","contentType":"image/png","size":0}`:         "size",
		`{"name":"a","contentType":"image/png","size":104857601}`: "size",
	} {
		got := s.call(s.admin, "POST", "/v1/uploads", body)
		if got.Status != 422 || got.text("errors.0.location") != field {
			t.Errorf("%s: %d %s", body, got.Status, got.Raw)
		}
	}
}

func TestAFileGoesWithAMessageAndIsKeptForGood(t *testing.T) {
	s, _, conv := talk(t)
	id := s.uploaded(s.admin, "lamp.png", "image/png", png)
	a := s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"attachments":["`+id+`"]}`)
	url := a.text("attachments.0.url")
	if a.text("attachments.0.name") != "lamp.png" || a.text("attachments.0.usage") != "IMAGE" || a.text("attachments.0.state") != "STORED" || !strings.Contains(url, "media/"+conv) {
		t.Errorf("%s", a.Raw)
	}
	key := strings.TrimPrefix(strings.Split(url, "?")[0], "https://files.example.com/")
	if !bytes.Equal(s.files.held[key], []byte(png)) {
		t.Errorf("kept %q", s.files.held[key])
	}
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+conv, ""); c.text("preview") != "lamp.png" {
		t.Errorf("%s", c.Raw)
	}
	big := s.uploaded(s.admin, "big.bin", "application/pdf", strings.Repeat("x", 3000))
	if a := s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"kind":"COMMENT","text":"see","attachments":["`+big+`"]}`); a.text("attachments.0.size") != "3000" {
		t.Errorf("%s", a.Raw)
	}
}

func TestAFileIsLookedAtAgainWhenItIsUsed(t *testing.T) {
	s, _, conv := talk(t)
	_, annKey := s.person("Ann", "agent")
	missing := s.ok(s.admin, "POST", "/v1/uploads", `{"name":"a.png","contentType":"image/png","size":5}`).text("id")
	small := s.ok(s.admin, "POST", "/v1/uploads", `{"name":"a.png","contentType":"image/png","size":5}`)
	s.files.held[small.text("fields.key")] = []byte(png)
	for what, id := range map[string]string{
		"not uploaded":             missing,
		"larger than announced":    small.text("id"),
		"somebody else's":          s.uploaded(annKey, "a.png", "image/png", png),
		"a page called a picture":  s.uploaded(s.admin, "a.png", "image/png", "<html><script>"),
		"a page called a document": s.uploaded(s.admin, "a.pdf", "application/pdf", "<html><script>"),
		"a picture called another": s.uploaded(s.admin, "a.gif", "image/gif", png),
		"a type not taken":         s.uploaded(s.admin, "a.txt", "text/plain", "hello"),
		"too large for its type":   s.uploaded(s.admin, "a.png", "image/png", png+strings.Repeat("x", 1000)),
	} {
		if a := s.refused(422, "invalid", s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"text":"x","attachments":["`+id+`"]}`); a.text("errors.0.location") != "attachments[0]" {
			t.Errorf("%s: %s", what, a.Raw)
		}
	}
	one, two := s.uploaded(s.admin, "a.pdf", "application/pdf", strings.Repeat("x", 3000)), s.uploaded(s.admin, "b.pdf", "application/pdf", strings.Repeat("x", 3000))
	if a := s.refused(422, "invalid", s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"text":"x","attachments":["`+one+`","`+two+`"]}`); a.text("errors.0.location") != "attachments" {
		t.Errorf("too much together: %s", a.Raw)
	}
}
