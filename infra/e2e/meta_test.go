package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
)

func TestAPagesCustomerIsAnsweredAndNoEchoIsDoubled(t *testing.T) {
	s := running(t)
	f := open(t, s, graph.Account{Kind: graph.Page, Reports: true})[0]
	if got := string(f.Profile(f.account.ID)["greeting"]); !strings.Contains(got, "Hello {{user_first_name}}") {
		t.Errorf("the page greets with %s", got)
	}
	person := "24" + f.account.ID
	f.write(t, graph.Writing{From: person, Content: []byte(`{"postback":{"mid":"m_start` + person + `","title":"Get Started","payload":"GET_STARTED"}}`)})
	asked := f.write(t, graph.Writing{From: person, Text: "Do you have chairs?"})
	c := f.conversation(t)
	s.waitTexts(t, time.Minute, c, "Get Started", "Do you have chairs?")
	text := strings.TrimSpace(strings.Repeat("Yes, we have. ", 200))
	m := s.must(t, 201, "POST", "/v1/conversations/"+c+"/messages", object{"kind": "MESSAGE", "text": text, "inReplyTo": s.thread(t, c)[1].str("id")})
	s.state(t, time.Minute, c, m.str("id"), "SENT")
	sent := f.Sent(f.account.ID, person)
	if len(sent) != 2 || sent[0].Text+" "+sent[1].Text != text || sent[0].ReplyTo != asked {
		t.Fatalf("the customer got %d messages: %+v", len(sent), sent)
	}
	// A reply from the page's own inbox is filed as sent outside; the echoes of ours are not.
	f.write(t, graph.Writing{From: person, Content: []byte(`{"sender":{"id":"` + f.account.ID + `"},"recipient":{"id":"` + person + `"},"message":{"mid":"m_out` + person + `","is_echo":true,"text":"From the page's inbox"},"timestamp":1763805600000}`)})
	s.waitTexts(t, time.Minute, c, "Get Started", "Do you have chairs?", text, "From the page's inbox")
	f.write(t, graph.Writing{From: person, Content: []byte(fmt.Sprintf(`{"read":{"watermark":%d}}`, time.Now().Add(time.Minute).UnixMilli()))})
	s.state(t, time.Minute, c, m.str("id"), "READ")
	s.waitTexts(t, time.Second, c, "Get Started", "Do you have chairs?", text, "From the page's inbox")
	f.Fail(graph.Fault{Path: "/messages", Kind: "error", Status: 401, Code: 190})
	s.state(t, time.Minute, c, s.reply(t, c, "Which colour?").str("id"), "FAILED")
	eventually(t, time.Minute, func() error {
		if h := s.must(t, 200, "GET", "/v1/channels/"+f.channel.str("id"), nil); h.str("health", "state") != "BROKEN" {
			return fmt.Errorf("the channel's health is %v", h["health"])
		}
		return nil
	})
}

func TestAnInstagramCustomersUnsentMessageIsGoneAndOurEchoIsNotDoubled(t *testing.T) {
	s := running(t)
	f := open(t, s, graph.Account{Kind: graph.Instagram, Reports: true})[0]
	person := "17" + f.account.ID
	f.write(t, graph.Writing{From: person, Text: "Hello"})
	oops := f.write(t, graph.Writing{From: person, Text: "Oops"})
	c := f.conversation(t)
	s.waitTexts(t, time.Minute, c, "Hello", "Oops")
	f.write(t, graph.Writing{From: person, Content: []byte(`{"message":{"mid":"` + oops + `","is_deleted":true}}`)})
	eventually(t, time.Minute, func() error {
		if m := s.thread(t, c)[1]; m["deleted"] != true {
			return fmt.Errorf("the message says %v", m)
		}
		return nil
	})
	text := strings.TrimSpace(strings.Repeat("größer ", 180)) // over 1,000 bytes
	m := s.reply(t, c, text)
	s.state(t, time.Minute, c, m.str("id"), "SENT")
	sent := f.Sent(f.account.ID, person)
	if len(sent) != 2 || sent[0].Text+" "+sent[1].Text != text {
		t.Fatalf("the customer got %d messages", len(sent))
	}
	f.write(t, graph.Writing{From: person, Content: []byte(`{"read":{"mid":"` + sent[1].MessageID + `"}}`)})
	s.state(t, time.Minute, c, m.str("id"), "READ")
	f.write(t, graph.Writing{From: person, Text: "Good"})
	eventually(t, time.Minute, func() error {
		if got := s.texts(t, c); len(got) != 4 || got[3] != "Good" {
			return fmt.Errorf("the thread holds %d messages: %q", len(got), got)
		}
		return nil
	})
}
