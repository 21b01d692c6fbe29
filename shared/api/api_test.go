package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAnybodyMaySeeThatItIsThereAndWhatItTakes(t *testing.T) {
	s := newStack(t)
	if a := s.ok("", "GET", "/healthz", ""); a.text("status") != "ok" {
		t.Errorf("%s", a.Raw)
	}
	doc := s.ok("", "GET", "/openapi.json", "")
	if doc.text("openapi") != "3.1.0" || doc.at("paths./v1/me.get") == nil {
		t.Errorf("%.300s", doc.Raw)
	}
	for _, gone := range []string{"ErrorModel", "$schema"} {
		if strings.Contains(doc.Raw, gone) {
			t.Errorf("the document speaks of %s", gone)
		}
	}
}

func TestWhoAmI(t *testing.T) {
	s := newStack(t)
	me := s.ok(s.admin, "GET", "/v1/me", "")
	if me.text("kind") != "USER" || me.text("user.name") != "Administrator" || me.text("role.id") != "administrator" || me.text("inboxIds.0") != "inbox" {
		t.Errorf("%s", me.Raw)
	}
}

func TestAnAddressThatIsNotThereAndAMethodThatItDoesNotTake(t *testing.T) {
	s := newStack(t)
	s.refused(404, "not_found", s.admin, "GET", "/v1/nothing", "")
	a := s.refused(405, "invalid", s.admin, "PUT", "/v1/inboxes", "")
	if !strings.Contains(a.Header.Get("Allow"), http.MethodPost) {
		t.Errorf("allows %q", a.Header.Get("Allow"))
	}
}
