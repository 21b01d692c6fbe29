package source

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/loket-desk/loket/infra/local/javaserver"
	"github.com/loket-desk/loket/infra/local/pattern"
)

func queueClient(t *testing.T) *sqs.Client {
	t.Helper()
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: endpoint(t, "AWS_ENDPOINT_URL_SQS", javaserver.ElasticMQ), Credentials: aws.CredentialsProviderFunc(credentials),
	})
}

// queue makes a queue for one test and what feeds f from it.
func queue(t *testing.T, c *sqs.Client, f Invoker, attributes map[string]string) *Queue {
	t.Helper()
	name := unique("q")
	if attributes["FifoQueue"] != "" {
		name += ".fifo"
	}
	out, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl}) })
	return &Queue{
		Client: c, URL: *out.QueueUrl, ARN: "arn:aws:sqs:us-east-1:000000000000:" + name, Region: "us-east-1", BatchSize: 10, Concurrency: 2,
		PartialFailures: true, Function: f, Log: slog.New(slog.DiscardHandler),
	}
}

func send(t *testing.T, q *Queue, body string, change func(*sqs.SendMessageInput)) {
	t.Helper()
	in := &sqs.SendMessageInput{QueueUrl: &q.URL, MessageBody: &body}
	if change != nil {
		change(in)
	}
	if _, err := q.Client.SendMessage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// left is how many messages a queue holds, in work or not.
func left(t *testing.T, q *Queue) string {
	t.Helper()
	out, err := q.Client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.URL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"] + "+" + out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

func TestQueuesFeedTheirFunctions(t *testing.T) {
	c := queueClient(t)
	for name, test := range map[string]func(*testing.T, *sqs.Client){
		"a message becomes a record as Lambda writes it": recordOfAMessage,
		"messages that no filter lets through are done":  filteredMessages,
		"a window gathers a batch":                       gathered,
		"a batch over 6 MB is handed over in parts":      parts,
		"a queue that can't be read is tried again":      unreadable,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

func recordOfAMessage(t *testing.T, c *sqs.Client) {
	f := &recorder{}
	q := queue(t, c, f, map[string]string{"FifoQueue": "true"})
	send(t, q, `{"a":"<b>"}`, func(in *sqs.SendMessageInput) {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("g1"), aws.String("d1")
		in.MessageAttributes = map[string]types.MessageAttributeValue{
			"Kind": {DataType: aws.String("String"), StringValue: aws.String("test")}, "Raw": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}},
		}
	})
	during(t, q.Run, func() {
		waitFor(t, "the event", func() bool { return f.count() == 1 })
		waitFor(t, "its deletion", func() bool { return left(t, q) == "0+0" })
	})
	var e struct{ Records []map[string]any }
	if err := json.Unmarshal(f.events[0], &e); err != nil || len(e.Records) != 1 {
		t.Fatalf("the event is %s, %v", f.events[0], err)
	}
	r := e.Records[0]
	attributes, _ := r["attributes"].(map[string]any)
	for _, name := range []string{"ApproximateReceiveCount", "SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId", "MessageGroupId", "MessageDeduplicationId", "SequenceNumber"} {
		if attributes[name] == nil || attributes[name] == "" {
			t.Errorf("the attribute %s is missing: %v", name, attributes)
		}
	}
	if attributes["ApproximateReceiveCount"] != "1" || attributes["MessageGroupId"] != "g1" || attributes["MessageDeduplicationId"] != "d1" {
		t.Errorf("the attributes are %v", attributes)
	}
	own, _ := json.Marshal(r["messageAttributes"])
	if want := `{"Kind":{"binaryListValues":[],"dataType":"String","stringListValues":[],"stringValue":"test"},"Raw":{"binaryListValues":[],"binaryValue":"AAE=","dataType":"Binary","stringListValues":[]}}`; string(own) != want {
		t.Errorf("the message's own attributes are %s", own)
	}
	if r["body"] != `{"a":"<b>"}` || r["eventSource"] != "aws:sqs" || r["eventSourceARN"] != q.ARN || r["awsRegion"] != "us-east-1" || len(r["md5OfBody"].(string)) != 32 || r["receiptHandle"] == "" || r["messageId"] == "" {
		t.Errorf("the record is %v", r)
	}
}

func filteredMessages(t *testing.T, c *sqs.Client) {
	f := &recorder{}
	q := queue(t, c, f, nil)
	var err error
	if q.Filters, err = pattern.ParseAll([]string{`{"body": {"kind": ["wanted"]}}`}); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{`{"kind":"other"}`, `no JSON`, `{"kind":"wanted"}`} {
		send(t, q, body, nil)
	}
	during(t, q.Run, func() { waitFor(t, "an empty queue", func() bool { return f.count() > 0 && left(t, q) == "0+0" }) })
	if n := f.count(); n != 1 || !strings.Contains(string(f.events[0]), `{\"kind\":\"wanted\"}`) {
		t.Errorf("%d events came: %s", n, f.events)
	}
}

func gathered(t *testing.T, c *sqs.Client) {
	f := &recorder{}
	q := queue(t, c, f, nil)
	q.Window, q.BatchSize, q.Concurrency = 10*time.Second, 12, 1
	during(t, q.Run, func() {
		for i := range 12 {
			send(t, q, fmt.Sprint(i), nil)
		}
		waitFor(t, "the batch", func() bool { return f.count() == 1 })
	})
	var e struct{ Records []any }
	if err := json.Unmarshal(f.events[0], &e); err != nil || len(e.Records) != 12 {
		t.Errorf("the batch has %d messages, %v", len(e.Records), err)
	}
}

func parts(t *testing.T, c *sqs.Client) {
	f := &recorder{}
	q := queue(t, c, f, nil)
	var messages []types.Message
	for i := range 4 {
		messages = append(messages, types.Message{MessageId: aws.String(fmt.Sprint(i)), ReceiptHandle: aws.String("r"), Body: aws.String(strings.Repeat("x", 2<<20))})
	}
	q.handle(t.Context(), messages)
	if n := f.count(); n != 2 || len(f.events[0]) > maxPayload {
		t.Errorf("it came in %d parts", n)
	}
}

func unreadable(t *testing.T, c *sqs.Client) {
	f := &recorder{}
	q := queue(t, c, f, nil)
	url := q.URL
	q.URL, q.Concurrency = url+"-later", 1
	during(t, q.Run, func() {
		time.Sleep(50 * time.Millisecond)
		name := url[strings.LastIndex(url, "/")+1:] + "-later"
		if _, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name}); err != nil {
			t.Fatal(err)
		}
		send(t, q, "at last", nil)
		waitFor(t, "the message", func() bool { return f.count() == 1 })
	})
}
