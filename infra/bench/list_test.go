package main

import (
	"io"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAFilledTableListsItsConversations(t *testing.T) {
	t.Chdir("../..")
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	db, err := b.tables()
	if err != nil {
		t.Fatal(err)
	}
	f, err := fill(t.Context(), db, 120, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer db.remove(t.Context(), f.name)
	seen, channelsSeen, q := map[desk.ConversationID]bool{}, map[desk.ChannelID]bool{}, openList()
	for {
		page, err := f.table.ListConversations(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Conversations {
			seen[c.ID], channelsSeen[c.Channel] = true, true
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	if len(seen) != 120 || len(channelsSeen) != channels || f.conversations != 120 {
		t.Errorf("%d conversations of %d channels are listed", len(seen), len(channelsSeen))
	}
	if err := b.open(db, f); err != nil || len(b.rows) != 1 || b.rows[0].Measured != 2 {
		t.Errorf("opening a conversation: %+v, %v", b.rows, err)
	}
	if err := b.page(db, f); err != nil || b.rows[1].Measured < 13 || !b.rows[1].OK {
		t.Errorf("a page reads %+v, %v", b.rows, err)
	}
	if err := b.filtered(db, f); err == nil {
		t.Error("a filtered page of a list that is short has a next")
	}
}

func TestFillingEndsInTime(t *testing.T) {
	t.Chdir("../..")
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	db, err := b.tables()
	if err != nil {
		t.Fatal(err)
	}
	f, err := fill(t.Context(), db, 1_000_000, 300*time.Millisecond)
	if err != nil || f.conversations >= 1_000_000 {
		t.Fatalf("%+v, %v", f, err)
	}
	db.remove(t.Context(), f.name)
}
