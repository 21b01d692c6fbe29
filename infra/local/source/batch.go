package source

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/loket-desk/loket/infra/local/pattern"
)

// streamItem is one record on its way to the function.
type streamItem struct {
	sequence string
	created  time.Time
	record   streamRecord
}

// process hands a shard's records on in batches, each to its end: done, or given up.
func (s *Stream) process(ctx context.Context, shard string, records []types.Record) {
	var items []streamItem
	for _, r := range records {
		item := streamItem{sequence: aws.ToString(r.Dynamodb.SequenceNumber), created: created(r), record: s.record(r)}
		document, err := compact(item.record)
		if err == nil && pattern.Any(s.Filters, document) {
			items = append(items, item)
		}
	}
	for len(items) > 0 && ctx.Err() == nil {
		n := s.fitting(items)
		s.deliver(ctx, shard, items[:n])
		if ctx.Err() == nil {
			s.checkpoint(shard, items[n-1].sequence)
		}
		items = items[n:]
	}
	if ctx.Err() == nil {
		s.checkpoint(shard, aws.ToString(records[len(records)-1].Dynamodb.SequenceNumber))
	}
}

// created is when a change was made. DynamoDB Local tells it to the minute, rounded down: taken as it is, a limit of a
// minute would give up changes that have just been made.
func created(r types.Record) time.Time {
	t, now := aws.ToTime(r.Dynamodb.ApproximateCreationDateTime), time.Now()
	if t.Second() == 0 {
		t = t.Add(time.Minute - time.Second)
	}
	if t.After(now) {
		return now
	}
	return t
}

func (s *Stream) checkpoint(shard, sequence string) {
	if s.Checkpoints != nil {
		s.Checkpoints.Done(shard, sequence)
	}
}

// fitting is how many items go into one batch: BatchSize, and not over 6 MB.
func (s *Stream) fitting(items []streamItem) int {
	size := 0
	for n, item := range items {
		document, _ := compact(item.record) // it was made before, for the filters
		size += len(document) + 1
		if n == s.BatchSize || (n > 0 && size > maxPayload-64) {
			return n
		}
	}
	return len(items)
}

// attempt is a part of a batch with the tries that it has had.
type attempt struct {
	items []streamItem
	tries int
}

// deliver works on one batch until each record of it was accepted or given up. A failed batch is cut in two where the
// mapping says so, which costs no retry.
func (s *Stream) deliver(ctx context.Context, shard string, items []streamItem) {
	queue := []attempt{{items: items}}
	backoff := 100 * time.Millisecond
	for len(queue) > 0 && ctx.Err() == nil {
		a := queue[0]
		queue = queue[1:]
		if a.items = s.expire(ctx, shard, a); len(a.items) == 0 {
			continue
		}
		rest, functionError := s.attempt(ctx, a.items)
		a.tries++
		if len(rest) == 0 {
			backoff = 100 * time.Millisecond
			continue
		}
		if ctx.Err() != nil {
			return
		}
		progressed := len(rest) < len(a.items)
		switch {
		case s.Bisect && len(rest) > 1 && !progressed:
			half := len(rest) / 2
			queue = append([]attempt{{rest[:half], a.tries - 1}, {rest[half:], a.tries - 1}}, queue...)
		case s.Retries >= 0 && a.tries > s.Retries:
			s.giveUp(ctx, shard, rest, Failure{Condition: "RetryAttemptsExhausted", Invocations: a.tries, FunctionError: functionError})
		default:
			queue = append([]attempt{{rest, a.tries}}, queue...)
			sleep(ctx, backoff)
			backoff = min(2*backoff, 5*time.Second)
		}
	}
}

// attempt calls the function once and returns what has to be tried again, all from the lowest failed record on.
func (s *Stream) attempt(ctx context.Context, items []streamItem) (rest []streamItem, functionError bool) {
	records := make([]streamRecord, len(items))
	index := map[string]int{}
	for i, item := range items {
		records[i], index[item.sequence] = item.record, i
	}
	payload, err := compact(struct{ Records []streamRecord }{records})
	if err != nil {
		s.Log.Error("records can't be made an event", slog.String("stream", s.ARN), slog.String("error", err.Error()))
		return items, true
	}
	out, err := s.Function.Invoke(ctx, payload)
	if err != nil {
		return items, true
	}
	if !s.PartialFailures {
		return nil, false
	}
	failed, err := batchFailures(out, func(id string) bool { _, ok := index[id]; return ok })
	if err != nil {
		s.Log.Warn("the whole batch counts as failed", slog.String("stream", s.ARN), slog.String("error", err.Error()))
		return items, false
	}
	lowest := len(items)
	for id := range failed {
		lowest = min(lowest, index[id])
	}
	return items[lowest:], false
}

// expire gives up the records that are too old, and returns the others.
func (s *Stream) expire(ctx context.Context, shard string, a attempt) []streamItem {
	if s.MaxAge == 0 {
		return a.items
	}
	n := 0
	for n < len(a.items) && time.Since(a.items[n].created) > s.MaxAge {
		n++
	}
	if n > 0 {
		s.giveUp(ctx, shard, a.items[:n], Failure{Condition: "RecordAgeExceeded", Invocations: a.tries, FunctionError: a.tries > 0})
	}
	return a.items[n:]
}

// giveUp keeps what the function never accepted, until that has worked: nothing is dropped because S3 was away.
func (s *Stream) giveUp(ctx context.Context, shard string, items []streamItem, f Failure) {
	s.Log.Warn("records of a stream were given up", slog.String("stream", s.ARN), slog.Int("records", len(items)), slog.String("condition", f.Condition))
	if s.OnFailure == nil {
		return
	}
	f.fill(s, shard, items)
	for wait := 100 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		err := s.OnFailure(ctx, f)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		s.Log.Warn("given-up records can't be kept yet", slog.String("error", err.Error()))
		sleep(ctx, wait)
	}
}
