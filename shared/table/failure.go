package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// failuresList is the list of failures in the lists' index, newest first.
const failuresList = "failures#0"

// replayedFor is how long a failure stays listed after it was put back.
const replayedFor = 30 * 24 * time.Hour

// The item of a failure holds what never changes as one JSON text (d) and its payload as bytes (py), since a payload may
// be anything; st, rp (how often it was put back) and ra (when) change.
func encodeFailure(f desk.Failure) item {
	day, message, _ := f.ID.Split()
	it := failureKey(day, message).item()
	if len(f.Payload) > 0 {
		it["py"] = blob(f.Payload)
	}
	f.Payload = nil
	it["d"] = doc(f)
	it["g1"], it["h1"] = str(failuresList), str(stamp(f.At)+"#"+string(f.ID))
	return it
}

func decodeFailure(it item) (desk.Failure, error) {
	var f desk.Failure
	if err := getDoc(it, "d", &f); err != nil {
		return f, desk.Refuse(desk.Internal, "A failure could not be read.").Because(err)
	}
	k := keyOf(it)
	f.ID = desk.FailureID(strings.TrimPrefix(k.pk, "FAILURE#") + "." + k.sk)
	f.Payload = getBlob(it, "py")
	f.State, f.Replays = getStr(it, "st"), int(getNum(it, "rp"))
	return f, nil
}

// RecordFailure keeps something that could not be processed, once however often it is told. An id without a day gets that
// of At. A body that an item can't hold is in the object store already, under PayloadKey.
func (t *Table) RecordFailure(ctx context.Context, f desk.Failure) error {
	if _, _, ok := f.ID.Split(); !ok {
		f.ID = desk.NewFailureID(f.At, string(f.ID))
	}
	if _, _, ok := f.ID.Split(); !ok {
		return desk.Refuse(desk.Internal, "A failure without an id can't be kept.")
	}
	_, err := t.putNew(ctx, encodeFailure(f))
	return err
}

// Failure reads one failure. NotFound when it isn't there (any more).
func (t *Table) Failure(ctx context.Context, id desk.FailureID) (desk.Failure, error) {
	it, err := t.failure(ctx, id)
	if err != nil {
		return desk.Failure{}, err
	}
	return decodeFailure(it)
}

const noFailure = "There is no such failure."

func (t *Table) failure(ctx context.Context, id desk.FailureID) (item, error) {
	day, message, ok := id.Split()
	if !ok {
		return nil, desk.Refuse(desk.NotFound, noFailure)
	}
	it, err := t.mustGet(ctx, failureKey(day, message), noFailure)
	if err == nil && t.expired(it) {
		return nil, desk.Refuse(desk.NotFound, noFailure)
	}
	return it, err
}

// expired reports whether DynamoDB should have deleted the item already.
func (t *Table) expired(it item) bool {
	ttl := getNum(it, "ttl")
	return ttl > 0 && t.now().Unix() >= ttl
}

// Failures lists what could not be processed, newest first, those included that were put back in the last 30 days.
// after is the Next of the page before.
func (t *Table) Failures(ctx context.Context, after string, limit int) (desk.FailurePage, error) {
	in := &dynamodb.QueryInput{
		IndexName: aws.String("gsi1"), KeyConditionExpression: aws.String("g1 = :g"), ScanIndexForward: aws.Bool(false),
		ExpressionAttributeValues: item{":g": str(failuresList)}, Limit: aws.Int32(int32(limit)),
	}
	if after != "" {
		in.KeyConditionExpression = aws.String("g1 = :g AND h1 < :after")
		in.ExpressionAttributeValues[":after"] = str(after)
	}
	rows, more, err := t.query(ctx, in)
	if err != nil || len(rows) == 0 {
		return desk.FailurePage{}, err
	}
	items, err := t.wholes(ctx, rows)
	if err != nil {
		return desk.FailurePage{}, err
	}
	var page desk.FailurePage
	for _, it := range items {
		if t.expired(it) {
			continue
		}
		f, err := decodeFailure(it)
		if err != nil {
			return page, err
		}
		page.Failures = append(page.Failures, f)
	}
	if more != nil {
		page.Next = getStr(rows[len(rows)-1], "h1")
	}
	return page, nil
}

// wholes reads the items that rows of an index stand for, in the rows' order; what is gone meanwhile is left out.
func (t *Table) wholes(ctx context.Context, rows []item) ([]item, error) {
	byKey := map[key]item{}
	for from := 0; from < len(rows); from += 100 {
		var keys []map[string]types.AttributeValue
		for _, r := range rows[from:min(from+100, len(rows))] {
			keys = append(keys, keyOf(r).attrs())
		}
		items, err := t.batchGet(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			byKey[keyOf(it)] = it
		}
	}
	var out []item
	for _, r := range rows {
		if it, ok := byKey[keyOf(r)]; ok {
			out = append(out, it)
		}
	}
	return out, nil
}

// ReplayFailure marks a failure to be put back where it failed; the dispatcher does it. What failed in the dispatcher
// itself is marked on its own item again. NotFound when there is no such failure.
func (t *Table) ReplayFailure(ctx context.Context, id desk.FailureID) error {
	it, err := t.failure(ctx, id)
	if err != nil {
		return err
	}
	f, err := decodeFailure(it)
	if err != nil {
		return err
	}
	if f.Stage == desk.StageDispatcher {
		return t.redispatch(ctx, f)
	}
	now := t.now()
	_, err = t.update(ctx, keyOf(it), "SET st = :st, q = :q, g3 = :shard, h3 = :due ADD rp :one", "attribute_exists(pk)", item{
		":st": str(desk.FailureReplaying), ":q": str(workName(desk.WorkReplay, now.UnixMilli())), ":one": num(1),
		":shard": str(workShard), ":due": moment(now.Add(sweepAfter)),
	})
	return err
}

// FailureReplayed notes that a failure's payload is on its queue again. It stays listed as such for 30 days: if it fails
// again it is a new failure, under its new queue message.
func (t *Table) FailureReplayed(ctx context.Context, id desk.FailureID, work string) error {
	day, message, ok := id.Split()
	if !ok {
		return nil
	}
	return t.noteReplay(ctx, failureKey(day, message), "q = :q", item{":q": str(work)})
}

func (t *Table) noteReplay(ctx context.Context, k key, cond string, args item) error {
	now := t.now()
	args[":st"], args[":now"], args[":ttl"] = str(desk.FailureReplayed), moment(now), num(now.Add(replayedFor).Unix())
	_, _, err := t.updateReturning(ctx, k, "SET st = :st, ra = :now, #ttl = :ttl REMOVE q, g3, h3", cond, args)
	return err
}

// DeleteFailure forgets a failure. NotFound when it isn't there.
func (t *Table) DeleteFailure(ctx context.Context, id desk.FailureID) error {
	it, err := t.failure(ctx, id)
	if err != nil {
		return err
	}
	_, err = t.remove(ctx, keyOf(it), "", nil)
	return err
}
