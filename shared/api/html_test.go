package api_test

import (
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// mail files a message with HTML and an inline picture, as the mail function does, and gives its id.
func mailMessage(t *testing.T, s *stack, html string) string {
	t.Helper()
	s.files.held["html/1"] = []byte(html)
	s.files.held["raw/1"] = []byte("From: ann@example.com\r\n\r\nhello")
	ch := s.channel("inbox", "chat", "1")
	who := desk.Identity{Kind: "email", Value: "ann@example.com"}
	filed, err := s.table.FileInbound(t.Context(), desk.Filing{
		Channel: desk.ChannelID(ch), Inbox: "inbox", Ext: "m1", Thread: "m1", From: who, Identities: []desk.Identity{who}, Place: desk.InInbox, Preview: "hello",
		Message: desk.Message{
			Kind: desk.KindMessage, Direction: desk.Incoming, Channel: desk.ChannelID(ch), Text: "hello", HTMLKey: "html/1", RawKey: "raw/1", Mail: &desk.MessageMail{MessageID: "x"},
			Attachments: []desk.Attachment{{ID: "0", Name: "logo.png", ContentType: "image/png", State: desk.PartStored, Key: "media/logo", ContentID: "logo@x", Inline: true}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(filed.Conversation.Message(filed.Key))
}

func TestHTMLFromOutsideIsMadeHarmless(t *testing.T) {
	s := newStack(t)
	id := mailMessage(t, s, `<html><head><style>body{display:none}</style><title>x</title></head><body onload="evil()"><p style="color:red;position:fixed;background:url(http://t.example/x)">Hi</p>
		<script>evil()</script><iframe src="http://e.example"></iframe><a href="javascript:evil()">a</a><a href="https://shop.example/x">shop</a><form action="/x"><input name="p"></form>
		<img src="https://track.example/p.gif" alt="pixel"><img src="cid:logo@x"><img src="/etc/x"><img src="data:image/png;base64,iVBORw0KGgo="><svg onload="evil()"></svg><a href="data:text/html,evil">d</a></body></html>`)
	a := s.ok(s.admin, "GET", "/v1/messages/"+id+"/html", "")
	for _, bad := range []string{"script", "evil", "iframe", "style>", "display", "position", "url(", "track.example", "form", "input", "onload", "svg", "/etc/x", "data:text"} {
		if strings.Contains(a.Raw, bad) {
			t.Errorf("it still holds %s: %s", bad, a.Raw)
		}
	}
	for _, good := range []string{"color: red", "Hi", `href="https://shop.example/x"`, "noopener", "nofollow", "noreferrer", `target="_blank"`, "https://files.example.com/media/logo", "data:image/png", `alt="pixel"`} {
		if !strings.Contains(a.Raw, good) {
			t.Errorf("it lost %s: %s", good, a.Raw)
		}
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", a.Header)
	}
	if b := s.ok(s.admin, "GET", "/v1/messages/"+id+"/html?images=true", ""); !strings.Contains(b.Raw, "https://track.example/p.gif") || strings.Contains(b.Raw, "evil") {
		t.Errorf("%s", b.Raw)
	}
	m := s.ok(s.admin, "GET", "/v1/messages/"+id, "")
	if m.text("hasHtml") != "true" || m.at("html") != nil || m.text("attachments.0.inline") != "true" {
		t.Errorf("%s", m.Raw)
	}
}

func TestTheOriginalOfAMessageIsGivenAsItCame(t *testing.T) {
	s := newStack(t)
	id := mailMessage(t, s, "<p>hello</p>")
	a := s.ok(s.admin, "GET", "/v1/messages/"+id+"/original", "")
	if a.Raw != "From: ann@example.com\r\n\r\nhello" || a.Header.Get("Content-Type") != "message/rfc822" || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v %q", a.Header, a.Raw)
	}
	s.files.held["raw/1"] = make([]byte, 5<<20)
	if a := s.call(s.admin, "GET", "/v1/messages/"+id+"/original", ""); a.Status != 302 || !strings.Contains(a.Header.Get("Location"), "raw/1") {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	delete(s.files.held, "raw/1")
	s.refused(404, "not_found", s.admin, "GET", "/v1/messages/"+id+"/original", "")
}

func TestAMessageWithoutHTMLOrOriginalSaysSo(t *testing.T) {
	s, _, conv := talk(t)
	id := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", "").text("results.0.id")
	for _, part := range []string{"html", "original"} {
		s.refused(404, "not_found", s.admin, "GET", "/v1/messages/"+id+"/"+part, "")
	}
}

func TestALongTextIsReadInFullByItsMessageOnly(t *testing.T) {
	s, ch, _ := talk(t)
	s.files.held["text/1"] = []byte(strings.Repeat("long ", 100))
	_, err := s.table.EditMessage(t.Context(), desk.ChannelID(ch), "cust/hello", desk.Inbound{Text: "long", TextKey: "text/1", At: s.clock()})
	if err != nil {
		t.Fatal(err)
	}
	conv := s.ok(s.admin, "GET", "/v1/conversations", "").text("results.0.id")
	list := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", "")
	if list.text("results.0.text") != "long" || list.text("results.0.truncated") != "true" {
		t.Errorf("%s", list.Raw)
	}
	one := s.ok(s.admin, "GET", "/v1/messages/"+list.text("results.0.id"), "")
	if len(one.text("text")) != 500 || one.text("truncated") != "false" {
		t.Errorf("%s", one.Raw)
	}
}

func TestWhatItsAuthorTookBackIsNotShown(t *testing.T) {
	s, ch, conv := talk(t)
	if _, err := s.table.MarkDeleted(t.Context(), desk.ChannelID(ch), "cust/hello"); err != nil {
		t.Fatal(err)
	}
	a := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", "")
	if a.text("results.0.deleted") != "true" || a.text("results.0.text") != "" || a.text("results.0.visibleText") != "" {
		t.Errorf("%s", a.Raw)
	}
}

func TestAnEditedMessageShowsItsEarlierTexts(t *testing.T) {
	s, ch, conv := talk(t)
	_, err := s.table.EditMessage(t.Context(), desk.ChannelID(ch), "cust/hello", desk.Inbound{Text: "hello there", At: s.clock()})
	if err != nil {
		t.Fatal(err)
	}
	a := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", "")
	if a.text("results.0.text") != "hello there" || a.text("results.0.edits.0.text") != "hello" {
		t.Errorf("%s", a.Raw)
	}
}
