package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAContactIsFoundByEachOfTheirAddresses(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "POST", "/v1/contacts", `{"name":" Ann ","emails":[{"address":"Ann@Example.com"},{"address":"ann@example.com"}],"phones":["+31 (20) 123-456"],"properties":{"plan":"gold"}}`)
	id := a.text("id")
	if a.Status != 201 || a.text("name") != "Ann" || a.count("emails") != 1 || a.text("emails.0.address") != "ann@example.com" || a.text("emails.0.state") != "OK" ||
		a.text("phones.0") != "+3120123456" || a.count("identities") != 2 || a.text("properties.plan") != "gold" {
		t.Errorf("%s", a.Raw)
	}
	for _, query := range []string{"email=ANN@example.com", "phone=%2B3120123456", "phone=%2B31-20-123456"} {
		if b := s.ok(s.admin, "GET", "/v1/contacts?"+query, ""); b.count("results") != 1 || b.text("results.0.id") != id {
			t.Errorf("%s: %s", query, b.Raw)
		}
	}
	if b := s.ok(s.admin, "GET", "/v1/contacts?email=nobody@example.com", ""); b.count("results") != 0 {
		t.Errorf("%s", b.Raw)
	}
	s.refused(422, "invalid", s.admin, "GET", "/v1/contacts?phone=020123456", "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/contacts/none", "")
}

func TestAnAddressBelongsToOneContactAndIsFreeWhenTakenAway(t *testing.T) {
	s := newStack(t)
	ann := s.ok(s.admin, "POST", "/v1/contacts", `{"emails":[{"address":"ann@example.com"}],"phones":["+3120123456"]}`).text("id")
	bob := s.ok(s.admin, "POST", "/v1/contacts", `{"name":"Bob"}`).text("id")
	s.refused(409, "conflict", s.admin, "POST", "/v1/contacts", `{"emails":[{"address":"ann@example.com"}]}`)
	s.refused(409, "conflict", s.admin, "PATCH", "/v1/contacts/"+bob, `{"phones":["+31 20 123456"]}`)
	a := s.ok(s.admin, "PATCH", "/v1/contacts/"+ann, `{"phones":null,"emails":[{"address":"ann@example.com","state":"OK"},{"address":"ann@example.org"}]}`)
	if a.count("phones") != 0 || a.count("emails") != 2 || a.count("identities") != 2 {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/contacts/"+bob, `{"phones":["+31 20 123456"]}`); a.text("phones.0") != "+3120123456" || a.text("name") != "Bob" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/contacts?email=ann@example.org", ""); a.text("results.0.id") != ann {
		t.Errorf("%s", a.Raw)
	}
}

func TestAChangeOfAContactSetsAndTakesAway(t *testing.T) {
	s := newStack(t)
	ann, _ := s.person("Ann", "agent")
	id := s.ok(s.admin, "POST", "/v1/contacts", `{"name":"Cust","properties":{"plan":"gold","since":"2020"}}`).text("id")
	a := s.ok(s.admin, "PATCH", "/v1/contacts/"+id, `{"ownerId":"`+ann+`","properties":{"plan":null,"city":"Delft"}}`)
	if a.text("ownerId") != ann || a.at("properties.plan") != nil || a.text("properties.since") != "2020" || a.text("properties.city") != "Delft" || a.text("name") != "Cust" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/contacts/"+id, `{"ownerId":null,"properties":null}`); a.at("ownerId") != nil || strings.Contains(a.Raw, "Delft") {
		t.Errorf("%s", a.Raw)
	}
	for body, field := range map[string]string{
		`{"emails":[{"address":"nobody"}]}`:    "emails[0].address",
		`{"emails":[{"address":"A <a@b.c>"}]}`: "emails[0].address",
		`{"phones":["12345"]}`:                 "phones[0]",
		`{"ownerId":"none"}`:                   "ownerId",
		`{"nickname":"x"}`:                     "nickname",
	} {
		if a := s.refused(422, "invalid", s.admin, "PATCH", "/v1/contacts/"+id, body); a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	s.refused(404, "not_found", s.admin, "PATCH", "/v1/contacts/none", `{"name":"x"}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/contacts", `{}`)
}

func TestContactsAreListedNewestFirstPageByPage(t *testing.T) {
	s := newStack(t)
	for i := range 3 {
		s.ok(s.admin, "POST", "/v1/contacts", fmt.Sprintf(`{"name":"c%d"}`, i))
		time.Sleep(2 * time.Millisecond)
	}
	got, after := "", ""
	for range 3 {
		a := s.ok(s.admin, "GET", "/v1/contacts?limit=2&after="+after, "")
		for i := range a.count("results") {
			got += a.text(fmt.Sprintf("results.%d.name", i)) + " "
		}
		if after = a.text("next"); after == "" {
			break
		}
	}
	if got != "c2 c1 c0 " {
		t.Errorf("%s", got)
	}
}

func TestWhoWroteIsAContactWithTheirConversationsAndTickets(t *testing.T) {
	s, _, conv := talk(t)
	contact := s.ok(s.admin, "GET", "/v1/conversations/"+conv, "").text("contact.id")
	s.ok(s.admin, "POST", "/v1/tickets", `{"name":"Broken","conversationId":"`+conv+`"}`)
	s.ok(s.admin, "POST", "/v1/tickets", `{"name":"Other","contactId":"`+contact+`"}`)
	if a := s.ok(s.admin, "GET", "/v1/contacts/"+contact+"/conversations", ""); a.text("results.0.id") != conv || a.count("results") != 1 {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/contacts/"+contact+"/tickets", ""); a.count("results") != 2 {
		t.Errorf("%s", a.Raw)
	}
	for _, part := range []string{"conversations", "tickets"} {
		s.refused(404, "not_found", s.admin, "GET", "/v1/contacts/none/"+part, "")
	}
}
