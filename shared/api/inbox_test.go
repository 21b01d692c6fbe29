package api_test

import (
	"strings"
	"testing"
)

func TestOneInboxIsThereFromTheStartWithItsAddress(t *testing.T) {
	s := newStack(t)
	list := s.ok(s.admin, "GET", "/v1/inboxes", "")
	if list.count("results") != 1 || list.text("results.0.name") != "Inbox" || list.text("results.0.fallbackAddress") != "inbox@mail.example.com" {
		t.Errorf("%s", list.Raw)
	}
	channels := s.ok(s.admin, "GET", "/v1/channels", "")
	if channels.count("results") != 1 || channels.text("results.0.type") != "email" || channels.text("results.0.fallback") != "true" {
		t.Errorf("%s", channels.Raw)
	}
}

func TestAnInboxIsCreatedRenamedAndDeleted(t *testing.T) {
	s := newStack(t)
	made := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":" Müller & Söhne ","kind":"HELP_DESK","reopen":{"policy":"REOPEN_WITHIN","days":7},"spam":{"allow":["example.org"]}}`)
	id := made.text("id")
	if made.Status != 201 || made.text("name") != "Müller & Söhne" || made.text("fallbackAddress") != "m-ller-s-hne@mail.example.com" ||
		made.text("reopen.days") != "7" || made.text("access.everyone") != "true" || made.text("spam.allow.0") != "example.org" || made.text("member") != "true" {
		t.Errorf("%s", made.Raw)
	}
	if n := s.ok(s.admin, "GET", "/v1/channels?inboxId="+id, "").count("results"); n != 1 {
		t.Errorf("it has %d channels of its own", n)
	}
	changed := s.ok(s.admin, "PATCH", "/v1/inboxes/"+id, `{"name":"Sales","reopen":null,"onlyAssigneeReplies":true}`)
	if changed.text("name") != "Sales" || changed.text("reopen.policy") != "REOPEN" || changed.text("kind") != "HELP_DESK" ||
		changed.text("fallbackAddress") != made.text("fallbackAddress") || changed.text("onlyAssigneeReplies") != "true" {
		t.Errorf("%s", changed.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/inboxes/"+id, ""); a.Raw != changed.Raw {
		t.Errorf("read %s, changed %s", a.Raw, changed.Raw)
	}
	s.ok(s.admin, "DELETE", "/v1/inboxes/"+id, "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/inboxes/"+id, "")
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/inboxes/inbox", "")
}

func TestTwoInboxesOfOneNameHaveAddressesOfTheirOwn(t *testing.T) {
	s := newStack(t)
	seen := map[string]bool{}
	for _, name := range []string{"Inbox", "inbox", "Reply", "!!!"} {
		a := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"`+name+`"}`).text("fallbackAddress")
		if seen[a] || strings.HasPrefix(a, "reply@") || strings.HasPrefix(a, "inbox@") {
			t.Errorf("%s has the address %s", name, a)
		}
		seen[a] = true
	}
}

func TestAnInboxThatHoldsConversationsOrChannelsIsNotDeleted(t *testing.T) {
	s := newStack(t)
	box := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Sales"}`).text("id")
	ch := s.channel(box, "chat", "1")
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/inboxes/"+box, "")
	s.comes(ch, "ann", "hello")
	s.ok(s.admin, "DELETE", "/v1/channels/"+ch, "")
	a := s.refused(409, "conflict", s.admin, "DELETE", "/v1/inboxes/"+box, "")
	if !strings.Contains(a.text("detail"), "conversations") {
		t.Errorf("%s", a.Raw)
	}
}

func TestAnInboxThatMakesNoSenseIsRefusedByTheFieldsName(t *testing.T) {
	s := newStack(t)
	for body, field := range map[string]string{
		`{"name":""}`:                           "name",
		`{"name":"   "}`:                        "name",
		`{"kind":"PILE"}`:                       "kind",
		`{"nmae":"Sales"}`:                      "nmae",
		`{"access":{"userIds":["no"]}}`:         "access.userIds[0]",
		`{"access":{"teamIds":["no"]}}`:         "access.teamIds[0]",
		`{"reopen":{"policy":"REOPEN_WITHIN"}}`: "reopen.days",
		`{"reopen":{"plicy":"NEW"}}`:            "reopen.plicy",
		`{"spam":{"allow":"example.org"}}`:      "spam.allow",
	} {
		a := s.refused(422, "invalid", s.admin, "PATCH", "/v1/inboxes/inbox", body)
		if a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	s.refused(422, "invalid", s.admin, "POST", "/v1/inboxes", `{"kind":"INBOX"}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/inboxes", `{"name":"  "}`)
}

func TestARestrictedInboxIsThereForItsMembersOnly(t *testing.T) {
	s := newStack(t)
	team := s.ok(s.admin, "POST", "/v1/teams", `{"name":"Legal"}`).text("id")
	ann, annKey := s.person("Ann", "agent")
	_, bobKey := s.person("Bob", "agent")
	cat, catKey := s.person("Cat", "viewer")
	s.ok(s.admin, "PATCH", "/v1/users/"+cat, `{"teamIds":["`+team+`"]}`)
	box := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Legal","access":{"everyone":false,"userIds":["`+ann+`"],"teamIds":["`+team+`"]}}`).text("id")
	for who, key := range map[string]string{"a member": annKey, "a member by team": catKey, "an administrator": s.admin} {
		a := s.ok(key, "GET", "/v1/inboxes/"+box, "")
		if member := a.text("member") == "true"; member == (key == s.admin) {
			t.Errorf("%s: %s", who, a.Raw)
		}
	}
	s.refused(404, "not_found", bobKey, "GET", "/v1/inboxes/"+box, "")
	if n := s.ok(bobKey, "GET", "/v1/inboxes", "").count("results"); n != 1 {
		t.Errorf("one who is no member lists %d inboxes", n)
	}
	if n := s.ok(bobKey, "GET", "/v1/channels?inboxId="+box, "").count("results"); n != 0 {
		t.Errorf("one who is no member lists %d of its channels", n)
	}
	s.ok(s.admin, "PATCH", "/v1/inboxes/"+box, `{"access":{"userIds":[]}}`)
	s.refused(404, "not_found", annKey, "GET", "/v1/inboxes/"+box, "")
}
