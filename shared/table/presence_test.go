package table_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

func TestSomebodyNeverHeardOfIsNotAvailable(t *testing.T) {
	b := newBench(t)
	p, err := b.Presence(context.Background(), "ada")
	if err != nil || p.User != "ada" || free(p, b.now()) || p.Version != 0 {
		t.Errorf("ada is %+v, %v", p, err)
	}
}

func TestWhoeverBecomesAvailableIsHandedOnAndWhoeverLeavesIsNot(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	until := b.now().Add(time.Hour)
	p, err := b.SetAvailability(ctx, "ada", true, until)
	if err != nil || !free(p, b.now()) || free(p, until) || desk.WorkVerb(p.Work) != desk.WorkDrain {
		t.Fatalf("ada is %+v, %v", p, err)
	}
	if g := b.attribute(t, "USER#ada", "PRESENCE", "g3"); g != "work#0" {
		t.Errorf("the sweep would not find it: %q", g)
	}
	first := p.Work
	b.add(time.Second)
	if p, err = b.SetAvailability(ctx, "ada", true, time.Time{}); err != nil || p.Work == first || !free(p, until) {
		t.Errorf("once more: %+v, %v", p, err)
	}
	if err := b.Drained(ctx, "ada", first); err != nil {
		t.Fatal(err)
	}
	if p, _ = b.Presence(ctx, "ada"); p.Work == "" {
		t.Error("the second coming was taken for the first")
	}
	if err := b.Drained(ctx, "ada", p.Work); err != nil {
		t.Fatal(err)
	}
	if p, _ = b.Presence(ctx, "ada"); p.Work != "" || !p.Available {
		t.Errorf("drained: %+v", p)
	}
	if p, err = b.SetAvailability(ctx, "ada", false, time.Time{}); err != nil || p.Available || p.Work != "" {
		t.Errorf("gone: %+v, %v", p, err)
	}
}

func TestManyPeopleAreReadAtOnceInTheOrderAsked(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	var ids []desk.UserID
	for i := range 130 {
		ids = append(ids, desk.UserID(fmt.Sprintf("u%03d", 129-i)))
	}
	if _, err := b.SetAvailability(ctx, "u007", true, time.Time{}); err != nil {
		t.Fatal(err)
	}
	all, err := b.Presences(ctx, ids)
	if err != nil || len(all) != len(ids) {
		t.Fatal(len(all), err)
	}
	for i, p := range all {
		if p.User != ids[i] || p.Available != (p.User == "u007") {
			t.Errorf("%s is %+v", ids[i], p)
		}
	}
	if none, err := b.Presences(ctx, nil); err != nil || len(none) != 0 {
		t.Errorf("of nobody: %v, %v", none, err)
	}
}

func TestALineIsReadOldestFirstAndAConversationStandsInItOnce(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	at := b.now()
	for i, id := range []desk.ConversationID{"c3", "c1", "c2", "c1"} {
		since := map[desk.ConversationID]int{"c1": 1, "c2": 2, "c3": 3}[id]
		c := desk.Conversation{ID: id, Waiting: at.Add(time.Duration(since) * time.Second)}
		if i == 2 {
			c.Waiting, c.CreatedAt = time.Time{}, c.Waiting // nobody waits for us: since it began
		}
		if err := b.Wait(ctx, "pool", c, ""); err != nil {
			t.Fatal(err)
		}
	}
	first, err := b.Waiting(ctx, "pool", "", 2)
	if err != nil || len(first) != 2 || first[0].Conversation != "c1" || first[1].Conversation != "c2" {
		t.Fatalf("the line begins with %v, %v", first, err)
	}
	rest, err := b.Waiting(ctx, "pool", first[1].Position, 2)
	if err != nil || len(rest) != 1 || rest[0].Conversation != "c3" {
		t.Errorf("it goes on with %v, %v", rest, err)
	}
	if err := b.EndWait(ctx, "pool", first[0]); err != nil {
		t.Fatal(err)
	}
	if left, err := b.Waiting(ctx, "pool", "", 10); err != nil || len(left) != 2 {
		t.Errorf("left in line: %v, %v", left, err)
	}
	if other, err := b.Waiting(ctx, "other", "", 10); err != nil || len(other) != 0 {
		t.Errorf("another line: %v, %v", other, err)
	}
}

func TestAChannelsHealthIsShownAndTheSameAgainIsNoChange(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	if _, err := b.SaveChannel(ctx, desk.Channel{ID: "ch1", Type: "telegram", Active: true}, desk.Audit{}); err != nil {
		t.Fatal(err)
	}
	h := desk.Health{State: desk.HealthBroken, Detail: "The bot token was revoked.", CheckedAt: b.now()}
	for range 2 {
		if err := b.SetChannelHealth(ctx, "ch1", h); err != nil {
			t.Fatal(err)
		}
		h.CheckedAt = h.CheckedAt.Add(time.Minute)
	}
	cfg, err := b.Fresh(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Channels["ch1"]; got.Health.Detail != h.Detail || !got.Health.CheckedAt.Equal(b.now()) || got.Version != 2 || !got.Active {
		t.Errorf("the channel is %+v", got)
	}
	if err := b.SetChannelHealth(ctx, "gone", h); err != nil {
		t.Errorf("a channel that isn't there: %v", err)
	}
}

func TestALoadIsMadeWhatAPersonHas(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	give := func(to desk.UserID) desk.ConversationID {
		t.Helper()
		id := file(t, b.Table, hello(b.NewID(), b.NewID())).Conversation
		_, err := b.ChangeConversation(ctx, id, "", desk.Author{}, func(c *desk.Conversation) ([]desk.Change, error) {
			c.Assignee, c.Work = to, ""
			return []desk.Change{{What: "assigned", To: string(to)}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	kept, closed, others := give("ada"), give("ada"), give("bob")
	if _, err := closeIt(t, b.Table, closed, ""); err != nil {
		t.Fatal(err)
	}
	if p, _ := b.Presence(ctx, "ada"); len(p.Load) != 1 || p.Load[0] != kept {
		t.Fatalf("the load doesn't follow: %+v", p)
	}
	if changed, err := b.ReconcileLoad(ctx, "ada"); err != nil || changed {
		t.Errorf("there was nothing to do: %v, %v", changed, err)
	}
	b.load(t, "ada", string(others), string(closed), "gone")
	if changed, err := b.ReconcileLoad(ctx, "ada"); err != nil || !changed {
		t.Errorf("%v, %v", changed, err)
	}
	if p, _ := b.Presence(ctx, "ada"); len(p.Load) != 1 || p.Load[0] != kept || desk.WorkVerb(p.Work) != desk.WorkDrain {
		t.Errorf("ada has %+v", p)
	}
	if changed, err := b.ReconcileLoad(ctx, "nobody"); err != nil || changed {
		t.Errorf("%v, %v", changed, err)
	}
}

func TestAnAwayUntilSwitchAndATakeBackAreFoundWhenTheirTimeHasCome(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	noon := b.now().Add(time.Hour)
	if _, err := b.SetAvailability(ctx, "ada", false, noon); err != nil {
		t.Fatal(err)
	}
	if early, err := b.StaleWork(ctx, noon, 10); err != nil || len(early) != 0 {
		t.Fatalf("too early: %v, %v", early, err)
	}
	due, err := b.StaleWork(ctx, noon.Add(time.Second), 10)
	if err != nil || len(due) != 1 || due[0].Work != "" {
		t.Fatalf("%v, %v", due, err)
	}
	if moved, err := b.HandOnAgain(ctx, due[0], noon.Add(time.Minute)); err != nil || moved {
		t.Fatalf("%v, %v", moved, err)
	}
	if p, _ := b.Presence(ctx, "ada"); desk.WorkVerb(p.Work) != desk.WorkDrain || !free(p, noon) {
		t.Errorf("ada is %+v", p)
	}
}

// free is whether somebody without working hours takes new work.
func free(p desk.Presence, now time.Time) bool {
	return (&desk.Config{}).Available(desk.User{}, p, now)
}

// load writes into somebody's load what they don't have.
func (b *bench) load(t *testing.T, user string, ids ...string) {
	t.Helper()
	_, err := b.raw.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{
		TableName: &b.name, UpdateExpression: aws.String("ADD ol :ol"),
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "USER#" + user}, "sk": &types.AttributeValueMemberS{Value: "PRESENCE"},
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{":ol": &types.AttributeValueMemberSS{Value: ids}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
