package table_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
)

// customAccount is an account of the custom channel "7".
func customAccount(id, value string) desk.Channel {
	return desk.Channel{
		ID: desk.ChannelID(id), Type: desk.CustomType("7"), Inbox: "inbox", Name: "Desk", Active: true, Account: map[string]string{"id": value},
		Custom: &desk.CustomAccount{Authorized: true, Type: desk.OpaqueID, Value: value},
	}
}

func hookEvent(what string) *desk.Message {
	return &desk.Message{Thread: "hooks", Raw: `{"id":"a1"}`, Change: &desk.Change{What: what}, Author: desk.Author{Kind: desk.BySystem}}
}

func TestAnAccountAndWhatItsIntegrationIsToldAreOneWrite(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	ch, err := b.SaveAccount(ctx, customAccount("a1", "desk"), hookEvent(desk.AccountCreated), byTest)
	if err != nil || ch.Version != 1 {
		t.Fatalf("%+v, %v", ch, err)
	}
	if _, err := b.SaveAccount(ctx, customAccount("a2", "desk"), hookEvent(desk.AccountCreated), byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("a second account with the address: %v", err)
	}
	if _, err := b.SaveAccount(ctx, ch, nil, byTest); err != nil {
		t.Errorf("nothing to tell: %v", err)
	}
	if log, _, err := b.Messages(ctx, desk.HookLog("a2"), "", "", 10); err != nil || len(log) != 0 {
		t.Errorf("told of an account that was refused: %+v, %v", log, err)
	}
	log, _, err := b.Messages(ctx, desk.HookLog("a1"), "", "", 10)
	if err != nil || len(log) != 1 || log[0].Change.What != desk.AccountCreated || log[0].Status.State != desk.Queued {
		t.Fatalf("the log: %+v, %v", log, err)
	}
	if q, shard := b.work(t, log[0]); q != "out" || shard != "work#0" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
	saved, err := table.ReadSaved(nil, b.image(t, "CONV#hooks.a1", "MSG#"+string(log[0].Key)))
	if err != nil || saved.Work != "out" || saved.Channel != "a1" || saved.Message.Kind != desk.KindEvent || saved.Conversation != desk.HookLog("a1") {
		t.Errorf("the dispatcher reads %+v, %v", saved, err)
	}
	turn := b.claim(t, log[0].ID(), desk.TurnYours)
	b.settle(t, turn.Message, desk.SendResult{State: desk.Sent})
	b.state(t, log[0].ID(), desk.Sent)
}

func TestAConnectTokenIsGoodOnceAndForHalfAnHour(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	ch, err := b.SaveAccount(ctx, customAccount("a1", ""), nil, byTest)
	if err != nil {
		t.Fatal(err)
	}
	s := desk.Staging{Token: "token", Custom: "7", Channel: "a1", Inbox: "inbox", User: "u1", Created: b.now(), Expires: b.now().Add(30 * time.Minute)}
	if err := b.NewStaging(ctx, s); err != nil {
		t.Fatal(err)
	}
	got, err := b.Staging(ctx, "token")
	if err != nil || got != s {
		t.Errorf("found %+v, %v", got, err)
	}
	if _, err := b.Staging(ctx, "another"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("another token: %v", err)
	}
	connected := customAccount("a1", "desk")
	connected.Version = ch.Version
	var wait sync.WaitGroup
	results := make([]error, 4)
	for i := range results { // all at once: one of them connects
		wait.Add(1)
		go func() {
			defer wait.Done()
			_, results[i] = b.ConnectAccount(ctx, connected, "token", hookEvent(desk.AccountCreated), byTest)
		}()
	}
	wait.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else if desk.CodeOf(err) != desk.Conflict && desk.CodeOf(err) != desk.Busy {
			t.Errorf("connecting: %v", err)
		}
	}
	if got, err := b.Staging(ctx, "token"); err != nil || !got.Used || made != 1 {
		t.Errorf("connected %d times: %+v, %v", made, got, err)
	}
	if log, _, _ := b.Messages(ctx, desk.HookLog("a1"), "", "", 10); len(log) != 1 {
		t.Errorf("told %d times", len(log))
	}
	b.add(31 * time.Minute)
	if _, err := b.Staging(ctx, "token"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("after half an hour: %v", err)
	}
}

func TestALeaseIsOnesUntilItIsGivenBackOrOver(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	nonce, taken, err := b.TakeLease(ctx, "work", time.Minute)
	if err != nil || !taken {
		t.Fatal(taken, err)
	}
	if _, taken, err := b.TakeLease(ctx, "work", time.Minute); err != nil || taken {
		t.Errorf("taken twice: %v", err)
	}
	if _, taken, err := b.TakeLease(ctx, "other", time.Minute); err != nil || !taken {
		t.Errorf("other work: %v", err)
	}
	if err := b.EndLease(ctx, "work", "somebody else's"); err != nil {
		t.Fatal(err)
	}
	if _, taken, _ := b.TakeLease(ctx, "work", time.Minute); taken {
		t.Error("it was given back by somebody who didn't have it")
	}
	if err := b.EndLease(ctx, "work", nonce); err != nil {
		t.Fatal(err)
	}
	if _, taken, _ := b.TakeLease(ctx, "work", time.Minute); !taken {
		t.Error("it was given back and can't be taken")
	}
	b.add(time.Minute)
	if _, taken, _ := b.TakeLease(ctx, "work", time.Minute); !taken {
		t.Error("it is over and can't be taken")
	}
}

func TestAChannelIsSwitchedOffOnceAndSaysWhy(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	if err := b.Setup(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SaveAccount(ctx, customAccount("a1", "desk"), nil, byTest); err != nil {
		t.Fatal(err)
	}
	h := desk.Health{State: desk.HealthBroken, Detail: "It answered 410.", CheckedAt: b.now()}
	for range 2 {
		if err := b.SwitchOff(ctx, "a1", h); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := b.Fresh(ctx)
	if ch := cfg.Channels["a1"]; err != nil || ch.Active || ch.Health.Detail != "It answered 410." || ch.Version != 2 {
		t.Errorf("%+v, %v", ch, err)
	}
	if err := b.SwitchOff(ctx, "none", h); err != nil {
		t.Errorf("a channel that is gone: %v", err)
	}
}

func TestEveryTryOfAMessageIsKept(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.settle(t, turn.Message, desk.SendResult{State: desk.Retrying, Detail: "Later.", Attempt: "HTTP 500", NotBefore: b.now()})
	turn = b.claim(t, m.ID(), desk.TurnYours)
	// The integration reports before it answers.
	if err := b.ApplyStatus(t.Context(), "ch1", "42", "", desk.StatusNews{State: desk.Read, Key: m.ID()}); err != nil {
		t.Fatal(err)
	}
	b.settle(t, turn.Message, desk.SendResult{State: desk.Sent, Attempt: "HTTP 200 " + strings.Repeat("x", 400)})
	got := b.state(t, m.ID(), desk.Read)
	if len(got.Attempts) != 2 || got.Attempts[0].Detail != "HTTP 500" || got.Attempts[0].State != desk.Retrying || !got.Attempts[0].At.Equal(b.now()) ||
		got.Attempts[1].State != desk.Sent || len(got.Attempts[1].Detail) != 300 {
		t.Errorf("the tries: %+v", got.Attempts)
	}
	if saved, err := table.ReadSaved(nil, b.image(t, "CONV#"+string(got.Conversation), "MSG#"+string(got.Key))); err != nil || saved.Work != "" {
		t.Errorf("the stream reads %+v, %v", saved, err)
	}
}

func TestAMessageSentAgainByHandBeginsItsTriesAnew(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.settle(t, turn.Message, desk.SendResult{State: desk.Failed, Attempt: "HTTP 410"})
	b.add(time.Hour)
	if _, err := b.RetryMessage(t.Context(), m.ID()); err != nil {
		t.Fatal(err)
	}
	again := b.claim(t, m.ID(), desk.TurnYours)
	if again.Message.Tries != 1 || again.First.Equal(turn.First) || len(again.Message.Attempts) != 1 {
		t.Errorf("%+v, first %v", again.Message, again.First)
	}
}

func TestAReplySentElsewhereEndsTheWaitAndIsNoMessageOfTheContact(t *testing.T) {
	b := newBench(t)
	filed := file(t, b.Table, hello("1", "42"))
	before, err := b.Conversation(context.Background(), filed.Conversation)
	if err != nil || before.Waiting.IsZero() {
		t.Fatalf("%+v, %v", before, err)
	}
	b.add(time.Minute)
	outside := hello("2", "42")
	outside.Muted, outside.Message.Direction, outside.Preview = true, desk.Outgoing, "by phone"
	file(t, b.Table, outside)
	after, err := b.Conversation(context.Background(), filed.Conversation)
	if err != nil || !after.Waiting.IsZero() || after.LastIn != before.LastIn || after.LastOut == "" || after.Preview != "by phone" || after.State != desk.Open {
		t.Errorf("%+v, %v", after, err)
	}
	begun := hello("3", "43")
	begun.Muted, begun.Message.Direction = true, desk.Outgoing
	first := file(t, b.Table, begun)
	if c, err := b.Conversation(context.Background(), first.Conversation); err != nil || c.View() != desk.ViewSent {
		t.Errorf("one that we began lies in %s, %v", c.View(), err)
	}
}

func TestAMailToAnOwnerIsSavedWithTheDecisionAndOnce(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	c := b.opened(t, "42")
	tell := &desk.Message{
		Conversation: desk.NoticeLog(c.ID), Key: c.LastIn, Channel: "mail", Thread: "owner out", To: []desk.Address{{Address: "out@example.com"}},
		Change: &desk.Change{What: desk.OwnerTold},
	}
	if err := b.OpenConversation(ctx, desk.Opening{Conversation: c, Tell: tell}); err != nil {
		t.Fatal(err)
	}
	m := b.state(t, tell.ID(), desk.Queued)
	if q, _ := b.work(t, m); q != "out" || m.Kind != desk.KindEvent || m.Direction != desk.Outgoing || m.To[0].Address != "out@example.com" {
		t.Errorf("saved %+v, marked %q", m, q)
	}
	again := b.opened(t, "43")
	if err := b.OpenConversation(ctx, desk.Opening{Conversation: again, Tell: tell}); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("told twice: %v", err)
	}
}

func TestAnInterruptedSendIsMadeAgainWhereTwiceIsOnce(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	filed := file(t, b.Table, hello("1", "42"))
	r := reply(filed.Conversation, "hi", nil)
	r.Message.Again = true
	m, _, err := b.AppendOutgoing(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	first := b.claim(t, m.ID(), desk.TurnYours).First
	for try := 2; try <= 10; try++ {
		b.add(2 * time.Minute) // the process was ended: its lease runs out
		b.claim(t, m.ID(), desk.TurnDone)
		if q, shard := b.work(t, b.state(t, m.ID(), desk.Retrying)); q != "" || shard != "work#0" {
			t.Fatalf("it is marked %q in %q: the sweep would not find it", q, shard)
		}
		if turn := b.claim(t, m.ID(), desk.TurnYours); turn.Message.Tries != try || !turn.First.Equal(first) {
			t.Fatalf("try %d: %+v", try, turn)
		}
	}
	b.add(2 * time.Minute)
	b.claim(t, m.ID(), desk.TurnDone)
	b.state(t, m.ID(), desk.Unknown) // something ends whoever sends it
	if err := b.ExpireLease(ctx, "gone-message", b.now()); err != nil {
		t.Errorf("a message that is gone: %v", err)
	}
}
