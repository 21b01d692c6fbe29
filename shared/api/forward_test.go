package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// changes are what a thread's events say.
func (s *stack) changes(c, what string) (out []desk.Change) {
	s.t.Helper()
	thread, _, err := s.table.Messages(s.t.Context(), desk.ConversationID(c), "", "", 99)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range thread {
		if m.Change != nil && m.Change.What == what {
			out = append(out, *m.Change)
		}
	}
	return out
}

func TestAThreadIsForwardedWithItsFilesAsAConversationOfItsOwn(t *testing.T) {
	s := mailStack(t)
	s.files.held["parts/a/0"] = []byte("invoice")
	conv := s.mailed("", 1, func(m *desk.Message) {
		m.Attachments = []desk.Attachment{{ID: "0", Name: "invoice.pdf", ContentType: "application/pdf", Size: 7, State: desk.PartStored, Key: "parts/a/0"}}
	})
	s.answers(conv, `{"text":"we look into it"}`)
	s.answers(conv, `{"kind":"COMMENT","text":"a secret of ours"}`)
	path := "/v1/conversations/" + string(conv) + "/forward"
	body := `{"to":[{"address":"supplier@example.net"}],"text":"Can you help?"}`
	a := s.ok(s.admin, "POST", path, body, "Idempotency-Key", "f1")
	side := a.text("id")
	if a.Status != 201 || side == string(conv) || a.text("subject") != "Fwd: Order" {
		t.Fatalf("%d %s", a.Status, a.Raw)
	}
	m := s.ok(s.admin, "GET", "/v1/conversations/"+side+"/messages", "")
	text := m.text("results.0.text")
	for _, part := range []string{"Can you help?", "Ann <ann@example.org>", "hello", "we look into it"} {
		if !strings.Contains(text, part) {
			t.Errorf("it lacks %q: %s", part, text)
		}
	}
	if strings.Contains(m.Raw, "secret") || people(answer{Body: m.at("results.0").(map[string]any)}) != "to supplier@example.net" {
		t.Errorf("%s", m.Raw)
	}
	thread, _, err := s.table.Messages(t.Context(), desk.ConversationID(side), "", "", 9)
	if err != nil || len(thread[0].Attachments) != 1 || thread[0].Attachments[0].Name != "invoice.pdf" || thread[0].Attachments[0].Key == "parts/a/0" ||
		string(s.files.held[thread[0].Attachments[0].Key]) != "invoice" {
		t.Errorf("its files are %+v, %v", thread[0].Attachments, err)
	}
	again := s.ok(s.admin, "POST", path, body, "Idempotency-Key", "f1")
	there, back := s.changes(string(conv), "forwarded"), s.changes(side, "forwardOf")
	if again.Status != 200 || again.text("id") != side || len(there) != 1 || there[0].To != side || len(back) != 1 || back[0].From != string(conv) {
		t.Errorf("%d %s, linked %v and %v", again.Status, again.Raw, there, back)
	}
}

func TestTheLatestMessageIsForwardedAloneAndWithoutFiles(t *testing.T) {
	s := mailStack(t)
	conv := s.mailed("", 1, same)
	s.mailed(conv, 2, func(m *desk.Message) {
		m.Text = "the second"
		m.Attachments = []desk.Attachment{{ID: "0", Name: "film", ContentType: "video/mp4", Size: 40 << 20, State: desk.PartStored, Key: "parts/b/0"}}
	})
	path := "/v1/conversations/" + string(conv) + "/forward"
	a := s.refused(413, "too_large", s.admin, "POST", path, `{"to":[{"address":"x@example.net"}],"text":"see"}`)
	if !strings.Contains(a.text("detail"), "40.0 MB") {
		t.Errorf("%s", a.Raw)
	}
	side := s.ok(s.admin, "POST", path, `{"to":[{"address":"x@example.net"}],"include":"LATEST","withoutAttachments":true,"html":"<p>see</p>","text":"see"}`).text("id")
	thread, _, err := s.table.Messages(t.Context(), desk.ConversationID(side), "", "", 9)
	if err != nil || strings.Contains(thread[0].Text, "hello") || !strings.Contains(thread[0].Text, "the second") || !strings.Contains(thread[0].HTML, "the second") || len(thread[0].Attachments) != 0 {
		t.Errorf("%+v, %v", thread[0], err)
	}
	s.refused(422, "invalid", s.admin, "POST", path, `{"to":[{"address":"nobody"}],"text":"see"}`)
}

func TestTheContactOfAForwardedMailIsSwappedAndSwappedBack(t *testing.T) {
	s := mailStack(t)
	conv := s.mailed("", 1, func(m *desk.Message) {
		m.Mail.Forwarded = &desk.Forward{From: desk.Address{Name: "Fred First", Address: "First@example.org"}}
	})
	id := s.ok(s.admin, "GET", "/v1/conversations/"+string(conv)+"/messages", "").text("results.0.id")
	use := func(what string) answer {
		return s.ok(s.admin, "POST", "/v1/messages/"+id+"/sender", fmt.Sprintf(`{"use":%q}`, what))
	}
	if a := use("ORIGINAL"); a.text("contact.name") != "Fred First" {
		t.Errorf("%s", a.Raw)
	}
	if got := people(s.answers(conv, `{"text":"hi","cc":[]}`)); got != "to First@example.org" {
		t.Errorf("an answer goes %s", got)
	}
	if a := s.ok(s.admin, "GET", "/v1/contacts?email=first@example.org", ""); a.text("results.0.unverified") != "true" {
		t.Errorf("%s", a.Raw)
	}
	use("ORIGINAL")
	if a := use("FORWARDER"); a.text("contact.name") != "Ann" {
		t.Errorf("%s", a.Raw)
	}
	if got := s.changes(string(conv), "contact"); len(got) != 2 {
		t.Errorf("the thread tells %v", got)
	}
	if got := people(s.answers(conv, fmt.Sprintf(`{"text":"hi","cc":[],"inReplyTo":%q}`, id))); got != "to ann@example.org" {
		t.Errorf("an answer goes %s", got)
	}
	plain := s.mailed("", 2, same)
	other := s.ok(s.admin, "GET", "/v1/conversations/"+string(plain)+"/messages", "").text("results.0.id")
	s.refused(409, "conflict", s.admin, "POST", "/v1/messages/"+other+"/sender", `{"use":"ORIGINAL"}`)
}
