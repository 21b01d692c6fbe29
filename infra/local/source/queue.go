package source

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/loket-desk/loket/infra/local/pattern"
)

// Queue feeds one function from one SQS queue.
type Queue struct {
	Client          *sqs.Client
	URL, ARN        string
	Region          string
	BatchSize       int
	Window          time.Duration // gather a batch for so long; 0 hands on what is there
	Concurrency     int           // batches at once
	PartialFailures bool
	Filters         []pattern.Pattern
	Function        Invoker
	Log             *slog.Logger
}

// Run polls until ctx ends, and returns when no batch is in work any more.
//
// Each poller waits in a long poll of its own, so a message is handed on as it comes. What a failed batch leaves
// undeleted comes back by the queue's visibility time-out; the queue's redrive moves it to its dead-letter queue, and
// a FIFO queue holds a group back while one of its messages is in work.
func (q *Queue) Run(ctx context.Context) {
	var pollers sync.WaitGroup
	for range max(q.Concurrency, 1) {
		pollers.Go(func() { q.poll(ctx) })
	}
	pollers.Wait()
}

func (q *Queue) poll(ctx context.Context) {
	wait := 200 * time.Millisecond
	for ctx.Err() == nil {
		messages, err := q.batch(ctx)
		if err != nil && ctx.Err() == nil {
			q.Log.Warn("a queue can't be read", slog.String("queue", q.ARN), slog.String("error", err.Error()))
			sleep(ctx, wait)
			wait = min(2*wait, 10*time.Second)
			continue
		}
		wait = 200 * time.Millisecond
		q.handle(ctx, messages)
	}
}

// batch receives up to BatchSize messages; more than one call is made only where a window is set.
func (q *Queue) batch(ctx context.Context) ([]types.Message, error) {
	messages, err := q.receive(ctx, min(q.BatchSize, 10), 20)
	if err != nil || len(messages) == 0 || q.Window == 0 {
		return messages, err
	}
	ctx, cancel := context.WithTimeout(ctx, q.Window)
	defer cancel()
	for len(messages) < q.BatchSize && ctx.Err() == nil {
		more, err := q.receive(ctx, min(q.BatchSize-len(messages), 10), 1)
		if err != nil {
			break // what was received must not be lost by it
		}
		messages = append(messages, more...)
	}
	return messages, nil
}

func (q *Queue) receive(ctx context.Context, n, wait int) ([]types.Message, error) {
	out, err := q.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.URL, MaxNumberOfMessages: int32(n), WaitTimeSeconds: int32(wait), MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// handle runs one batch. Messages that no filter lets through are done; the rest goes to the function, in two parts
// where it would be too large for one call.
func (q *Queue) handle(ctx context.Context, messages []types.Message) {
	var records []queueRecord
	var done []types.Message
	for _, m := range messages {
		if r := q.record(m); pattern.Any(q.Filters, r.filterable()) {
			records = append(records, r)
		} else {
			done = append(done, m)
		}
	}
	q.remove(ctx, done)
	q.run(ctx, records)
}

func (q *Queue) run(ctx context.Context, records []queueRecord) {
	if len(records) == 0 {
		return
	}
	payload, err := compact(struct{ Records []queueRecord }{records})
	if err != nil {
		q.Log.Error("a message can't be made an event", slog.String("queue", q.ARN), slog.String("error", err.Error()))
		return
	}
	if len(payload) > maxPayload && len(records) > 1 {
		half := len(records) / 2
		q.run(ctx, records[:half])
		q.run(ctx, records[half:])
		return
	}
	out, err := q.Function.Invoke(ctx, payload)
	if err != nil {
		return // the pool has logged it; the messages come back when they become visible
	}
	failed := map[string]bool{}
	if q.PartialFailures {
		byID := map[string]bool{}
		for _, r := range records {
			byID[r.MessageID] = true
		}
		if failed, err = batchFailures(out, func(id string) bool { return byID[id] }); err != nil {
			q.Log.Warn("the whole batch counts as failed", slog.String("queue", q.ARN), slog.String("error", err.Error()))
			return
		}
	}
	var done []types.Message
	for _, r := range records {
		if !failed[r.MessageID] {
			done = append(done, r.message)
		}
	}
	q.remove(ctx, done)
}

// remove deletes messages. They were worked on, so this is tried also while the runner stops.
func (q *Queue) remove(ctx context.Context, messages []types.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for len(messages) > 0 {
		n := min(len(messages), 10)
		var entries []types.DeleteMessageBatchRequestEntry
		for _, m := range messages[:n] {
			entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
		}
		out, err := q.Client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err != nil {
			q.Log.Warn("messages that were worked on can't be deleted and will come again", slog.String("queue", q.ARN), slog.String("error", err.Error()))
			return
		}
		for _, f := range out.Failed {
			q.Log.Warn("a message that was worked on can't be deleted and will come again", slog.String("queue", q.ARN), slog.String("error", aws.ToString(f.Message)))
		}
		messages = messages[n:]
	}
}

// queueRecord is one record of an SQS event.
type queueRecord struct {
	MessageID         string                    `json:"messageId"`
	ReceiptHandle     string                    `json:"receiptHandle"`
	Body              string                    `json:"body"`
	Attributes        map[string]string         `json:"attributes"`
	MessageAttributes map[string]queueAttribute `json:"messageAttributes"`
	MD5OfAttributes   string                    `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody         string                    `json:"md5OfBody"`
	EventSource       string                    `json:"eventSource"`
	EventSourceARN    string                    `json:"eventSourceARN"`
	AWSRegion         string                    `json:"awsRegion"`

	message types.Message
}

type queueAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues [][]byte `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

func (q *Queue) record(m types.Message) queueRecord {
	r := queueRecord{
		MessageID: aws.ToString(m.MessageId), ReceiptHandle: aws.ToString(m.ReceiptHandle), Body: aws.ToString(m.Body), Attributes: m.Attributes,
		MessageAttributes: map[string]queueAttribute{}, MD5OfAttributes: aws.ToString(m.MD5OfMessageAttributes), MD5OfBody: aws.ToString(m.MD5OfBody),
		EventSource: "aws:sqs", EventSourceARN: q.ARN, AWSRegion: q.Region, message: m,
	}
	for name, a := range m.MessageAttributes {
		r.MessageAttributes[name] = queueAttribute{
			StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: aws.ToString(a.DataType),
			StringListValues: []string{}, BinaryListValues: [][]byte{},
		}
	}
	return r
}

// filterable is the record as filters see it: a body that is JSON is taken apart.
func (r queueRecord) filterable() []byte {
	seen := struct {
		queueRecord
		Body any `json:"body"`
	}{r, r.Body}
	if json.Valid([]byte(r.Body)) {
		seen.Body = json.RawMessage(r.Body)
	}
	document, err := compact(seen)
	if err != nil {
		return nil
	}
	return document
}
