package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/units"
)

// unitsOf are what one act writes and reads, in DynamoDB's units.
type unitsOf struct{ writes, reads float64 }

// unitCounts are what filing a message costs, by what it finds: a stranger, an open conversation, one that was answered, a
// closed one, or itself; and what reading the set-up costs.
type unitCounts struct {
	begins, follows, answered, reopened, duplicate, setup unitsOf
	mix                                                   unitsOf // mean of 1 new : 3 changes of state : 6 follow-ups
}

// filing is one chat message of one person, of about 100 bytes of text.
func filing(channel desk.ChannelID, ext, from string) desk.Filing {
	who := desk.Identity{Kind: "telegram", Value: from}
	text := "Good morning, my parcel was to arrive yesterday and has not come; can you tell me where it is? (" + ext + ")"
	return desk.Filing{
		Channel: channel, Inbox: "01KE6X7R9GBENCH1NB0X000001", ChannelType: "telegram", Ext: ext, Thread: from, From: who,
		Contact: desk.Contact{Name: "Ada Lovelace " + from}, Identities: []desk.Identity{who},
		Message: desk.Message{
			Kind: desk.KindMessage, Direction: desk.Incoming, Channel: channel, Thread: from, Text: text,
			Author: desk.Author{Kind: desk.ByContact, Name: "Ada Lovelace " + from, Address: from}, ProviderID: ext, SentAt: time.Now().UTC(),
		},
		Preview: text[:96], Reopen: desk.ReopenRule{Policy: desk.Reopen}, Place: desk.InInbox,
	}
}

const benchChannel = desk.ChannelID("01KE6X7R9GBENCHCHANNE00001")

// count files messages of each kind through a meter, one request at a time, follow-ups within minutes of each other.
func (b *bench) count() (unitCounts, error) {
	if b.counted != nil {
		return *b.counted, nil
	}
	db, err := b.tables()
	if err != nil {
		return unitCounts{}, err
	}
	name, err := db.create(b.ctx, false)
	if err != nil {
		return unitCounts{}, err
	}
	defer db.remove(b.ctx, name)
	now := time.Now().UTC()
	m := &units.Meter{Next: http.DefaultTransport, Indexes: units.Loket()}
	t := table.NewAt(client(db.endpoint, m), name, func() time.Time { now = now.Add(20 * time.Second); return now })
	c, err := countOn(b.ctx, t, m)
	if err == nil {
		b.counted = &c
	}
	return c, err
}

// countOn takes the mean of several people.
func countOn(ctx context.Context, t *table.Table, m *units.Meter) (c unitCounts, err error) {
	const people = 5
	for i := range people {
		from, ext := strconv.Itoa(5550000+i), 0
		var conversation desk.ConversationID
		file := func(into *unitsOf) {
			if err != nil {
				return
			}
			m.Take()
			var filed desk.Filed
			if filed, err = t.FileInbound(ctx, filing(benchChannel, fmt.Sprintf("%s:%d", from, ext), from)); err == nil {
				conversation = filed.Conversation
				into.add(m.Take(), people)
			}
		}
		file(&c.begins)
		for ext = 1; ext <= 6; ext++ {
			var one unitsOf
			file(&one)
			c.follows.writes += one.writes / 6
			c.follows.reads += one.reads / 6
		}
		err = orDo(err, func() error { return answer(ctx, t, conversation) })
		file(&c.answered)
		err = orDo(err, func() error { return closeIt(ctx, t, conversation) })
		ext++
		file(&c.reopened)
		file(&c.duplicate)
	}
	if err != nil {
		return c, err
	}
	if _, err = t.Fresh(ctx); err != nil { // the whole set-up, once
		return c, err
	}
	m.Take()
	if _, err = t.Fresh(ctx); err == nil { // its version
		c.setup.add(m.Take(), 1)
	}
	mean := func(a, b, c, d float64) float64 { return (a + 1.5*b + 1.5*c + 6*d) / 10 }
	c.mix.writes = mean(c.begins.writes, c.answered.writes, c.reopened.writes, c.follows.writes)
	c.mix.reads = mean(c.begins.reads, c.answered.reads, c.reopened.reads, c.follows.reads)
	return c, err
}

func (u *unitsOf) add(c units.Counts, of int) {
	u.writes += c.Writes / float64(of)
	u.reads += c.Reads / float64(of)
}

func orDo(err error, f func() error) error {
	if err != nil {
		return err
	}
	return f()
}

func answer(ctx context.Context, t *table.Table, id desk.ConversationID) error {
	_, _, err := t.AppendOutgoing(ctx, desk.NewOutgoing{
		Conversation: id, Message: desk.Message{Kind: desk.KindMessage, Text: "It is on its way."}, Preview: "It is on its way.",
	})
	return err
}

func closeIt(ctx context.Context, t *table.Table, id desk.ConversationID) error {
	_, err := t.ChangeConversation(ctx, id, "", desk.Author{Kind: desk.ByUser, ID: "u1"}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.State, c.Waiting, c.Unread, c.ClosedAt = desk.Closed, time.Time{}, "", time.Now()
		return []desk.Change{{What: "closed", From: "OPEN", To: "CLOSED"}}, nil
	})
	return err
}

// writeUnits tells what filing writes and reads.
func (b *bench) writeUnits() error {
	c, err := b.count()
	if err != nil {
		return err
	}
	b.add(
		limited("wru.mix", c.mix.writes, "WRU/message", fmt.Sprintf("1 new : 1.5 after an answer (%.2f) : 1.5 reopened (%.2f) : 6 follow-ups; reads %.2f RRU", c.answered.writes, c.reopened.writes, c.mix.reads)),
		limited("wru.followup", c.follows.writes, "WRU", ""),
		limited("wru.new", c.begins.writes, "WRU", fmt.Sprintf("a duplicate writes %.2f", c.duplicate.writes)),
	)
	return nil
}
