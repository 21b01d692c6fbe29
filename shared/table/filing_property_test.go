package table_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// stage lets one request through at a time, in an order that the test chooses: every interleaving of the workers' requests
// can be played, and any of them can be ended right after any request.
type stage struct {
	mu      sync.Mutex
	changed *sync.Cond
	workers map[string]*worker
}

type worker struct {
	name    string
	waiting chan bool // false: the process ends right after this request
	dead    bool
	done    bool
}

var errEnded = errors.New("the process was ended")

func newStage() *stage {
	s := &stage{workers: map[string]*worker{}}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// transport is a worker's way to the table.
type transport struct {
	s *stage
	w *worker
}

func (tr transport) RoundTrip(r *http.Request) (*http.Response, error) {
	turn := make(chan bool)
	tr.s.mu.Lock()
	if tr.w.dead {
		tr.s.mu.Unlock()
		return nil, errEnded
	}
	tr.w.waiting = turn
	tr.s.changed.Broadcast()
	tr.s.mu.Unlock()
	lives := <-turn
	resp, err := http.DefaultTransport.RoundTrip(r)
	if lives || err != nil {
		return resp, err
	}
	resp.Body.Close()
	return nil, errEnded
}

// start runs a worker's work; a worker that was ended starts over, as a redelivered message does.
func (s *stage) start(t *rapid.T, tt *testing.T, name, tableName string, work func(*table.Table) error) {
	w := &worker{name: name}
	s.workers[name] = w
	client := tabletest.Client(tt, transport{s, w})
	once := dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 })
	go func() {
		for {
			err := work(table.New(once, tableName))
			s.mu.Lock()
			ended := w.dead
			w.dead, w.done = false, !ended
			s.changed.Broadcast()
			s.mu.Unlock()
			if !ended {
				if err != nil && desk.CodeOf(err) != desk.Conflict && desk.CodeOf(err) != desk.NotFound && desk.CodeOf(err) != desk.Busy {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
		}
	}()
}

// next waits until every worker that still works stands at a request, and names those; none when all are done.
func (s *stage) next() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var at []string
		busy := false
		for _, name := range []string{"agent", "e", "f"} {
			w := s.workers[name]
			if w == nil || w.done {
				continue
			}
			if w.waiting == nil {
				busy = true
			} else {
				at = append(at, name)
			}
		}
		if !busy {
			return at
		}
		s.changed.Wait()
	}
}

// step lets a worker's request through; with ends the worker is ended right after it.
func (s *stage) step(name string, ends bool) {
	s.mu.Lock()
	w := s.workers[name]
	turn := w.waiting
	w.waiting, w.dead = nil, ends
	s.mu.Unlock()
	turn <- !ends
}

func TestWhateverIsEndedInMidWorkEachMessageIsFiledOnceAndSomebodyWaitsForAnAnswer(t *testing.T) {
	name, n := tabletest.Create(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		run := "ch" + time.Now().Format("150405.000000000")
		policy := rapid.SampledFrom([]desk.ReopenPolicy{desk.Reopen, desk.AlwaysNew}).Draw(rt, "policy")
		plain := table.New(tabletest.Client(t, nil), name)
		event := func(ext string) desk.Filing {
			f := hello(ext, "42")
			f.Channel, f.Inbox, f.Reopen.Policy = desk.ChannelID(run), desk.InboxID(run), policy
			f.Message.Channel = f.Channel
			f.Identities = []desk.Identity{{Kind: run, Value: "42"}}
			return f
		}
		var old desk.Filed
		if rapid.Bool().Draw(rt, "exists") {
			old = file(t, plain, event("old"))
		}
		seen := map[string]bool{}
		s := newStage()
		for _, ext := range []string{"e", "f"} {
			s.start(rt, t, ext, name, func(tb *table.Table) error {
				_, err := tb.FileInbound(context.Background(), event(ext))
				return err
			})
		}
		if old.Conversation != "" {
			act := rapid.SampledFrom([]string{"close", "trash", "read"}).Draw(rt, "act")
			s.start(rt, t, "agent", name, func(tb *table.Table) error { return agent(tb, old.Conversation, act, seen) })
		}
		ends := map[string]int{}
		for at := s.next(); len(at) > 0; at = s.next() {
			who := rapid.SampledFrom(at).Draw(rt, "who")
			end := who != "agent" && ends[who] < 2 && rapid.IntRange(0, 9).Draw(rt, "ends") == 0
			if end {
				ends[who]++
			}
			s.step(who, end)
		}
		for _, ext := range []string{"e", "f"} { // anything that gave up for contention, and one more delivery of everything
			file(t, plain, event(ext))
		}
		holds(rt, t, name, run, policy, seen)
	})
}

// agent loads a conversation and its thread, then acts with the token that came with it.
func agent(tb *table.Table, id desk.ConversationID, act string, seen map[string]bool) error {
	ctx := context.Background()
	c, err := tb.Conversation(ctx, id)
	if err != nil {
		return err
	}
	all, _, err := tb.Messages(ctx, id, "", "", 50)
	if err != nil {
		return err
	}
	for _, m := range all {
		seen[m.ProviderID] = true
	}
	_, err = tb.ChangeConversation(ctx, id, table.Seen(c), desk.Author{Kind: desk.ByUser}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.Waiting, c.Unread = time.Time{}, ""
		switch act {
		case "close":
			c.State, c.ClosedAt = desk.Closed, time.Now()
		case "trash":
			c.Place = desk.Trash
		}
		return []desk.Change{{What: act}}, nil
	})
	return err
}

// holds checks the invariants of the filing protocol at the end of a run.
func holds(rt *rapid.T, t *testing.T, name, run string, policy desk.ReopenPolicy, seen map[string]bool) {
	tb := table.New(tabletest.Client(t, nil), name)
	heads, messages := contents(t, name, run)
	found, err := tb.FindMessages(context.Background(), desk.ChannelID(run), []string{"e", "f"})
	if err != nil {
		rt.Fatal(err)
	}
	for _, ext := range []string{"e", "f"} {
		at := messages[ext]
		if len(at) != 1 {
			rt.Fatalf("event %s is %d messages", ext, len(at))
		}
		if found[ext] != at[0].ID() {
			rt.Fatalf("event %s lies at %s, its claim says %s", ext, at[0].ID(), found[ext])
		}
		c := heads[at[0].Conversation]
		if !seen[ext] && (c.State != desk.Open || c.Place != desk.InInbox || c.Waiting.IsZero()) {
			rt.Fatalf("event %s was not seen and nobody waits: %+v", ext, c)
		}
	}
	live, announced := 0, int64(0)
	for id, c := range heads {
		announced += c.Announced
		if c.Place == desk.InInbox && (policy == desk.Reopen || c.State == desk.Open) {
			live++
		}
		any := false
		for _, ms := range messages {
			for _, m := range ms {
				any = any || m.Conversation == id
			}
		}
		if !any && c.Place != desk.Trash {
			rt.Fatalf("conversation %s has no message", id)
		}
	}
	if live > 1 {
		rt.Fatalf("%d live conversations of one thread", live)
	}
	total := 0
	for _, ms := range messages {
		total += len(ms)
	}
	if announced > int64(total) {
		rt.Fatalf("%d messages were announced %d times", total, announced)
	}
}

// contents reads all heads and messages of a run.
func contents(t *testing.T, name, run string) (map[desk.ConversationID]desk.Conversation, map[string][]desk.Message) {
	t.Helper()
	ctx, tb := context.Background(), table.New(tabletest.Client(t, nil), name)
	heads, messages := map[desk.ConversationID]desk.Conversation{}, map[string][]desk.Message{}
	scan := dynamodb.NewScanPaginator(tabletest.Client(t, nil), &dynamodb.ScanInput{TableName: &name})
	for scan.HasMorePages() {
		page, err := scan.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Items {
			pk, sk := it["pk"].(*types.AttributeValueMemberS).Value, it["sk"].(*types.AttributeValueMemberS).Value
			id := desk.ConversationID(strings.TrimPrefix(pk, "CONV#"))
			if ch, ok := it["ch"].(*types.AttributeValueMemberS); sk == "HEAD" && ok && ch.Value == run {
				c, err := tb.Conversation(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				heads[id] = c
			}
			if key, ok := strings.CutPrefix(sk, "MSG#"); ok {
				m, err := tb.Message(ctx, id.Message(desk.MessageKey(key)))
				if err != nil {
					t.Fatal(err)
				}
				if m.Channel == desk.ChannelID(run) {
					messages[m.ProviderID] = append(messages[m.ProviderID], m)
				}
			}
		}
	}
	return heads, messages
}
