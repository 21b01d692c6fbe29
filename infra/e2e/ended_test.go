package e2e

// The tests that end processes come first (this file's name sees to that): each makes its fault and then waits, beside the
// others, until what an ended process held is visible again.

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

func TestAMailFunctionEndedInMidWorkLosesNothing(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	data := make([]byte, 14<<20)
	_, _ = rand.Read(data)
	s.sendTo(t, letter{from: "ada@example.com", to: address, subject: "Cut", id: newID(), body: "cut short", attachment: data}, address)
	ended := false
	for range 400 { // as soon as a mail function works
		if pids := s.pids("mail"); len(pids) > 0 {
			for _, pid := range pids {
				end(pid)
			}
			ended = true
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if !ended {
		t.Fatal("no mail function was seen")
	}
	t.Parallel() // what is left is to wait until the mail is visible again
	c := s.waitOpen(t, 10*time.Minute, inbox, 1)[0]
	parts := s.thread(t, c.str("id"))[0].list("attachments")
	if len(parts) != 1 || parts[0]["size"].(float64) != float64(len(data)) {
		t.Errorf("the attachments are %v", parts)
	}
}

func TestASenderEndedAroundSendEmailNeverSendsTwice(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	s.sendTo(t, letter{from: "ada@example.com", to: address, subject: "Around", id: newID(), body: "hello"}, address)
	c := s.waitOpen(t, time.Minute, inbox, 1)[0].str("id")
	words := "an answer " + rand.Text()
	heal := s.tables.add(func(q *seen) *verdict { // the result of the send is not stored: its sender is ended before
		if q.Op == "UpdateItem" && bytes.Contains(q.Body, []byte(strings.TrimPrefix(c, "CONV#"))) && bytes.Contains(q.Body, []byte(`"SENT"`)) {
			if pid := s.ownerOf("sender", q.From); pid != 0 {
				end(pid)
				return &verdict{status: 500, body: "{}"}
			}
		}
		return nil
	})
	m := s.reply(t, c, words)
	s.outbox(t, words)
	eventually(t, time.Minute, func() error {
		for _, x := range s.thread(t, c) {
			if x.str("id") == m.str("id") && x.str("status", "state") != "QUEUED" {
				return nil
			}
		}
		return fmt.Errorf("it is still in line")
	})
	heal()
	t.Parallel() // what is left is to wait for the lease, or for the service's own news
	eventually(t, 9*time.Minute, func() error {
		for _, x := range s.thread(t, c) {
			if state := x.str("status", "state"); x.str("id") == m.str("id") && (state == "UNKNOWN" || state == "SENT" || state == "DELIVERED") {
				return nil
			}
		}
		return fmt.Errorf("it is not settled")
	})
	n := 0
	files, _ := filepath.Glob(filepath.Join(s.dir, "outbox", "*.eml"))
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(words)) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

func TestASenderEndedAfterThePlatformWasCalledNeverSendsTwice(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "INBOX"), nil)
	b.write(t, 1, "Ada", "hello")
	c := b.conversation(t, "Ada").str("id")
	b.Fail(botapi.Fault{Method: "sendMessage", Kind: "hang"})
	m := s.reply(t, c, "an answer")
	eventually(t, 30*time.Second, func() error {
		if len(b.sent(1)) == 0 {
			return fmt.Errorf("the platform was not called yet")
		}
		return nil
	})
	for _, pid := range s.pids("sender") {
		end(pid)
	}
	t.Parallel() // what is left is to wait for the lease to end
	s.state(t, 9*time.Minute, c, m.str("id"), "UNKNOWN")
	if n := len(b.sent(1)); n != 1 {
		t.Errorf("the customer got it %d times", n)
	}
}

func TestARouterEndedAfterAnyOfItsRequestsLosesNothingAndDoublesNothing(t *testing.T) {
	s := running(t)
	inbox := s.inbox(t, "HELP_DESK")
	const cases = 12
	ended := atomic.Int64{}
	all := make([]*bot, cases)
	for i := range all { // each ended at another request, each on its own channel, all at once
		b := connect(t, s, inbox, nil)
		all[i] = b
		channel, at, count := []byte(b.channel.str("id")), int64(i+1), atomic.Int64{}
		t.Cleanup(s.tables.add(func(q *seen) *verdict {
			if !bytes.Contains(q.Body, channel) && !bytes.Contains(q.Body, []byte("Ended "+string(channel))) {
				return nil
			}
			pid := s.ownerOf("router", q.From)
			if pid == 0 || count.Add(1) != at {
				return nil
			}
			return &verdict{after: func() { end(pid); ended.Add(1) }, cut: true}
		}))
	}
	for i, b := range all {
		b.write(t, int64(i+1), "Ada", "first")
		b.write(t, int64(i+1), "Ada", "second")
	}
	eventually(t, time.Minute, func() error {
		if n := ended.Load(); n < 8 { // the last cases lie behind what a message takes
			return fmt.Errorf("routers were ended %d times", n)
		}
		return nil
	})
	t.Parallel() // what is left is to wait until the ended routers' messages are visible again
	for _, b := range all {
		eventually(t, 8*time.Minute, func() error {
			open := b.conversations(t, "open")
			if len(open) != 1 {
				return fmt.Errorf("%d conversations", len(open))
			}
			if got := s.texts(t, open[0].str("id")); strings.Join(got, "|") != "first|second" {
				return fmt.Errorf("the thread holds %q", got)
			}
			if open[0].at("ticket") == nil {
				return fmt.Errorf("no ticket")
			}
			return nil
		})
	}
}
