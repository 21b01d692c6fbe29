package api_test

import (
	"testing"
	"time"
)

func TestAPersonIsAddedChangedAndRemoved(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "POST", "/v1/users", `{"email":"Ann@Example.com","roleId":"agent","skills":["french","french"],"capacity":5}`)
	id := a.text("id")
	if a.Status != 201 || a.text("name") != "Ann" || a.text("active") != "true" || a.count("skills") != 1 || a.text("capacity") != "5" {
		t.Errorf("%s", a.Raw)
	}
	a = s.ok(s.admin, "PATCH", "/v1/users/"+id, `{"name":"Ann B.","capacity":null,"roleId":"viewer"}`)
	if a.text("name") != "Ann B." || a.at("capacity") != nil || a.text("roleId") != "viewer" || a.count("skills") != 1 {
		t.Errorf("%s", a.Raw)
	}
	if n := s.ok(s.admin, "GET", "/v1/users", "").count("results"); n != 2 {
		t.Errorf("%d people", n)
	}
	s.ok(s.admin, "DELETE", "/v1/users/"+id, "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/users/"+id, "")
	s.refused(404, "not_found", s.admin, "DELETE", "/v1/users/"+id, "")
}

func TestAPersonWhoMakesNoSenseIsRefused(t *testing.T) {
	s := newStack(t)
	s.person("Ann", "agent")
	for body, field := range map[string]string{
		`{"email":"nobody","roleId":"agent"}`:                          "email",
		`{"email":"Bob <bob@example.com>","roleId":"agent"}`:           "email",
		`{"email":"bob@example.com","roleId":"king"}`:                  "roleId",
		`{"email":"bob@example.com","roleId":"agent","teamIds":["x"]}`: "teamIds[0]",
		`{"email":"bob@example.com","roleId":"agent","capacity":0}`:    "capacity",
		`{"email":"bob@example.com","roleId":"agent","password":"x"}`:  "password",
	} {
		if a := s.refused(422, "invalid", s.admin, "POST", "/v1/users", body); a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	s.refused(409, "conflict", s.admin, "POST", "/v1/users", `{"email":"ANN@example.com","roleId":"agent"}`)
}

func TestTheLastAdministratorStays(t *testing.T) {
	s := newStack(t)
	for _, body := range []string{`{"roleId":"agent"}`, `{"active":false}`} {
		s.refused(409, "conflict", s.admin, "PATCH", "/v1/users/administrator", body)
	}
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/users/administrator", "")
	_, second := s.person("Ann", "administrator")
	s.ok(second, "PATCH", "/v1/users/administrator", `{"active":false}`)
	s.refused(401, "unauthenticated", s.admin, "GET", "/v1/me", "")
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	s := newStack(t)
	role := s.ok(s.admin, "POST", "/v1/roles", `{"name":"People","permissions":["users.manage"]}`).text("id")
	_, key := s.person("Ann", role)
	bob, _ := s.person("Bob", "viewer")
	s.refused(403, "forbidden", key, "POST", "/v1/users", `{"email":"eve@example.com","roleId":"administrator"}`)
	s.refused(403, "forbidden", key, "PATCH", "/v1/users/"+bob, `{"roleId":"agent"}`)
	s.refused(403, "forbidden", key, "PATCH", "/v1/users/administrator", `{"email":"eve@example.com"}`)
	s.refused(403, "forbidden", key, "DELETE", "/v1/users/administrator", "")
	s.ok(key, "PATCH", "/v1/users/"+bob, `{"name":"Bobby"}`)
	s.ok(key, "POST", "/v1/users", `{"email":"eve@example.com","roleId":"viewer"}`)
}

func TestOpenConversationsOfAPersonWhoLeavesBecomeUnassigned(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	ann, _ := s.person("Ann", "agent")
	c := string(s.comes(ch, "cust", "hello").Conversation)
	s.ok(s.admin, "PATCH", "/v1/conversations/"+c, `{"assignee":{"userId":"`+ann+`"}}`)
	s.ok(s.admin, "DELETE", "/v1/users/"+ann, "")
	if a := s.ok(s.admin, "GET", "/v1/conversations/"+c, ""); a.at("assignee") != nil {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/conversations?view=unassigned", ""); a.count("results") != 1 {
		t.Errorf("%s", a.Raw)
	}
}

func TestAPersonTurnsTheirOwnSwitchAndOthersNeedAPermission(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	bob, _ := s.person("Bob", "agent")
	if a := s.ok(annKey, "GET", "/v1/users/"+ann+"/availability", ""); a.text("available") != "false" {
		t.Errorf("%s", a.Raw)
	}
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if a := s.ok(annKey, "PUT", "/v1/users/"+ann+"/availability", `{"available":true,"until":"`+later+`"}`); a.text("available") != "true" || a.text("until") != later {
		t.Errorf("%s", a.Raw)
	}
	s.refused(403, "forbidden", annKey, "PUT", "/v1/users/"+bob+"/availability", `{"available":true}`)
	if a := s.ok(s.admin, "PUT", "/v1/users/"+bob+"/availability", `{"available":true}`); a.at("until") != nil {
		t.Errorf("%s", a.Raw)
	}
	s.refused(422, "invalid", annKey, "PUT", "/v1/users/"+ann+"/availability", `{"available":true,"until":"2001-01-01T00:00:00Z"}`)
	s.refused(422, "invalid", annKey, "PUT", "/v1/users/"+ann+"/availability", `{}`)
	s.refused(404, "not_found", s.admin, "PUT", "/v1/users/none/availability", `{"available":true}`)
}

func TestATeamThatIsNamedSomewhereStays(t *testing.T) {
	s := newStack(t)
	team := s.ok(s.admin, "POST", "/v1/teams", `{"name":"Support"}`).text("id")
	ann, _ := s.person("Ann", "agent")
	ch := s.channel("inbox", "chat", "1")
	for _, use := range [][3]string{
		{"/v1/users/" + ann, `{"teamIds":["` + team + `"]}`, `{"teamIds":null}`},
		{"/v1/inboxes/inbox", `{"access":{"teamIds":["` + team + `"]}}`, `{"access":null}`},
		{"/v1/channels/" + ch, `{"routing":{"teamIds":["` + team + `"]}}`, `{"routing":null}`},
	} {
		s.ok(s.admin, "PATCH", use[0], use[1])
		s.refused(409, "conflict", s.admin, "DELETE", "/v1/teams/"+team, "")
		s.ok(s.admin, "PATCH", use[0], use[2])
	}
	if a := s.ok(s.admin, "PATCH", "/v1/teams/"+team, `{"name":"Care"}`); a.text("name") != "Care" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/teams/"+team, ""); a.text("name") != "Care" {
		t.Errorf("%s", a.Raw)
	}
	s.ok(s.admin, "DELETE", "/v1/teams/"+team, "")
	if n := s.ok(s.admin, "GET", "/v1/teams", "").count("results"); n != 0 {
		t.Errorf("%d teams", n)
	}
	s.refused(404, "not_found", s.admin, "PATCH", "/v1/teams/"+team, `{"name":"x"}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/teams", `{"name":" "}`)
}

func TestRolesAreMadeAndThoseFromTheStartStayAsTheyAre(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "POST", "/v1/roles", `{"name":"Lead","permissions":["reply","delete","reply"]}`)
	id := a.text("id")
	if a.count("permissions") != 2 || a.text("builtin") != "false" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/roles/"+id, `{"permissions":["reply"]}`); a.count("permissions") != 1 || a.text("name") != "Lead" {
		t.Errorf("%s", a.Raw)
	}
	s.refused(422, "invalid", s.admin, "POST", "/v1/roles", `{"name":"Lead","permissions":["fly"]}`)
	s.refused(409, "conflict", s.admin, "PATCH", "/v1/roles/agent", `{"name":"x"}`)
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/roles/agent", "")
	s.person("Ann", id)
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/roles/"+id, "")
	ann := s.ok(s.admin, "GET", "/v1/users", "").text("results.1.id")
	s.ok(s.admin, "PATCH", "/v1/users/"+ann, `{"roleId":"viewer"}`)
	s.ok(s.admin, "DELETE", "/v1/roles/"+id, "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/roles/"+id, "")
	if n := s.ok(s.admin, "GET", "/v1/roles", "").count("results"); n != 3 {
		t.Errorf("%d roles", n)
	}
}

func TestARoleOfTheOnlyAdministratorKeepsItsPower(t *testing.T) {
	s := newStack(t)
	boss := s.ok(s.admin, "POST", "/v1/roles", `{"name":"Boss","permissions":["admin"]}`).text("id")
	_, key := s.person("Ann", boss)
	s.ok(key, "PATCH", "/v1/users/administrator", `{"roleId":"agent"}`)
	s.refused(409, "conflict", key, "PATCH", "/v1/roles/"+boss, `{"permissions":["reply"]}`)
}
