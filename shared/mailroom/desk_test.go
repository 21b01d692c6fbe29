package mailroom

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/routing"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// office is the mailroom, the router and a real table, with two inboxes: everything between a mail and its conversation.
type office struct {
	world
	table  *table.Table
	room   *Stage
	router *routing.Router
	n      int
}

// signer makes and opens reply tokens: the conversation and what only we could have written.
type signer struct{}

func tokenOf(c desk.ConversationID) string {
	return strings.ToLower(string(c)) + "." + desk.Derive("test", string(c))[:16]
}

func (signer) OpenReplyToken(_ context.Context, token string) (desk.ConversationID, bool, error) {
	name, _, _ := strings.Cut(strings.ToLower(token), ".")
	id := desk.ConversationID(strings.ToUpper(name))
	return id, tokenOf(id) == strings.ToLower(token), nil
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{world: *newWorld(), table: tabletest.New(t)}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(o.table.Setup(ctx))
	by := desk.Audit{Actor: desk.Author{Kind: desk.BySystem}, Action: "inbox.create"}
	_, err := o.table.CreateInbox(ctx, desk.Inbox{ID: "sales", Name: "Sales", Slug: "sales", Access: desk.Access{Everyone: true}, Reopen: desk.ReopenRule{Policy: desk.Reopen}},
		desk.Channel{ID: "sales-mail", Type: email, Inbox: "sales", Active: true, Fallback: true}, by)
	must(err)
	_, err = o.table.SaveUser(ctx, desk.User{ID: "u1", Email: "agent@company.example", Role: "agent", Active: true}, by)
	must(err)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	o.room = New(Options{
		Domain: "desk.example", Setup: o.table, Letters: &o.world, Objects: &o.world, Tokens: signer{}, Threads: o.table, Failures: o.table, Diary: o.table,
		Write: func(_ context.Context, key, _ string) Writer { return &part{world: &o.world, key: key} }, Log: quiet,
	})
	o.router = &routing.Router{
		Setup: o.table, Filer: o.table, Changes: o.table, Evidence: o.table, Copies: o.table, Failures: o.table, Tokens: signer{}, Now: time.Now, Count: func() {},
	}
	return o
}

// failer is a test, of Go's or of rapid's.
type failer interface{ Fatal(args ...any) }

// mail is what somebody sends.
type mail struct {
	id            string // Message-ID
	from          string
	to            []string // envelope; the header's To unless said
	header        string
	text, subject string
}

// send brings a mail in under a fresh id of the service, all the way, and says where it lies, by channel.
func (o *office) send(t failer, m mail) map[desk.ChannelID]desk.MessageID {
	o.n++
	return o.receive(t, fmt.Sprintf("ses%d", o.n), m)
}

func (o *office) receive(t failer, ses string, m mail) map[desk.ChannelID]desk.MessageID {
	if m.text == "" {
		m.text = "hello " + ses
	}
	head := "From: " + m.from + "\nSubject: " + m.subject + "\nDate: Mon, 2 Nov 2026 11:59:00 +0000\n"
	if m.id != "" {
		head += "Message-ID: <" + m.id + ">\n"
	}
	if !strings.Contains(m.header, "To: ") {
		head += "To: " + strings.Join(m.to, ", ") + "\n"
	}
	o.objects["incoming/"+ses] = strings.ReplaceAll(head+m.header+"\n"+m.text+"\n", "\n", "\r\n")
	return o.work(t, notice(ses, m.to...), ses)
}

// work handles a record and everything that it puts on the inbound queue.
func (o *office) work(t failer, record []byte, ses string) map[desk.ChannelID]desk.MessageID {
	o.letters = nil
	record = []byte(strings.Replace(string(record), `"dmarcVerdict":{"status":"FAIL"}`, `"dmarcVerdict":{"status":"PASS"}`, 1))
	if err := o.room.handle(context.Background(), desk.QueueMessage{ID: "q-" + ses, Body: record, Tries: 1, SentAt: noon}); err != nil {
		t.Fatal(err)
	}
	at := map[desk.ChannelID]desk.MessageID{}
	for i, l := range o.letters {
		if err := o.router.Route(context.Background(), desk.QueueMessage{ID: fmt.Sprintf("%s-%d", ses, i), Body: l.Body, Tries: 1, SentAt: noon}); err != nil {
			t.Fatal(err)
		}
		var e desk.Inbound
		if err := json.Unmarshal(l.Body, &e); err != nil {
			t.Fatal(err)
		}
		found, err := o.table.FindMessages(context.Background(), e.Channel, []string{e.ID})
		if err != nil {
			t.Fatal(err)
		}
		if id := found[e.ID]; id != "" {
			at[e.Channel] = id
		}
	}
	return at
}

// answer is a mail of ours in a conversation, as it is known after it was sent: by our id and the service's.
func (o *office) answer(t failer, c desk.ConversationID, ses string, to ...string) (own, wire string) {
	head, err := o.table.Conversation(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	m := desk.Message{Kind: desk.KindMessage, Author: desk.Author{Kind: desk.ByUser, ID: "u1"}, Channel: head.Channel, Text: "an answer"}
	for _, a := range to {
		m.To = append(m.To, desk.Address{Address: a})
	}
	m, _, err = o.table.AppendOutgoing(context.Background(), desk.NewOutgoing{Conversation: c, Message: m, Takers: to})
	if err != nil {
		t.Fatal(err)
	}
	own, wire = strings.ToLower(string(m.ID()))+"@desk.example", ses+"@email.amazonses.com"
	turn, err := o.table.ClaimOutbound(context.Background(), m.ID(), time.Minute)
	if err == nil {
		err = o.table.LinkProviders(context.Background(), m, []string{"<" + own + ">"})
	}
	ids := []string{ses, "<" + wire + ">"}
	if err == nil {
		err = o.table.SettleOutbound(context.Background(), turn.Message, desk.SendResult{State: desk.Sent, IDs: ids})
	}
	if err == nil {
		err = o.table.LinkProviders(context.Background(), m, ids)
	}
	if err != nil {
		t.Fatal(err)
	}
	return own, wire
}

func conversation(id desk.MessageID) desk.ConversationID {
	c, _, _ := id.Split()
	return c
}

// why is what the message tells about why it lies where it lies.
func (o *office) why(t failer, id desk.MessageID) string {
	m, err := o.table.Message(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return m.JoinedBy
}
