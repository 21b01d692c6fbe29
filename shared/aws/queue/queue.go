// Package queue puts letters on the SQS queues in order, and moves their visibility.
package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

// Queues are the queues of one deployment, by the name that desk gives them.
type Queues struct {
	cloud     *aws.Client
	addresses map[string]string
}

// New takes the queues' addresses by name, as config reads them.
func New(cloud *aws.Client, addresses map[string]string) *Queues {
	return &Queues{cloud: cloud, addresses: addresses}
}

const prefix = "AmazonSQS."

// call makes one SQS call and puts what goes wrong into the product's words.
func (q *Queues) call(ctx context.Context, operation string, in, out any) error {
	err := q.cloud.JSON(ctx, aws.SQS, "1.0", prefix+operation, in, out)
	var f *aws.Failure
	if errors.As(err, &f) {
		return f.Refusal(desk.Internal, "The queue refused the request.")
	}
	return err
}

func (q *Queues) address(name string) (string, error) {
	a, ok := q.addresses[name]
	if !ok {
		return "", desk.Refuse(desk.Internal, "A queue is missing from this function's set-up.").
			Because(fmt.Errorf("no address of the queue %q in the environment", name))
	}
	return a, nil
}

// Backoff hides a received record for d, rounded up to whole seconds and at most twelve hours: it comes back then.
func (q *Queues) Backoff(ctx context.Context, queue, receipt string, d time.Duration) error {
	address, err := q.address(queue)
	if err != nil {
		return err
	}
	seconds := min(int64((d+time.Second-1)/time.Second), 12*60*60)
	return q.call(ctx, "ChangeMessageVisibility", map[string]any{
		"QueueUrl": address, "ReceiptHandle": receipt, "VisibilityTimeout": max(seconds, 0),
	}, nil)
}

// Hider is Backoff for one queue.
func (q *Queues) Hider(queue string) func(ctx context.Context, receipt string, d time.Duration) error {
	return func(ctx context.Context, receipt string, d time.Duration) error {
		return q.Backoff(ctx, queue, receipt, d)
	}
}

// Received is a letter taken off a queue by Receive. It comes back unless it is deleted.
type Received = desk.QueueMessage

type receivedMessage struct {
	MessageID     string `json:"MessageId"`
	ReceiptHandle string
	Body          string
	Attributes    struct {
		MessageGroupID          string `json:"MessageGroupId"`
		ApproximateReceiveCount int    `json:",string"`
		SentTimestamp           int64  `json:",string"`
	}
}

// Receive takes up to ten letters without waiting for any, for draining a dead-letter queue. They are hidden for the
// queue's visibility timeout.
func (q *Queues) Receive(ctx context.Context, queue string, most int) ([]Received, error) {
	address, err := q.address(queue)
	if err != nil {
		return nil, err
	}
	var out struct{ Messages []receivedMessage }
	err = q.call(ctx, "ReceiveMessage", map[string]any{
		"QueueUrl": address, "MaxNumberOfMessages": min(max(most, 1), 10), "MessageSystemAttributeNames": []string{"All"},
	}, &out)
	if err != nil {
		return nil, err
	}
	var letters []Received
	for _, m := range out.Messages {
		letters = append(letters, Received{
			ID: m.MessageID, Receipt: m.ReceiptHandle, Group: m.Attributes.MessageGroupID, Body: []byte(m.Body),
			Tries: m.Attributes.ApproximateReceiveCount, SentAt: time.UnixMilli(m.Attributes.SentTimestamp).UTC(),
		})
	}
	return letters, nil
}

// Delete takes a received letter off its queue for good.
func (q *Queues) Delete(ctx context.Context, queue, receipt string) error {
	address, err := q.address(queue)
	if err != nil {
		return err
	}
	return q.call(ctx, "DeleteMessage", map[string]any{"QueueUrl": address, "ReceiptHandle": receipt}, nil)
}

// Depth is how many letters wait in a queue, roughly, and how many are being worked on.
type Depth = desk.QueueDepth

// Depth asks how full a queue is. The figures lag by up to a minute.
func (q *Queues) Depth(ctx context.Context, queue string) (Depth, error) {
	address, err := q.address(queue)
	if err != nil {
		return Depth{}, err
	}
	var out struct {
		Attributes struct {
			Waiting int `json:"ApproximateNumberOfMessages,string"`
			Working int `json:"ApproximateNumberOfMessagesNotVisible,string"`
			Delayed int `json:"ApproximateNumberOfMessagesDelayed,string"`
		}
	}
	err = q.call(ctx, "GetQueueAttributes", map[string]any{
		"QueueUrl": address,
		"AttributeNames": []string{
			"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
		},
	}, &out)
	return Depth(out.Attributes), err
}
