package api_test

import (
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestATemplateGoesOnlyWhereThePlatformHasThem(t *testing.T) {
	s := newStack(t)
	for kind, words := range map[string]string{"sms": "has no templates", "cloud": "by itself"} {
		id := string(s.comes(s.channel("inbox", kind, "9"), "+3120123", "hi").Conversation)
		path := "/v1/conversations/" + id + "/messages"
		a := s.refused(422, "invalid", s.admin, "POST", path, `{"template":{"name":"order_update","language":"en_US"},"attachments":["u1"]}`)
		if !strings.Contains(a.text("detail"), words) {
			t.Errorf("%s: %s", kind, a.Raw)
		}
		s.refused(422, "invalid", s.admin, "POST", path, `{"kind":"COMMENT","text":"x","template":{"name":"order_update","language":"en_US"}}`)
		s.refused(422, "invalid", s.admin, "POST", path, `{"template":{"name":"","language":"en_US"}}`)
	}
}

func TestAfterTheWindowATemplateIsTheWayToWrite(t *testing.T) {
	s := newStack(t)
	id := string(s.comes(s.channel("inbox", "cloud", "9"), "+3120123", "hi").Conversation)
	path := "/v1/conversations/" + id + "/messages"
	s.later(2)
	if a := s.ok(s.admin, "GET", "/v1/conversations/"+id, ""); a.text("replyWindow.state") != "TEMPLATE_ONLY" {
		t.Errorf("after two days: %s", a.Raw)
	}
	s.refused(409, "window_closed", s.admin, "POST", path, `{"text":"x"}`)
	a := s.ok(s.admin, "POST", path, `{"template":{"name":"wait","language":"en_US","values":["Ada"]}}`)
	if a.text("text") != "[wait] Ada" {
		t.Errorf("the thread shows %s", a.Raw)
	}
	m, err := s.table.Message(t.Context(), desk.MessageID(a.text("id")))
	if err != nil || m.Template == nil || m.Template.Name != "wait" || m.Template.Language != "en_US" || len(m.Template.Values) != 1 {
		t.Errorf("saved as %+v, %v", m.Template, err)
	}
	if a := s.ok(s.admin, "POST", path, `{"text":"See you","template":{"name":"wait","language":"en_US"}}`); a.text("text") != "See you" {
		t.Errorf("the thread shows %s", a.Raw)
	}
}
