package delivery

import (
	"context"
	"fmt"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// mailing is a bench whose channel has subjects and names its messages itself.
func mailing() (*bench, *Stage) {
	b := newBench()
	s := b.stage()
	s.Kind = func(t desk.ChannelType) (channel.Kind, bool) {
		return channel.Kind{
			Channel: b.platform, Type: t, Capabilities: channel.Capabilities{Subject: true},
			Names: func(m channel.Outgoing) []string { return []string{"<" + string(m.Key) + ">"} },
		}, true
	}
	return b, s
}

const mailJob = `{"kind":"send","conv":"c1","msg":"` + string(key) + `","ch":"ch1"}`

func TestAMailIsKnownByItsOwnIDBeforeItIsSent(t *testing.T) {
	b, s := mailing()
	var before string
	b.platform.during = func(context.Context) { before = fmt.Sprint(b.outbox.linked) }
	if err := s.Handle(t.Context(), []byte(mailJob)); err != nil {
		t.Fatal(err)
	}
	if want := "[<c1-" + string(key) + ">]"; before != want {
		t.Errorf("while it was sent it was known by %s", before)
	}
	if len(b.outbox.linked) != 2 || b.outbox.linked[1] != "42:7" {
		t.Errorf("afterwards it is known by %q", b.outbox.linked)
	}
}

func TestAMailGetsItsThreadWholeHTMLAndConversation(t *testing.T) {
	b, s := mailing()
	b.threads.before = []desk.Message{{Key: "K1", Text: "first"}}
	b.threads.conv.Subject = "Order"
	b.outbox.turn.Message.HTMLKey = "texts/x.html"
	b.objects.kept["texts/x.html"] = "<p>long</p>"
	if err := s.Handle(t.Context(), []byte(mailJob)); err != nil {
		t.Fatal(err)
	}
	out := b.platform.sent[0]
	if len(out.Thread) != 1 || out.Conversation.Subject != "Order" || out.HTML != "<p>long</p>" || b.threads.asked[0] != "c1 <"+string(key) {
		t.Errorf("sent %+v, asked for %q", out, b.threads.asked)
	}
}

// unlinked is an outbox that can't be written for a moment.
type unlinked struct{ *outbox }

func (unlinked) LinkProviders(context.Context, desk.Message, []string) error {
	return desk.Refuse(desk.Busy, "The table is busy.")
}

func TestAMailWhoseIDCannotBeStoredIsNotSentYet(t *testing.T) {
	b, s := mailing()
	s.Outbox = unlinked{b.outbox}
	if err := s.Handle(t.Context(), []byte(mailJob)); !desk.Transient(err) {
		t.Errorf("the job says %v", err)
	}
	if len(b.platform.sent) != 0 || len(b.outbox.settled) != 1 || b.outbox.settled[0].State != desk.Retrying {
		t.Errorf("%d sent, settled as %+v", len(b.platform.sent), b.outbox.settled)
	}
}

func TestAChannelWithoutSubjectsReadsNoThread(t *testing.T) {
	b := newBench()
	if err := b.send(t); err != nil || len(b.threads.asked) != 0 {
		t.Errorf("%v, asked for %q", err, b.threads.asked)
	}
}

func TestAMailThatWentOutByAnotherAddressWarnsItsAdminOnce(t *testing.T) {
	b, s := mailing()
	b.platform.answer = channel.Result{Outcome: channel.Accepted, Detail: "Sent from the other.", Warning: "Sent from the other address."}
	if err := s.Handle(t.Context(), []byte(mailJob)); err != nil {
		t.Fatal(err)
	}
	if len(b.setup.health) != 1 || b.setup.health[0].State != desk.HealthWarning || b.outbox.settled[0].Detail != "Sent from the other." {
		t.Fatalf("the admin sees %v, the message says %+v", b.setup.health, b.outbox.settled)
	}
	b.channel(func(c *desk.Channel) { c.Health, c.Sender.Address = b.setup.health[0], "help@example.com" })
	if err := s.Handle(t.Context(), []byte(mailJob)); err != nil || len(b.setup.health) != 1 {
		t.Errorf("told again: %v, %v", b.setup.health, err)
	}
	b.platform.answer = channel.Result{Outcome: channel.Accepted}
	if err := s.Handle(t.Context(), []byte(mailJob)); err != nil || len(b.setup.health) != 2 || b.setup.health[1].State != desk.HealthOK {
		t.Errorf("when it works again: %v, %v", b.setup.health, err)
	}
}
