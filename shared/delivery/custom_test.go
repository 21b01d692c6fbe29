package delivery

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// tell does the job of telling an integration something.
func (b *bench) tell(t *testing.T) error {
	t.Helper()
	b.outbox.turn.Message.Kind = desk.KindEvent
	return b.handle(t, desk.OutboundJob{Kind: desk.CallHook, Conversation: desk.HookLog("ch1"), Message: key, Channel: "ch1"})
}

func TestAnIntegrationIsToldAlsoOfAnAccountThatIsOffOrDeleted(t *testing.T) {
	for name, spoil := range map[string]func(*desk.Channel){
		"as it is":       func(*desk.Channel) {},
		"off":            func(c *desk.Channel) { c.Active = false },
		"deleted":        func(c *desk.Channel) { c.Deleted = true },
		"not authorized": func(c *desk.Channel) { c.Custom = &desk.CustomAccount{} },
	} {
		b := newBench()
		b.threads.conv = desk.Conversation{} // the log of an account is no conversation
		b.channel(spoil)
		if err := b.tell(t); err != nil || len(b.platform.sent) != 1 || !b.platform.sent[0].First.Equal(b.now) {
			t.Errorf("%s: told %d times, %v", name, len(b.platform.sent), err)
		}
	}
	b := newBench()
	delete(b.setup.new.Channels, "ch1")
	if err := b.tell(t); err != nil || b.outbox.refused == "" {
		t.Errorf("a channel that never was: %v %q", err, b.outbox.refused)
	}
}

func TestAColleagueIsToldByAMailChannelThatIsOnOnly(t *testing.T) {
	b := newBench()
	job := desk.OutboundJob{Kind: desk.TellOwner, Conversation: desk.NoticeLog("c1"), Message: key, Channel: "ch1"}
	if err := b.handle(t, job); err != nil || len(b.platform.sent) != 1 {
		t.Errorf("told %d times, %v", len(b.platform.sent), err)
	}
	b.channel(func(c *desk.Channel) { c.Active = false })
	if err := b.handle(t, job); err != nil || len(b.platform.sent) != 1 || b.outbox.refused == "" {
		t.Errorf("told by a channel that is off: %v %q", err, b.outbox.refused)
	}
}

func TestAnAccountThatIsNotAuthorizedSendsNothing(t *testing.T) {
	b := newBench()
	b.channel(func(c *desk.Channel) { c.Custom = &desk.CustomAccount{} })
	if err := b.send(t); err != nil || len(b.platform.sent) != 0 || b.outbox.refused == "" {
		t.Errorf("sent %v, refused %q, %v", b.platform.sent, b.outbox.refused, err)
	}
}

func TestAnIntegrationThatIsGoneHasItsAccountSwitchedOffAndTheTryIsKept(t *testing.T) {
	b := newBench()
	b.platform.answer = channel.Result{Outcome: channel.Refused, Detail: "410", Broken: "It wants no more.", Gone: true, Attempt: "HTTP 410"}
	if err := b.send(t); err != nil {
		t.Fatal(err)
	}
	if len(b.setup.off) != 1 || b.setup.off[0].Detail != "It wants no more." || b.setup.off[0].State != desk.HealthBroken || len(b.setup.health) != 0 {
		t.Errorf("switched off %+v, health %+v", b.setup.off, b.setup.health)
	}
	if s := b.outbox.settled; len(s) != 1 || s[0].State != desk.Failed || s[0].Attempt != "HTTP 410" {
		t.Errorf("stored %+v", s)
	}
}
