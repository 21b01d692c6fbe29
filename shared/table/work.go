package table

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

// StaleWork lists items whose work was due to be looked at before a time, oldest first: work that was saved and not taken
// up, and messages that wait for their time to be sent.
func (t *Table) StaleWork(ctx context.Context, before time.Time, limit int) ([]desk.StaleWork, error) {
	items, err := t.due(ctx, workShard, before, limit)
	if err != nil {
		return nil, err
	}
	var out []desk.StaleWork
	for _, it := range items {
		out = append(out, desk.StaleWork{Item: keyOf(it).String(), Work: getStr(it, "q"), Due: getTime(it, "h3")})
	}
	return out, nil
}

// ExpiredLeases lists messages whose sender was ended in mid-work: their lease ended before a time.
func (t *Table) ExpiredLeases(ctx context.Context, before time.Time, limit int) ([]desk.Message, error) {
	items, err := t.due(ctx, leaseShard, before, limit)
	if err != nil {
		return nil, err
	}
	var out []desk.Message
	for _, it := range items {
		m, err := decodeMessage(it)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// due reads the items of a shard of the due index; those that moved on since the index saw them are left out.
func (t *Table) due(ctx context.Context, shard string, before time.Time, limit int) ([]item, error) {
	rows, _, err := t.query(ctx, &dynamodb.QueryInput{
		IndexName: aws.String("gsi3"), KeyConditionExpression: aws.String("g3 = :g AND h3 < :before"),
		ExpressionAttributeValues: item{":g": str(shard), ":before": moment(before)}, Limit: aws.Int32(int32(limit)),
	})
	if err != nil {
		return nil, err
	}
	items, err := t.wholes(ctx, rows)
	if err != nil {
		return nil, err
	}
	var out []item
	for _, it := range items {
		if getStr(it, "g3") == shard && getTime(it, "h3").Before(before) {
			out = append(out, it)
		}
	}
	return out, nil
}

// HandOnAgain marks stale work anew, so that the stream hands it on once more, and says when to look again. moved reports
// that somebody took it up meanwhile.
func (t *Table) HandOnAgain(ctx context.Context, s desk.StaleWork, next time.Time) (moved bool, err error) {
	k, ok := keyFrom(s.Item)
	if !ok {
		return true, nil
	}
	args := item{":next": moment(next), ":due": moment(s.Due), ":shard": str(workShard)}
	cond := "g3 = :shard AND h3 = :due"
	if s.Work == "" { // a message that waited for its time
		args[":q"] = str(workName(verbOf(k), t.now().UnixMilli()))
		return t.update(ctx, k, "SET q = :q, h3 = :next", cond+" AND attribute_not_exists(q)", args)
	}
	args[":q"], args[":was"] = str(desk.WorkAgain(s.Work)), str(s.Work)
	return t.update(ctx, k, "SET q = :q, h3 = :next", cond+" AND q = :was", args)
}

// verbOf is what there is to do for an item whose time has come without a mark on it.
func verbOf(k key) string {
	switch {
	case strings.HasPrefix(k.pk, "USER#"): // the switch has fallen back
		return desk.WorkDrain
	case k.sk == takeBackKey("").sk:
		return desk.WorkTake
	}
	return desk.WorkSend
}

// DropWork takes the mark off stale work that nobody can do; an outgoing message among it is FAILED with the words. moved
// reports that somebody took it up meanwhile.
func (t *Table) DropWork(ctx context.Context, s desk.StaleWork, words string) (moved bool, err error) {
	k, ok := keyFrom(s.Item)
	if !ok {
		return true, nil
	}
	args := item{":due": moment(s.Due), ":shard": str(workShard), ":was": str(s.Work)}
	cond := "g3 = :shard AND h3 = :due AND q = :was"
	if desk.WorkVerb(s.Work) == desk.WorkSend {
		failed := maps.Clone(args)
		failed[":failed"], failed[":words"], failed[":now"] = str(string(desk.Failed)), str(words), moment(t.now())
		failed[":queued"], failed[":retry"] = str(string(desk.Queued)), str(string(desk.Retrying))
		moved, err = t.update(ctx, k, "SET st = :failed, sd = :words, sa = :now REMOVE q, g3, h3", cond+" AND st IN (:queued, :retry)", failed)
		if err != nil || !moved {
			return moved, err
		}
	}
	return t.update(ctx, k, "REMOVE q, g3, h3", cond, args)
}

// SavedNow is the work that a changed item, as a record of the stream names it, has left now; Work is empty when none.
func (t *Table) SavedNow(ctx context.Context, keys json.RawMessage) (desk.StaleWork, error) {
	it, err := decodeImage(keys)
	if err != nil {
		return desk.StaleWork{}, unreadable(err)
	}
	it, _, err = t.get(ctx, keyOf(it))
	if err != nil || len(it) == 0 {
		return desk.StaleWork{}, err
	}
	return desk.StaleWork{Item: keyOf(it).String(), Work: getStr(it, "q"), Due: getTime(it, "h3")}, nil
}

// redispatch marks the work that a dispatcher's failure is about on its item again.
func (t *Table) redispatch(ctx context.Context, f desk.Failure) error {
	var lost desk.LostWork
	if err := json.Unmarshal(f.Payload, &lost); err != nil {
		return desk.Refuse(desk.Malformed, "The failure doesn't say which item it is about.").Because(err)
	}
	k, ok := keyFrom(lost.Item)
	if !ok || lost.Work == "" {
		return desk.Refuse(desk.Conflict, "The changed item could not be read, so there is nothing to put back.")
	}
	now := t.now()
	refused, err := t.update(ctx, k, "SET q = :q, g3 = :shard, h3 = :due", "attribute_exists(pk)", item{
		":q": str(workName(desk.WorkVerb(lost.Work), now.UnixMilli())), ":shard": str(workShard), ":due": moment(now.Add(sweepAfter)),
	})
	if err != nil {
		return err
	}
	if refused {
		return desk.Refuse(desk.NotFound, "The item that the failure is about is gone.")
	}
	day, message, _ := f.ID.Split()
	return t.noteReplay(ctx, failureKey(day, message), "attribute_exists(pk)", item{})
}

// keyFrom reads a key as String writes it.
func keyFrom(s string) (key, bool) {
	i := strings.LastIndex(s, "/")
	if i <= 0 || i == len(s)-1 {
		return key{}, false
	}
	return key{s[:i], s[i+1:]}, true
}
