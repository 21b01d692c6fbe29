package api_test

import (
	"strings"
	"testing"
)

func TestAnIdentityIsShownAsTheNextMailWillHaveIt(t *testing.T) {
	s := mailStack(t)
	id, ann := s.person("Ann", "agent")
	s.ok(s.admin, "PATCH", "/v1/users/"+id, `{"name":"Ann Example"}`)
	s.ok(s.admin, "PATCH", "/v1/channels/inbox-mail", `{"identity":{"company":"Shop","signatureHtml":"<p onclick=\"evil()\"><b>{{fullName}}</b>, {{firstName}} of <a href=\"https://shop.example\">us</a></p><script>evil()</script><img src=\"https://shop.example/logo.png\">"}}`)
	a := s.ok(ann, "GET", "/v1/channels/inbox-mail/identity/preview", "")
	if a.text("fromName") != "Ann Example at Shop" || a.text("automaticFromName") != "Shop" || a.text("address") != "inbox@mail.example.com" {
		t.Errorf("%s", a.Raw)
	}
	if html := a.text("signatureHtml"); !strings.Contains(html, "<b>Ann Example</b>, Ann of") || strings.Contains(html, "evil") || !strings.Contains(html, "logo.png") {
		t.Errorf("%s", html)
	}
	if text := a.text("signatureText"); !strings.Contains(text, "Ann Example, Ann of us") || strings.Contains(text, "<") {
		t.Errorf("%s", text)
	}
	s.ok(s.admin, "PATCH", "/v1/channels/inbox-mail", `{"identity":{"fromName":"COMPANY"}}`)
	if a = s.ok(ann, "GET", "/v1/channels/inbox-mail/identity/preview", ""); a.text("fromName") != "Shop" {
		t.Errorf("%s", a.Raw)
	}
	chat := s.channel("inbox", "chat", "7")
	s.refused(409, "conflict", s.admin, "GET", "/v1/channels/"+chat+"/identity/preview", "")
}

func TestTwoInboxesDoNotSendUnderOneName(t *testing.T) {
	s := mailStack(t)
	s.ok(s.admin, "PATCH", "/v1/channels/inbox-mail", `{"identity":{"company":"Shop"}}`)
	inbox := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Returns"}`).text("id")
	other := "/v1/channels/" + s.ok(s.admin, "GET", "/v1/channels?inboxId="+inbox, "").text("results.0.id")
	s.refused(422, "invalid", s.admin, "PATCH", other, `{"identity":{"company":" shop "}}`)
	s.ok(s.admin, "PATCH", other, `{"identity":{"company":"Shop returns"}}`)
	s.ok(s.admin, "PATCH", "/v1/channels/inbox-mail", `{"identity":{"company":"Shop"}}`)
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/channels/inbox-mail", `{"identity":{"company":"Shop Returns"}}`)
}

func TestAnAddressThatFailedIsWarnedOfBeforeMailGoesThere(t *testing.T) {
	s := mailStack(t)
	conv := s.mailed("", 1, same)
	if err := s.table.MarkAddress(t.Context(), "ann@example.org", "BOUNCED"); err != nil {
		t.Fatal(err)
	}
	path := "/v1/conversations/" + string(conv) + "/messages"
	a := s.refused(409, "address_failed", s.admin, "POST", path, `{"text":"hi"}`)
	if !strings.Contains(a.text("detail"), "ann@example.org") {
		t.Errorf("%s", a.Raw)
	}
	s.ok(s.admin, "POST", path, `{"text":"hi","sendAnyway":true}`)
	s.ok(s.admin, "POST", path, `{"text":"hi","to":[{"address":"bob@example.org"}],"cc":[]}`)
	s.ok(s.admin, "POST", path, `{"kind":"COMMENT","text":"it bounces"}`)
	if err := s.table.MarkAddress(t.Context(), "ann@example.org", "COMPLAINED"); err != nil {
		t.Fatal(err)
	}
	first := `{"channelId":"inbox-mail","to":[{"address":"ANN@example.org"}],"subject":"x","text":"x"`
	if a := s.refused(409, "address_failed", s.admin, "POST", "/v1/conversations", first+"}"); !strings.Contains(a.text("detail"), "spam") {
		t.Errorf("%s", a.Raw)
	}
	s.ok(s.admin, "POST", "/v1/conversations", first+`,"sendAnyway":true}`)
}
