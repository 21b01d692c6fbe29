package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/twilio/rest"
)

// line is a phone number on a stand-in of Twilio, connected as a channel.
type line struct {
	*rest.Server
	s       *stack
	number  string
	kind    string
	channel object
}

// dial makes a stand-in with one number and connects it to an inbox, as an admin does.
func dial(t *testing.T, s *stack, kind string) *line {
	t.Helper()
	n := bots.Add(1)
	l := &line{s: s, kind: kind, number: fmt.Sprintf("+1555%07d", n)}
	l.Server = rest.New(fmt.Sprintf("AC%032x", n), rand.Text(), l.number)
	if kind == "twilio-whatsapp" {
		l.Sender("whatsapp:" + l.number)
	}
	srv := httptest.NewServer(l.Server)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	l.channel = s.must(t, 201, "POST", "/v1/channels", object{
		"type": kind, "inboxId": s.inbox(t, "INBOX"), "name": "Number " + l.number, "credentials": object{"authToken": l.Token},
		"settings": object{"apiBase": srv.URL, "accountSid": l.SID, "from": l.number},
	})
	return l
}

// address is a number as the channel's kind writes it.
func (l *line) address(number string) string {
	if l.kind == "twilio-whatsapp" {
		return "whatsapp:" + number
	}
	return number
}

// write is a customer writing; it gives back the message's SID.
func (l *line) write(t *testing.T, w rest.Writing) string {
	t.Helper()
	w.From, w.To, w.Webhook = l.address(w.From), l.address(l.number), l.channel.str("webhookUrl")
	eventually(t, time.Minute, func() error {
		sid, status, answer, err := l.Write(w)
		if err != nil || status != 200 || answer != "<Response/>" {
			return fmt.Errorf("the webhook answered %d %q (%v)", status, answer, err)
		}
		w.SID = sid
		return nil
	})
	return w.SID
}

// open waits for the one open conversation of a channel that holds a text.
func (s *stack) open(t *testing.T, channel, preview string) object {
	t.Helper()
	var found object
	eventually(t, 40*time.Second, func() error {
		n := 0
		for _, c := range s.must(t, 200, "GET", "/v1/conversations?limit=100&view=open&channelId="+channel, nil).list("results") {
			if strings.Contains(c.str("preview"), preview) {
				found = c
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("%d conversations with %q", n, preview)
		}
		return nil
	})
	return found
}

func TestAnSMSIsAnsweredAndItsAnswerIsDelivered(t *testing.T) {
	s := running(t)
	l := dial(t, s, "twilio-sms")
	if at := l.Webhook(l.number); at != l.channel.str("webhookUrl") || at == "" {
		t.Fatalf("the number's messages go to %q", at)
	}
	ada := "+1666" + l.number[5:]
	w := rest.Writing{From: ada, Body: "Where is my parcel?", Files: []rest.File{{ContentType: "image/png", Content: []byte("\x89PNG\r\n\x1a\nrest")}}}
	w.SID = l.write(t, w)
	var wait sync.WaitGroup
	for range 3 { // the same message once more, three times at once
		wait.Add(1)
		go func() { defer wait.Done(); l.write(t, w) }()
	}
	wait.Wait()
	c := s.open(t, l.channel.str("id"), "Where is my parcel?")
	s.waitTexts(t, 20*time.Second, c.str("id"), "Where is my parcel?")
	eventually(t, 40*time.Second, func() error {
		if parts := s.thread(t, c.str("id"))[0].list("attachments"); len(parts) != 1 || parts[0].str("url") == "" {
			return fmt.Errorf("the picture is not kept: %v", parts)
		}
		return nil
	})
	m := s.reply(t, c.str("id"), "On its way.")
	s.state(t, 30*time.Second, c.str("id"), m.str("id"), "SENT")
	sent := l.Sent(ada)
	if len(sent) != 1 || sent[0].Body != "On its way." || sent[0].From != l.number {
		t.Fatalf("the customer got %+v", sent)
	}
	for _, state := range []string{"delivered", "sent", "delivered"} { // in the wrong order, and twice
		if status, err := l.Report(sent[0].SID, state, 0); status != 200 || err != nil {
			t.Errorf("%s was answered %d (%v)", state, status, err)
		}
	}
	s.state(t, 30*time.Second, c.str("id"), m.str("id"), "DELIVERED")
}

func TestACustomerWhoSentStopGetsNothingAndTheAgentReadsWhy(t *testing.T) {
	s := running(t)
	l := dial(t, s, "twilio-sms")
	ada := "+1666" + l.number[5:]
	l.write(t, rest.Writing{From: ada, Body: "Hello"})
	c := s.open(t, l.channel.str("id"), "Hello")
	l.write(t, rest.Writing{From: ada, Body: "STOP", Extra: map[string]string{"OptOutType": "STOP"}})
	m := s.reply(t, c.str("id"), "Are you there?")
	if got := s.state(t, 30*time.Second, c.str("id"), m.str("id"), "FAILED"); !strings.Contains(got.str("status", "detail"), "STOP") {
		t.Errorf("the message says %v", got["status"])
	}
}

func TestAWhatsAppMessageByTwilioIsReadAndAFailureIsToldInWords(t *testing.T) {
	s := running(t)
	l := dial(t, s, "twilio-whatsapp")
	ada := "+1666" + l.number[5:]
	l.write(t, rest.Writing{From: ada, Body: "Guten Tag", Profile: "Ada"})
	c := s.open(t, l.channel.str("id"), "Guten Tag")
	if c.str("contact", "name") != "Ada" {
		t.Errorf("the contact is %v", c["contact"])
	}
	first, second := s.reply(t, c.str("id"), "one"), s.reply(t, c.str("id"), "two")
	s.state(t, 30*time.Second, c.str("id"), second.str("id"), "SENT")
	for _, m := range l.Sent("whatsapp:" + ada) {
		state, code := "read", 0
		if m.Body == "two" {
			state, code = "undelivered", 63003
		}
		if status, err := l.Report(m.SID, state, code); status != 200 || err != nil {
			t.Errorf("%s was answered %d (%v)", state, status, err)
		}
	}
	s.state(t, 30*time.Second, c.str("id"), first.str("id"), "READ")
	if got := s.state(t, 30*time.Second, c.str("id"), second.str("id"), "FAILED"); !strings.Contains(got.str("status", "detail"), "not on WhatsApp") {
		t.Errorf("the failure says %v", got["status"])
	}
}

func TestAWrongTokenConnectsNothingAndSaysWhatToDo(t *testing.T) {
	s := running(t)
	l := dial(t, s, "twilio-sms")
	status, problem := s.call(t, "PATCH", "/v1/channels/"+l.channel.str("id"), object{"credentials": object{"authToken": "wrong"}})
	if status < 400 || !strings.Contains(fmt.Sprint(problem), "auth token") {
		t.Errorf("%d %v", status, problem)
	}
	if status, problem := s.call(t, "POST", "/v1/channels", object{
		"type": "twilio-sms", "inboxId": s.inbox(t, "INBOX"), "credentials": object{"authToken": l.Token},
		"settings": object{"apiBase": l.channel.str("settings", "apiBase"), "accountSid": l.SID, "from": l.number},
	}); status != 409 {
		t.Errorf("the same number once more: %d %v", status, problem)
	}
}
