package api_test

import (
	"strings"
	"testing"
)

func TestAKeyActsAsItsUserUntilItIsRevoked(t *testing.T) {
	s := newStack(t)
	ann, _ := s.person("Ann", "agent")
	made := s.ok(s.admin, "POST", "/v1/keys", `{"name":"Laptop","userId":"`+ann+`"}`)
	key := made.text("key")
	if made.Status != 201 || !strings.HasPrefix(key, "lk_"+made.text("id")+"_") {
		t.Errorf("%s", made.Raw)
	}
	if me := s.ok(key, "GET", "/v1/me", ""); me.text("user.id") != ann || me.text("permissions.0") != "reply" {
		t.Errorf("%s", me.Raw)
	}
	list := s.ok(s.admin, "GET", "/v1/keys", "")
	if list.count("results") != 3 || strings.Contains(list.Raw, key) {
		t.Errorf("%s", list.Raw)
	}
	s.ok(s.admin, "DELETE", "/v1/keys/"+made.text("id"), "")
	s.refused(401, "unauthenticated", key, "GET", "/v1/me", "")
	s.refused(404, "not_found", s.admin, "DELETE", "/v1/keys/"+made.text("id"), "")
}

func TestAUsersKeyCanBeLimitedAndAnIntegrationsHasWhatIsNamed(t *testing.T) {
	s := newStack(t)
	limited := s.ok(s.admin, "POST", "/v1/keys", `{"name":"Reader","userId":"administrator","permissions":["reply","users.manage"]}`).text("key")
	me := s.ok(limited, "GET", "/v1/me", "")
	if me.count("permissions") != 2 || me.text("user.id") != "administrator" {
		t.Errorf("%s", me.Raw)
	}
	s.refused(403, "forbidden", limited, "GET", "/v1/keys", "")
	integration := s.ok(s.admin, "POST", "/v1/keys", `{"name":"Shop","permissions":["reply"]}`).text("key")
	me = s.ok(integration, "GET", "/v1/me", "")
	if me.text("kind") != "INTEGRATION" || me.at("user") != nil || me.text("name") != "Shop" || me.text("inboxIds.0") != "inbox" {
		t.Errorf("%s", me.Raw)
	}
	for body, field := range map[string]string{
		`{"name":"x"}`:                         "permissions",
		`{"name":"x","permissions":["fly"]}`:   "permissions",
		`{"name":"x","userId":"nobody"}`:       "userId",
		`{"name":" ","permissions":["reply"]}`: "name",
	} {
		if a := s.refused(422, "invalid", s.admin, "POST", "/v1/keys", body); a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
}

func TestAKeyOfSomebodyWhoIsSwitchedOffOrGoneIsRefused(t *testing.T) {
	s := newStack(t)
	ann, key := s.person("Ann", "agent")
	s.ok(s.admin, "PATCH", "/v1/users/"+ann, `{"active":false}`)
	s.refused(401, "unauthenticated", key, "GET", "/v1/me", "")
	s.ok(s.admin, "PATCH", "/v1/users/"+ann, `{"active":true}`)
	s.ok(key, "GET", "/v1/me", "")
	s.ok(s.admin, "DELETE", "/v1/users/"+ann, "")
	s.refused(401, "unauthenticated", key, "GET", "/v1/me", "")
}

func TestNobodyComesInWithoutAKey(t *testing.T) {
	s := newStack(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic abc", s.admin, "Bearer lk_none_none", "Bearer " + s.admin + "x"} {
		a := s.refused(401, "unauthenticated", "", "GET", "/v1/me", "", "Authorization", header)
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %v", header, a.Header)
		}
	}
	// The body is not even looked at.
	s.refused(401, "unauthenticated", "", "POST", "/v1/teams", `{"nmae"`)
	s.ok("", "GET", "/healthz", "")
	s.ok(s.admin, "GET", "/v1/me", "", "Authorization", "bearer   "+s.admin)
}

func TestARepeatedRequestForAKeyIsAConflictBecauseItsAnswerHeldASecret(t *testing.T) {
	s := newStack(t)
	body := `{"name":"Laptop","permissions":["reply"]}`
	s.ok(s.admin, "POST", "/v1/keys", body, "Idempotency-Key", "k1")
	s.refused(409, "conflict", s.admin, "POST", "/v1/keys", body, "Idempotency-Key", "k1")
	if n := s.ok(s.admin, "GET", "/v1/keys", "").count("results"); n != 2 {
		t.Errorf("%d keys", n)
	}
}

func TestTheAuditTellsWhoChangedWhat(t *testing.T) {
	s := newStack(t)
	s.ok(s.admin, "POST", "/v1/teams", `{"name":"Support"}`)
	s.ok(s.admin, "PATCH", "/v1/inboxes/inbox", `{"name":"Front desk"}`)
	a := s.ok(s.admin, "GET", "/v1/audit?limit=1", "")
	if a.text("results.0.action") != "inbox.update" || a.text("results.0.actor.name") != "Administrator" || a.text("results.0.target") != "inbox" ||
		a.text("results.0.from") != "192.0.2.1" || a.text("next") == "" {
		t.Errorf("%s", a.Raw)
	}
	next := s.ok(s.admin, "GET", "/v1/audit?limit=1&after="+a.text("next"), "")
	if next.text("results.0.action") != "team.create" || next.text("results.0.detail") != "Support" {
		t.Errorf("%s", next.Raw)
	}
	s.refused(400, "invalid", s.admin, "GET", "/v1/audit?after="+a.text("next")+"x", "")
}
