package table_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// told is what a platform says about a message of channel ch1.
func (b *bench) told(t *testing.T, target string, news desk.StatusNews) {
	t.Helper()
	if err := b.ApplyStatus(context.Background(), "ch1", "42", target, news); err != nil {
		t.Fatal(err)
	}
}

// sent saves a reply and sends it under a provider id.
func (b *bench) sent(t *testing.T, from, id string) desk.Message {
	t.Helper()
	m := b.reply(t, from)
	b.deliver(t, m, id)
	return m
}

func (b *bench) deliver(t *testing.T, m desk.Message, id string) {
	t.Helper()
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.settle(t, turn.Message, desk.SendResult{State: desk.Sent, IDs: []string{id}})
	b.link(t, turn.Message, id)
}

func (b *bench) link(t *testing.T, m desk.Message, id string) {
	t.Helper()
	if err := b.LinkProviders(context.Background(), m, []string{id}); err != nil {
		t.Fatal(err)
	}
}

func TestAStatusMovesAMessageUpOnly(t *testing.T) {
	b := newBench(t)
	m := b.sent(t, "42", "p1")
	at := b.now().Add(time.Second)
	b.told(t, "p1", desk.StatusNews{State: desk.Read, At: at})
	if got := b.state(t, m.ID(), desk.Read); !got.Status.At.Equal(at) {
		t.Errorf("read at %v, want %v", got.Status.At, at)
	}
	b.told(t, "p1", desk.StatusNews{State: desk.Delivered})
	b.told(t, "p1", desk.StatusNews{State: desk.Failed, Detail: "late"})
	if got := b.state(t, m.ID(), desk.Read); got.Status.Detail != "" {
		t.Errorf("told %q", got.Status.Detail)
	}
}

func TestAPlatformsRefusalAfterTheSendIsShownAndDeliveryUndoesIt(t *testing.T) {
	b := newBench(t)
	m := b.sent(t, "42", "p1")
	b.told(t, "p1", desk.StatusNews{State: desk.Failed, Detail: "The number does not exist."})
	if got := b.state(t, m.ID(), desk.Failed); got.Status.Detail != "The number does not exist." {
		t.Errorf("told %q", got.Status.Detail)
	}
	b.told(t, "p1", desk.StatusNews{State: desk.Delivered})
	if got := b.state(t, m.ID(), desk.Delivered); got.Status.Detail != "" {
		t.Errorf("told %q", got.Status.Detail)
	}
}

func TestAStatusThatComesBeforeTheSendIsStoredIsNotLost(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.told(t, "p1", desk.StatusNews{State: desk.Read})
	b.told(t, "p1", desk.StatusNews{State: desk.Delivered}) // comes late and is less
	b.state(t, m.ID(), desk.Sending)
	if b.attribute(t, "EXT#ch1#p1", "EXT", "ttl") == "" {
		t.Error("a status that finds nothing would stay for ever")
	}
	b.settle(t, turn.Message, desk.SendResult{State: desk.Sent, IDs: []string{"p1"}})
	b.link(t, turn.Message, "p1")
	b.state(t, m.ID(), desk.Read)
	if b.attribute(t, "EXT#ch1#p1", "EXT", "ttl") != "" {
		t.Error("the message's id would be forgotten with the early status")
	}
	b.link(t, turn.Message, "p1") // repeated
	b.state(t, m.ID(), desk.Read)
}

func TestAStatusAndASendAtOnceMeetWhicheverIsFirst(t *testing.T) {
	b := newBench(t)
	for range 10 {
		m := b.reply(t, b.NewID())
		id := string(m.Key)
		turn := b.claim(t, m.ID(), desk.TurnYours)
		var both sync.WaitGroup
		both.Go(func() {
			if err := b.ApplyStatus(context.Background(), "ch1", "42", id, desk.StatusNews{State: desk.Delivered}); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			if err := b.SettleOutbound(context.Background(), turn.Message, desk.SendResult{State: desk.Sent, IDs: []string{id}}); err != nil {
				t.Error(err)
			}
			if err := b.LinkProviders(context.Background(), turn.Message, []string{id}); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		b.state(t, m.ID(), desk.Delivered)
	}
}

func TestOurOwnKeySettlesAnUnknownMessageAndMakesItBeFound(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	b.claim(t, m.ID(), desk.TurnYours)
	b.add(2 * time.Minute)
	b.claim(t, m.ID(), desk.TurnDone)
	b.state(t, m.ID(), desk.Unknown)
	b.told(t, "p9", desk.StatusNews{State: desk.Sent, Key: m.ID()})
	got := b.state(t, m.ID(), desk.Sent)
	if len(got.Providers) != 1 || got.Providers[0] != "p9" {
		t.Errorf("the platform calls it %v", got.Providers)
	}
	b.told(t, "p9", desk.StatusNews{State: desk.Read})
	b.state(t, m.ID(), desk.Read)
	b.told(t, "p8", desk.StatusNews{State: desk.Read, Key: "no-such"})
}

func TestAMessageThatWasDeliveredWhileItWaitedToBeTriedAgainIsNotSentTwice(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.settle(t, turn.Message, desk.SendResult{State: desk.Retrying, NotBefore: b.now().Add(time.Minute)})
	b.told(t, "p1", desk.StatusNews{State: desk.Delivered, Key: m.ID()})
	b.add(time.Hour)
	b.claim(t, m.ID(), desk.TurnDone)
	if q, shard := b.work(t, m); q != "" || shard != "" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
}

func TestAStatusOfAnEarlierTryIsNotAboutTheMessageThatWasSentAgain(t *testing.T) {
	b := newBench(t)
	m := b.sent(t, "42", "p1")
	b.told(t, "p1", desk.StatusNews{State: desk.Failed, Detail: "x"})
	if _, err := b.RetryMessage(context.Background(), m.ID()); err != nil {
		t.Fatal(err)
	}
	b.deliver(t, m, "p2")
	b.told(t, "p1", desk.StatusNews{State: desk.Failed, Detail: "x"})
	b.state(t, m.ID(), desk.Sent)
	b.told(t, "p2", desk.StatusNews{State: desk.Delivered})
	b.state(t, m.ID(), desk.Delivered)
}

func TestAStatusOfAnotherChannelOrOfAnIncomingMessageChangesNothing(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.sent(t, "42", "p1")
	if err := b.ApplyStatus(ctx, "ch2", "42", "p1", desk.StatusNews{State: desk.Read}); err != nil {
		t.Fatal(err)
	}
	if err := b.ApplyStatus(ctx, "ch2", "42", "", desk.StatusNews{State: desk.Read, Key: m.ID()}); err != nil {
		t.Fatal(err)
	}
	b.state(t, m.ID(), desk.Sent)
	b.told(t, "in-42", desk.StatusNews{State: desk.Read}) // the id of an incoming message
	b.told(t, "", desk.StatusNews{State: desk.Read})
}

func TestAnEarlyStatusDoesNotKeepAMessageOfThatIdFromBeingFiled(t *testing.T) {
	b := newBench(t)
	b.told(t, "x1", desk.StatusNews{State: desk.Read})
	if filed := file(t, b.Table, hello("x1", "42")); filed.Duplicate || !filed.New {
		t.Errorf("filed as %+v", filed)
	}
}

func TestAWatermarkIsAboutEveryMessageOfTheThreadUpToThen(t *testing.T) {
	b := newBench(t)
	m1 := b.sent(t, "42", "p1")
	b.add(time.Second)
	m2 := b.answer(t, m1.Conversation)
	b.deliver(t, m2, "p2")
	b.add(time.Second)
	queued := b.answer(t, m1.Conversation)
	mark := b.now()
	b.add(time.Second)
	m3 := b.answer(t, m1.Conversation)
	b.deliver(t, m3, "p3")
	b.told(t, "", desk.StatusNews{State: desk.Read, UpTo: mark})
	b.state(t, m1.ID(), desk.Read)
	b.state(t, m2.ID(), desk.Read)
	b.state(t, queued.ID(), desk.Queued)
	b.state(t, m3.ID(), desk.Sent)
	if err := b.ApplyStatus(context.Background(), "ch1", "nobody", "", desk.StatusNews{State: desk.Read, UpTo: mark}); err != nil {
		t.Errorf("a thread that isn't here: %v", err)
	}
}
