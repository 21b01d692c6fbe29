package table_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// hello is a filing of one chat message from one person.
func hello(ext, from string) desk.Filing {
	who := desk.Identity{Kind: "telegram", Value: from}
	return desk.Filing{
		Channel: "ch1", Inbox: "ib1", ChannelType: "telegram", Ext: ext, Thread: from, From: who,
		Contact: desk.Contact{Name: "Ada Lovelace"}, Identities: []desk.Identity{who},
		Message: desk.Message{
			Kind: desk.KindMessage, Direction: desk.Incoming, Channel: "ch1", Text: "hello " + ext,
			Author: desk.Author{Kind: desk.ByContact, Name: "Ada Lovelace"}, ProviderID: ext,
		},
		Preview: "hello " + ext, Reopen: desk.ReopenRule{Policy: desk.Reopen}, Place: desk.InInbox,
	}
}

func file(t *testing.T, tb *table.Table, f desk.Filing) desk.Filed {
	t.Helper()
	filed, err := tb.FileInbound(context.Background(), f)
	if err != nil {
		t.Fatalf("filing %s: %v", f.Ext, err)
	}
	return filed
}

func texts(t *testing.T, tb *table.Table, id desk.ConversationID) []string {
	t.Helper()
	all, more, err := tb.Messages(context.Background(), id, "", "", 100)
	if err != nil || more {
		t.Fatalf("reading the thread: %v, more %v", err, more)
	}
	var out []string
	for _, m := range all {
		if m.Kind == desk.KindMessage {
			out = append(out, m.Text)
		}
	}
	return out
}

func TestAFirstMessageBeginsAConversationWithItsContact(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	if !filed.New || filed.Duplicate {
		t.Fatalf("filed as %+v", filed)
	}
	c, err := tb.Conversation(ctx, filed.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != desk.Open || c.Place != desk.InInbox || c.Name != "Ada Lovelace" || c.Preview != "hello 1" || c.Waiting.IsZero() || c.Announced != 1 {
		t.Errorf("the conversation says %+v", c)
	}
	who, err := tb.Contact(ctx, c.Contact)
	if err != nil || who.Name != "Ada Lovelace" || len(who.Identities) != 1 {
		t.Errorf("the contact is %+v, %v", who, err)
	}
	page, err := tb.ListConversations(ctx, desk.ConversationQuery{Inboxes: []desk.InboxID{"ib1"}, Views: []desk.View{desk.ViewUnassigned}})
	if err != nil || len(page.Conversations) != 1 || page.Next != "" {
		t.Errorf("the unassigned list holds %+v, %v", page, err)
	}
}

func TestAMessageSentThreeTimesIsOne(t *testing.T) {
	tb := tabletest.New(t)
	first := file(t, tb, hello("1", "42"))
	for range 2 {
		if again := file(t, tb, hello("1", "42")); !again.Duplicate || again.Conversation != first.Conversation || again.Key != first.Key {
			t.Errorf("a redelivery was filed as %+v", again)
		}
	}
	if got := texts(t, tb, first.Conversation); len(got) != 1 {
		t.Errorf("the thread holds %q", got)
	}
}

func TestARedeliveryLongAfterEightMoreMessagesIsADuplicate(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	tb := table.NewAt(tabletest.Client(t, nil), tabletest.Create(t), func() time.Time { return now })
	first := file(t, tb, hello("0", "42"))
	for _, ext := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		file(t, tb, hello(ext, "42"))
	}
	now = now.Add(time.Hour)
	if again := file(t, tb, hello("0", "42")); !again.Duplicate {
		t.Errorf("filed as %+v", again)
	}
	if got := texts(t, tb, first.Conversation); len(got) != 10 {
		t.Errorf("the thread holds %q", got)
	}
}

// TestAMessageThatWasFiledAndNotAnnouncedIsAnnouncedHoweverLateItComesBack: the table may be throttled, or the function
// switched off, for longer than the claim counts as young.
func TestAMessageThatWasFiledAndNotAnnouncedIsAnnouncedHoweverLateItComesBack(t *testing.T) {
	for name, before := range map[string]int{"a first message": 0, "a short thread": 3, "a long thread": 12} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			clock := func() time.Time { return now }
			tableName := tabletest.Create(t)
			tb, ctx := table.NewAt(tabletest.Client(t, nil), tableName, clock), context.Background()
			for i := range before {
				f := file(t, tb, hello(fmt.Sprint("before", i), "42"))
				if i == before-1 {
					if _, err := closeIt(t, tb, f.Conversation, ""); err != nil {
						t.Fatal(err)
					}
				}
			}
			var conv desk.ConversationID
			late := ""
			for after := 1; conv == ""; after++ { // each ended one request later, until one lies there
				late = fmt.Sprint("late", after)
				cut := &tabletest.Cut{After: after, Answered: true}
				_, err := tabletest.NewCut(t, tableName, clock, cut).FileInbound(ctx, hello(late, "42"))
				if err == nil {
					t.Fatal("it was filed before it was cut short")
				}
				found, err := tb.FindMessages(ctx, "ch1", []string{late})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tb.Message(ctx, found[late]); err == nil {
					conv, _, _ = found[late].Split()
				}
			}
			now = now.Add(time.Hour)
			if filed := file(t, tb, hello(late, "42")); filed.Duplicate || filed.Conversation != conv {
				t.Errorf("filed as %+v", filed)
			}
			c, err := tb.Conversation(ctx, conv)
			if err != nil || c.State != desk.Open || c.Waiting.IsZero() || c.Preview != "hello "+late {
				t.Errorf("nobody waits for an answer to it: %+v, %v", c, err)
			}
			if again := file(t, tb, hello(late, "42")); !again.Duplicate {
				t.Errorf("once more it was filed as %+v", again)
			}
			if got := texts(t, tb, conv); len(got) != before+1 {
				t.Errorf("the thread holds %q", got)
			}
		})
	}
}

func TestFollowUpsJoinInOrder(t *testing.T) {
	tb := tabletest.New(t)
	first := file(t, tb, hello("1", "42"))
	for _, ext := range []string{"2", "3"} {
		if next := file(t, tb, hello(ext, "42")); next.Conversation != first.Conversation || next.New {
			t.Errorf("filed as %+v", next)
		}
	}
	got := texts(t, tb, first.Conversation)
	if len(got) != 3 || got[0] != "hello 1" || got[2] != "hello 3" {
		t.Errorf("the thread holds %q", got)
	}
}

func closeIt(t *testing.T, tb *table.Table, id desk.ConversationID, seen string) (desk.Conversation, error) {
	t.Helper()
	return tb.ChangeConversation(context.Background(), id, seen, desk.Author{Kind: desk.ByUser, ID: "u1"}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.State, c.Waiting, c.Unread = desk.Closed, time.Time{}, ""
		c.ClosedAt = time.Now()
		return []desk.Change{{What: "closed", From: "OPEN", To: "CLOSED"}}, nil
	})
}

func TestAMessageToAClosedConversationReopensItWhereTheInboxSaysSo(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	first := file(t, tb, hello("1", "42"))
	if _, err := closeIt(t, tb, first.Conversation, ""); err != nil {
		t.Fatal(err)
	}
	again := file(t, tb, hello("2", "42"))
	if !again.Reopened || again.Conversation != first.Conversation {
		t.Fatalf("filed as %+v", again)
	}
	c, _ := tb.Conversation(ctx, first.Conversation)
	if c.State != desk.Open || c.Waiting.IsZero() || !c.ClosedAt.IsZero() {
		t.Errorf("the conversation says %+v", c)
	}
	all, _, _ := tb.Messages(ctx, first.Conversation, "", "", 10)
	var kinds []string
	for _, m := range all {
		if m.Change != nil {
			kinds = append(kinds, m.Change.What)
		}
	}
	if len(all) != 4 || len(kinds) != 2 || kinds[1] != "reopened" {
		t.Errorf("the thread holds %d entries, events %q", len(all), kinds)
	}
}

func TestAMessageToAClosedConversationBeginsANewOneWhereTheInboxSaysSo(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	first := file(t, tb, hello("1", "42"))
	if _, err := closeIt(t, tb, first.Conversation, ""); err != nil {
		t.Fatal(err)
	}
	f := hello("2", "42")
	f.Reopen.Policy = desk.AlwaysNew
	next := file(t, tb, f)
	if !next.New || next.Conversation == first.Conversation {
		t.Fatalf("filed as %+v", next)
	}
	c, _ := tb.Conversation(ctx, next.Conversation)
	if c.Previous != first.Conversation || c.Name != "Ada Lovelace" || c.Contact == "" {
		t.Errorf("the new conversation says %+v", c)
	}
	if again := file(t, tb, f); !again.Duplicate || again.Conversation != next.Conversation {
		t.Errorf("a redelivery was filed as %+v", again)
	}
	third := hello("3", "42")
	third.Reopen.Policy = desk.AlwaysNew
	if filed := file(t, tb, third); filed.Conversation != next.Conversation {
		t.Errorf("the next message was filed as %+v", filed)
	}
	if got := texts(t, tb, first.Conversation); len(got) != 1 {
		t.Errorf("the old thread holds %q", got)
	}
}

func TestReopenWithinDaysReopensOnlyWithinThem(t *testing.T) {
	now := time.Now().UTC()
	tb := table.NewAt(tabletest.Client(t, nil), tabletest.Create(t), func() time.Time { return now })
	first := file(t, tb, hello("1", "42"))
	if _, err := closeIt(t, tb, first.Conversation, ""); err != nil {
		t.Fatal(err)
	}
	f := hello("2", "42")
	f.Reopen = desk.ReopenRule{Policy: desk.ReopenWithin, Days: 3}
	now = now.Add(48 * time.Hour)
	if filed := file(t, tb, f); !filed.Reopened {
		t.Fatalf("after two days: %+v", filed)
	}
	if _, err := closeIt(t, tb, first.Conversation, ""); err != nil {
		t.Fatal(err)
	}
	now = now.Add(200 * time.Hour)
	f.Ext = "3"
	if filed := file(t, tb, f); !filed.New {
		t.Errorf("after eight days: %+v", filed)
	}
}

func TestClosingWithAnOldSeenTokenIsRefused(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	first := file(t, tb, hello("1", "42"))
	c, _ := tb.Conversation(ctx, first.Conversation)
	old := table.Seen(c)
	file(t, tb, hello("2", "42"))
	if _, err := closeIt(t, tb, first.Conversation, old); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("closing with an old token: %v", err)
	}
	c, _ = tb.Conversation(ctx, first.Conversation)
	if c.State != desk.Open {
		t.Errorf("it was closed")
	}
	if _, err := closeIt(t, tb, first.Conversation, table.Seen(c)); err != nil {
		t.Errorf("closing with the new token: %v", err)
	}
}

func TestAutomaticMailOpensNothing(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	first := file(t, tb, hello("1", "42"))
	if _, err := closeIt(t, tb, first.Conversation, ""); err != nil {
		t.Fatal(err)
	}
	f := hello("2", "42")
	f.Muted, f.Message.Muted = true, true
	if filed := file(t, tb, f); filed.Reopened || filed.New {
		t.Errorf("filed as %+v", filed)
	}
	c, _ := tb.Conversation(ctx, first.Conversation)
	if c.State != desk.Closed || !c.Waiting.IsZero() {
		t.Errorf("the conversation says %+v", c)
	}
	if got := texts(t, tb, first.Conversation); len(got) != 2 {
		t.Errorf("the thread holds %q", got)
	}
}

func TestAStrangerWithTheSameThreadValueGetsAConversationOfTheirOwn(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	mail := func(ext, from string) desk.Filing {
		f := hello(ext, "root@example.com")
		f.From = desk.Identity{Kind: "email", Value: from}
		f.Identities, f.Takers, f.OnlyParticipants = []desk.Identity{f.From}, []string{from}, true
		return f
	}
	first := file(t, tb, mail("1", "ada@example.com"))
	stranger := file(t, tb, mail("2", "eve@example.com"))
	if !stranger.New || stranger.Conversation == first.Conversation {
		t.Fatalf("the stranger's mail was filed as %+v", stranger)
	}
	if c, _ := tb.Conversation(ctx, stranger.Conversation); c.Previous != first.Conversation {
		t.Errorf("the possible predecessor is %q", c.Previous)
	}
	if again := file(t, tb, mail("3", "ada@example.com")); again.Conversation != first.Conversation {
		t.Errorf("the participant's mail was filed as %+v", again)
	}
	if again := file(t, tb, mail("2", "eve@example.com")); !again.Duplicate || again.Conversation != stranger.Conversation {
		t.Errorf("the stranger's redelivery was filed as %+v", again)
	}
}
