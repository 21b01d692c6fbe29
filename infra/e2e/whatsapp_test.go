package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
)

// shopfront is an account on a stand-in of Meta, connected as a channel.
type shopfront struct {
	*graph.Server
	s       *stack
	account graph.Account
	channel object
	verify  string
}

// open makes a stand-in with the accounts given, which share an app, and connects each to an inbox as an admin does.
func open(t *testing.T, s *stack, accounts ...graph.Account) []*shopfront {
	t.Helper()
	g := graph.New()
	srv := httptest.NewServer(g)
	t.Cleanup(func() { g.Close(); srv.CloseClientConnections(); srv.Close() })
	secret := rand.Text()
	var out []*shopfront
	for _, a := range accounts {
		a.ID, a.Token, a.Secret, a.AppID = fmt.Sprint(7_000_000+bots.Add(1)), "EAA"+rand.Text(), secret, "4711"
		a.Name = "Shop " + a.ID
		kind, settings := "", object{"apiBase": srv.URL}
		switch a.Kind {
		case graph.WhatsApp:
			a.Business, a.Number = "9"+a.ID, "+31 "+a.ID
			kind, settings["phoneNumberId"], settings["businessAccountId"] = "whatsapp", a.ID, a.Business
		case graph.Page:
			kind, settings["pageId"], settings["greeting"] = "messenger", a.ID, "Hello {{user_first_name}}"
		case graph.Instagram:
			kind, settings["accountId"] = "instagram", a.ID
		}
		g.Add(a)
		f := &shopfront{Server: g, s: s, account: a}
		f.channel = s.must(t, 201, "POST", "/v1/channels", object{
			"type": kind, "inboxId": s.inbox(t, "INBOX"), "credentials": object{"accessToken": a.Token, "appSecret": secret}, "settings": settings,
		})
		for _, v := range f.channel.list("setup") {
			if v.str("label") == "Verify token" {
				f.verify = v.str("value")
			}
		}
		f.hookAt(f.channel.str("webhookUrl"))
		out = append(out, f)
	}
	return out
}

// hookAt makes Meta send the account's webhooks to an address.
func (f *shopfront) hookAt(hook string) {
	f.Change(f.account.ID, func(a *graph.Account) { a.Hook = hook })
}

// write is a customer writing, until the webhook takes it; it gives back the message's id.
func (f *shopfront) write(t *testing.T, w graph.Writing) string {
	t.Helper()
	w.Account = f.account.ID
	hook := ""
	f.Change(w.Account, func(a *graph.Account) { hook = a.Hook })
	id, body, err := f.Write(t.Context(), w)
	eventually(t, time.Minute, func() error {
		if err == nil {
			return nil
		}
		err = f.Post(t.Context(), hook, f.account.Secret, body)
		return err
	})
	return id
}

// open waits for the channel's one open conversation.
func (f *shopfront) conversation(t *testing.T) string {
	t.Helper()
	id := ""
	eventually(t, time.Minute, func() error {
		all := f.s.must(t, 200, "GET", "/v1/conversations?view=open&channelId="+f.channel.str("id"), nil).list("results")
		if len(all) != 1 {
			return fmt.Errorf("%d conversations", len(all))
		}
		id = all[0].str("id")
		return nil
	})
	return id
}

func TestAWhatsAppCustomerIsAnsweredAndEveryStatusShows(t *testing.T) {
	s := running(t)
	f := open(t, s, graph.Account{Kind: graph.WhatsApp, Reports: true})[0]
	if err := f.Verify(t.Context(), f.channel.str("webhookUrl"), f.verify); err != nil {
		t.Errorf("the handshake: %v", err)
	}
	if err := f.Verify(t.Context(), f.channel.str("webhookUrl"), "another"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a handshake by another token: %v", err)
	}
	if got := f.Subscribed(f.account.ID); got != "messages" || f.channel.str("name") != f.account.Name {
		t.Errorf("subscribed to %q, called %q", got, f.channel.str("name"))
	}
	ada := graph.Writing{From: "31612345678", User: "NL.1349120865530274", Name: "Ada"}
	ada.Text, ada.File = "Where is this?", &graph.File{Kind: "image", Name: "a.jpg", ContentType: "image/png", Content: []byte("\x89PNG\r\n\x1a\n the picture")}
	f.write(t, ada)
	c := f.conversation(t)
	eventually(t, time.Minute, func() error {
		m := s.thread(t, c)[0]
		if parts := m.list("attachments"); len(parts) != 1 || parts[0].str("state") != "STORED" || m.str("text") != "Where is this?" {
			return fmt.Errorf("the message says %v", m)
		}
		return nil
	})
	m := s.reply(t, c, "On its way.")
	s.state(t, time.Minute, c, m.str("id"), "DELIVERED")
	sent := f.Sent(f.account.ID, ada.User)
	if len(sent) != 1 || sent[0].Text != "On its way." || !strings.Contains(string(sent[0].Body), m.str("id")) {
		t.Fatalf("the customer got %+v", sent)
	}
	f.write(t, graph.Writing{From: ada.From, User: ada.User, Name: "Ada", Content: []byte(`{"type":"reaction","reaction":{"message_id":"` + sent[0].MessageID + `","emoji":"👍"}}`)})
	typed := f.write(t, graph.Writing{From: ada.From, User: ada.User, Name: "Ada", Text: "Thx", ReplyTo: sent[0].MessageID})
	f.write(t, graph.Writing{From: ada.From, User: ada.User, Name: "Ada", Content: []byte(`{"type":"edit","edit":{"original_message_id":"` + typed + `","message":{"type":"text","text":{"body":"Thanks!"}}}}`)})
	s.waitTexts(t, time.Minute, c, "Where is this?", "On its way.", "Thanks!")
	eventually(t, time.Minute, func() error {
		all := s.thread(t, c)
		if r := all[1].list("reactions"); len(r) != 1 || r[0].str("emoji") != "👍" || all[2].str("inReplyTo") != m.str("id") {
			return fmt.Errorf("the thread says %v", all)
		}
		return nil
	})
	f.status(t, sent[0].MessageID, "read", "")
	s.state(t, time.Minute, c, m.str("id"), "READ")
	f.status(t, sent[0].MessageID, "sent", "") // late: it moves nothing down
	f.Fail(graph.Fault{Path: "/messages", Kind: "error", Code: 131047})
	failed := s.state(t, time.Minute, c, s.reply(t, c, "Anything else?").str("id"), "FAILED")
	if !strings.Contains(failed.str("status", "detail"), "window is over") {
		t.Errorf("the failed answer says %v", failed["status"])
	}
	s.state(t, time.Minute, c, m.str("id"), "READ")
	reminder := s.must(t, 201, "POST", "/v1/conversations/"+c+"/messages", object{"template": object{"name": "reminder", "language": "en_US", "values": []string{"Ada"}}})
	s.state(t, time.Minute, c, reminder.str("id"), "DELIVERED")
	if sent := f.Sent(f.account.ID, ada.User); sent[len(sent)-1].Text != "template reminder|Ada" || reminder.str("text") != "[reminder] Ada" {
		t.Errorf("the template went as %s, shown as %q", sent[len(sent)-1].Body, reminder.str("text"))
	}
}

// status posts a status of a message of ours.
func (f *shopfront) status(t *testing.T, id, state, more string) {
	t.Helper()
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":%q},"statuses":[{"id":%q,"status":%q,"timestamp":"%d","recipient_user_id":"NL.1349120865530274"%s}]}}]}]}`,
		f.account.Business, f.account.ID, id, state, time.Now().Unix(), more)
	eventually(t, time.Minute, func() error { return f.Post(t.Context(), f.channel.str("webhookUrl"), f.account.Secret, []byte(body)) })
}

func TestOneAddressServesAllNumbersOfAnApp(t *testing.T) {
	s := running(t)
	shops := open(t, s, graph.Account{Kind: graph.WhatsApp}, graph.Account{Kind: graph.WhatsApp})
	first, second := shops[0], shops[1]
	second.hookAt(first.channel.str("webhookUrl"))
	second.write(t, graph.Writing{From: "31687654321", Name: "Grace", Text: "For the second shop"})
	s.waitTexts(t, time.Minute, second.conversation(t), "For the second shop")
	if got := s.must(t, 200, "GET", "/v1/conversations?view=open&channelId="+first.channel.str("id"), nil).list("results"); len(got) != 0 {
		t.Errorf("the first shop has %v", got)
	}
	stranger := graph.Account{Kind: graph.WhatsApp, ID: "1" + rand.Text(), Business: "9", Secret: first.account.Secret, Hook: first.channel.str("webhookUrl")}
	first.Add(stranger)
	if _, _, err := first.Write(t.Context(), graph.Writing{Account: stranger.ID, From: "31687654321", Name: "Eve", Text: "For nobody"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, func() error {
		for _, x := range s.must(t, 200, "GET", "/v1/failures?limit=100", nil).list("results") {
			if strings.Contains(x.str("reason"), stranger.ID) {
				return nil
			}
		}
		return fmt.Errorf("no failure tells of the unknown number")
	})
}
