package e2e

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAMessageBecomesAConversationAndItsAnswerReachesTheCustomerOnce(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	body := b.update(42, "Ada", "Where is my parcel?")
	var wait sync.WaitGroup
	for range 3 { // three times at once
		wait.Add(1)
		go func() { defer wait.Done(); b.post(t, body) }()
	}
	wait.Wait()
	c := b.conversation(t, "Ada")
	if status := b.post(t, body); status != 200 {
		t.Errorf("a late copy was answered %d", status)
	}
	s.waitTexts(t, 10*time.Second, c.str("id"), "Where is my parcel?")
	if c.str("status") != "OPEN" || c.str("preview") != "Where is my parcel?" || c["waitingSince"] == nil || c["unread"] != true {
		t.Errorf("the conversation says %v", c)
	}

	m := s.reply(t, c.str("id"), "It is on its way.")
	if m.str("status", "state") != "QUEUED" || m.str("direction") != "OUTGOING" {
		t.Errorf("the reply says %v", m)
	}
	s.state(t, 20*time.Second, c.str("id"), m.str("id"), "SENT")
	if sent := b.sent(42); len(sent) != 1 || sent[0].Text() != "It is on its way." {
		t.Errorf("the customer got %d messages", len(sent))
	}
	b.write(t, 42, "Ada", "Thank you!")
	s.waitTexts(t, 20*time.Second, c.str("id"), "Where is my parcel?", "It is on its way.", "Thank you!")
}

func TestInAHelpDeskEveryConversationHasANumberedTicket(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "HELP_DESK"), nil)
	b.write(t, 7, "Grace", "It does not work")
	var ticket object
	eventually(t, 30*time.Second, func() error {
		c := b.conversation(t, "Grace")
		if c.at("ticket") == nil {
			return fmt.Errorf("no ticket yet: %v", c)
		}
		ticket = s.must(t, 200, "GET", "/v1/tickets/"+c.str("ticket", "id"), nil)
		return nil
	})
	if ticket["number"].(float64) < 1 || ticket.str("pipelineId") == "" || ticket.str("stageId") == "" || ticket.str("source") != "telegram" {
		t.Errorf("the ticket says %v", ticket)
	}
}

func TestClosingWithAnOldTokenIsRefusedAndANewMessageReopens(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.write(t, 1, "Ada", "one")
	c := b.conversation(t, "Ada")
	id := c.str("id")
	old := s.must(t, 200, "GET", "/v1/conversations/"+id, nil).str("seen")
	b.write(t, 1, "Ada", "two")
	s.waitTexts(t, 20*time.Second, id, "one", "two")
	status, problem := s.call(t, "PATCH", "/v1/conversations/"+id, object{"status": "CLOSED", "seen": old})
	if status != 409 || problem.str("code") != "conflict" {
		t.Fatalf("closing with an old token: %d %v", status, problem)
	}
	now := s.must(t, 200, "GET", "/v1/conversations/"+id, nil).str("seen")
	if closed := s.must(t, 200, "PATCH", "/v1/conversations/"+id, object{"status": "CLOSED", "seen": now}); closed.str("status") != "CLOSED" {
		t.Errorf("closed it says %v", closed)
	}
	b.write(t, 1, "Ada", "three")
	eventually(t, 20*time.Second, func() error {
		if c := s.must(t, 200, "GET", "/v1/conversations/"+id, nil); c.str("status") != "OPEN" {
			return fmt.Errorf("it is %s", c.str("status"))
		}
		return nil
	})
	s.waitTexts(t, 20*time.Second, id, "one", "two", "three")
}

func TestTwoMessagesOfANewCustomerAtOnceMakeOneContactAndOneConversation(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "HELP_DESK"), nil)
	for round := range 5 {
		chat, name := int64(100+round), fmt.Sprintf("New %d", round)
		var wait sync.WaitGroup
		for i := range 2 {
			body := b.update(chat, name, fmt.Sprint("message ", i))
			wait.Add(1)
			go func() { defer wait.Done(); b.post(t, body) }()
		}
		wait.Wait()
		c := b.conversation(t, name)
		eventually(t, 20*time.Second, func() error {
			if got := s.texts(t, c.str("id")); len(got) != 2 {
				return fmt.Errorf("the thread holds %q", got)
			}
			return nil
		})
	}
	if got := b.conversations(t, "open"); len(got) != 5 {
		t.Errorf("%d conversations of five customers", len(got))
	}
}

func TestOnePartysMessagesStayInOrder(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	var want []string
	for i := range 25 {
		want = append(want, fmt.Sprint("line ", i))
		b.write(t, 9, "Ada", want[i])
	}
	c := b.conversation(t, "Ada")
	s.waitTexts(t, time.Minute, c.str("id"), want...)
}

func TestAChangedMessageIsShownWithItsEarlierText(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.write(t, 5, "Ada", "teh parcel")
	c := b.conversation(t, "Ada")
	n := b.updates.Load()
	edit := mustJSON(object{"update_id": b.updates.Add(1), "edited_message": object{
		"message_id": n, "date": time.Now().Unix(), "edit_date": time.Now().Unix() + 1, "text": "the parcel",
		"from": object{"id": b.id(5), "is_bot": false, "first_name": "Ada"}, "chat": object{"id": b.id(5), "type": "private", "first_name": "Ada"},
	}})
	if status := b.post(t, edit); status != 200 {
		t.Fatalf("the edit was answered %d", status)
	}
	s.waitTexts(t, 20*time.Second, c.str("id"), "the parcel")
}

func TestAChannelThatIsOffTakesNothingAndSendsNothing(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.write(t, 3, "Ada", "first")
	c := b.conversation(t, "Ada")
	s.must(t, 200, "PATCH", "/v1/channels/"+b.channel.str("id"), object{"active": false})
	status, problem := s.call(t, "POST", "/v1/conversations/"+c.str("id")+"/messages", object{"kind": "MESSAGE", "text": "hello?"})
	if problem.str("code") != "channel_off" {
		t.Errorf("a reply on a channel that is off: %d %v", status, problem)
	}
	time.Sleep(4 * time.Second) // the set-up is trusted for three seconds
	if status := b.post(t, b.update(3, "Ada", "second")); status != 200 {
		t.Errorf("a message to a channel that is off was answered %d", status)
	}
	s.must(t, 200, "PATCH", "/v1/channels/"+b.channel.str("id"), object{"active": true})
	time.Sleep(4 * time.Second)
	b.write(t, 3, "Ada", "third")
	s.waitTexts(t, 20*time.Second, c.str("id"), "first", "third")
}

func TestBadInputIsRefusedInWordsOrKept(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	for _, secret := range []string{"", "wrong", rand.Text()} {
		if status := b.postAs(t, b.update(1, "Eve", "forged"), secret); status != 401 {
			t.Errorf("a request with the secret %q was answered %d", secret, status)
		}
	}
	before := len(s.must(t, 200, "GET", "/v1/failures?limit=100", nil).list("results"))
	for what, body := range map[string]string{
		"no JSON":   "hello",
		"deep JSON": strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000),
		"half":      `{"update_id":1,"message":{"text":"`,
	} {
		if status := b.post(t, body); status != 200 {
			t.Errorf("%s was answered %d", what, status)
		}
	}
	eventually(t, 20*time.Second, func() error {
		now := s.must(t, 200, "GET", "/v1/failures?limit=100", nil).list("results")
		if len(now) < before+3 {
			return fmt.Errorf("%d failures, %d before", len(now), before)
		}
		for _, f := range now[:3] {
			if f.str("reason") == "" || f["payload"] == nil && f.str("payloadUrl") == "" {
				t.Errorf("a failure has no reason or no payload: %v", f)
			}
		}
		return nil
	})
	if status := b.post(t, strings.Repeat("x", 11<<20)); status != 413 {
		t.Errorf("eleven megabytes were answered %d", status)
	}
	b.write(t, 2, "Spaces", "   ")
	b.write(t, 3, "Nul", "a\x00b")
	b.write(t, 4, "Emoji", strings.Repeat("😀", 1<<20/len("😀")))
	for _, name := range []string{"Spaces", "Emoji"} {
		b.conversation(t, name)
	}
	for _, c := range s.must(t, 200, "GET", "/v1/conversations?channelId="+b.channel.str("id"), nil).list("results") {
		if c.str("contact", "name") == "Eve" {
			t.Errorf("a forged request was kept: %v", c)
		}
	}
	c := b.conversation(t, "Nul")
	if got := s.texts(t, c.str("id")); len(got) != 1 || strings.ContainsRune(got[0], 0) {
		t.Errorf("a NUL byte became %q", got)
	}
	unknown := mustJSON(object{"update_id": b.updates.Add(1), "message": object{
		"message_id": b.updates.Load(), "date": 1, "dice": object{"emoji": "🎲", "value": 3},
		"from": object{"id": b.id(5), "first_name": "Dice"}, "chat": object{"id": b.id(5), "type": "private"},
	}})
	if status := b.post(t, unknown); status != 200 {
		t.Errorf("an unknown kind was answered %d", status)
	}
	b.conversation(t, "Dice")
}
