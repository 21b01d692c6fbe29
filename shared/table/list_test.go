package table_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// crowd files one message each of n people, a minute apart, over two channels and two inboxes.
func crowd(t *testing.T, n int) (*table.Table, []desk.ConversationID) {
	t.Helper()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	tb := table.NewAt(tabletest.Client(t, nil), tabletest.Create(t), func() time.Time { return now })
	var ids []desk.ConversationID
	for i := range n {
		now = now.Add(time.Minute)
		f := hello(fmt.Sprint(i), fmt.Sprintf("person %d", i))
		f.Inbox = desk.InboxID(fmt.Sprintf("ib%d", i%2+1))
		f.Channel = desk.ChannelID(fmt.Sprintf("ch%d", i%3+1))
		f.Message.Channel = f.Channel
		ids = append(ids, file(t, tb, f).Conversation)
	}
	return tb, ids
}

// pages reads a whole list, page by page.
func pages(t *testing.T, tb *table.Table, q desk.ConversationQuery) []desk.ConversationID {
	t.Helper()
	var out []desk.ConversationID
	for range 100 {
		page, err := tb.ListConversations(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Conversations) > q.Limit {
			t.Fatalf("a page of %d holds %d", q.Limit, len(page.Conversations))
		}
		for _, c := range page.Conversations {
			out = append(out, c.ID)
		}
		if page.Next == "" {
			return out
		}
		q.After = page.Next
	}
	t.Fatal("the list never ends")
	return nil
}

func TestAListGivesEachConversationOnceInOrderWhateverThePage(t *testing.T) {
	tb, ids := crowd(t, 13)
	newest := slices.Clone(ids)
	slices.Reverse(newest)
	both := []desk.InboxID{"ib1", "ib2"}
	for _, limit := range []int{1, 2, 5, 13, 50} {
		q := desk.ConversationQuery{Inboxes: both, Views: []desk.View{desk.ViewUnassigned, desk.ViewAssigned}, Limit: limit}
		if got := pages(t, tb, q); !slices.Equal(got, newest) {
			t.Errorf("pages of %d give %d conversations in another order", limit, len(got))
		}
		q.Ascending = true
		if got := pages(t, tb, q); !slices.Equal(got, ids) {
			t.Errorf("pages of %d, oldest first, give %d in another order", limit, len(got))
		}
	}
}

func TestListsAreFilteredByInboxChannelContactAndTime(t *testing.T) {
	tb, ids := crowd(t, 12)
	open := []desk.View{desk.ViewUnassigned}
	both := []desk.InboxID{"ib1", "ib2"}
	if got := pages(t, tb, desk.ConversationQuery{Inboxes: both[:1], Views: open, Limit: 50}); len(got) != 6 {
		t.Errorf("one inbox holds %d", len(got))
	}
	if got := pages(t, tb, desk.ConversationQuery{Inboxes: both, Views: open, Channels: []desk.ChannelID{"ch1", "ch3"}, Limit: 3}); len(got) != 8 {
		t.Errorf("two channels hold %d", len(got))
	}
	if got := pages(t, tb, desk.ConversationQuery{Inboxes: both, Views: []desk.View{desk.ViewClosed}, Limit: 3}); len(got) != 0 {
		t.Errorf("the closed list holds %d", len(got))
	}
	c, err := tb.Conversation(context.Background(), ids[4])
	if err != nil {
		t.Fatal(err)
	}
	if got := pages(t, tb, desk.ConversationQuery{Inboxes: both, Views: open, Contact: c.Contact, Limit: 3}); !slices.Equal(got, ids[4:5]) {
		t.Errorf("a contact's conversations are %v", got)
	}
	from := time.Date(2026, 11, 1, 9, 3, 0, 0, time.UTC)
	if got := pages(t, tb, desk.ConversationQuery{Inboxes: both, Views: open, From: from, To: from.Add(4 * time.Minute), Limit: 2}); len(got) != 5 {
		t.Errorf("five minutes hold %d", len(got))
	}
}

func TestAClosedAndAnAssignedConversationStandInOtherLists(t *testing.T) {
	tb, ids := crowd(t, 3)
	ctx := context.Background()
	if _, err := closeIt(t, tb, ids[0], ""); err != nil {
		t.Fatal(err)
	}
	_, err := tb.ChangeConversation(ctx, ids[1], "", desk.Author{Kind: desk.ByUser, ID: "u1"}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.Assignee, c.ByHand = "u1", true
		return []desk.Change{{What: "assigned", To: "u1"}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	both := []desk.InboxID{"ib1", "ib2"}
	for view, want := range map[desk.View][]desk.ConversationID{desk.ViewUnassigned: ids[2:], desk.ViewClosed: ids[:1], desk.ViewAssigned: ids[1:2]} {
		if got := pages(t, tb, desk.ConversationQuery{Inboxes: both, Views: []desk.View{view}, Limit: 10}); !slices.Equal(got, want) {
			t.Errorf("%s holds %v", view, got)
		}
	}
	if got := pages(t, tb, desk.ConversationQuery{Mine: true, Assignee: "u1", Inboxes: both, Limit: 10}); !slices.Equal(got, ids[1:2]) {
		t.Errorf("the user's work is %v", got)
	}
	if got := pages(t, tb, desk.ConversationQuery{Mine: true, Assignee: "u1", Inboxes: []desk.InboxID{"ib1"}, Limit: 10}); len(got) != 0 {
		t.Errorf("the user's work in an inbox they may not see is %v", got)
	}
	if got := pages(t, tb, desk.ConversationQuery{Assignee: "u1", Views: []desk.View{desk.ViewAssigned}, Inboxes: both, Limit: 10}); !slices.Equal(got, ids[1:2]) {
		t.Errorf("filtered by assignee: %v", got)
	}
}

func TestAThreadIsReadInPagesBothWays(t *testing.T) {
	tb := tabletest.New(t)
	first := file(t, tb, hello("0", "42"))
	for i := 1; i < 9; i++ {
		file(t, tb, hello(fmt.Sprint(i), "42"))
	}
	all, _, err := tb.Messages(context.Background(), first.Conversation, "", "", 100)
	if err != nil || len(all) != 9 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 10).Draw(rt, "limit")
		var forward, backward []desk.MessageKey
		for after, more := desk.MessageKey(""), true; more; {
			page, m, err := tb.Messages(context.Background(), first.Conversation, after, "", limit)
			if err != nil || len(page) == 0 {
				rt.Fatalf("an empty page, %v", err)
			}
			for _, x := range page {
				forward = append(forward, x.Key)
			}
			after, more = page[len(page)-1].Key, m
		}
		for before, more := desk.MessageKey("~"), true; more; {
			page, m, err := tb.Messages(context.Background(), first.Conversation, "", before, limit)
			if err != nil || len(page) == 0 {
				rt.Fatalf("an empty page backwards, %v", err)
			}
			for i := len(page) - 1; i >= 0; i-- {
				backward = append(backward, page[i].Key)
			}
			before, more = page[0].Key, m
		}
		slices.Reverse(backward)
		if len(forward) != 9 || !slices.Equal(forward, backward) {
			rt.Fatalf("pages of %d give %d forwards, %d backwards", limit, len(forward), len(backward))
		}
	})
}
