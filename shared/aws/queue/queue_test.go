package queue_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
)

func client(endpoint string) *aws.Client {
	return aws.New(config.Config{
		Region: "us-east-1", Credentials: config.Credentials{AccessKey: "local", Secret: "local"},
		Endpoints: config.Endpoints{SQS: endpoint},
	})
}

// real makes a fresh queue on the server that the tests run against.
func real(t *testing.T, attributes map[string]string) *queue.Queues {
	t.Helper()
	endpoint := os.Getenv("AWS_ENDPOINT_URL_SQS")
	if endpoint == "" {
		t.Fatal("AWS_ENDPOINT_URL_SQS is not set: run `make test`, or `go run ./infra/local/servers -- go test ./...`")
	}
	name := "test-" + rand.Text()
	if attributes["FifoQueue"] == "true" {
		name += ".fifo"
	}
	cloud := client(endpoint)
	var out struct {
		QueueURL string `json:"QueueUrl"`
	}
	err := cloud.JSON(t.Context(), aws.SQS, "1.0", "AmazonSQS.CreateQueue", map[string]any{"QueueName": name, "Attributes": attributes}, &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cloud.JSON(context.Background(), aws.SQS, "1.0", "AmazonSQS.DeleteQueue", map[string]any{"QueueUrl": out.QueueURL}, nil)
	})
	return queue.New(cloud, map[string]string{desk.QueueInbound: out.QueueURL})
}

func fifo(t *testing.T) *queue.Queues {
	return real(t, map[string]string{"FifoQueue": "true", "VisibilityTimeout": "60"})
}

func letter(group, body string) desk.Letter {
	text, _ := json.Marshal(body)
	return desk.Letter{Queue: desk.QueueInbound, Group: group, Dedup: desk.Digest(group, body), Body: text}
}

// drain takes everything off the queue, deleting as it goes.
func drain(t *testing.T, q *queue.Queues) []queue.Received {
	t.Helper()
	var all []queue.Received
	for {
		got, err := q.Receive(t.Context(), desk.QueueInbound, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			return all
		}
		for _, r := range got {
			if err := q.Delete(t.Context(), desk.QueueInbound, r.Receipt); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, got...)
	}
}

func TestTheLettersOfAGroupArriveInTheirOrder(t *testing.T) {
	q := fifo(t)
	var letters []desk.Letter
	for i := range 31 {
		letters = append(letters, letter(fmt.Sprintf("g%d", i%3), fmt.Sprintf("%02d", i)))
	}
	if err := q.Send(t.Context(), letters); err != nil {
		t.Fatal(err)
	}
	last, count := map[string]string{}, 0
	for _, r := range drain(t, q) {
		if string(r.Body) <= last[r.Group] {
			t.Errorf("%s came after %s in %s", r.Body, last[r.Group], r.Group)
		}
		last[r.Group] = string(r.Body)
		count++
		if r.Tries != 1 || r.ID == "" || time.Since(r.SentAt) > time.Minute {
			t.Errorf("a letter without its facts: %+v", r)
		}
	}
	if count != len(letters) {
		t.Errorf("%d letters of %d arrived", count, len(letters))
	}
}

func TestALetterSentTwiceIsOne(t *testing.T) {
	q := fifo(t)
	for range 2 {
		if err := q.Send(t.Context(), []desk.Letter{letter("g", "x")}); err != nil {
			t.Fatal(err)
		}
	}
	if got := drain(t, q); len(got) != 1 {
		t.Errorf("%d letters", len(got))
	}
}

func TestLargeLettersTravelInSeveralCalls(t *testing.T) {
	q := fifo(t)
	var letters []desk.Letter
	for i := range 6 {
		letters = append(letters, letter(fmt.Sprint(i), strings.Repeat("x", 250<<10)))
	}
	if err := q.Send(t.Context(), letters); err != nil {
		t.Fatal(err)
	}
	if got := drain(t, q); len(got) != 6 {
		t.Errorf("%d letters", len(got))
	}
}

func TestEveryCharacterOfJSONArrives(t *testing.T) {
	q := fifo(t)
	odd := "a\x00\x1f\uFFFE\uFFFF\U0010FFFF\u2028€<é😀"
	if err := q.Send(t.Context(), []desk.Letter{letter("g", odd)}); err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(drain(t, q)[0].Body, &back); err != nil || back != odd {
		t.Errorf("%q came back as %q (%v)", odd, back, err)
	}
}

func TestARecordIsHiddenForAsLongAsAsked(t *testing.T) {
	q := fifo(t)
	if err := q.Send(t.Context(), []desk.Letter{letter("g", "x")}); err != nil {
		t.Fatal(err)
	}
	first, err := q.Receive(t.Context(), desk.QueueInbound, 1)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	if hidden, err := q.Receive(t.Context(), desk.QueueInbound, 1); err != nil || len(hidden) != 0 {
		t.Fatal("it should be hidden", hidden, err)
	}
	if err := q.Backoff(t.Context(), desk.QueueInbound, first[0].Receipt, 0); err != nil {
		t.Fatal(err)
	}
	again, err := q.Receive(t.Context(), desk.QueueInbound, 1)
	if err != nil || len(again) != 1 || again[0].Tries != 2 {
		t.Errorf("it did not come back: %+v %v", again, err)
	}
}

func TestDepthCountsWhatWaitsAndWhatIsWorkedOn(t *testing.T) {
	q := real(t, nil)
	for _, body := range []string{"a", "b", "c"} {
		if err := q.Send(t.Context(), []desk.Letter{{Queue: desk.QueueInbound, Body: json.RawMessage(`"` + body + `"`)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.Receive(t.Context(), desk.QueueInbound, 1); err != nil {
		t.Fatal(err)
	}
	got, err := q.Depth(t.Context(), desk.QueueInbound)
	if err != nil || got.Waiting != 2 || got.Working != 1 {
		t.Errorf("%+v %v", got, err)
	}
}
