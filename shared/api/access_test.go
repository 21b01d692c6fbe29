package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// who are the callers of the matrix, in the order of its columns: an administrator who is no member of the inbox, an
// agent and a viewer who are, an agent who isn't, somebody who manages people, one who manages inboxes, an integration,
// and nobody. "y" is let through, "f" forbidden, "n" not found, "u" unauthenticated.
const who = "admin member viewer outsider people inboxes machine nobody"

// matrix is every call: its id in the document, the body, and what each caller gets. A path's {box}, {conv}, {msg},
// {ticket}, {chan} lie in the restricted inbox.

func matrix() [][3]string {
	const (
		all    = "yyyyyyyu"
		admin  = "yffffffu"
		boxes  = "yffffyfu"
		people = "yfffyffu"
		reply  = "yyfyffyu"
		inBox  = "yyynnnnu" // reading what lies in the restricted inbox
		act    = "fyfnffnu" // acting there
	)
	return [][3]string{
		{"me", "", all},
		{"listInboxes", "", all},
		{"createInbox", `{"name":"x"}`, boxes},
		{"changeInbox {box}", `{}`, boxes},
		{"readInbox {box}", "", "yyynnynu"},
		{"deleteInbox {box}", "", "cffffcfu"},
		{"listChannelTypes", "", all},
		{"listChannels", "", all},
		{"readChannel {chan}", "", "yyynnynu"},
		{"createChannel", `{"type":"chat","inboxId":"inbox","credentials":{"token":"x"}}`, boxes},
		{"changeChannel {chan}", `{}`, boxes},
		{"testChannel {chan}", "", boxes},
		{"verifyChannel {chan}", `{}`, "cffffcfu"},
		{"previewIdentity {chan}", "", "cccnncnu"},
		{"deleteChannel {spare}", "", boxes},
		{"listUsers", "", all},
		{"readUser {user}", "", all},
		{"createUser", `{"email":"{n}@example.com","roleId":"viewer"}`, people},
		{"changeUser {user}", `{}`, people},
		{"deleteUser {user}", "", people},
		{"readAvailability {user}", "", all},
		{"setAvailability {user}", `{"available":false}`, people},
		{"listTeams", "", all},
		{"readTeam {team}", "", all},
		{"createTeam", `{"name":"x"}`, people},
		{"changeTeam {team}", `{"name":"x"}`, people},
		{"deleteTeam {team}", "", people},
		{"listRoles", "", all},
		{"readRole {role}", "", all},
		{"createRole", `{"name":"x","permissions":[]}`, admin},
		{"changeRole {role}", `{}`, admin},
		{"deleteRole {role}", "", admin},
		{"listPipelines", "", all},
		{"readPipeline support", "", all},
		{"changePipeline support", `{}`, admin},
		{"deletePipeline {line}", "", admin},
		{"createPipeline", `{"name":"x","stages":[{"name":"a","state":"OPEN"},{"name":"b","state":"CLOSED"}]}`, admin},
		{"listSkills", "", all},
		{"readSkill {skill}", "", all},
		{"createSkill", `{"name":"x"}`, people},
		{"changeSkill {skill}", `{"name":"x"}`, people},
		{"deleteSkill {skill}", "", people},
		{"listSkillRules", "", all},
		{"readSkillRule {srule}", "", all},
		{"createSkillRule", `{"name":"x","skills":["{skill}"]}`, people},
		{"changeSkillRule {srule}", `{"position":3}`, people},
		{"deleteSkillRule {srule}", "", people},
		{"listAllHours", "", all},
		{"readHours {hours}", "", all},
		{"createHours", `{"name":"x","timeZone":"UTC","week":[{"day":"MONDAY","from":"09:00","to":"17:00"}]}`, people},
		{"changeHours {hours}", `{"name":"x"}`, people},
		{"deleteHours {hours}", "", people},
		{"listAllHolidays", "", all},
		{"readHolidays {holidays}", "", all},
		{"createHolidays", `{"name":"x","days":["12-25"]}`, people},
		{"changeHolidays {holidays}", `{"name":"x"}`, people},
		{"deleteHolidays {holidays}", "", people},
		{"readJob {job}", "", boxes},
		{"readWhy {conv}", "", inBox},
		{"createConversationTicket {conv}", `{}`, act},
		{"detachTicket {ticket}", "", "fffffffu"},
		{"listKeys", "", admin},
		{"createKey", `{"name":"x","permissions":["reply"]}`, admin},
		{"deleteKey {key}", "", admin},
		{"listFailures", "", admin},
		{"readFailure {failure}", "", admin},
		{"replayFailure {failure}", "", admin},
		{"deleteFailure {failure}", "", admin},
		{"listAudit", "", admin},
		{"health", "", admin},
		{"listConversations", "", all},
		{"readConversation {conv}", "", inBox},
		{"changeConversation {conv}", `{"subject":"{n}"}`, act},
		{"startConversation", `{"channelId":"{sms}","to":[{"address":"+3120123"}],"text":"x"}`, "fyfiffiu"},
		{"listMessages {conv}", "", inBox},
		{"createMessage {conv}", `{"text":"x"}`, act},
		{"readMessage {msg}", "", inBox},
		{"useSender {msg}", `{"use":"ORIGINAL"}`, "fcfnffnu"},
		{"forwardConversation {conv}", `{"to":[{"address":"x@example.net"}],"text":"x"}`, "fcfnffnu"},
		{"retryMessage {msg}", "", act},
		{"readOriginal {msg}", "", inBox},
		{"readHTML {msg}", "", inBox},
		{"listContacts", "", all},
		{"readContact {contact}", "", all},
		{"createContact", `{"name":"x"}`, reply},
		{"changeContact {contact}", `{}`, reply},
		{"listContactConversations {contact}", "", all},
		{"listContactTickets {contact}", "", all},
		{"listTickets", "", all},
		{"readTicket {ticket}", "", inBox},
		{"changeTicket {ticket}", `{"name":"{n}"}`, act},
		{"createTicket", `{"name":"x"}`, reply},
		{"createUpload", `{"name":"a.png","contentType":"image/png","size":5}`, reply},
	}
}

// outcome is a letter for what a call gave. What is let through may still be refused for another reason than who calls.
func outcome(a answer) string {
	switch {
	case a.Status < 300:
		return "y"
	case a.Status == 401:
		return "u"
	case a.Status == 403:
		return "f"
	case a.Status == 404:
		return "n"
	case a.Status == 409:
		return "c"
	case a.Status == 422:
		return "i"
	}
	return fmt.Sprint(a.Status)
}

func TestEveryCallIsOpenToWhomItShouldBeAndToNobodyElse(t *testing.T) {
	s := newStack(t)
	keys, member, viewer := matrixPeople(s)
	box := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Legal","access":{"everyone":false,"userIds":["`+member+`","`+viewer+`"]}}`).text("id")
	ch := s.channel(box, "sms", "1")
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(s.ok("", "GET", "/openapi.json", "").Raw), &doc); err != nil {
		t.Fatal(err)
	}
	type place struct{ method, path string }
	calls := map[string]place{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			calls[op.ID] = place{strings.ToUpper(method), path}
		}
	}
	n := 0
	for _, row := range matrix() {
		id, arg, _ := strings.Cut(row[0], " ")
		c, known := calls[id]
		if !known {
			t.Errorf("there is no call %s", id)
		}
		delete(calls, id)
		var fill *strings.Replacer
		for i, name := range strings.Fields(who) {
			if n++; fill == nil {
				fill = s.fresh(arg+row[1], box, ch, n)
				s.platform.account = fmt.Sprint("matrix", n)
			}
			a := s.call(keys[name], c.method, strings.Replace(c.path, "{id}", fill.Replace(arg), 1), fill.Replace(row[1]))
			want, got := row[2][i], outcome(a)
			excused := want == 'y' && (got == "c" && id == "retryMessage" || got == "n" && (id == "readOriginal" || id == "readHTML") && strings.Contains(a.text("detail"), "message"))
			if got != string(want) && !excused {
				t.Errorf("%s by %s: %s %s, want %c", id, name, got, a.Raw, want)
			}
			if c.method != "GET" && (got == "y" || got == "c") {
				fill = nil // the next one finds everything as it was
			}
		}
	}
	for id := range calls {
		t.Errorf("the call %s is not in the matrix", id)
	}
}

func matrixPeople(s *stack) (keys map[string]string, member, viewer string) {
	s.t.Helper()
	keys = map[string]string{"admin": s.admin}
	role := func(name, permission string) string {
		return s.ok(s.admin, "POST", "/v1/roles", `{"name":"`+name+`","permissions":["`+permission+`"]}`).text("id")
	}
	member, keys["member"] = s.person("Mem", "agent")
	viewer, keys["viewer"] = s.person("Vic", "viewer")
	_, keys["outsider"] = s.person("Out", "agent")
	_, keys["people"] = s.person("Peo", role("People", "users.manage"))
	_, keys["inboxes"] = s.person("Inb", role("Inboxes", "inboxes.manage"))
	keys["machine"] = s.ok(s.admin, "POST", "/v1/keys", `{"name":"Shop","permissions":["reply"]}`).text("key")
	return keys, member, viewer
}

// fresh makes what a call is about, so that each caller finds it whole, and fills in its names.
func (s *stack) fresh(needs, box, ch string, n int) *strings.Replacer {
	s.t.Helper()
	pairs := []string{"{box}", box, "{chan}", ch, "{sms}", ch, "{n}", fmt.Sprint("n", n)}
	make := func(name, method, path, body, field string) {
		if strings.Contains(needs, name) {
			pairs = append(pairs, name, s.ok(s.admin, method, path, body).text(field))
		}
	}
	make("{team}", "POST", "/v1/teams", `{"name":"t"}`, "id")
	make("{role}", "POST", "/v1/roles", `{"name":"r","permissions":[]}`, "id")
	make("{user}", "POST", "/v1/users", fmt.Sprintf(`{"email":"u%d@example.com","roleId":"viewer"}`, n), "id")
	make("{key}", "POST", "/v1/keys", `{"name":"k","permissions":["reply"]}`, "id")
	make("{line}", "POST", "/v1/pipelines", `{"name":"p","stages":[{"name":"a","state":"OPEN"},{"name":"b","state":"CLOSED"}]}`, "id")
	make("{skill}", "POST", "/v1/skills", `{"name":"s"}`, "id")
	if strings.Contains(needs, "{srule}") {
		skill := s.ok(s.admin, "POST", "/v1/skills", `{"name":"s"}`).text("id")
		make("{srule}", "POST", "/v1/skill-rules", `{"name":"r","skills":["`+skill+`"]}`, "id")
	}
	make("{hours}", "POST", "/v1/hours", `{"name":"h","timeZone":"UTC","week":[{"day":"MONDAY","from":"09:00","to":"17:00"}]}`, "id")
	make("{holidays}", "POST", "/v1/holidays", `{"name":"h","days":["12-25"]}`, "id")
	if strings.Contains(needs, "{job}") {
		j, err := s.table.SaveJob(s.t.Context(), desk.Job{ID: s.table.NewID(), Kind: desk.JobMoveChannel, State: desk.JobDone})
		if err != nil {
			s.t.Fatal(err)
		}
		pairs = append(pairs, "{job}", j.ID)
	}
	make("{contact}", "POST", "/v1/contacts", `{"name":"c"}`, "id")
	if strings.Contains(needs, "{spare}") {
		pairs = append(pairs, "{spare}", s.channel("inbox", "chat", fmt.Sprint("spare", n)))
		s.platform.account = fmt.Sprint("matrix", n)
	}
	if strings.Contains(needs, "{conv}") || strings.Contains(needs, "{msg}") || strings.Contains(needs, "{ticket}") {
		filed := s.comes(ch, fmt.Sprint("cust", n), "hello")
		conv := string(filed.Conversation)
		pairs = append(pairs, "{conv}", conv, "{msg}", string(filed.Conversation.Message(filed.Key)))
		if strings.Contains(needs, "{ticket}") {
			t, _, err := s.table.CreateTicket(s.t.Context(), desk.Ticket{Name: "x", Conversation: filed.Conversation, Inbox: desk.InboxID(box), Pipeline: "support", Stage: "new"}, desk.Author{})
			if err != nil {
				s.t.Fatal(err)
			}
			pairs = append(pairs, "{ticket}", string(t.ID))
		}
	}
	if strings.Contains(needs, "{failure}") {
		id := desk.NewFailureID(s.clock(), fmt.Sprint("f", n))
		if err := s.table.RecordFailure(s.t.Context(), desk.Failure{ID: id, Stage: "inbound", Reason: "x", Payload: []byte(`{}`), At: s.clock()}); err != nil {
			s.t.Fatal(err)
		}
		pairs = append(pairs, "{failure}", string(id))
	}
	return strings.NewReplacer(pairs...)
}

func TestAnAdministratorWhoIsNoMemberReadsAndIsToldWhyTheyCanNotAct(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	box := s.ok(s.admin, "POST", "/v1/inboxes", `{"name":"Legal","access":{"everyone":false,"userIds":["`+ann+`"]}}`).text("id")
	conv := string(s.comes(s.channel(box, "chat", "1"), "cust", "hello").Conversation)
	_, outsider := s.person("Out", "agent")
	lists(s, s.admin, "", "hello")
	lists(s, annKey, "", "hello")
	lists(s, outsider, "", "")
	s.refused(404, "not_found", outsider, "GET", "/v1/conversations?inboxId="+box, "")
	a := s.refused(403, "forbidden", s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"text":"x"}`)
	if !strings.Contains(a.text("detail"), "Legal") || !strings.Contains(a.text("detail"), "members") {
		t.Errorf("%s", a.Raw)
	}
	s.ok(s.admin, "PATCH", "/v1/inboxes/"+box, `{"access":{"userIds":["administrator"]}}`)
	s.ok(s.admin, "POST", "/v1/conversations/"+conv+"/messages", `{"text":"x"}`)
	s.refused(404, "not_found", annKey, "GET", "/v1/conversations/"+conv, "")
	lists(s, annKey, "", "")
}
