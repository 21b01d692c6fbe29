package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func talk(t *testing.T) (s *stack, ch, conv string) {
	t.Helper()
	s = newStack(t)
	ch = s.channel("inbox", "chat", "1")
	return s, ch, string(s.comes(ch, "cust", "hello").Conversation)
}

func TestAnAnswerIsQueuedAndTheContactWaitsNoLonger(t *testing.T) {
	s, ch, id := talk(t)
	first := s.ok(s.admin, "GET", "/v1/conversations/"+id+"/messages", "").text("results.0.id")
	a := s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"Hi, how\n can I help?","inReplyTo":"`+first+`"}`)
	if a.Status != 201 || a.text("status.state") != "QUEUED" || a.text("direction") != "OUTGOING" || a.text("author.kind") != "USER" ||
		a.text("author.name") != "Administrator" || a.text("channelId") != ch || a.text("inReplyTo") != first || a.text("kind") != "MESSAGE" {
		t.Errorf("%s", a.Raw)
	}
	m, err := s.table.Message(t.Context(), desk.MessageID(a.text("id")))
	if err != nil || m.ReplyTo != "cust/hello" || m.Thread != "cust" {
		t.Errorf("kept as %+v, %v", m, err)
	}
	if a := s.ok(s.admin, "GET", "/v1/conversations/"+id, ""); a.at("waitingSince") != nil || a.text("preview") != "Hi, how can I help?" {
		t.Errorf("%s", a.Raw)
	}
	if b := s.ok(s.admin, "GET", "/v1/messages/"+a.text("id"), ""); b.text("text") != "Hi, how\n can I help?" {
		t.Errorf("%s", b.Raw)
	}
}

func TestACommentStaysInside(t *testing.T) {
	s, _, id := talk(t)
	ann, _ := s.person("Ann", "agent")
	a := s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"kind":"COMMENT","text":"`+strings.Repeat("longer than any chat takes ", 9)+`","mentions":["`+ann+`"]}`)
	if a.text("kind") != "COMMENT" || a.at("status") != nil || a.at("direction") != nil || a.text("mentions.0") != ann {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/conversations/"+id, ""); a.text("preview") != "hello" || a.text("waitingSince") == "" {
		t.Errorf("%s", a.Raw)
	}
	for _, body := range []string{
		`{"kind":"COMMENT"}`, `{"kind":"COMMENT","text":" "}`, `{"kind":"COMMENT","text":"x","html":"<b>x</b>"}`,
		`{"kind":"COMMENT","text":"x","to":[{"address":"a@example.com"}]}`, `{"kind":"COMMENT","text":"x","mentions":["none"]}`,
		`{"kind":"COMMENT","text":"` + strings.Repeat("x", 20001) + `"}`, `{"kind":"EVENT","text":"x"}`,
	} {
		s.refused(422, "invalid", s.admin, "POST", "/v1/conversations/"+id+"/messages", body)
	}
}

func TestWhatTheChannelCanNotCarryIsRefusedBeforeItIsQueued(t *testing.T) {
	s, _, id := talk(t)
	other := string(s.comes(s.channel("inbox", "other", "2"), "bob", "hey").Conversation)
	foreign := s.ok(s.admin, "GET", "/v1/conversations/"+other+"/messages", "").text("results.0.id")
	for body, field := range map[string]string{
		`{}`:                  "text",
		`{"text":"   \n\t "}`: "text",
		`{"text":"\u0000"}`:   "text",
		`{"text":"` + strings.Repeat("x", 21) + `"}`:                       "text",
		`{"text":"` + strings.Repeat("😀", 11) + `"}`:                       "text",
		`{"html":"<b>x</b>"}`:                                              "html",
		`{"text":"x","cc":[{"address":"a@b.c"}]}`:                          "cc",
		`{"text":"x","to":[{"address":"a@b.c"}]}`:                          "to",
		`{"text":"x","attachments":["none"]}`:                              "attachments[0]",
		`{"text":"x","attachments":["1","2","3"]}`:                         "attachments",
		`{"text":"x","inReplyTo":"` + foreign + `"}`:                       "inReplyTo",
		`{"text":"x","inReplyTo":"` + id + `-01M8000000000000000000000Z"}`: "inReplyTo",
		`{"text":"x","channelId":"elsewhere"}`:                             "channelId",
		`{"txt":"x"}`:                                                      "txt",
	} {
		a := s.refused(422, "invalid", s.admin, "POST", "/v1/conversations/"+id+"/messages", body)
		found := false
		for i := range a.count("errors") {
			found = found || a.text(fmt.Sprintf("errors.%d.location", i)) == field
		}
		if !found {
			t.Errorf("%.80s: %s", body, a.Raw)
		}
	}
	a := s.refused(422, "invalid", s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"`+strings.Repeat("😀", 11)+`"}`)
	if !strings.Contains(a.text("detail"), "20") || !strings.Contains(a.text("detail"), "22") {
		t.Errorf("the limit is not in the words: %s", a.text("detail"))
	}
	if n := s.ok(s.admin, "GET", "/v1/conversations/"+id+"/messages", "").count("results"); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestAChannelThatIsOffSendsNothing(t *testing.T) {
	s, ch, id := talk(t)
	sent := s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`).text("id")
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"active":false}`)
	s.refused(409, "channel_off", s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
	s.refused(409, "channel_off", s.admin, "POST", "/v1/messages/"+sent+"/retry", "")
	s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"kind":"COMMENT","text":"x"}`)
}

func TestAConversationInTheTrashIsNotAnswered(t *testing.T) {
	s, _, id := talk(t)
	s.ok(s.admin, "PATCH", "/v1/conversations/"+id, `{"place":"TRASH"}`)
	s.refused(409, "conflict", s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
}

func TestWhereOnlyTheAssigneeAnswersOthersDoNot(t *testing.T) {
	s, _, id := talk(t)
	ann, annKey := s.person("Ann", "agent")
	s.ok(s.admin, "PATCH", "/v1/inboxes/inbox", `{"onlyAssigneeReplies":true}`)
	s.ok(s.admin, "PATCH", "/v1/conversations/"+id, `{"assignee":{"userId":"`+ann+`"}}`)
	s.refused(403, "forbidden", s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
	s.ok(annKey, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
	s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"kind":"COMMENT","text":"x"}`)
}

func TestAMessageSentTwiceUnderOneKeyIsOne(t *testing.T) {
	s, ch, id := talk(t)
	path := "/v1/conversations/" + id + "/messages"
	first := s.ok(s.admin, "POST", path, `{"text":"x"}`, "Idempotency-Key", "k1")
	again := s.ok(s.admin, "POST", path, `{"text":"x"}`, "Idempotency-Key", "k1")
	if first.Status != 201 || again.Status != 200 || first.text("id") != again.text("id") {
		t.Errorf("%d %s, then %d %s", first.Status, first.text("id"), again.Status, again.text("id"))
	}
	s.refused(409, "conflict", s.admin, "POST", path, `{"text":"y"}`, "Idempotency-Key", "k1")
	_, other := s.person("Ann", "agent")
	if a := s.ok(other, "POST", path, `{"text":"x"}`, "Idempotency-Key", "k1"); a.Status != 201 {
		t.Errorf("another caller's key: %d", a.Status)
	}
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"active":false}`)
	if a := s.ok(s.admin, "POST", path, `{"text":"x"}`, "Idempotency-Key", "k1"); a.text("id") != first.text("id") {
		t.Error("a repeat after the channel went off is not the first answer")
	}
	if n := s.ok(s.admin, "GET", path, "").count("results"); n != 3 {
		t.Errorf("%d messages", n)
	}
	s.refused(422, "invalid", s.admin, "POST", path, `{"text":"x"}`, "Idempotency-Key", strings.Repeat("k", 129))
}

func TestAFailedMessageIsSentAgainByHand(t *testing.T) {
	s, _, id := talk(t)
	sent := s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`).text("id")
	s.refused(409, "conflict", s.admin, "POST", "/v1/messages/"+sent+"/retry", "")
	turn, err := s.table.ClaimOutbound(t.Context(), desk.MessageID(sent), 1e9)
	if err != nil || turn.Turn != desk.TurnYours {
		t.Fatalf("%+v, %v", turn, err)
	}
	if err := s.table.SettleOutbound(t.Context(), turn.Message, desk.SendResult{State: desk.Failed, Detail: "Blocked."}); err != nil {
		t.Fatal(err)
	}
	if a := s.ok(s.admin, "GET", "/v1/messages/"+sent, ""); a.text("status.state") != "FAILED" || a.text("status.detail") != "Blocked." {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "POST", "/v1/messages/"+sent+"/retry", ""); a.text("status.state") != "QUEUED" {
		t.Errorf("%s", a.Raw)
	}
	incoming := s.ok(s.admin, "GET", "/v1/conversations/"+id+"/messages", "").text("results.0.id")
	s.refused(409, "conflict", s.admin, "POST", "/v1/messages/"+incoming+"/retry", "")
	for _, none := range []string{"x", id + "-x", "none-none"} {
		s.refused(404, "not_found", s.admin, "POST", "/v1/messages/"+none+"/retry", "")
	}
}

func TestAConversationIsStartedOnlyWhereThePlatformAllowsIt(t *testing.T) {
	s, ch, _ := talk(t)
	s.refused(422, "invalid", s.admin, "POST", "/v1/conversations", `{"channelId":"`+ch+`","to":[{"address":"cust"}],"text":"x"}`)
	sms := s.channel("inbox", "sms", "9")
	body := `{"channelId":"` + sms + `","to":[{"name":"Ann","address":"+31 20-123"}],"text":"Your parcel is here!!"}`
	s.refused(422, "invalid", s.admin, "POST", "/v1/conversations", body) // longer than 20
	body = strings.Replace(body, "Your parcel is here!!", "Parcel for you", 1)
	a := s.ok(s.admin, "POST", "/v1/conversations", body, "Idempotency-Key", "s1")
	if a.Status != 201 || a.text("contact.name") != "Ann" || a.text("preview") != "Parcel for you" || a.text("channelId") != sms {
		t.Errorf("%s", a.Raw)
	}
	if b := s.ok(s.admin, "POST", "/v1/conversations", body, "Idempotency-Key", "s1"); b.Status != 200 || b.text("id") != a.text("id") {
		t.Errorf("%s", b.Raw)
	}
	if n := s.ok(s.admin, "GET", "/v1/conversations/"+a.text("id")+"/messages", "").count("results"); n != 1 {
		t.Errorf("%d messages", n)
	}
	lists(s, s.admin, "view=sent", "Parcel for you")
	lists(s, s.admin, "view=open", "hello")
	if b := s.ok(s.admin, "GET", "/v1/contacts?phone=%2B3120123", ""); b.text("results.0.id") != a.text("contact.id") {
		t.Errorf("%s", b.Raw)
	}
	for _, bad := range []string{
		`{"channelId":"none","to":[{"address":"+3120123"}],"text":"x"}`, `{"channelId":"` + sms + `","to":[],"text":"x"}`,
		`{"channelId":"` + sms + `","to":[{"address":"+3120123"},{"address":"+3120124"}],"text":"x"}`,
		`{"channelId":"` + sms + `","to":[{"address":"+3120123"}],"text":"x","subject":"y"}`,
		`{"channelId":"` + sms + `","to":[{"address":"+3120123"}],"text":"x","contactId":"none"}`,
	} {
		s.refused(422, "invalid", s.admin, "POST", "/v1/conversations", bad)
	}
}

func TestAfterTheMessagingWindowOnlyAPersonAnswersAndThenNobody(t *testing.T) {
	s := newStack(t)
	sms := s.channel("inbox", "sms", "9")
	id := string(s.comes(sms, "+3120123", "hi").Conversation)
	machine := s.ok(s.admin, "POST", "/v1/keys", `{"name":"Shop","permissions":["reply"]}`).text("key")
	at := func(days int, want string) {
		t.Helper()
		s.later(days)
		if a := s.ok(s.admin, "GET", "/v1/conversations/"+id, ""); a.text("replyWindow.state") != want {
			t.Errorf("after %d days: %s", days, a.Raw)
		}
	}
	at(0, "OPEN")
	s.ok(machine, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
	at(2, "HUMAN_ONLY")
	s.refused(409, "window_closed", machine, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
	s.ok(s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
	at(8, "CLOSED")
	s.refused(409, "window_closed", s.admin, "POST", "/v1/conversations/"+id+"/messages", `{"text":"x"}`)
}
