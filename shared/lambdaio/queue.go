package lambdaio

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Record is one message from a queue.
type Record struct {
	ID      string // SQS's message id
	Receipt string // what moves its visibility
	Group   string // FIFO group; empty on other queues
	Body    []byte
	Tries   int       // how often it was received, this time included; at least 1
	SentAt  time.Time // when it was put on the queue
}

// BatchOptions say what becomes of the records of a queue. Handle, GiveUp, Backoff and Transient must be set.
type BatchOptions struct {
	// Handle works on one record. An error means one thing: bring this record back.
	Handle func(ctx context.Context, r Record) error
	// GiveUp stores a record that failed too often, with its last error, where an admin sees it. Its own error keeps the
	// record on the queue.
	GiveUp func(ctx context.Context, r Record, why error) error
	// Backoff hides a record for a while.
	Backoff func(ctx context.Context, receipt string, d time.Duration) error
	// Transient reports whether waiting helps: such a record is never given up.
	Transient func(error) bool
	// Wait is how long an error itself asks to wait, at most 15 minutes; 0 leaves it to the backoff. Nil is always 0.
	Wait func(error) time.Duration
	// Tries is how often a record is tried before it is given up; 5 when not set.
	Tries int
	// Parallel is how many groups are worked on at once; 5 when not set.
	Parallel int
}

const (
	longestBackoff = time.Minute
	longestWait    = 15 * time.Minute
	// lasting is after how many receptions what fails is an outage: from then on a record comes back every quarter of an
	// hour only, so that the receptions that its queue allows last for hours.
	lasting = 15
)

// Queue handles batches of an SQS queue with partial failures. The records of one group are handled in order, groups side
// by side. After a record failed, the later ones of its group are not tried: all of them are hidden for the same while,
// one second doubling to a minute (a quarter of an hour in a lasting outage), and come back in order. A record that fails its last try is given up, and its
// followers go on.
func Queue(o BatchOptions) Handler {
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Parallel == 0 {
		o.Parallel = 5
	}
	if o.Wait == nil {
		o.Wait = func(error) time.Duration { return 0 }
	}
	return handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		var event events.SQSEvent
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		return json.Marshal(o.run(ctx, event))
	})
}

// batch is one invocation's work.
type batch struct {
	BatchOptions
	late time.Time // a record begun after this may be cut short through no fault of its own
}

func (o BatchOptions) run(ctx context.Context, event events.SQSEvent) events.SQSEventResponse {
	begun := time.Now()
	b := batch{BatchOptions: o, late: begun.Add(time.Hour)}
	if end, ok := ctx.Deadline(); ok {
		b.late = begun.Add(time.Until(end) / 2)
	}
	groups := grouped(event.Records)
	failed := make([][]Record, len(groups))
	slots := make(chan struct{}, o.Parallel)
	var all sync.WaitGroup
	for i, g := range groups {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			failed[i] = b.group(ctx, g)
		})
	}
	all.Wait()
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, group := range failed {
		for _, r := range group {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.ID})
		}
	}
	slog.InfoContext(ctx, "batch", "records", len(event.Records), "failed", len(answer.BatchItemFailures), "ms", since(begun))
	return answer
}

// grouped keeps the order inside each group. A record without a group is a group of its own.
func grouped(messages []events.SQSMessage) [][]Record {
	var groups [][]Record
	place := map[string]int{}
	for _, m := range messages {
		r := Record{
			ID: m.MessageId, Receipt: m.ReceiptHandle, Group: m.Attributes["MessageGroupId"], Body: []byte(m.Body),
			Tries: max(number(m.Attributes["ApproximateReceiveCount"]), 1),
		}
		if ms := number(m.Attributes["SentTimestamp"]); ms > 0 {
			r.SentAt = time.UnixMilli(int64(ms)).UTC()
		}
		at, known := place[r.Group]
		if !known || r.Group == "" {
			at = len(groups)
			place[r.Group] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// group handles one group's records and returns those that must come back.
func (b batch) group(ctx context.Context, records []Record) []Record {
	for i, r := range records {
		err := b.one(ctx, r)
		if err == nil {
			continue
		}
		b.hide(ctx, records[i:], b.pause(r, err))
		return records[i:]
	}
	return nil
}

// errNoTime is for records that were not begun, or begun late and cut short: it says nothing about them.
var errNoTime = errors.New("the invocation had no time left for it")

// one handles a record, and gives it up at its last try. Its error means: bring it back.
func (b batch) one(ctx context.Context, r Record) error {
	working, cancel := within(ctx)
	defer cancel()
	if working.Err() != nil {
		return errNoTime
	}
	late := time.Now().After(b.late)
	err := guarded(func() error { return b.Handle(working, r) })
	if err == nil {
		return nil
	}
	if late && working.Err() != nil {
		return errNoTime
	}
	if r.Tries < b.Tries || b.Transient(err) {
		warn(ctx, "a record comes back", err, "record", r.ID, "try", r.Tries)
		return err
	}
	if stored := guarded(func() error { return b.GiveUp(ctx, r, err) }); stored != nil {
		warn(ctx, "a failed record could not be stored and comes back", stored, "record", r.ID, "try", r.Tries)
		return stored
	}
	warn(ctx, "a record failed and was stored as a failure", err, "record", r.ID, "try", r.Tries)
	Metric(MetricFailures, 1, Count)
	return nil
}

// pause is how long a failed record stays hidden: what its error asks for, or 1 s doubling to 60 s, and 15 minutes in an
// outage that lasts.
func (o BatchOptions) pause(r Record, err error) time.Duration {
	if w := o.Wait(err); w > 0 {
		return min(w, longestWait)
	}
	if errors.Is(err, errNoTime) {
		return time.Second
	}
	if r.Tries > lasting {
		return longestWait
	}
	return min(time.Second<<min(r.Tries-1, 10), longestBackoff)
}

// hide gives a group's remaining records the same pause, the first one first. A record that can't be hidden waits for the
// queue's own visibility time-out: later, but not lost.
func (o BatchOptions) hide(ctx context.Context, records []Record, d time.Duration) {
	for _, r := range records {
		if err := guarded(func() error { return o.Backoff(ctx, r.Receipt, d) }); err != nil {
			warn(ctx, "a record could not be hidden", err, "record", r.ID)
		}
	}
}
