package table_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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

// free is whether somebody without working hours takes new work.
func free(p desk.Presence, now time.Time) bool {
	return (&desk.Config{}).Available(desk.User{}, p, now)
}
