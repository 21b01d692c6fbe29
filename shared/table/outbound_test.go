package table_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// bench is a table with a clock, and a way to look at its items as they lie there.
type bench struct {
	*table.Table
	*clock
	name string
	raw  *dynamodb.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	c := &clock{t: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	name := tabletest.Create(t)
	return &bench{table.NewAt(tabletest.Client(t, nil), name, c.now), c, name, tabletest.Client(t, nil)}
}

// attribute is an attribute of an item as text; empty when it is absent.
func (b *bench) attribute(t *testing.T, pk, sk, name string) string {
	t.Helper()
	out, err := b.raw.GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: &b.name, Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	switch v := out.Item[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

// reply saves an answer in a fresh conversation.
func (b *bench) reply(t *testing.T, from string) desk.Message {
	t.Helper()
	filed := file(t, b.Table, hello("in-"+from, from))
	return b.answer(t, filed.Conversation)
}

func (b *bench) answer(t *testing.T, id desk.ConversationID) desk.Message {
	t.Helper()
	m, _, err := b.AppendOutgoing(context.Background(), desk.NewOutgoing{Conversation: id, Preview: "hi", Message: desk.Message{
		Kind: desk.KindMessage, Channel: "ch1", Text: "hi", Author: desk.Author{Kind: desk.ByUser, ID: "u1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (b *bench) claim(t *testing.T, id desk.MessageID, want desk.Turn) desk.SendTurn {
	t.Helper()
	turn, err := b.ClaimOutbound(context.Background(), id, time.Minute)
	if err != nil || turn.Turn != want {
		t.Fatalf("the turn is %q, want %q (%v)", turn.Turn, want, err)
	}
	return turn
}

func (b *bench) settle(t *testing.T, m desk.Message, r desk.SendResult) {
	t.Helper()
	if err := b.SettleOutbound(context.Background(), m, r); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) state(t *testing.T, id desk.MessageID, want desk.State) desk.Message {
	t.Helper()
	m, err := b.Message(context.Background(), id)
	if err != nil || m.Status.State != want {
		t.Fatalf("the message is %s (%s), want %s; %v", m.Status.State, m.Status.Detail, want, err)
	}
	return m
}

// work is the mark of a message for the dispatcher and the sweep.
func (b *bench) work(t *testing.T, m desk.Message) (q, shard string) {
	t.Helper()
	pk, sk := "CONV#"+string(m.Conversation), "MSG#"+string(m.Key)
	return b.attribute(t, pk, sk, "q"), b.attribute(t, pk, sk, "g3")
}

func TestASendIsRecordedBeforeThePlatformIsCalledAndItsResultAfter(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	if q, shard := b.work(t, m); q != "out" || shard != "work#0" {
		t.Fatalf("a saved reply is marked %q in %q", q, shard)
	}
	turn := b.claim(t, m.ID(), desk.TurnYours)
	if turn.Message.Tries != 1 || turn.Message.Text != "hi" || turn.Message.Thread != "42" || !turn.First.Equal(b.now()) {
		t.Errorf("claimed %+v", turn)
	}
	b.state(t, m.ID(), desk.Sending)
	if q, shard := b.work(t, m); q != "" || shard != "lease#0" {
		t.Errorf("while it is sent it is marked %q in %q", q, shard)
	}
	b.settle(t, turn.Message, desk.SendResult{State: desk.Sent, IDs: []string{"42:7", "42:8"}})
	got := b.state(t, m.ID(), desk.Sent)
	if len(got.Providers) != 2 || got.Providers[0] != "42:7" {
		t.Errorf("the platform's ids are %v", got.Providers)
	}
	if q, shard := b.work(t, m); q != "" || shard != "" {
		t.Errorf("when it is sent it is marked %q in %q", q, shard)
	}
	if done := b.claim(t, m.ID(), desk.TurnDone); len(done.Message.Providers) != 2 {
		t.Error("a redelivered job is not told what the platform called the message")
	}
}

func TestOfTwoSendersAtOnceOneSends(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turns := make([]desk.SendTurn, 8)
	var wait sync.WaitGroup
	for i := range turns {
		wait.Go(func() {
			turn, err := b.ClaimOutbound(context.Background(), m.ID(), time.Minute)
			if err != nil {
				t.Error(err)
			}
			turns[i] = turn
		})
	}
	wait.Wait()
	mine := 0
	for _, turn := range turns {
		switch turn.Turn {
		case desk.TurnYours:
			mine++
		case desk.TurnBusy:
			if turn.Wait != time.Minute {
				t.Errorf("a second sender is to wait %v", turn.Wait)
			}
		default:
			t.Errorf("a second sender finds %q", turn.Turn)
		}
	}
	if mine != 1 {
		t.Errorf("%d senders may send", mine)
	}
}

func TestALeaseThatEndedWithoutAResultIsUnknownAndNeverSentAgainByItself(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.add(61 * time.Second)
	b.claim(t, m.ID(), desk.TurnDone)
	if got := b.state(t, m.ID(), desk.Unknown); got.Status.Detail == "" {
		t.Error("nobody is told why")
	}
	b.claim(t, m.ID(), desk.TurnDone)
	// The sender was only slow: its answer still counts, since it says more than "unknown".
	b.settle(t, turn.Message, desk.SendResult{State: desk.Sent, IDs: []string{"7"}})
	b.state(t, m.ID(), desk.Sent)
}

func TestTheSweepFindsLeasesThatEnded(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m, other := b.reply(t, "42"), b.reply(t, "43")
	b.claim(t, m.ID(), desk.TurnYours)
	b.add(30 * time.Second)
	b.claim(t, other.ID(), desk.TurnYours)
	b.add(45 * time.Second)
	late, err := b.ExpiredLeases(ctx, b.now(), 10)
	if err != nil || len(late) != 1 || late[0].ID() != m.ID() {
		t.Fatalf("found %v, %v", late, err)
	}
	if err := b.ExpireLease(ctx, m.ID(), late[0].Lease.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	b.state(t, m.ID(), desk.Sending) // a newer lease is not the one that was looked at
	if err := b.ExpireLease(ctx, m.ID(), late[0].Lease); err != nil {
		t.Fatal(err)
	}
	b.state(t, m.ID(), desk.Unknown)
	b.state(t, other.ID(), desk.Sending)
}

func TestAMessageToTryAgainIsNotTakenBeforeItsTime(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	turn := b.claim(t, m.ID(), desk.TurnYours)
	first := b.now()
	b.settle(t, turn.Message, desk.SendResult{State: desk.Retrying, Detail: "Slow down.", NotBefore: b.now().Add(20 * time.Second)})
	if got := b.state(t, m.ID(), desk.Retrying); got.Status.Detail != "Slow down." {
		t.Errorf("told: %q", got.Status.Detail)
	}
	if q, shard := b.work(t, m); q != "" || shard != "work#0" {
		t.Errorf("it is marked %q in %q: the sweep would not find it", q, shard)
	}
	if early := b.claim(t, m.ID(), desk.TurnEarly); early.Wait != 20*time.Second {
		t.Errorf("to wait %v", early.Wait)
	}
	b.add(20 * time.Second)
	again := b.claim(t, m.ID(), desk.TurnYours)
	if again.Message.Tries != 2 || !again.First.Equal(first) {
		t.Errorf("the second try is %+v", again)
	}
}

func TestAMessageThatIsNotSentAtAllSaysWhy(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.reply(t, "42")
	if err := b.RefuseOutbound(ctx, m.ID(), "The channel is switched off."); err != nil {
		t.Fatal(err)
	}
	if got := b.state(t, m.ID(), desk.Failed); got.Status.Detail != "The channel is switched off." {
		t.Errorf("told: %q", got.Status.Detail)
	}
	if q, shard := b.work(t, m); q != "" || shard != "" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
	sending := b.reply(t, "43")
	b.claim(t, sending.ID(), desk.TurnYours)
	if err := b.RefuseOutbound(ctx, sending.ID(), "The channel is switched off."); err != nil {
		t.Fatal(err)
	}
	b.state(t, sending.ID(), desk.Sending)
}

func TestAFailedMessageIsSentAgainByHandAndOthersAreNot(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.reply(t, "42")
	if _, err := b.RetryMessage(ctx, m.ID()); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("a queued message was put in line again: %v", err)
	}
	turn := b.claim(t, m.ID(), desk.TurnYours)
	b.settle(t, turn.Message, desk.SendResult{State: desk.Failed, Detail: "Blocked."})
	b.add(time.Hour)
	got, err := b.RetryMessage(ctx, m.ID())
	if err != nil || got.Status.State != desk.Queued || got.Status.Detail != "" {
		t.Fatalf("put in line: %+v, %v", got.Status, err)
	}
	if q, shard := b.work(t, m); desk.WorkVerb(q) != "out" || q == "out" || shard != "work#0" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
	if again := b.claim(t, m.ID(), desk.TurnYours); !again.First.Equal(b.now()) {
		t.Errorf("its day of tries began at %v", again.First)
	}
	if _, err := b.RetryMessage(ctx, "nobody-nothing"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a message that isn't there: %v", err)
	}
}

func TestThereIsNothingToSendOfWhatIsNoOutgoingMessage(t *testing.T) {
	b := newBench(t)
	filed := file(t, b.Table, hello("1", "42"))
	b.claim(t, filed.Conversation.Message(filed.Key), desk.TurnDone)
	b.claim(t, filed.Conversation.Message("01ARZ3NDEKTSV4RRFFQ69G5FAV"), desk.TurnDone)
	b.claim(t, "garbage", desk.TurnDone)
}

func TestAMessageForLaterWaitsInTheTableAndIsHandedOnWhenItIsDue(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	m := b.reply(t, "42")
	due := b.now().Add(time.Hour)
	if err := b.ParkOutbound(ctx, m.ID(), due); err != nil {
		t.Fatal(err)
	}
	if stale, err := b.StaleWork(ctx, due, 10); err != nil || len(stale) != 0 {
		t.Fatalf("handed on early: %v, %v", stale, err)
	}
	b.add(time.Hour + time.Second)
	stale, err := b.StaleWork(ctx, b.now(), 10)
	if err != nil || len(stale) != 1 || stale[0].Work != "" {
		t.Fatalf("due: %v, %v", stale, err)
	}
	if moved, err := b.HandOnAgain(ctx, stale[0], b.now().Add(2*time.Minute)); moved || err != nil {
		t.Fatal(moved, err)
	}
	if q, _ := b.work(t, m); desk.WorkVerb(q) != "out" {
		t.Errorf("it is marked %q", q)
	}
	if moved, err := b.HandOnAgain(ctx, stale[0], b.now()); !moved || err != nil {
		t.Errorf("a second sweep handed it on too: %v, %v", moved, err)
	}
}

// set changes one attribute of an item as another part of the product would.
func (b *bench) set(t *testing.T, pk, sk, name, value string) {
	t.Helper()
	expr := "SET " + name + " = :v"
	_, err := b.raw.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{
		TableName: &b.name, UpdateExpression: &expr, ExpressionAttributeValues: map[string]types.AttributeValue{":v": &types.AttributeValueMemberS{Value: value}},
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMessageThatWasCancelledInLineIsNeitherSentNorLookedAtForEver(t *testing.T) {
	b := newBench(t)
	m, other := b.reply(t, "42"), b.reply(t, "43")
	for _, c := range []desk.Message{m, other} {
		b.set(t, "CONV#"+string(c.Conversation), "MSG#"+string(c.Key), "st", string(desk.Cancelled))
	}
	b.claim(t, m.ID(), desk.TurnDone)
	if q, shard := b.work(t, m); q != "" || shard != "" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
	b.add(3 * time.Minute)
	if moved, err := b.DropWork(context.Background(), b.stale(t), "Nobody sent it."); moved || err != nil {
		t.Fatal(moved, err)
	}
	b.state(t, other.ID(), desk.Cancelled)
	if q, shard := b.work(t, other); q != "" || shard != "" {
		t.Errorf("it is marked %q in %q", q, shard)
	}
}

func TestMediaWorkIsNotTakenOffByAJobThatWouldSendTheMessage(t *testing.T) {
	b := newBench(t)
	m := b.photos(t, 1)
	b.claim(t, m.ID(), desk.TurnDone)
	if q, _ := b.work(t, m); q != "media" {
		t.Errorf("it is marked %q", q)
	}
}
