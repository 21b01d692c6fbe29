package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// Swept notes a finished sweep: when, and what it did.
func (t *Table) Swept(ctx context.Context, note string) error {
	it := stateKey("sweep").item()
	it["t"], it["note"] = moment(t.now()), str(clip(note, 1000))
	_, err := t.put(ctx, it, "", nil)
	return err
}

// LastSweep is when the last sweep finished and what it did; zero when there was none.
func (t *Table) LastSweep(ctx context.Context) (time.Time, string, error) {
	it, _, err := t.get(ctx, stateKey("sweep"))
	return getTime(it, "t"), getStr(it, "note"), err
}

// ShiftsSeen is until when beginnings of working hours were looked for; zero when they never were.
func (t *Table) ShiftsSeen(ctx context.Context) (time.Time, error) {
	it, _, err := t.get(ctx, stateKey("shifts"))
	return getTime(it, "t"), err
}

// SawShifts notes until when beginnings of working hours were looked for.
func (t *Table) SawShifts(ctx context.Context, until time.Time) error {
	it := stateKey("shifts").item()
	it["t"] = moment(until)
	_, err := t.put(ctx, it, "", nil)
	return err
}

// MailCame notes that a mail came in.
func (t *Table) MailCame(ctx context.Context, at time.Time) error {
	it := stateKey("mail").item()
	it["t"] = moment(at)
	_, err := t.put(ctx, it, "", nil)
	return err
}

// NoteQueuesWaiting replaces what is known of the queues in which something waits: since when.
func (t *Table) NoteQueuesWaiting(ctx context.Context, since map[string]time.Time) error {
	it := stateKey("queues").item()
	for queue, at := range since {
		it["w_"+queue] = moment(at)
	}
	_, err := t.put(ctx, it, "", nil)
	return err
}

// QueuesWaiting is what NoteQueuesWaiting noted last; empty when nothing waits.
func (t *Table) QueuesWaiting(ctx context.Context) (map[string]time.Time, error) {
	it, _, err := t.get(ctx, stateKey("queues"))
	since := map[string]time.Time{}
	for name := range it {
		if len(name) > 2 && name[:2] == "w_" {
			since[name[2:]] = getTime(it, name)
		}
	}
	return since, err
}

// Signs are what the stages noted of themselves.
func (t *Table) Signs(ctx context.Context) (desk.Signs, error) {
	var s desk.Signs
	var err error
	if s.Swept, s.Note, err = t.LastSweep(ctx); err != nil {
		return s, err
	}
	it, _, err := t.get(ctx, stateKey("mail"))
	if err != nil {
		return s, err
	}
	s.Mail = getTime(it, "t")
	s.Waiting, err = t.QueuesWaiting(ctx)
	return s, err
}

// CountFailures is how many failures are kept, counted to at most the number given.
func (t *Table) CountFailures(ctx context.Context, most int) (int, error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, IndexName: aws.String("gsi1"), KeyConditionExpression: aws.String("g1 = :g"), Select: types.SelectCount,
		ExpressionAttributeValues: item{":g": str(failuresList)}, Limit: aws.Int32(int32(most)), //nolint:gosec // a small constant
	})
	if err != nil {
		return 0, t.fail("count the failures", err)
	}
	return int(out.Count), nil
}

// callsKept is how long a minute's count is kept: nobody asks for it after the minute.
const callsKept = 10 * time.Minute

// CountCalls adds calls of a caller to the count of a minute and gives the sum.
func (t *Table) CountCalls(ctx context.Context, caller string, minute time.Time, calls int) (int, error) {
	it, _, err := t.updateReturning(ctx, rateKey(caller, minute), "ADD n :n SET #ttl = :ttl", "attribute_not_exists(pk) OR attribute_exists(pk)", item{
		":n": num(int64(calls)), ":ttl": num(minute.Add(callsKept).Unix()),
	})
	return int(getNum(it, "n")), err
}
