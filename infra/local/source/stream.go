package source

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/loket-desk/loket/infra/local/pattern"
)

// Stream feeds one function from one table's stream.
type Stream struct {
	Client          *dynamodbstreams.Client
	ARN             string
	Region          string
	FunctionARN     string
	MappingID       string // names the event source mapping in what is kept of failures
	Latest          bool   // begin at what comes, not at what is there
	BatchSize       int
	Window          time.Duration
	PartialFailures bool
	Bisect          bool
	Retries         int           // -1 is without end
	MaxAge          time.Duration // 0 is without end
	Filters         []pattern.Pattern
	OnFailure       func(ctx context.Context, f Failure) error // keeps what is given up; nil drops it
	Checkpoints     Checkpoints                                // nil begins anew at each run
	Function        Invoker
	Log             *slog.Logger
}

// Checkpoints remember how far each shard was read, where the table outlives the runner.
type Checkpoints interface {
	// After is the last sequence number that is done with, "" where the shard is new.
	After(shard string) string
	// Done notes it.
	Done(shard, sequence string)
}

const (
	activePoll = 25 * time.Millisecond
	idlePoll   = 250 * time.Millisecond
	newShards  = 5 * time.Second
)

// Run reads the stream until ctx ends: each shard in its order, a child only after its parent.
func (s *Stream) Run(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	finished := sync.Map{}
	started := map[string]bool{}
	first, ended := true, make(chan struct{}, 1)
	for ctx.Err() == nil {
		shards, err := s.shards(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("a stream can't be read", slog.String("stream", s.ARN), slog.String("error", err.Error()))
		}
		for _, id := range startable(shards, started, &finished) {
			started[id] = true
			latest := s.Latest && first
			readers.Go(func() {
				s.shard(ctx, id, latest)
				finished.Store(id, true)
				select {
				case ended <- struct{}{}:
				default:
				}
			})
		}
		first = first && err != nil
		select {
		case <-ctx.Done():
		case <-ended: // its children may begin
		case <-time.After(newShards):
		}
	}
}

// startable are the shards not begun whose parent is read to its end, or is gone from the stream.
func startable(shards []types.Shard, started map[string]bool, finished *sync.Map) []string {
	present := map[string]bool{}
	for _, sh := range shards {
		present[aws.ToString(sh.ShardId)] = true
	}
	var out []string
	for _, sh := range shards {
		id, parent := aws.ToString(sh.ShardId), aws.ToString(sh.ParentShardId)
		if _, done := finished.Load(parent); !started[id] && (done || !present[parent]) {
			out = append(out, id)
		}
	}
	return out
}

func (s *Stream) shards(ctx context.Context) ([]types.Shard, error) {
	var all []types.Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &s.ARN}
	for {
		out, err := s.Client.DescribeStream(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.StreamDescription.Shards...)
		if out.StreamDescription.LastEvaluatedShardId == nil {
			return all, nil
		}
		in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId
	}
}

// reader reads one shard.
type reader struct {
	*Stream
	id       string
	iterator *string // nil: ask for one after the last record seen
	latest   bool
	seen     string // the last record read, "" for none
}

// shard reads one shard to its end, or until ctx ends.
func (s *Stream) shard(ctx context.Context, id string, latest bool) {
	r := &reader{Stream: s, id: id, latest: latest}
	if s.Checkpoints != nil {
		r.seen = s.Checkpoints.After(id)
	}
	var pending []types.Record
	var since time.Time // when the first pending record was read
	wait := activePoll
	for ctx.Err() == nil {
		records, open, err := r.next(ctx)
		if err != nil {
			sleep(ctx, idlePoll)
			continue
		}
		if len(pending) == 0 {
			since = time.Now()
		}
		pending = append(pending, records...)
		full := len(pending) >= s.BatchSize || time.Since(since) >= s.Window || !open
		if len(pending) > 0 && full {
			s.process(ctx, id, pending)
			pending = nil
		}
		if !open {
			return
		}
		wait = pause(wait, len(records))
		if len(records) == 0 && !sleep(ctx, wait) {
			return
		}
	}
}

// pause is how long to wait before the next look at a shard: short while records come, longer when none do.
func pause(before time.Duration, records int) time.Duration {
	if records > 0 {
		return activePoll
	}
	return min(before+before/4, idlePoll)
}

// next reads what is there; open is false at the shard's end.
func (r *reader) next(ctx context.Context) (records []types.Record, open bool, err error) {
	if r.iterator == nil {
		if err := r.begin(ctx); err != nil {
			return nil, true, err
		}
	}
	out, err := r.Client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: r.iterator, Limit: aws.Int32(1000)})
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Debug("a shard can't be read", slog.String("shard", r.id), slog.String("error", err.Error()))
		}
		r.iterator = nil // it may be too old
		return nil, true, err
	}
	r.iterator = out.NextShardIterator
	if n := len(out.Records); n > 0 {
		r.seen = aws.ToString(out.Records[n-1].Dynamodb.SequenceNumber)
	}
	return out.Records, out.NextShardIterator != nil, nil
}

// begin finds the place to read from.
func (r *reader) begin(ctx context.Context) error {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &r.ARN, ShardId: &r.id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	switch {
	case r.seen != "":
		in.ShardIteratorType, in.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &r.seen
	case r.latest:
		in.ShardIteratorType = types.ShardIteratorTypeLatest
	}
	out, err := r.Client.GetShardIterator(ctx, in)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Warn("a shard can't be read", slog.String("shard", r.id), slog.String("error", err.Error()))
		}
		if r.seen != "" && r.Checkpoints != nil {
			r.seen = "" // a checkpoint of another table, or older than the stream keeps: begin at what there is
		}
		return err
	}
	r.iterator = out.ShardIterator
	return nil
}
