package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/ticketing"
)

func TestSkillsAndTheirRulesAreKeptInOrderAndProtected(t *testing.T) {
	s := newStack(t)
	french := s.ok(s.admin, "POST", "/v1/skills", `{"name":" French "}`, "Idempotency-Key", "k1")
	if again := s.ok(s.admin, "POST", "/v1/skills", `{"name":" French "}`, "Idempotency-Key", "k1"); again.Status != 200 || again.text("id") != french.text("id") {
		t.Errorf("the same again: %d %s", again.Status, again.Raw)
	}
	id := french.text("id")
	a := s.ok(s.admin, "POST", "/v1/skill-rules", `{"name":"France","position":5,"skills":["`+id+`"],"conditions":[{"property":"contact.email","operator":"CONTAINS","values":[".fr"]}]}`)
	if french.text("name") != "French" || a.text("fallback") != "WAIT" || a.text("position") != "5" || a.text("conditions.0.operator") != "CONTAINS" {
		t.Errorf("%s %s", french.Raw, a.Raw)
	}
	rule := a.text("id")
	if a := s.ok(s.admin, "PATCH", "/v1/skill-rules/"+rule, `{"fallback":"ANYBODY"}`); a.text("fallback") != "ANYBODY" || a.count("conditions") != 1 {
		t.Errorf("%s", a.Raw)
	}
	for body, field := range map[string]string{
		`{"name":"x"}`:                   "skills",
		`{"name":"x","skills":["none"]}`: "skills[0]",
		`{"skills":["` + id + `"]}`:      "name",
		`{"name":"x","skills":["` + id + `"],"conditions":[{"property":"moon","operator":"IS","values":["x"]}]}`:   "conditions[0].property",
		`{"name":"x","skills":["` + id + `"],"conditions":[{"property":"subject","operator":"IS","values":[""]}]}`: "conditions[0].values",
	} {
		if a := s.refused(422, "invalid", s.admin, "POST", "/v1/skill-rules", body); a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/skills/"+id, "")
	s.ok(s.admin, "DELETE", "/v1/skill-rules/"+rule, "")
	s.ok(s.admin, "DELETE", "/v1/skills/"+id, "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/skills/"+id, "")
}

func TestWorkingHoursNameTheirZoneAndDaysOff(t *testing.T) {
	s := newStack(t)
	days := s.ok(s.admin, "POST", "/v1/holidays", `{"name":"NL","days":["2026-04-27","12-25"]}`).text("id")
	a := s.ok(s.admin, "POST", "/v1/hours", `{"name":"Office","timeZone":"Europe/Amsterdam","holidayIds":["`+days+`"],"week":[{"day":"SUNDAY","from":"22:00","to":"06:00"},{"day":"SATURDAY","from":"00:00","to":"24:00"}]}`)
	if a.text("week.0.day") != "SUNDAY" || a.text("week.0.from") != "22:00" || a.text("week.1.to") != "24:00" || a.text("timeZone") != "Europe/Amsterdam" {
		t.Errorf("%s", a.Raw)
	}
	hours := a.text("id")
	for body, field := range map[string]string{
		`{"name":"x","timeZone":"Mars/Base","week":[{"day":"MONDAY","from":"09:00","to":"17:00"}]}`: "timeZone",
		`{"name":"x","timeZone":"Local","week":[{"day":"MONDAY","from":"09:00","to":"17:00"}]}`:     "timeZone",
		`{"name":"x","timeZone":"UTC"}`: "week",
		`{"name":"x","timeZone":"UTC","week":[{"day":"MONDAY","from":"9:00","to":"17:00"}]}`:                        "week[0]",
		`{"name":"x","timeZone":"UTC","week":[{"day":"MONDAY","from":"24:00","to":"17:00"}]}`:                       "week[0]",
		`{"name":"x","timeZone":"UTC","holidayIds":["none"],"week":[{"day":"MONDAY","from":"09:00","to":"17:00"}]}`: "holidayIds[0]",
	} {
		if a := s.refused(422, "invalid", s.admin, "POST", "/v1/hours", body); a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	for _, day := range []string{"2026-02-30", "13-01", "christmas", "1-1"} {
		s.refused(422, "invalid", s.admin, "POST", "/v1/holidays", `{"name":"x","days":["`+day+`"]}`)
	}
	ann, _ := s.person("Ann", "agent")
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/users/"+ann, `{"workingHours":"none"}`)
	s.ok(s.admin, "PATCH", "/v1/users/"+ann, `{"workingHours":"`+hours+`"}`)
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/hours/"+hours, "")
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/holidays/"+days, "")
}

// works does what the ticket function does with everything that is marked for it, until nothing is.
func (s *stack) works() {
	s.t.Helper()
	ctx := s.t.Context()
	for range 50 {
		stale, err := s.table.StaleWork(ctx, time.Now().Add(time.Hour), 100)
		if err != nil {
			s.t.Fatal(err)
		}
		busy := false
		for _, w := range stale {
			pk, _, _ := strings.Cut(w.Item, "/")
			kind, id, _ := strings.Cut(pk, "#")
			job := map[string]string{"open": `{"kind":"open","conv":"` + id + `"}`, "drain": `{"kind":"drain","user":"` + id + `"}`, "job": `{"kind":"job","job":"` + id + `"}`}[desk.WorkVerb(w.Work)]
			if job == "" || kind == "" {
				continue
			}
			busy = true
			// Far enough from now for a job to be sure that everybody knows of the move.
			stage := ticketing.On(s.table, func() time.Time { return time.Now().Add(time.Minute) })
			if err := stage.Handle(ctx, []byte(job)); err != nil && !desk.Transient(err) {
				s.t.Fatal(err)
			}
		}
		if !busy {
			return
		}
	}
	s.t.Fatal("the work never ends")
}

// opens files a message of a customer in a channel that gives conversations tickets or people, and does its work.
func (s *stack) opens(ch, from, text string) string {
	s.t.Helper()
	id := s.comes(ch, from, text).Conversation
	_, err := s.table.ChangeConversation(s.t.Context(), id, "", desk.Author{}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.Work = "open:1"
		return nil, nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.works()
	return string(id)
}

func TestWhySaysWhoWasChosenAndWhyTheOthersWereNot(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	bob, _ := s.person("Bob", "agent")
	vic, _ := s.person("Vic", "viewer")
	ch := s.channel("inbox", "chat", "1")
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"routing":{"assign":"SPECIFIC","userIds":["`+ann+`","`+bob+`","`+vic+`"]}}`)
	conv := s.opens(ch, "cust", "hello")
	a := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/why", "")
	if a.count("results") != 1 || a.at("results.0.chosen") != nil || a.count("results.0.considered") != 3 {
		t.Errorf("nobody is there: %s", a.Raw)
	}
	s.ok(annKey, "PUT", "/v1/users/"+ann+"/availability", `{"available":true}`)
	s.works()
	a = s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/why", "")
	if a.text("results.1.chosen") != ann || a.text("results.1.considered.0.userId") != ann || a.at("results.1.considered.0.skipped") != nil {
		t.Errorf("Ann is there: %s", a.Raw)
	}
	for _, words := range []string{"not available", "no permission beAssigned", "named by the channel"} {
		if !strings.Contains(a.Raw, words) {
			t.Errorf("it doesn't say %q: %s", words, a.Raw)
		}
	}
	s.ok(s.admin, "PATCH", "/v1/conversations/"+conv, `{"assignee":{"userId":"`+bob+`"}}`)
	a = s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/why", "")
	if a.text("results.2.chosen") != bob || a.text("results.2.rule") != "by hand: Administrator" {
		t.Errorf("by hand: %s", a.Raw)
	}
}

func TestATicketMadeByHandMovesItsConversationToTheHelpDeskUnlessThatIsOff(t *testing.T) {
	s := newStack(t)
	desk1 := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Desk","kind":"HELP_DESK"}`).text("id")
	ch := s.channel("inbox", "chat", "1")
	conv := string(s.comes(ch, "cust", "hello").Conversation)
	a := s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/ticket", "", "Idempotency-Key", "t1")
	if a.Status != 201 || a.text("name") != "hello" || a.text("source") != "manual" || a.text("inboxId") != desk1 {
		t.Errorf("%s", a.Raw)
	}
	if again := s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/ticket", "", "Idempotency-Key", "t1"); again.Status != 200 || again.text("number") != a.text("number") {
		t.Errorf("%s", again.Raw)
	}
	s.refused(409, "conflict", s.admin, "POST", "/v1/conversations/"+conv+"/ticket", "")
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+conv, ""); c.text("inboxId") != desk1 || c.text("ticket.number") != a.text("number") {
		t.Errorf("%s", c.Raw)
	}
	s.ok(s.admin, "PATCH", "/v1/inboxes/inbox", `{"ticketsMoveToHelpDesk":false}`)
	stays := string(s.comes(ch, "other", "hi").Conversation)
	if a := s.ok(s.admin, "POST", "/v1/tickets", `{"name":"x","conversationId":"`+stays+`","tags":["vip"," vip "]}`); a.text("inboxId") != "inbox" || a.count("tags") != 1 {
		t.Errorf("%s", a.Raw)
	}
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/inboxes/inbox", `{"helpDeskId":"inbox"}`)
}

func TestATicketIsDetachedByPermissionAndAttachedAgain(t *testing.T) {
	s := newStack(t)
	_, agent := s.person("Ann", "agent")
	conv := string(s.comes(s.channel("inbox", "chat", "1"), "cust", "hello").Conversation)
	number := s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/ticket", `{"name":"Lamp"}`).text("number")
	s.refused(403, "forbidden", agent, "DELETE", "/v1/conversations/"+conv+"/ticket", "")
	if a := s.ok(s.admin, "DELETE", "/v1/conversations/"+conv+"/ticket", ""); a.at("ticket") != nil {
		t.Errorf("%s", a.Raw)
	}
	s.refused(404, "not_found", s.admin, "DELETE", "/v1/conversations/"+conv+"/ticket", "")
	if k := s.ok(s.admin, "GET", "/v1/tickets/"+conv, ""); k.at("conversationId") != nil || k.text("number") != number {
		t.Errorf("%s", k.Raw)
	}
	if told := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", ""); !strings.Contains(told.Raw, "was detached") {
		t.Errorf("%s", told.Raw)
	}
	if a := s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/ticket", ""); a.text("number") != number || a.text("conversationId") != conv {
		t.Errorf("%s", a.Raw)
	}
}

func TestATicketClosesAndOpensWithItsConversationOrStays(t *testing.T) {
	s := newStack(t)
	conv := string(s.comes(s.channel("inbox", "chat", "1"), "cust", "hello").Conversation)
	s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/ticket", "")
	stage := func() string { return s.ok(s.admin, "GET", "/v1/tickets/"+conv, "").text("stageId") }
	for _, step := range []struct{ body, want string }{
		{`{"status":"CLOSED","ticket":"KEEP"}`, "new"},
		{`{"status":"OPEN"}`, "new"},
		{`{"status":"CLOSED"}`, "closed"},
		{`{"status":"OPEN","ticket":"KEEP"}`, "closed"},
		{`{"status":"CLOSED"}`, "closed"},
		{`{"status":"OPEN"}`, "new"},
	} {
		s.ok(s.admin, "PATCH", "/v1/conversations/"+conv, step.body)
		if got := stage(); got != step.want {
			t.Errorf("after %s: %s, want %s", step.body, got, step.want)
		}
	}
}

func TestATicketWaitsForWhoeverDidNotWriteLast(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"ticket":{"create":true,"tags":["chat"]}}`)
	conv := s.opens(ch, "cust", "hello")
	stage := func() string { return s.ok(s.admin, "GET", "/v1/tickets/"+conv, "").text("stageId") }
	if k := s.ok(s.admin, "GET", "/v1/tickets/"+conv, ""); k.text("stageId") != "new" || k.text("tags.0") != "chat" {
		t.Errorf("%s", k.Raw)
	}
	s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"text":"hi"}`)
	s.works()
	if got := stage(); got != "waiting-on-contact" {
		t.Errorf("after our answer: %s", got)
	}
	s.comes(ch, "cust", "again")
	s.works()
	if got := stage(); got != "waiting-on-us" {
		t.Errorf("after the contact's: %s", got)
	}
	s.comes(ch, "cust", "and again")
	s.ok(s.admin, "PATCH", "/v1/tickets/"+conv, `{"stageId":"closed"}`)
	s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"text":"done"}`)
	s.works()
	if got := stage(); got != "closed" {
		t.Errorf("our answer to a closed ticket opened it: %s", got)
	}
}

func TestAChannelMovesWithItsHistoryByAJobThatShowsHowFarItIs(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	_, boxes := s.person("Inb", s.ok(s.admin, "POST", "/v1/roles", `{"name":"Inboxes","permissions":["inboxes.manage"]}`).text("id"))
	to := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Desk","kind":"HELP_DESK","access":{"everyone":false,"userIds":["administrator"]}}`).text("id")
	ch, other := s.channel("inbox", "chat", "1"), s.channel("inbox", "other", "2")
	var convs []string
	for i := range 7 {
		convs = append(convs, string(s.comes(ch, fmt.Sprint("c", i), "hello").Conversation))
	}
	s.ok(s.admin, "PATCH", "/v1/conversations/"+convs[0], `{"assignee":{"userId":"`+ann+`"}}`)
	s.ok(s.admin, "PATCH", "/v1/conversations/"+convs[1], `{"status":"CLOSED"}`)
	s.ok(s.admin, "PATCH", "/v1/conversations/"+convs[2], `{"place":"TRASH"}`)
	stays := string(s.comes(other, "x", "hello").Conversation)
	s.refused(403, "forbidden", boxes, "PATCH", "/v1/channels/"+ch+"?withHistory=true", `{"inboxId":"`+to+`"}`)
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/channels/"+ch, `{"inboxId":"none"}`)
	a := s.ok(s.admin, "PATCH", "/v1/channels/"+ch+"?withHistory=true", `{"inboxId":"`+to+`"}`)
	job := a.text("moveJobId")
	if a.text("inboxId") != to || job == "" {
		t.Fatalf("%s", a.Raw)
	}
	if j := s.ok(s.admin, "GET", "/v1/jobs/"+job, ""); j.text("state") != "RUNNING" {
		t.Errorf("%s", j.Raw)
	}
	s.works()
	if j := s.ok(s.admin, "GET", "/v1/jobs/"+job, ""); j.text("state") != "DONE" || j.text("done") != "7" || j.text("total") != "7" || j.count("errors") != 0 || j.text("endedAt") == "" {
		t.Errorf("%s", j.Raw)
	}
	for i, id := range convs {
		c := s.ok(s.admin, "GET", "/v1/conversations/"+id, "")
		if c.text("inboxId") != to || (c.at("ticket") != nil) != (i != 1 && i != 2) || c.at("assignee") != nil {
			t.Errorf("%d: %s", i, c.Raw)
		}
		s.refused(404, "not_found", annKey, "GET", "/v1/conversations/"+id, "")
	}
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+stays, ""); c.text("inboxId") != "inbox" {
		t.Errorf("%s", c.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/channels/"+other, `{"inboxId":"`+to+`"}`); a.at("moveJobId") != nil || a.text("inboxId") != to {
		t.Errorf("%s", a.Raw)
	}
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+stays, ""); c.text("inboxId") != "inbox" {
		t.Errorf("without its history it stays: %s", c.Raw)
	}
	s.refused(404, "not_found", s.admin, "GET", "/v1/jobs/none", "")
}

func TestWhatSomebodyHadWhoIsSwitchedOffGoesToOthers(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	bob, bobKey := s.person("Bob", "agent")
	ch := s.channel("inbox", "chat", "1")
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"routing":{"assign":"SPECIFIC","userIds":["`+ann+`","`+bob+`"],"takeBackMinutes":5}}`)
	s.ok(annKey, "PUT", "/v1/users/"+ann+"/availability", `{"available":true}`)
	s.works()
	conv := s.opens(ch, "cust", "hello")
	s.ok(s.admin, "PATCH", "/v1/users/"+ann, `{"active":false}`)
	s.works()
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+conv, ""); c.at("assignee") != nil {
		t.Errorf("%s", c.Raw)
	}
	s.ok(bobKey, "PUT", "/v1/users/"+bob+"/availability", `{"available":true}`)
	s.works()
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+conv, ""); c.text("assignee.userId") != bob {
		t.Errorf("%s", c.Raw)
	}
	s.ok(s.admin, "DELETE", "/v1/users/"+ann, "")
	s.works()
	if a := s.ok(bobKey, "GET", "/v1/users/"+bob+"/availability", ""); a.text("load") != "1" {
		t.Errorf("%s", a.Raw)
	}
}
