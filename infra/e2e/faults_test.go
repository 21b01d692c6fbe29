package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

func TestWhatThePlatformAnswersBecomesTheMessagesState(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	cases := []struct {
		fault botapi.Fault
		state string
		sent  int
	}{
		{botapi.Fault{Kind: "429", RetryAfter: 1}, "SENT", 1},
		{botapi.Fault{Kind: "500"}, "SENT", 1},
		{botapi.Fault{Kind: "400"}, "FAILED", 0},
		{botapi.Fault{Kind: "403"}, "FAILED", 0},
		{botapi.Fault{Kind: "garbage"}, "UNKNOWN", 1},
		{botapi.Fault{Kind: "drop"}, "UNKNOWN", 1},
	}
	for i, c := range cases {
		t.Run(c.fault.Kind, func(t *testing.T) {
			chat := int64(200 + i)
			b.write(t, chat, "Customer "+c.fault.Kind, "hello")
			conversation := b.conversation(t, "Customer "+c.fault.Kind).str("id")
			c.fault.Method = "sendMessage"
			b.Fail(c.fault)
			m := s.reply(t, conversation, "an answer")
			got := s.state(t, time.Minute, conversation, m.str("id"), c.state)
			if c.state != "SENT" && got.str("status", "detail") == "" {
				t.Errorf("nothing says why: %v", got)
			}
			if n := len(b.sent(chat)); n != c.sent {
				t.Errorf("the customer got it %d times", n)
			}
		})
	}
}

func TestWhatFailedOrWasNeverAnsweredIsSentAgainByHand(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	for i, c := range []struct {
		fault, state string
		before       int // how often the customer got it before it is sent again
	}{{"400", "FAILED", 0}, {"drop", "UNKNOWN", 1}} {
		t.Run(c.state, func(t *testing.T) {
			chat := int64(1 + i)
			b.write(t, chat, "Ada "+c.state, "hello")
			conversation := b.conversation(t, "Ada "+c.state).str("id")
			b.Fail(botapi.Fault{Method: "sendMessage", Kind: c.fault})
			m := s.reply(t, conversation, "an answer")
			s.state(t, 30*time.Second, conversation, m.str("id"), c.state)
			if n := len(b.sent(chat)); n != c.before {
				t.Errorf("before it is sent again the customer got it %d times", n)
			}
			s.must(t, 200, "POST", "/v1/messages/"+m.str("id")+"/retry", nil)
			s.state(t, 30*time.Second, conversation, m.str("id"), "SENT")
			if n := len(b.sent(chat)); n != c.before+1 {
				t.Errorf("the customer got it %d times", n)
			}
		})
	}
}

func TestEveryQueueMessageDeliveredTwiceChangesNothing(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "HELP_DESK"), nil)
	remove := s.queues.add(func(q *seen) *verdict {
		if q.Op == "SendMessageBatch" {
			q.Body = doubled(q.Body)
		}
		return nil
	})
	for i := range 6 {
		b.write(t, int64(300+i), fmt.Sprint("Twice ", i), "one")
		b.write(t, int64(300+i), fmt.Sprint("Twice ", i), "two")
	}
	for i := range 6 {
		c := b.conversation(t, fmt.Sprint("Twice ", i)).str("id")
		s.waitTexts(t, time.Minute, c, "one", "two")
		m := s.reply(t, c, "answer")
		s.state(t, time.Minute, c, m.str("id"), "SENT")
	}
	remove()
	time.Sleep(2 * time.Second)
	for i := range 6 {
		if n := len(b.sent(int64(300 + i))); n != 1 {
			t.Errorf("customer %d got the answer %d times", i, n)
		}
		c := b.conversation(t, fmt.Sprint("Twice ", i))
		s.waitTexts(t, time.Minute, c.str("id"), "one", "two", "answer")
		if c.at("ticket") == nil {
			t.Errorf("no ticket: %v", c)
		}
	}
}

// doubled adds to a batch a copy of each entry that the queue can't know for one.
func doubled(body []byte) []byte {
	var batch map[string]any
	if json.Unmarshal(body, &batch) != nil {
		return body
	}
	entries, _ := batch["Entries"].([]any)
	if len(entries) > 5 {
		return body
	}
	for i, e := range entries {
		c := map[string]any{}
		for k, v := range e.(map[string]any) {
			c[k] = v
		}
		c["Id"] = fmt.Sprint("copy", i)
		if _, fifo := c["MessageDeduplicationId"]; fifo {
			c["MessageDeduplicationId"] = rand.Text()
		}
		entries = append(entries, c)
	}
	batch["Entries"] = entries
	out, err := json.Marshal(batch)
	if err != nil {
		return body
	}
	return out
}

func TestAPoisonMessageGoesToFailuresBlocksNobodyElseAndReplaysOnceItsCauseIsGone(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	poison := "poison " + rand.Text()
	heal := s.tables.add(func(q *seen) *verdict {
		if bytes.Contains(q.Body, []byte(poison)) && bytes.Contains(q.Body, []byte("MSG#")) {
			return &verdict{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"poisoned"}`}
		}
		return nil
	})
	b.write(t, 1, "Poisoned", poison)
	b.write(t, 2, "Healthy", "hello")
	b.conversation(t, "Healthy")
	var failure object
	eventually(t, 4*time.Minute, func() error {
		for _, f := range s.must(t, 200, "GET", "/v1/failures?limit=100", nil).list("results") {
			if strings.Contains(mustJSON(f), poison) {
				failure = f
				return nil
			}
		}
		return fmt.Errorf("no failure yet")
	})
	if failure.str("reason") == "" {
		t.Errorf("the failure says %v", failure)
	}
	heal()
	if status, out := s.call(t, "POST", "/v1/failures/"+failure.str("id")+"/replay", nil); status/100 != 2 {
		t.Fatalf("replay: %d %v", status, out)
	}
	c := b.conversation(t, "Poisoned")
	s.waitTexts(t, time.Minute, c.str("id"), poison)
}

func TestAThrottledTableDelaysAndLosesNothing(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	remove := s.tables.add(func(q *seen) *verdict {
		if strings.Contains(q.Op, "Stream") || q.Op == "GetRecords" || q.Op == "GetShardIterator" || mrand.IntN(4) != 0 {
			return nil
		}
		return &verdict{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`}
	})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := range 3 {
				b.write(t, int64(400+i), fmt.Sprint("Throttled ", i), fmt.Sprint("message ", n))
			}
		}()
	}
	wait.Wait()
	time.Sleep(3 * time.Second)
	remove()
	for i := range 8 {
		var c object
		eventually(t, 3*time.Minute, func() error {
			for _, x := range b.conversations(t, "open") {
				if x.str("contact", "name") == fmt.Sprint("Throttled ", i) {
					c = x
					return nil
				}
			}
			return fmt.Errorf("no conversation of customer %d", i)
		})
		s.waitTexts(t, 3*time.Minute, c.str("id"), "message 0", "message 1", "message 2")
	}
}
