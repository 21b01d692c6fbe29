package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/channel/email"
	"github.com/loket-desk/loket/shared/desk"
)

// mailStack is a stack with mail, whose first inbox has the address inbox@mail.example.com.
func mailStack(t *testing.T) *stack {
	t.Helper()
	s := newStack(t)
	s.options.Kinds = append(s.options.Kinds, email.Describe())
	s.handler = api.New(s.options)
	return s
}

// mailed files a mail in the first inbox, in the conversation given or a new one.
func (s *stack) mailed(c desk.ConversationID, n int, change func(*desk.Message)) desk.ConversationID {
	s.t.Helper()
	id := fmt.Sprintf("ses%d", n)
	m := desk.Message{
		Kind: desk.KindMessage, Direction: desk.Incoming, Channel: "inbox-mail", Text: "hello", ProviderID: id, At: time.Now().UTC(),
		Author: desk.Author{Kind: desk.ByContact, Name: "Ann", Address: "ann@example.org"}, Mail: &desk.MessageMail{MessageID: id + "@example.org"},
		To: []desk.Address{{Address: "Inbox@mail.example.com"}, {Name: "Bob", Address: "bob@example.org"}}, Cc: []desk.Address{{Address: "carl@example.org"}, {Address: "ann@example.org"}},
	}
	change(&m)
	who := desk.Identity{Kind: "email", Value: m.Author.Address}
	filed, err := s.table.FileInbound(s.t.Context(), desk.Filing{
		Channel: "inbox-mail", Inbox: "inbox", ChannelType: "email", Ext: id, Thread: id, Join: c, From: who, Identities: []desk.Identity{who}, Muted: m.Muted,
		Contact: desk.Contact{Name: m.Author.Name}, Subject: "Order", Preview: "hello", Place: desk.InInbox, Reopen: desk.ReopenRule{Policy: desk.Reopen}, Message: m,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return filed.Conversation
}

func same(*desk.Message) {}

// people are the addresses of an answer's lists.
func people(a answer) string {
	var out []string
	for _, list := range []string{"to", "cc", "bcc"} {
		for i := range a.count(list) {
			out = append(out, list+" "+a.text(fmt.Sprintf("%s.%d.address", list, i)))
		}
	}
	return strings.Join(out, ", ")
}

func (s *stack) answers(c desk.ConversationID, body string) answer {
	s.t.Helper()
	return s.ok(s.admin, "POST", "/v1/conversations/"+string(c)+"/messages", body)
}

func TestAnAnswerByMailGoesToWhoWroteAndKeepsWhoWasInIt(t *testing.T) {
	for name, c := range map[string]struct {
		change     func(*desk.Message)
		body, want string
	}{
		"nothing said":         {same, `{"text":"hi"}`, "to ann@example.org, cc bob@example.org, cc carl@example.org"},
		"no copies":            {same, `{"text":"hi","cc":[]}`, "to ann@example.org"},
		"other copies":         {same, `{"text":"hi","cc":[{"address":"dora@example.org"}],"bcc":[{"address":"eve@example.org"}]}`, "to ann@example.org, cc dora@example.org, bcc eve@example.org"},
		"to one in copy":       {same, `{"text":"hi","to":[{"address":"BOB@example.org"}]}`, "to BOB@example.org, cc carl@example.org"},
		"an address to answer": {func(m *desk.Message) { m.Mail.ReplyTo = []desk.Address{{Address: "reply@example.org"}} }, `{"text":"hi","cc":[]}`, "to reply@example.org"},
		"a forward": {func(m *desk.Message) {
			m.Mail.Forwarded, m.Mail.Original = &desk.Forward{From: desk.Address{Address: "first@example.org"}}, true
		}, `{"text":"hi","cc":[]}`, "to first@example.org"},
	} {
		s := mailStack(t)
		conv := s.mailed("", 1, c.change)
		if got := people(s.answers(conv, c.body)); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTheLastMessageDecidesAndMachinesAndColleaguesDoNot(t *testing.T) {
	s := mailStack(t)
	s.person("Agent", "agent")
	conv := s.mailed("", 1, same)
	s.mailed(conv, 2, func(m *desk.Message) { m.Author.Address, m.To, m.Cc = "bob@example.org", nil, nil })
	s.mailed(conv, 3, func(m *desk.Message) { m.Author.Address, m.Muted = "robot@example.org", true })
	s.mailed(conv, 4, func(m *desk.Message) { m.Author.Address = "agent@example.com" })
	first := s.ok(s.admin, "GET", "/v1/conversations/"+string(conv)+"/messages", "").text("results.0.id")
	if got := people(s.answers(conv, `{"text":"hi","inReplyTo":"`+first+`"}`)); got != "to ann@example.org, cc bob@example.org, cc carl@example.org" {
		t.Errorf("an answer to the first: %s", got)
	}
	if got := people(s.answers(conv, `{"text":"hi"}`)); got != "to ann@example.org, cc bob@example.org, cc carl@example.org" {
		t.Errorf("after an answer of ours: %s", got)
	}
	conv = s.mailed("", 5, func(m *desk.Message) { m.To, m.Cc = nil, nil })
	s.mailed(conv, 6, func(m *desk.Message) { m.Author.Address, m.Muted = "robot@example.org", true })
	if got := people(s.answers(conv, `{"text":"hi"}`)); got != "to ann@example.org" {
		t.Errorf("after a machine: %s", got)
	}
}

func TestWhoGetsAnAnswerTakesPartFromThenOn(t *testing.T) {
	s := mailStack(t)
	conv := s.mailed("", 1, same)
	s.answers(conv, `{"text":"hi","cc":[{"address":"Dora@example.org"}],"bcc":[{"address":"eve@example.org"}]}`)
	for _, who := range []string{"ann@example.org", "dora@example.org", "eve@example.org"} {
		if takes, err := s.table.TakesPart(t.Context(), conv, who); err != nil || !takes {
			t.Errorf("%s takes part: %v, %v", who, takes, err)
		}
	}
	if takes, _ := s.table.TakesPart(t.Context(), conv, "stranger@example.org"); takes {
		t.Error("a stranger takes part")
	}
}

func TestAddressesThatMailCannotBeSentWithAreRefusedBeforeAnythingIsQueued(t *testing.T) {
	s := mailStack(t)
	path := "/v1/conversations/" + string(s.mailed("", 1, same)) + "/messages"
	many := strings.Repeat(`{"address":"a@example.org"},`, 50) + `{"address":"b@example.org"}`
	for body, field := range map[string]string{
		`{"text":"hi","to":[{"address":"nobody"}]}`:             "to[0].address",
		`{"text":"hi","cc":[{"address":"a@müller.example"}]}`:   "cc[0].address",
		`{"text":"hi","bcc":[{"address":"A <a@example.org>"}]}`: "bcc[0].address",
		`{"text":"hi","cc":[` + many + `]}`:                     "to",
	} {
		if a := s.refused(422, "invalid", s.admin, "POST", path, body); !strings.Contains(a.Raw, `"`+field+`"`) {
			t.Errorf("%.60s: %s", body, a.Raw)
		}
	}
}

func TestEachMailThatIsWrittenAnewIsAConversationOfItsOwn(t *testing.T) {
	s := mailStack(t)
	body := `{"channelId":"inbox-mail","to":[{"name":"Ann","address":"Ann@example.org"}],"subject":"Offer","text":"hi"}`
	a, b := s.ok(s.admin, "POST", "/v1/conversations", body), s.ok(s.admin, "POST", "/v1/conversations", body)
	if a.text("id") == b.text("id") || a.text("contact.id") != b.text("contact.id") || a.text("subject") != "Offer" {
		t.Errorf("%s and %s", a.Raw, b.Raw)
	}
	if takes, err := s.table.TakesPart(t.Context(), desk.ConversationID(a.text("id")), "ann@example.org"); err != nil || !takes {
		t.Errorf("she takes part: %v, %v", takes, err)
	}
	s.refused(422, "invalid", s.admin, "POST", "/v1/conversations", `{"channelId":"inbox-mail","to":[{"address":"nobody"}],"text":"hi"}`)
}

func TestAnAddressOfTheCompanyIsConnectedOnce(t *testing.T) {
	s := mailStack(t)
	body := `{"type":"email","inboxId":"inbox","settings":{"address":"Help@Example.com"}}`
	a := s.ok(s.admin, "POST", "/v1/channels", body)
	if a.text("name") != "help@example.com" || a.text("health.state") != "WARNING" {
		t.Errorf("connected as %s", a.Raw)
	}
	s.refused(409, "conflict", s.admin, "POST", "/v1/channels", body)
	s.refused(422, "invalid", s.admin, "POST", "/v1/channels", `{"type":"email","inboxId":"inbox","settings":{"address":"help"}}`)
	if a := s.ok(s.admin, "POST", "/v1/channels/inbox-mail/test", ""); a.text("health.state") != "OK" {
		t.Errorf("the inbox's own address: %s", a.Raw)
	}
}
