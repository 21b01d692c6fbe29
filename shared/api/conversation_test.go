package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAConversationIsReadWithItsThread(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	filed := s.comes(ch, "ann", "hello")
	id := string(filed.Conversation)
	a := s.ok(s.admin, "GET", "/v1/conversations/"+id, "")
	if a.text("inboxId") != "inbox" || a.text("channelId") != ch || a.text("channelType") != "chat" || a.text("status") != "OPEN" || a.text("place") != "INBOX" ||
		a.text("contact.name") != "ann" || a.text("preview") != "hello" || a.text("seen") != "s1" || a.text("unread") != "true" || a.text("waitingSince") == "" ||
		a.at("assignee") != nil || a.at("ticket") != nil || a.at("replyWindow") != nil || a.text("lastMessageAt") == "" || a.at("closedAt") != nil {
		t.Errorf("%s", a.Raw)
	}
	m := s.ok(s.admin, "GET", "/v1/conversations/"+id+"/messages", "")
	if m.count("results") != 1 || m.text("results.0.text") != "hello" || m.text("results.0.status.state") != "RECEIVED" || m.text("results.0.direction") != "INCOMING" ||
		m.text("results.0.author.kind") != "CONTACT" || m.text("results.0.id") != string(filed.Conversation.Message(filed.Key)) || m.at("next") != nil {
		t.Errorf("%s", m.Raw)
	}
	s.refused(404, "not_found", s.admin, "GET", "/v1/conversations/none", "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/conversations/none/messages", "")
}

func TestAThreadIsReadForwardsBackwardsAndFromItsEnd(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	id := ""
	for i := range 5 {
		id = string(s.comes(ch, "ann", fmt.Sprint("m", i)).Conversation)
	}
	read := func(query string) (texts, next string) {
		a := s.ok(s.admin, "GET", "/v1/conversations/"+id+"/messages?limit=2"+query, "")
		for i := range a.count("results") {
			texts += a.text(fmt.Sprintf("results.%d.text", i))
		}
		return texts, a.text("next")
	}
	got, next := "", ""
	for i := 0; i < 3; i++ {
		page, n := read("&after=" + next)
		got, next = got+page+" ", n
	}
	if got != "m0m1 m2m3 m4 " || next != "" {
		t.Errorf("forwards %q, next %q", got, next)
	}
	got, next = read("&before=end")
	page, n := read("&before=" + next)
	last, end := read("&before=" + n)
	if got != "m3m4" || page != "m1m2" || last != "m0" || end != "" {
		t.Errorf("backwards %q %q %q, next %q", got, page, last, end)
	}
	other := string(s.comes(ch, "bob", "other").Conversation)
	foreign := s.ok(s.admin, "GET", "/v1/conversations/"+other+"/messages", "").text("results.0.id")
	for _, bad := range []string{"after=x", "before=" + id + "-x", "after=" + foreign} {
		s.refused(400, "invalid", s.admin, "GET", "/v1/conversations/"+id+"/messages?"+bad, "")
	}
}

func TestEachChangeIsToldInTheThread(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	id := string(s.comes(s.channel("inbox", "chat", "1"), "cust", "hello").Conversation)
	a := s.ok(annKey, "PATCH", "/v1/conversations/"+id, `{"assignee":{"userId":"`+ann+`"},"subject":" Broken lamp "}`)
	if a.text("assignee.userId") != ann || a.text("subject") != "Broken lamp" {
		t.Errorf("%s", a.Raw)
	}
	a = s.ok(annKey, "PATCH", "/v1/conversations/"+id, `{"status":"CLOSED","seen":"s1"}`)
	if a.text("status") != "CLOSED" || a.text("closedAt") == "" || a.at("waitingSince") != nil || a.text("unread") != "false" {
		t.Errorf("%s", a.Raw)
	}
	s.ok(annKey, "PATCH", "/v1/conversations/"+id, `{"status":"OPEN"}`)
	s.ok(annKey, "PATCH", "/v1/conversations/"+id, `{"place":"TRASH"}`)
	s.ok(annKey, "PATCH", "/v1/conversations/"+id, `{"place":"INBOX","assignee":null}`)
	s.ok(annKey, "PATCH", "/v1/conversations/"+id, `{"place":"INBOX","status":"OPEN","assignee":null,"subject":"Broken lamp"}`) // all so already
	thread := s.ok(annKey, "GET", "/v1/conversations/"+id+"/messages", "")
	var told []string
	for i := 1; i < thread.count("results"); i++ {
		at := fmt.Sprintf("results.%d.", i)
		if thread.text(at+"kind") != "EVENT" || thread.text(at+"author.name") != "Ann" || thread.at(at+"status") != nil {
			t.Errorf("%v", thread.at(at[:len(at)-1]))
		}
		told = append(told, thread.text(at+"event.what")+">"+thread.text(at+"event.to"))
	}
	want := "assigned>" + ann + " renamed>Broken lamp closed>CLOSED reopened>OPEN trashed>TRASH restored>INBOX assigned>"
	if got := strings.Join(told, " "); got != want {
		t.Errorf("told %s", got)
	}
	if note := thread.text("results.5.event.note"); !strings.Contains(note, "without saying") {
		t.Errorf("an act without a token is told as %q", note)
	}
	if note := thread.text("results.3.event.note"); note != "" {
		t.Errorf("an act with a token is told as %q", note)
	}
}

func TestAnActOnWhatWasNotSeenYetIsAConflict(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	id := string(s.comes(ch, "cust", "one").Conversation)
	seen := s.ok(s.admin, "GET", "/v1/conversations/"+id, "").text("seen")
	s.comes(ch, "cust", "two")
	for _, act := range []string{`"status":"CLOSED"`, `"place":"TRASH"`, `"place":"FILTERED"`, `"unread":false`} {
		s.refused(409, "conflict", s.admin, "PATCH", "/v1/conversations/"+id, `{`+act+`,"seen":"`+seen+`"}`)
	}
	s.refused(409, "conflict", s.admin, "PATCH", "/v1/conversations/"+id, `{"seen":"`+seen+`"}`)
	if a := s.ok(s.admin, "GET", "/v1/conversations/"+id, ""); a.text("status") != "OPEN" || a.text("unread") != "true" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/conversations/"+id, `{"seen":"s2"}`); a.text("unread") != "false" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/conversations/"+id, `{"unread":true}`); a.text("unread") != "true" {
		t.Errorf("%s", a.Raw)
	}
}

func TestWhatAConversationCanNotBecomeIsRefused(t *testing.T) {
	s := newStack(t)
	_, viewer := s.person("Vic", "viewer")
	out, _ := s.person("Out", "agent")
	s.ok(s.admin, "PATCH", "/v1/users/"+out, `{"active":false}`)
	far, _ := s.person("Far", "agent")
	s.ok(s.admin, "PATCH", "/v1/inboxes/inbox", `{"access":{"everyone":false,"userIds":["administrator"]}}`)
	id := string(s.comes(s.channel("inbox", "chat", "1"), "cust", "one").Conversation)
	for body, field := range map[string]string{
		`{"status":"SLEEPING"}`:                 "status",
		`{"status":null}`:                       "",
		`{"place":"ATTIC"}`:                     "place",
		`{"place":"PURGING"}`:                   "place",
		`{"assignee":{"userId":"none"}}`:        "assignee.userId",
		`{"assignee":{"userId":"` + out + `"}}`: "assignee.userId",
		`{"assignee":{"userId":"` + far + `"}}`: "assignee.userId",
		`{"assignee":{"teamId":"none"}}`:        "assignee.teamId[0]",
		`{"contactId":"none"}`:                  "contactId",
		`{"inboxId":"none"}`:                    "inboxId",
	} {
		if a := s.refused(422, "invalid", s.admin, "PATCH", "/v1/conversations/"+id, body); field != "" && a.text("errors.0.location") != field {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	s.refused(403, "forbidden", viewer, "PATCH", "/v1/conversations/"+id, `{"status":"CLOSED"}`)
}

func TestTheContactOfAConversationIsChangedAndDetached(t *testing.T) {
	s := newStack(t)
	id := string(s.comes(s.channel("inbox", "chat", "1"), "cust", "one").Conversation)
	other := s.ok(s.admin, "POST", "/v1/contacts", `{"name":"Real name"}`).text("id")
	if a := s.ok(s.admin, "PATCH", "/v1/conversations/"+id, `{"contactId":"`+other+`"}`); a.text("contact.id") != other || a.text("contact.name") != "Real name" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/contacts/"+other+"/conversations", ""); a.text("results.0.id") != id {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "PATCH", "/v1/conversations/"+id, `{"contactId":null}`); a.at("contact") != nil {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/contacts/"+other+"/conversations", ""); a.count("results") != 0 {
		t.Errorf("%s", a.Raw)
	}
}

// lists waits for what the indexes say, which may lag.
func lists(s *stack, key, query, want string) {
	s.t.Helper()
	got := ""
	for range 50 {
		a := s.ok(key, "GET", "/v1/conversations?sort=oldest&"+query, "")
		var previews []string
		for i := range a.count("results") {
			previews = append(previews, a.text(fmt.Sprintf("results.%d.preview", i)))
		}
		if got = strings.Join(previews, " "); got == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Errorf("%s lists %q, want %q", query, got, want)
}

func TestConversationsAreListedByViewAndFilter(t *testing.T) {
	s := newStack(t)
	ann, annKey := s.person("Ann", "agent")
	one, two := s.channel("inbox", "chat", "1"), s.channel("inbox", "other", "2")
	ids := map[string]string{}
	for i, ch := range []string{one, one, two, two, one} {
		text := string(rune('a' + i))
		ids[text] = string(s.comes(ch, "cust"+text, text).Conversation)
	}
	patch := func(text, body string) { s.ok(s.admin, "PATCH", "/v1/conversations/"+ids[text], body) }
	patch("b", `{"assignee":{"userId":"`+ann+`"}}`)
	patch("c", `{"status":"CLOSED"}`)
	patch("d", `{"place":"FILTERED"}`)
	patch("e", `{"place":"TRASH"}`)
	for query, want := range map[string]string{
		"":                                 "a b c d e",
		"hideFiltered=true&hideTrash=true": "a b c",
		"view=unassigned":                  "a",
		"view=open":                        "a b",
		"view=closed":                      "c",
		"view=filtered":                    "d",
		"view=trash":                       "e",
		"view=sent":                        "",
		"view=open&status=CLOSED":          "",
		"status=OPEN&hideTrash=true":       "a b d",
		"status=CLOSED":                    "c",
		"channelId=" + one:                 "a b e",
		"channelType=other":                "c d",
		"channelType=fax":                  "",
		"channelId=none":                   "",
		"assigneeId=" + ann:                "b",
		"inboxId=inbox&view=open":          "a b",
		"from=2001-01-01&to=2099-12-31":    "a b c d e",
		"to=2001-01-01":                    "",
		"from=2099-01-01T00:00:00%2B02:00": "",
	} {
		lists(s, s.admin, query, want)
	}
	lists(s, annKey, "view=mine", "b")
	lists(s, s.admin, "view=mine", "")
	contact := s.ok(s.admin, "GET", "/v1/conversations/"+ids["c"], "").text("contact.id")
	lists(s, s.admin, "contactId="+contact, "c")
	for _, bad := range []string{"view=bed", "status=MAYBE", "from=yesterday", "sort=best", "limit=0", "limit=101", "colour=red"} {
		s.refused(422, "invalid", s.admin, "GET", "/v1/conversations?"+bad, "")
	}
	s.refused(404, "not_found", s.admin, "GET", "/v1/conversations?inboxId=none", "")
}

func TestAListIsReadPageByPageAndItsCursorFitsNoOtherList(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	for i := range 5 {
		s.comes(ch, fmt.Sprint("cust", i), fmt.Sprint(i))
	}
	lists(s, s.admin, "", "0 1 2 3 4")
	var got []string
	after := ""
	for pages := 0; pages < 4; pages++ {
		a := s.ok(s.admin, "GET", "/v1/conversations?limit=2&after="+after, "")
		for i := range a.count("results") {
			got = append(got, a.text(fmt.Sprintf("results.%d.preview", i)))
		}
		if after = a.text("next"); after == "" {
			break
		}
		s.refused(400, "invalid", s.admin, "GET", "/v1/conversations?view=open&after="+after, "")
		s.refused(400, "invalid", s.admin, "GET", "/v1/contacts?after="+after, "")
	}
	if strings.Join(got, "") != "43210" {
		t.Errorf("read %v", got)
	}
	for _, bad := range []string{"x", "x.y", "MTIz.AAAAAAAAAAAAAAAAAAAAAA", "."} {
		s.refused(400, "invalid", s.admin, "GET", "/v1/conversations?after="+bad, "")
	}
}
