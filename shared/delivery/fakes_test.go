package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// outbox keeps one message as the table would.
type outbox struct {
	turn    desk.SendTurn
	settled []desk.SendResult
	linked  []string
	refused string
	parked  time.Time
	err     error // of every call
	lost    error // of settling
}

func (o *outbox) ClaimOutbound(context.Context, desk.MessageID, time.Duration) (desk.SendTurn, error) {
	return o.turn, o.err
}

func (o *outbox) SettleOutbound(ctx context.Context, _ desk.Message, r desk.SendResult) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	o.settled = append(o.settled, r)
	return o.lost
}

func (o *outbox) LinkProviders(_ context.Context, _ desk.Message, ids []string) error {
	o.linked = append(o.linked, ids...)
	return nil
}

func (o *outbox) RefuseOutbound(_ context.Context, _ desk.MessageID, words string) error {
	o.refused = words
	return o.err
}

func (o *outbox) ParkOutbound(_ context.Context, _ desk.MessageID, due time.Time) error {
	o.parked = due
	return o.err
}

// threads holds one conversation and some messages.
type threads struct {
	conv     desk.Conversation
	messages map[desk.MessageID]desk.Message
	parts    []desk.Attachment
	before   []desk.Message // what Messages gives
	asked    []string       // what of it was asked
	err      error
}

func (th *threads) Conversation(context.Context, desk.ConversationID) (desk.Conversation, error) {
	if th.err != nil {
		return desk.Conversation{}, th.err
	}
	if th.conv.ID == "" {
		return th.conv, desk.Refuse(desk.NotFound, "There is no such conversation.")
	}
	return th.conv, nil
}

func (th *threads) Messages(_ context.Context, id desk.ConversationID, after, before desk.MessageKey, limit int) ([]desk.Message, bool, error) {
	th.asked = append(th.asked, string(id)+" "+string(after)+"<"+string(before))
	return th.before, false, th.err
}

func (th *threads) Message(_ context.Context, id desk.MessageID) (desk.Message, error) {
	m, ok := th.messages[id]
	if !ok {
		return m, desk.Refuse(desk.NotFound, "There is no such message.")
	}
	return m, nil
}

func (th *threads) StorePart(_ context.Context, _ desk.MessageID, part desk.Attachment) error {
	th.parts = append(th.parts, part)
	return nil
}

// setup is a set-up of which one process has seen an older state.
type setup struct {
	old, new *desk.Config
	health   []desk.Health
	off      []desk.Health
}

func (s *setup) Config(context.Context) (*desk.Config, error) {
	if s.old != nil {
		return s.old, nil
	}
	return s.new, nil
}
func (s *setup) Fresh(context.Context) (*desk.Config, error) { return s.new, nil }
func (s *setup) SetChannelHealth(_ context.Context, _ desk.ChannelID, h desk.Health) error {
	s.health = append(s.health, h)
	return nil
}

func (s *setup) SwitchOff(_ context.Context, _ desk.ChannelID, h desk.Health) error {
	s.off = append(s.off, h)
	return nil
}

// objects is an object store in memory.
type objects struct {
	mu   sync.Mutex
	kept map[string]string
	down error
}

func (o *objects) Get(_ context.Context, key string) (io.ReadCloser, int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, ok := o.kept[key]
	if !ok {
		return nil, 0, desk.Refuse(desk.NotFound, "The file is gone.")
	}
	return io.NopCloser(strings.NewReader(body)), int64(len(body)), nil
}

func (o *objects) Upload(_ context.Context, key, _ string, body io.Reader) (int64, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, body)
	if err != nil {
		return 0, err
	}
	if o.down != nil {
		return 0, o.down
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[key] = b.String()
	return n, nil
}

func (o *objects) Link(_ context.Context, key, name, contentType string, valid time.Duration) (string, error) {
	return "https://files.example.com/" + key + "?name=" + name + "&type=" + contentType + "&for=" + valid.String(), nil
}

// opener opens what was sealed as "sealed:<plain>".
type opener struct{ err error }

func (o opener) Open(_ context.Context, purpose, sealed string) (string, error) {
	if o.err != nil {
		return "", o.err
	}
	return strings.TrimPrefix(sealed, "sealed:") + " for " + purpose, nil
}

// platform is a channel type whose answers a test scripts.
type platform struct {
	channel.Channel
	answer channel.Result
	media  channel.Media
	refuse error
	sent   []channel.Outgoing
	by     []channel.Account
	during func(ctx context.Context)
}

func (p *platform) Send(ctx context.Context, _ channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	p.sent, p.by = append(p.sent, m), append(p.by, a)
	if p.during != nil {
		p.during(ctx)
	}
	return p.answer
}

func (p *platform) Fetch(context.Context, channel.Doer, channel.Account, desk.Attachment) (channel.Media, error) {
	return p.media, p.refuse
}

// bench is a sender and everything around it.
type bench struct {
	outbox   *outbox
	threads  *threads
	setup    *setup
	objects  *objects
	platform *platform
	opener   opener
	now      time.Time
}

const key = desk.MessageKey("01ARZ3NDEKTSV4RRFFQ69G5FAV")

func newBench() *bench {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	m := desk.Message{
		Conversation: "c1", Key: key, Kind: desk.KindMessage, Direction: desk.Outgoing, Channel: "ch1", Thread: "42", Text: "hi",
		Author: desk.Author{Kind: desk.ByUser, ID: "u1"}, Tries: 1, At: now,
	}
	ch := desk.Channel{ID: "ch1", Type: "telegram", Active: true, Sealed: map[string]string{"botToken": "sealed:secret"}}
	return &bench{
		outbox:   &outbox{turn: desk.SendTurn{Turn: desk.TurnYours, Message: m, First: now}},
		threads:  &threads{conv: desk.Conversation{ID: "c1", LastIn: key}, messages: map[desk.MessageID]desk.Message{}},
		setup:    &setup{new: &desk.Config{Channels: map[desk.ChannelID]desk.Channel{"ch1": ch}}},
		objects:  &objects{kept: map[string]string{}},
		platform: &platform{answer: channel.Result{Outcome: channel.Accepted, IDs: []string{"42:7"}}},
		now:      now,
	}
}

func (b *bench) stage() *Stage {
	return New(Options{
		Outbox: b.outbox, Threads: b.threads, Setup: b.setup, Objects: b.objects, Opener: b.opener,
		Kind: func(t desk.ChannelType) (channel.Kind, bool) {
			return channel.Kind{Channel: b.platform, Type: t}, t == "telegram"
		},
		Now: func() time.Time { return b.now },
	})
}

func (b *bench) handle(t *testing.T, job desk.OutboundJob) error {
	t.Helper()
	body, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	return b.stage().Handle(t.Context(), body)
}

func (b *bench) send(t *testing.T) error {
	t.Helper()
	return b.handle(t, desk.OutboundJob{Kind: desk.SendMessage, Conversation: "c1", Message: key, Channel: "ch1"})
}

// channel changes the one channel there is.
func (b *bench) channel(change func(*desk.Channel)) {
	ch := b.setup.new.Channels["ch1"]
	change(&ch)
	b.setup.new.Channels["ch1"] = ch
}
