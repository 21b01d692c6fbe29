package mailroom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// world is a desk in memory: what the mailroom asks for, and what it did.
type world struct {
	cfg, fresh *desk.Config
	letters    []desk.Letter
	objects    map[string]string
	aborted    int
	tokens     map[string]desk.ConversationID
	heads      map[desk.ConversationID]desk.Conversation
	found      map[string]desk.MessageID // "<channel> <id>"
	failures   []desk.Failure
	counted    map[string]int
	down       map[string]error // by method
	came       []time.Time
	forwarded  []desk.ChannelID
	confirm    string
	confirmIn  string
	breaks     int // after how many bytes a read breaks off; 0 is never
}

func newWorld() *world {
	mail := func(id desk.ChannelID, inbox desk.InboxID, fallback bool, address string) desk.Channel {
		ch := desk.Channel{ID: id, Type: email, Inbox: inbox, Active: true, Fallback: fallback}
		if address != "" {
			ch.Settings = map[string]string{"address": address}
		}
		return ch
	}
	cfg := &desk.Config{
		Inboxes: map[desk.InboxID]desk.Inbox{"a": {ID: "a", Slug: "support"}, "b": {ID: "b", Slug: "sales"}},
		Channels: map[desk.ChannelID]desk.Channel{
			"a-mail": mail("a-mail", "a", true, ""), "b-mail": mail("b-mail", "b", true, ""), "a-own": mail("a-own", "a", false, "Help@Example.com"),
			"a-chat": {ID: "a-chat", Type: "telegram", Inbox: "a", Active: true},
		},
	}
	return &world{
		cfg: cfg, fresh: cfg, objects: map[string]string{}, tokens: map[string]desk.ConversationID{}, heads: map[desk.ConversationID]desk.Conversation{},
		found: map[string]desk.MessageID{}, counted: map[string]int{}, down: map[string]error{},
	}
}

func (w *world) room() *Stage {
	return New(Options{
		Domain: "desk.example", Setup: w, Letters: w, Objects: w, Tokens: w, Threads: w, Failures: w, Diary: w, Now: func() time.Time { return noon },
		Write: func(_ context.Context, key, _ string) Writer { return &part{world: w, key: key} },
		Count: func(metric string, n int) { w.counted[metric] += n }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func (w *world) Config(context.Context) (*desk.Config, error) { return w.cfg, w.down["Config"] }
func (w *world) Fresh(context.Context) (*desk.Config, error)  { return w.fresh, w.down["Fresh"] }

func (w *world) MailCame(_ context.Context, at time.Time) error {
	w.came = append(w.came, at)
	return w.down["MailCame"]
}

func (w *world) NoteForwarded(_ context.Context, id desk.ChannelID, _ time.Time) error {
	w.forwarded = append(w.forwarded, id)
	return w.down["NoteForwarded"]
}

func (w *world) NoteConfirmation(_ context.Context, id desk.ChannelID, words string, _ time.Time) error {
	w.confirmIn, w.confirm = string(id), words
	return w.down["NoteConfirmation"]
}

func (w *world) Send(_ context.Context, letters []desk.Letter) error {
	if w.down["Send"] == nil {
		w.letters = append(w.letters, letters...)
	}
	return w.down["Send"]
}

func (w *world) Get(_ context.Context, key string) (io.ReadCloser, int64, error) {
	body, ok := w.objects[key]
	if !ok {
		return nil, 0, desk.Refuse(desk.NotFound, "There is no such object.")
	}
	var r io.Reader = strings.NewReader(body)
	if w.breaks > 0 {
		r = io.MultiReader(io.LimitReader(r, int64(w.breaks)), broken{})
	}
	return io.NopCloser(r), int64(len(body)), w.down["Get"]
}

// broken is a connection that was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func (w *world) Put(_ context.Context, key, _ string, body io.Reader, size int64) error {
	raw, err := io.ReadAll(body)
	if int64(len(raw)) != size {
		return errors.New("its size is not what was announced")
	}
	w.objects[key] = string(raw)
	return errors.Join(err, w.down["Put"])
}

func (w *world) Copy(_ context.Context, from, to string) error {
	body, ok := w.objects[from]
	if !ok {
		return desk.Refuse(desk.NotFound, "There is no such object.")
	}
	w.objects[to] = body
	return w.down["Copy"]
}

func (w *world) Delete(_ context.Context, key string) error {
	delete(w.objects, key)
	return w.down["Delete"]
}

// part is an attachment on its way into the store.
type part struct {
	world *world
	key   string
	bytes.Buffer
	ended bool
}

func (p *part) Close() error {
	if !p.ended {
		p.world.objects[p.key] = p.String()
	}
	p.ended = true
	return p.world.down["Close"]
}

func (p *part) Abort() {
	if !p.ended {
		p.world.aborted++
	}
	p.ended = true
}

func (w *world) OpenReplyToken(_ context.Context, token string) (desk.ConversationID, bool, error) {
	id, ok := w.tokens[strings.ToLower(token)]
	return id, ok, w.down["OpenReplyToken"]
}

func (w *world) Conversation(_ context.Context, id desk.ConversationID) (desk.Conversation, error) {
	c, ok := w.heads[id]
	if !ok && w.down["Conversation"] == nil {
		return c, desk.Refuse(desk.NotFound, "There is no such conversation.")
	}
	return c, w.down["Conversation"]
}

func (w *world) FindMessages(_ context.Context, ch desk.ChannelID, ids []string) (map[string]desk.MessageID, error) {
	out := map[string]desk.MessageID{}
	for _, id := range ids {
		if m, ok := w.found[string(ch)+" "+id]; ok {
			out[id] = m
		}
	}
	return out, w.down["FindMessages"]
}

func (w *world) RecordFailure(_ context.Context, f desk.Failure) error {
	if w.down["RecordFailure"] == nil {
		w.failures = append(w.failures, f)
	}
	return w.down["RecordFailure"]
}

// record handles one record of the mail queue.
func (w *world) record(body []byte) error {
	return w.room().handle(context.Background(), desk.QueueMessage{ID: "q1", Body: body, Tries: 1, SentAt: noon})
}

func (w *world) must(t *testing.T, body []byte) {
	t.Helper()
	if err := w.record(body); err != nil {
		t.Fatal(err)
	}
}

// store puts a mail where the service stores it and returns its notice, sent to the recipients.
func (w *world) store(mail string, to ...string) []byte {
	w.objects["incoming/ses1"] = strings.ReplaceAll(mail, "\n", "\r\n")
	return notice("ses1", to...)
}

func notice(id string, to ...string) []byte {
	rcpt, _ := json.Marshal(to)
	return fmt.Appendf(nil, `{"notificationType":"Received","mail":{"timestamp":"2026-11-02T11:59:58.000Z","source":"bounces@example.org","messageId":%q},
		"receipt":{"recipients":%s,"spamVerdict":{"status":"PASS"},"virusVerdict":{"status":"PASS"},"dmarcVerdict":{"status":"FAIL"},"dmarcPolicy":"REJECT",
		"action":{"type":"S3","objectKey":%q}}}`, id, rcpt, "incoming/"+id)
}

// events are what was put on the inbound queue.
func (w *world) events(t *testing.T) []desk.Inbound {
	t.Helper()
	var out []desk.Inbound
	for _, l := range w.letters {
		var e desk.Inbound
		if err := json.Unmarshal(l.Body, &e); err != nil || l.Queue != desk.QueueInbound || l.Group != e.Group() || l.Dedup != e.Dedup() {
			t.Fatalf("a letter that is no event: %+v, %v", l, err)
		}
		out = append(out, e)
	}
	return out
}

// only is the one event there is.
func (w *world) only(t *testing.T) desk.Inbound {
	t.Helper()
	all := w.events(t)
	if len(all) != 1 || len(w.failures) != 0 {
		t.Fatalf("%d events, failures %+v", len(all), w.failures)
	}
	return all[0]
}

func (w *world) keys(prefix string) []string {
	keys := slices.Sorted(maps.Keys(w.objects))
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) })
}

const plain = `From: "Ann Example" <Ann@Example.ORG>
To: support@desk.example, Carl <carl@example.org>
Subject: Where is my order?
Message-ID: <m1@example.org>
Date: Mon, 2 Nov 2026 11:59:00 +0000

Hello, where is it?

-- 
Ann
`
