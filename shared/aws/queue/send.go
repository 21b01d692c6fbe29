package queue

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// SQS takes ten messages and 1 MiB a call.
const (
	mostEntries = 10
	mostBytes   = 1 << 20
	sendTries   = 3
)

type entry struct {
	ID    string `json:"Id"`
	Body  string `json:"MessageBody"`
	Group string `json:"MessageGroupId,omitempty"`
	Dedup string `json:"MessageDeduplicationId,omitempty"`
	Delay int64  `json:"DelaySeconds,omitempty"`
}

// Send puts the letters on their queues, those of one group in the order given. It returns nil only when every one was
// confirmed; otherwise some may be there and some not, and sending all of them again is right: the deduplication ids
// swallow those that are there. A letter over the size limit is desk.TooLarge, throttling and outages desk.Busy.
func (q *Queues) Send(ctx context.Context, letters []desk.Letter) error {
	byQueue := map[string][]entry{}
	for _, l := range letters {
		body := speakable(l.Body)
		if len(body) > mostBytes {
			return desk.Refuse(desk.TooLarge, "A message is too large for the queue.").
				Because(fmt.Errorf("%d bytes for %s", len(body), l.Queue))
		}
		byQueue[l.Queue] = append(byQueue[l.Queue], entry{
			Body: body, Group: l.Group, Dedup: l.Dedup, Delay: int64(min(l.Delay, 15*time.Minute) / time.Second),
		})
	}
	for name, entries := range byQueue {
		address, err := q.address(name)
		if err != nil {
			return err
		}
		for len(entries) > 0 {
			var batch []entry
			batch, entries = cut(entries)
			if err := q.sendBatch(ctx, address, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut takes the next call's letters off: never two of one group, because a call may take the second and refuse the
// first. A group's later letters wait for the next call.
func cut(entries []entry) (batch, rest []entry) {
	size, taken := 0, map[string]bool{}
	for _, e := range entries {
		blocked := e.Group != "" && taken[e.Group]
		if blocked || len(batch) == mostEntries || size+len(e.Body) > mostBytes {
			taken[e.Group] = true // what follows in this group must not overtake it
			rest = append(rest, e)
			continue
		}
		taken[e.Group] = true
		size += len(e.Body)
		e.ID = strconv.Itoa(len(batch))
		batch = append(batch, e)
	}
	return batch, rest
}

type batchResult struct {
	Successful []struct {
		ID string `json:"Id"`
	}
	Failed []struct {
		ID          string `json:"Id"`
		Code        string
		Message     string
		SenderFault bool
	}
}

// sendBatch sends until every entry is confirmed, and sends again only those that are not.
func (q *Queues) sendBatch(ctx context.Context, address string, batch []entry) error {
	for try := 1; ; try++ {
		var out batchResult
		if err := q.call(ctx, "SendMessageBatch", map[string]any{"QueueUrl": address, "Entries": batch}, &out); err != nil {
			return err
		}
		for _, f := range out.Failed {
			if f.SenderFault {
				return desk.Refuse(desk.Internal, "The queue refused a message.").Because(fmt.Errorf("%s: %s", f.Code, f.Message))
			}
		}
		if batch = unconfirmed(batch, out); len(batch) == 0 {
			return nil
		}
		if try == sendTries {
			return desk.Refuse(desk.Busy, "The queue does not take messages at the moment. Try again shortly.").
				Because(fmt.Errorf("%d messages not confirmed", len(batch)))
		}
		if err := q.cloud.Pause(ctx, try); err != nil {
			return desk.Refuse(desk.Busy, "There was no time left to queue a message. Try again shortly.").Because(err)
		}
	}
}

func unconfirmed(batch []entry, out batchResult) []entry {
	confirmed := map[string]bool{}
	for _, s := range out.Successful {
		confirmed[s.ID] = true
	}
	var left []entry
	for _, e := range batch {
		if !confirmed[e.ID] {
			left = append(left, e)
		}
	}
	return left
}

// speakable spells the two characters that JSON allows and SQS refuses as JSON escapes: the body means the same.
func speakable(body []byte) string {
	body = bytes.ReplaceAll(body, []byte("\uFFFE"), []byte(`\ufffe`))
	return string(bytes.ReplaceAll(body, []byte("\uFFFF"), []byte(`\uffff`)))
}
