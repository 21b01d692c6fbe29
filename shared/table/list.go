package table

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// ListConversations answers a list from the indexes: filters are answered from what the index projects, heads are read
// for the page only. A filtered page may be short and still have a Next.
func (t *Table) ListConversations(ctx context.Context, q desk.ConversationQuery) (desk.ConversationPage, error) {
	if q.Limit <= 0 {
		q.Limit = 25
	}
	if q.Contact != "" {
		return t.listOfContact(ctx, q)
	}
	read, err := t.readLists(ctx, q)
	if err != nil {
		return desk.ConversationPage{}, err
	}
	ids, next := merge(read, q)
	heads, err := t.heads(ctx, ids)
	if err != nil {
		return desk.ConversationPage{}, err
	}
	return desk.ConversationPage{Conversations: arrange(heads, q), Next: next}, nil
}

// slice is what one page of one list's index held: positions in order, and how far it was read (empty: to its end).
type slice struct {
	at       []string
	frontier string
}

// readLists reads a page of every list that the query names, a few at once.
func (t *Table) readLists(ctx context.Context, q desk.ConversationQuery) ([]slice, error) {
	inputs := lists(q)
	out, errs := make([]slice, len(inputs)), make([]error, len(inputs))
	var wait sync.WaitGroup
	gate := make(chan struct{}, 8)
	for i, in := range inputs {
		wait.Add(1)
		gate <- struct{}{}
		go func() {
			defer func() { <-gate; wait.Done() }()
			out[i], errs[i] = t.readList(ctx, in)
		}()
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// list is one list's index: its partition and the names of its keys.
type list struct {
	*dynamodb.QueryInput
	sort string
}

// lists are the index queries that answer q.
func lists(q desk.ConversationQuery) []list {
	if q.Mine {
		return []list{listOf(q, "gsi2", "g2", "h2", string(q.Assignee)+"#open")}
	}
	var out []list
	for _, inbox := range q.Inboxes {
		for _, view := range q.Views {
			out = append(out, listOf(q, "gsi1", "g1", "h1", string(inbox)+"#"+string(view)+"#0"))
		}
	}
	return out
}

func listOf(q desk.ConversationQuery, index, pk, sk, partition string) list {
	low, high := "0", "~"
	if !q.From.IsZero() {
		low = stamp(q.From)
	}
	if !q.To.IsZero() {
		high = stamp(q.To) + "~"
	}
	if q.After != "" && q.Ascending {
		low = max(low, q.After+"!")
	} else if q.After != "" {
		high = min(high, before(q.After))
	}
	args := item{":g": str(partition), ":a": str(low), ":b": str(high)}
	in := &dynamodb.QueryInput{
		IndexName: &index, ScanIndexForward: aws.Bool(q.Ascending), ExpressionAttributeValues: args,
		KeyConditionExpression: aws.String(pk + " = :g AND " + sk + " BETWEEN :a AND :b"),
	}
	if filter := filterOf(q, args); filter != "" {
		in.FilterExpression, in.ExpressionAttributeNames = &filter, map[string]string{"#as": "as"}
		if !strings.Contains(filter, "#as") {
			in.ExpressionAttributeNames = nil
		}
	} else {
		in.Limit = aws.Int32(int32(q.Limit) + 1)
	}
	return list{in, sk}
}

// before is a position right below p, for a bound that leaves p itself out.
func before(p string) string { return p[:len(p)-1] + string(p[len(p)-1]-1) + "~" }

// filterOf is the filter on what the indexes project; empty for none.
func filterOf(q desk.ConversationQuery, args item) string {
	var all []string
	if len(q.Channels) > 0 {
		all = append(all, anyOf("ch", ":ch", q.Channels, args))
	}
	if q.Assignee != "" && !q.Mine {
		args[":as"] = str(string(q.Assignee))
		all = append(all, "#as = :as")
	}
	if q.Team != "" && !q.Mine {
		args[":tm"] = str(string(q.Team))
		all = append(all, "tm = :tm")
	}
	if q.Mine && len(q.Inboxes) > 0 {
		all = append(all, anyOf("ib", ":ib", q.Inboxes, args))
	}
	return strings.Join(all, " AND ")
}

// anyOf is "name IN (…)", at most the 100 values that DynamoDB takes.
func anyOf[T ~string](name, prefix string, values []T, args item) string {
	var names []string
	for i, v := range values[:min(len(values), 100)] {
		n := prefix + string(rune('0'+i/10)) + string(rune('0'+i%10))
		args[n] = str(string(v))
		names = append(names, n)
	}
	return name + " IN (" + strings.Join(names, ", ") + ")"
}

func (t *Table) readList(ctx context.Context, in list) (slice, error) {
	items, last, err := t.query(ctx, in.QueryInput)
	if err != nil {
		return slice{}, err
	}
	var s slice
	for _, it := range items {
		s.at = append(s.at, getStr(it, in.sort))
	}
	if last != nil {
		s.frontier = getStr(last, in.sort)
	}
	return s, nil
}

// merge takes the first positions of all lists, in order, but none beyond a list that was not read to its end there.
func merge(all []slice, q desk.ConversationQuery) (ids []desk.ConversationID, next string) {
	order := func(a, b string) int {
		if q.Ascending {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(b, a)
	}
	var at []string
	bound := ""
	for _, s := range all {
		at = append(at, s.at...)
		if s.frontier != "" && (bound == "" || order(s.frontier, bound) < 0) {
			bound = s.frontier
		}
	}
	slices.SortFunc(at, order)
	for i, p := range at {
		if bound != "" && order(p, bound) > 0 {
			at = at[:i]
			break
		}
	}
	switch {
	case len(at) > q.Limit:
		at = at[:q.Limit]
		next = at[q.Limit-1]
	case bound != "":
		next = bound
	}
	for _, p := range at {
		_, id, _ := strings.Cut(p, "#")
		ids = append(ids, desk.ConversationID(id))
	}
	return ids, next
}

// heads reads many heads at once, in no order; those that are gone are left out. Reads may lag by about a second.
func (t *Table) heads(ctx context.Context, ids []desk.ConversationID) ([]desk.Conversation, error) {
	var out []desk.Conversation
	for chunk := range slices.Chunk(ids, 100) {
		keys := make([]map[string]types.AttributeValue, len(chunk))
		for i, id := range chunk {
			keys[i] = headKey(id).attrs()
		}
		items, err := t.batchGet(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			out = append(out, decodeHead(it).Conversation)
		}
	}
	return out, nil
}

// batchGet reads up to 100 items; what DynamoDB left unprocessed is asked for again.
func (t *Table) batchGet(ctx context.Context, keys []map[string]types.AttributeValue) ([]item, error) {
	var out []item
	for range tries {
		if len(keys) == 0 {
			return out, nil
		}
		res, err := t.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{t.name: {Keys: keys}},
		})
		if err != nil {
			return nil, t.fail("read several", err)
		}
		out = append(out, res.Responses[t.name]...)
		keys = res.UnprocessedKeys[t.name].Keys
		if len(keys) > 0 {
			if err := pause(ctx); err != nil {
				return nil, err
			}
		}
	}
	return nil, desk.Refuse(desk.Busy, "The table is busy; try again.")
}

// arrange drops what has left the lists since the index was written and sorts by the exact time.
func arrange(all []desk.Conversation, q desk.ConversationQuery) []desk.Conversation {
	out := slices.DeleteFunc(all, func(c desk.Conversation) bool {
		if c.Into != "" {
			return true
		}
		if q.Mine {
			return c.Assignee != q.Assignee || c.State != desk.Open || c.Place != desk.InInbox
		}
		return !slices.Contains(q.Views, c.View()) || !slices.Contains(q.Inboxes, c.Inbox)
	})
	slices.SortStableFunc(out, func(a, b desk.Conversation) int {
		if q.Ascending {
			a, b = b, a
		}
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(b.ID, a.ID))
	})
	return out
}

// listOfContact answers from the contact's own entries, which are few.
func (t *Table) listOfContact(ctx context.Context, q desk.ConversationQuery) (desk.ConversationPage, error) {
	items, _, err := t.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(contactKey(q.Contact).pk), ":s": str("CONV#")},
		ScanIndexForward:          aws.Bool(false), Limit: aws.Int32(1000),
	})
	if err != nil {
		return desk.ConversationPage{}, err
	}
	var ids []desk.ConversationID
	for _, it := range items {
		ids = append(ids, desk.ConversationID(strings.TrimPrefix(getStr(it, "sk"), "CONV#")))
	}
	heads, err := t.heads(ctx, ids)
	if err != nil {
		return desk.ConversationPage{}, err
	}
	kept := arrange(slices.DeleteFunc(heads, func(c desk.Conversation) bool { return !passes(c, q) }), q)
	kept = slices.DeleteFunc(kept, func(c desk.Conversation) bool { return q.After != "" && !isAfter(c, q) })
	page := desk.ConversationPage{Conversations: kept}
	if len(kept) > q.Limit {
		page.Conversations = kept[:q.Limit]
		page.Next = position(kept[q.Limit-1])
	}
	return page, nil
}

func position(c desk.Conversation) string { return stamp(c.LastAt) + "#" + string(c.ID) }

func isAfter(c desk.Conversation, q desk.ConversationQuery) bool {
	if q.Ascending {
		return position(c) > q.After
	}
	return position(c) < q.After
}

// passes applies the filters that an index would have applied.
func passes(c desk.Conversation, q desk.ConversationQuery) bool {
	return c.Contact == q.Contact &&
		(len(q.Channels) == 0 || slices.Contains(q.Channels, c.Channel)) &&
		(q.Assignee == "" || c.Assignee == q.Assignee) && (q.Team == "" || c.Team == q.Team) &&
		(q.From.IsZero() || !c.LastAt.Before(q.From)) && (q.To.IsZero() || !c.LastAt.After(q.To))
}
