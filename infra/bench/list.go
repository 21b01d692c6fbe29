package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/oklog/ulid/v2"
	"golang.org/x/sync/errgroup"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/units"
)

// filled is a table with so many open conversations in one inbox, and what reading their list took.
type filled struct {
	conversations int
	name          string
	table         *table.Table
	took          []time.Duration
}

// listRounds is how often the list of each table is read; within a round each once.
const listRounds = 200

// lists measures whether a list stays as quick as it grows, and what a page reads.
func (b *bench) lists() error {
	db, err := b.tables()
	if err != nil {
		return err
	}
	var all []*filled
	for _, n := range []int{1_000, 10_000, 100_000} {
		f, err := fill(b.ctx, db, n, fillTime)
		if err != nil {
			return fmt.Errorf("filling a table with %d conversations: %w", n, err)
		}
		defer db.remove(b.ctx, f.name)
		all = append(all, f)
	}
	for round := range listRounds + 20 { // the first twenty warm up
		for _, f := range all {
			begun := time.Now()
			page, err := f.table.ListConversations(b.ctx, openList())
			if err != nil || len(page.Conversations) != 25 || page.Next == "" {
				return fmt.Errorf("a page of %d of %d conversations: %w", len(page.Conversations), f.conversations, err)
			}
			if round >= 20 {
				f.took = append(f.took, time.Since(begun))
			}
		}
	}
	small, middle, large := median(all[0].took), median(all[1].took), median(all[2].took)
	b.add(limited("list.flatness", ratio(large, small), "× of 1,000", fmt.Sprintf("p50 of a page of 25: %.2f ms of %d, %.2f of %d, %.2f of %d", ms(small), all[0].conversations,
		ms(middle), all[1].conversations, ms(large), all[2].conversations)))
	if err := b.page(db, all[2]); err != nil {
		return err
	}
	if err := b.filtered(db, all[1]); err != nil {
		return err
	}
	return b.open(db, all[0])
}

func openList() desk.ConversationQuery {
	return desk.ConversationQuery{Inboxes: []desk.InboxID{filing(benchChannel, "", "").Inbox}, Views: []desk.View{desk.ViewUnassigned}, Limit: 25}
}

// page counts what a page of the largest table reads: by the bytes of what came, and by the server's word.
func (b *bench) page(db *database, f *filled) error {
	m := &units.Meter{Next: http.DefaultTransport, Indexes: units.Loket()}
	c := &consumption{next: m}
	if _, err := table.New(client(db.endpoint, c), f.name).ListConversations(b.ctx, openList()); err != nil {
		return err
	}
	counted, said := m.Take(), c.take()
	b.add(limited("list.rru", max(counted.Reads, said), "RRU", fmt.Sprintf("of %d; %d requests; by bytes %.1f, by the server's word %.1f", f.conversations, counted.Requests, counted.Reads, said)))
	return nil
}

// mostOfAQuery is what DynamoDB reads for one query at most, in KB. DynamoDB Local reads on, to the list's end, which takes
// it half a minute in the largest table: the one of 10,000 is more than 1 MB as well.
const mostOfAQuery = 1024

// filtered counts what a filtered page reads: the queries that it makes, and by the server's word how large the list is,
// since what a filter drops does not come.
func (b *bench) filtered(db *database, f *filled) error {
	c := &consumption{next: http.DefaultTransport}
	q := openList()
	q.Channels = []desk.ChannelID{manyChannels(0)}
	page, err := table.New(client(db.endpoint, c), f.name).ListConversations(b.ctx, q)
	if err != nil {
		return err
	}
	if page.Next == "" {
		return fmt.Errorf("a filtered page of %d conversations has no next", f.conversations)
	}
	list := c.largest * 8 // half a unit is 4 KB; the heads of the page are another request
	b.add(limited("list.filtered_kb", min(list, float64(c.queries)*mostOfAQuery), "KB", fmt.Sprintf("%d query of a list of %d, %.0f KB; one in %d matches: a page of %d, and next",
		c.queries, f.conversations, list, channels, len(page.Conversations))))
	return nil
}

// open counts the requests that opening a conversation of 50 messages makes.
func (b *bench) open(db *database, f *filled) error {
	id := desk.ConversationID("")
	for i := range 50 {
		filed, err := f.table.FileInbound(b.ctx, filing(benchChannel, "open:"+strconv.Itoa(i), "open"))
		if err != nil {
			return err
		}
		id = filed.Conversation
	}
	m := &units.Meter{Next: http.DefaultTransport, Indexes: units.Loket()}
	t := table.New(client(db.endpoint, m), f.name)
	if _, err := t.Conversation(b.ctx, id); err != nil {
		return err
	}
	messages, more, err := t.Messages(b.ctx, id, "", "", 50)
	if err != nil || len(messages) != 50 || more {
		return fmt.Errorf("%d messages of 50, more %v: %w", len(messages), more, err)
	}
	c := m.Take()
	b.add(limited("open.requests", float64(c.Requests), "requests", fmt.Sprintf("a conversation of 50 messages: its head and one query; %.1f RRU", c.Reads)))
	return nil
}

// channels is over how many channels the conversations are spread.
const channels = 50

func manyChannels(i int) desk.ChannelID {
	return desk.ChannelID(fmt.Sprintf("01KE6X7R9GBENCHCHANNE%05d", i%channels))
}

// fillTime bounds the filling of one table: on a busy machine the largest one stays smaller, and the row says so.
const fillTime = 100 * time.Second

// fill makes a table of n open conversations, or of as many as the time allows: one is filed as every message is, and its
// head is copied under other ids, contacts, channels and times, one minute apart.
func fill(ctx context.Context, db *database, n int, within time.Duration) (*filled, error) {
	name, err := db.create(ctx, false)
	if err != nil {
		return nil, err
	}
	f := &filled{name: name, table: table.New(db.plain, name)}
	filed, err := f.table.FileInbound(ctx, filing(benchChannel, "first", "5550000"))
	if err != nil {
		return nil, err
	}
	pk := "CONV#" + string(filed.Conversation)
	head, err := db.plain.GetItem(ctx, &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: "HEAD"},
	}})
	if err == nil && len(head.Item) == 0 {
		err = errors.New("the first conversation has no head")
	}
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(6)
	f.conversations = 1
	for end := time.Now().Add(within); f.conversations < n && time.Now().Before(end); {
		from, to := f.conversations, min(f.conversations+25, n)
		group.Go(func() error { return putCopies(ctx, db, name, head.Item, from, to) })
		f.conversations = to
	}
	return f, group.Wait()
}

// putCopies writes the copies numbered from…to.
func putCopies(ctx context.Context, db *database, name string, head map[string]types.AttributeValue, from, to int) error {
	var writes []types.WriteRequest
	for i := from; i < to; i++ {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: copyOf(head, i)}})
	}
	for range 10 {
		out, err := db.plain.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: writes}})
		if err != nil {
			return err
		}
		if writes = out.UnprocessedItems[name]; len(writes) == 0 {
			return nil
		}
	}
	return fmt.Errorf("the server left %d items unwritten", len(writes))
}

// copyOf is the head of another conversation, i minutes older.
func copyOf(head map[string]types.AttributeValue, i int) map[string]types.AttributeValue {
	at := time.Now().Add(-time.Duration(i) * time.Minute)
	id := ulid.MustNew(ulid.Timestamp(at), ulid.DefaultEntropy()).String()
	out := map[string]types.AttributeValue{}
	for k, v := range head {
		out[k] = v
	}
	millis := strconv.FormatInt(at.UnixMilli(), 10)
	out["pk"] = &types.AttributeValueMemberS{Value: "CONV#" + id}
	out["h1"] = &types.AttributeValueMemberS{Value: millis + "#" + id}
	out["ct"] = &types.AttributeValueMemberS{Value: id}
	out["ch"] = &types.AttributeValueMemberS{Value: string(manyChannels(i))}
	for _, name := range []string{"lm", "cr", "wa"} {
		out[name] = &types.AttributeValueMemberN{Value: millis}
	}
	out["cn"] = &types.AttributeValueMemberS{Value: fmt.Sprintf("Contact %d", i)}
	return out
}
