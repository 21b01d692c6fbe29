package api_test

import (
	"fmt"
	"testing"
	"time"
)

func TestATicketOfItsOwnIsNumberedAndBeginsInTheFirstStage(t *testing.T) {
	s := newStack(t)
	for n := 1; n <= 2; n++ {
		a := s.ok(s.admin, "POST", "/v1/tickets", `{"name":" Broken lamp "}`)
		if a.Status != 201 || a.text("number") != fmt.Sprint(n) || a.text("name") != "Broken lamp" || a.text("pipelineId") != "support" || a.text("stageId") != "new" ||
			a.text("source") != "api" || a.at("conversationId") != nil || a.at("inboxId") != nil || a.at("closedAt") != nil {
			t.Errorf("%s", a.Raw)
		}
	}
}

func TestATicketIsClosedAndOpenedByItsStage(t *testing.T) {
	s := newStack(t)
	ann, _ := s.person("Ann", "agent")
	id := s.ok(s.admin, "POST", "/v1/tickets", `{"name":"Broken","priority":"HIGH","properties":{"brand":"x"}}`).text("id")
	a := s.ok(s.admin, "PATCH", "/v1/tickets/"+id, `{"stageId":"closed","ownerId":"`+ann+`","priority":null,"properties":{"brand":null,"size":"s"}}`)
	if a.text("closedAt") == "" || a.text("ownerId") != ann || a.at("priority") != nil || a.at("properties.brand") != nil || a.text("properties.size") != "s" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/tickets/"+id, `{"name":"Still broken"}`); a.text("stageId") != "closed" || a.text("closedAt") == "" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/tickets/"+id, `{"stageId":"waiting-on-us"}`); a.at("closedAt") != nil || a.text("name") != "Still broken" {
		t.Errorf("%s", a.Raw)
	}
	other := s.ok(s.admin, "POST", "/v1/pipelines", `{"name":"Returns","stages":[{"name":"In","state":"OPEN"},{"name":"Done","state":"CLOSED"}]}`)
	if a := s.ok(s.admin, "PATCH", "/v1/tickets/"+id, `{"pipelineId":"`+other.text("id")+`"}`); a.text("stageId") != other.text("stages.0.id") {
		t.Errorf("%s", a.Raw)
	}
}

func TestATicketThatMakesNoSenseIsRefused(t *testing.T) {
	s := newStack(t)
	id := s.ok(s.admin, "POST", "/v1/tickets", `{"name":"Broken"}`).text("id")
	for body, field := range map[string]string{
		`{"stageId":"none"}`:      "stageId",
		`{"pipelineId":"none"}`:   "pipelineId",
		`{"ownerId":"none"}`:      "ownerId",
		`{"teamId":"none"}`:       "teamId",
		`{"contactId":"none"}`:    "contactId",
		`{"priority":"WHENEVER"}`: "priority",
		`{"name":" "}`:            "name",
		`{"number":7}`:            "number",
	} {
		if a := s.refused(422, "invalid", s.admin, "PATCH", "/v1/tickets/"+id, body); a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	for _, body := range []string{`{"name":""}`, `{"name":"x","conversationId":"none"}`, `{"name":"x","inboxId":"none"}`, `{"name":"x","pipelineId":"none"}`} {
		s.refused(422, "invalid", s.admin, "POST", "/v1/tickets", body)
	}
	s.refused(404, "not_found", s.admin, "PATCH", "/v1/tickets/none", `{"name":"x"}`)
}

func TestAConversationHasOneTicketAtMost(t *testing.T) {
	s, _, conv := talk(t)
	ann, _ := s.person("Ann", "agent")
	s.ok(s.admin, "PATCH", "/v1/conversations/"+conv, `{"assignee":{"userId":"`+ann+`"}}`)
	a := s.ok(s.admin, "POST", "/v1/tickets", `{"name":"Broken","conversationId":"`+conv+`"}`)
	if a.text("conversationId") != conv || a.text("ownerId") != ann || a.text("inboxId") != "inbox" || a.text("contactId") == "" {
		t.Errorf("%s", a.Raw)
	}
	c := s.ok(s.admin, "GET", "/v1/conversations/"+conv, "")
	if c.text("ticket.number") != "1" || c.text("ticket.id") != a.text("id") {
		t.Errorf("%s", c.Raw)
	}
	s.refused(409, "conflict", s.admin, "POST", "/v1/tickets", `{"name":"Again","conversationId":"`+conv+`"}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/tickets", `{"name":"x","conversationId":"`+conv+`","inboxId":"other"}`)
	s.ok(s.admin, "PATCH", "/v1/conversations/"+conv, `{"assignee":{"userId":"administrator"}}`)
	if b := s.ok(s.admin, "GET", "/v1/tickets/"+a.text("id"), ""); b.text("ownerId") != "administrator" {
		t.Errorf("the ticket's owner did not follow: %s", b.Raw)
	}
}

func TestTicketsAreListedByPipelineStateOwnerAndContact(t *testing.T) {
	s := newStack(t)
	ann, _ := s.person("Ann", "agent")
	contact := s.ok(s.admin, "POST", "/v1/contacts", `{"name":"Cust"}`).text("id")
	s.ok(s.admin, "POST", "/v1/tickets", `{"name":"a","ownerId":"`+ann+`"}`)
	s.ok(s.admin, "POST", "/v1/tickets", `{"name":"b","stageId":"closed"}`)
	s.ok(s.admin, "POST", "/v1/tickets", `{"name":"c","contactId":"`+contact+`"}`)
	for query, want := range map[string]int{
		"": 3, "status=OPEN": 2, "status=CLOSED": 1, "ownerId=" + ann: 1, "contactId=" + contact: 1, "pipelineId=support": 3,
		"ownerId=" + ann + "&status=CLOSED": 0,
	} {
		n := -1
		for range 50 { // the index may lag
			if n = s.ok(s.admin, "GET", "/v1/tickets?"+query, "").count("results"); n == want {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if n != want {
			t.Errorf("%q lists %d, want %d", query, n, want)
		}
	}
	first := s.ok(s.admin, "GET", "/v1/tickets?limit=2", "")
	rest := s.ok(s.admin, "GET", "/v1/tickets?limit=2&after="+first.text("next"), "")
	if first.count("results") != 2 || rest.count("results") != 1 || rest.at("next") != nil {
		t.Errorf("%s, then %s", first.Raw, rest.Raw)
	}
	s.refused(422, "invalid", s.admin, "GET", "/v1/tickets?pipelineId=none", "")
	s.refused(400, "invalid", s.admin, "GET", "/v1/tickets?limit=2&status=OPEN&after="+first.text("next"), "")
}
