package ticketing

import (
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// owned is a desk where conversations go to their contact's owner, "out", who has a mail address.
func owned(onlyAvailable bool) *world {
	w := newWorld()
	w.messages = map[desk.MessageID]desk.Message{}
	w.contacts = map[desk.ContactID]desk.Contact{"k1": {ID: "k1", Owner: "out"}}
	w.person("out", func(u *desk.User) { u.Email = "out@example.com" })
	w.cfg.Channels["help-mail"] = desk.Channel{ID: "help-mail", Type: "email", Inbox: "help", Fallback: true, Active: true}
	w.rule(func(ch *desk.Channel) {
		ch.Routing = desk.Routing{Assign: desk.AssignContactOwner, OnlyAvailable: onlyAvailable}
	})
	return w
}

// writes makes a conversation whose contact wrote a text, and opens it.
func (w *world) writes(t *testing.T, id desk.ConversationID, text string) (notice desk.Message, told bool) {
	t.Helper()
	w.begin(id, "ch1")
	c := w.convs[id]
	c.Name, c.LastIn, c.Preview = "Ada", "K1", text
	w.convs[id] = c
	w.messages[id.Message("K1")] = desk.Message{Conversation: id, Key: "K1", Text: text}
	w.open(t, id)
	notice, told = w.messages[desk.NoticeLog(id).Message("K1")]
	return notice, told
}

func TestAnOwnerWhoIsAwayIsToldByMailOnceAMessage(t *testing.T) {
	w := owned(true)
	w.cfg.Inboxes["help"] = desk.Inbox{ID: "help", Name: "Help", Kind: desk.HelpDesk, Access: desk.Access{Everyone: true}}
	m, told := w.writes(t, "c1", "It broke.\nCan you come?")
	if !told || m.Channel != "help-mail" || len(m.To) != 1 || m.To[0].Address != "out@example.com" || m.Change.What != desk.OwnerTold || m.Author.Kind != desk.BySystem {
		t.Fatalf("the mail: %+v", m)
	}
	if m.Subject != "Ada wrote to Help: It broke. Can you come?" || !strings.Contains(m.Text, "> It broke.\n> Can you come?\n") || !strings.Contains(m.Text, "waits for you") {
		t.Errorf("it says %q %q", m.Subject, m.Text)
	}
	notes := ""
	for _, c := range w.told["c1"] {
		notes += c.Note + "\n"
	}
	if !strings.Contains(notes, "Out owns the contact, is away, and was told by mail.") {
		t.Errorf("the thread tells %s", notes)
	}
	c := w.convs["c1"]
	c.Work = "open:2"
	w.convs["c1"] = c
	before := len(w.told["c1"])
	w.open(t, "c1")
	for _, change := range w.told["c1"][before:] {
		if change.What == "told" {
			t.Error("told twice of one message")
		}
	}
}

func TestAnOwnerWhoIsGivenItAllTheSameIsToldToo(t *testing.T) {
	w := owned(false)
	m, told := w.writes(t, "c1", "hello")
	if !told || w.convs["c1"].Assignee != "out" || !strings.Contains(m.Text, "was assigned to you") {
		t.Errorf("assigned to %q, told %v: %s", w.convs["c1"].Assignee, told, m.Text)
	}
	if _, ok, err := New(Options{Contacts: w, People: w, Setup: w, Now: func() time.Time { return w.now }}).Choose(t.Context(), w.cfg, w.cfg.Channels["ch1"], w.convs["c1"]); ok || err != nil {
		t.Errorf("at once, nobody would be told: %v", err)
	}
}

func TestNobodyIsToldWithoutReason(t *testing.T) {
	for name, spoil := range map[string]func(*world){
		"the owner is there":       func(w *world) { w.available("out") },
		"the contact has no owner": func(w *world) { w.contacts["k1"] = desk.Contact{ID: "k1"} },
		"the owner has no address": func(w *world) { w.person("out", func(u *desk.User) { u.Email = "" }) },
		"mail is off in the inbox": func(w *world) {
			w.cfg.Channels["help-mail"] = desk.Channel{ID: "help-mail", Inbox: "help", Fallback: true}
		},
		"another rule":              func(w *world) { w.rule(func(ch *desk.Channel) { ch.Routing.Assign = desk.AssignSpecific }) },
		"the owner works elsewhere": func(w *world) { w.person("out", func(u *desk.User) { u.Active = false }) },
	} {
		w := owned(true)
		spoil(w)
		if m, told := w.writes(t, "c1", "hello"); told {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestALongMessageIsQuotedInPart(t *testing.T) {
	w := owned(true)
	m, _ := w.writes(t, "c1", strings.Repeat("é long ", 5000))
	if len(m.Text) > quoted+1000 || len(m.Subject) > 150 || !strings.Contains(m.Text, " …") {
		t.Errorf("%d bytes, subject %q", len(m.Text), m.Subject)
	}
}
