package table_test

import (
	"context"
	"sync"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// photos files a message with n pending attachments.
func (b *bench) photos(t *testing.T, n int) desk.Message {
	t.Helper()
	f := hello("photos", "42")
	for i := range n {
		f.Message.Attachments = append(f.Message.Attachments, desk.Attachment{ID: string(rune('0' + i)), State: desk.PartPending, Ref: "file"})
	}
	filed := file(t, b.Table, f)
	m, err := b.Message(context.Background(), filed.Conversation.Message(filed.Key))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (b *bench) store(t *testing.T, m desk.Message, part desk.Attachment) desk.Message {
	t.Helper()
	if err := b.StorePart(context.Background(), m.ID(), part); err != nil {
		t.Fatal(err)
	}
	got, err := b.Message(context.Background(), m.ID())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAMessagesMediaWorkIsDoneWithItsLastAttachment(t *testing.T) {
	b := newBench(t)
	m := b.photos(t, 2)
	if q, shard := b.work(t, m); q != "media" || shard != "work#0" {
		t.Fatalf("it is marked %q in %q", q, shard)
	}
	got := b.store(t, m, desk.Attachment{ID: "1", State: desk.PartStored, Key: "media/1", SHA256: "ab"})
	if got.Attachments[1].Key != "media/1" || got.Attachments[0].State != desk.PartPending || got.Text != "hello photos" {
		t.Errorf("the message is %+v", got)
	}
	if q, _ := b.work(t, m); q != "media" {
		t.Errorf("it is marked %q", q)
	}
	got = b.store(t, m, desk.Attachment{ID: "0", State: desk.PartRefused, Reason: "Too large."})
	if got.Attachments[0].Reason != "Too large." {
		t.Errorf("the message is %+v", got)
	}
	if q, shard := b.work(t, m); q != "" || shard != "" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
	got = b.store(t, m, desk.Attachment{ID: "0", State: desk.PartStored, Key: "late"})
	if got.Attachments[0].State != desk.PartRefused {
		t.Error("what became of a part was changed afterwards")
	}
}

func TestPartsThatAreFetchedAtOnceAreAllKept(t *testing.T) {
	b := newBench(t)
	m := b.photos(t, 6)
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			part := desk.Attachment{ID: string(rune('0' + i)), State: desk.PartStored, Key: "media/" + string(rune('0'+i))}
			if err := b.StorePart(context.Background(), m.ID(), part); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := b.Message(context.Background(), m.ID())
	if err != nil || len(got.Pending()) != 0 {
		t.Errorf("still pending: %v, %v", got.Pending(), err)
	}
	if q, _ := b.work(t, m); q != "" {
		t.Errorf("it is marked %q", q)
	}
}

func TestAnEditAndAFetchedPartAtOnceAreBothKept(t *testing.T) {
	b := newBench(t)
	m := b.photos(t, 1)
	var both sync.WaitGroup
	both.Go(func() {
		_, err := b.EditMessage(context.Background(), "ch1", "photos", desk.Inbound{Text: "better", At: b.now()})
		if err != nil {
			t.Error(err)
		}
	})
	both.Go(func() {
		if err := b.StorePart(context.Background(), m.ID(), desk.Attachment{ID: "0", State: desk.PartStored, Key: "k"}); err != nil {
			t.Error(err)
		}
	})
	both.Wait()
	got, err := b.Message(context.Background(), m.ID())
	if err != nil || got.Text != "better" || got.Attachments[0].Key != "k" {
		t.Errorf("the message is %+v, %v", got, err)
	}
}

func TestAMarkWithoutPendingPartsIsTakenOffAndAMissingMessageIsNoError(t *testing.T) {
	b := newBench(t)
	m := b.photos(t, 1)
	if got := b.store(t, m, desk.Attachment{}); got.Attachments[0].State != desk.PartPending {
		t.Errorf("an empty part changed %+v", got)
	}
	for _, id := range []desk.MessageID{"c-k", "garbage"} {
		if err := b.StorePart(context.Background(), id, desk.Attachment{ID: "0", State: desk.PartStored}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
