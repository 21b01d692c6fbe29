package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/telegram"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/intake"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// world is everything around a stage.
type world struct {
	mu        sync.Mutex
	cached    *desk.Config
	fresh     *desk.Config
	freshes   int
	setupErr  error
	opens     int
	sealErr   error
	letters   []desk.Letter
	queueErr  error
	objects   map[string][]byte
	objectErr error
	counts    map[string]int
	kinds     map[desk.ChannelType]channel.Kind
}

// newWorld has two Telegram channels, "on" and "off", and the secret "s3cret" for both.
func newWorld() *world {
	cfg := &desk.Config{Version: 1, Channels: map[desk.ChannelID]desk.Channel{
		"on":   telegramChannel("on", true),
		"off":  telegramChannel("off", false),
		"gone": {ID: "gone", Type: telegram.Type, Active: true, Deleted: true},
		"mail": {ID: "mail", Type: "email", Active: true},
	}}
	return &world{
		cached: cfg, fresh: cfg, objects: map[string][]byte{}, counts: map[string]int{},
		kinds: map[desk.ChannelType]channel.Kind{telegram.Type: telegram.New(), "many": {Channel: many{}, Type: "many"}},
	}
}

func telegramChannel(id desk.ChannelID, active bool) desk.Channel {
	return desk.Channel{
		ID: id, Type: telegram.Type, Active: active, Version: 1, Account: map[string]string{"id": "123456"},
		Sealed: map[string]string{"botToken": "sealed:123456:abcdefgh", "webhookSecret": "sealed:s3cret"},
	}
}

func (w *world) stage() *intake.Stage {
	return intake.New(intake.Options{
		Setup: w, Seals: w, Letters: w, Objects: w, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
		Kinds: func(t desk.ChannelType) (channel.Kind, bool) { k, ok := w.kinds[t]; return k, ok },
		Count: func(metric string, n int, _ desk.ChannelType) { w.counts[metric] += n },
	})
}

func (w *world) Config(context.Context) (*desk.Config, error) { return w.cached, w.setupErr }

func (w *world) Fresh(context.Context) (*desk.Config, error) {
	w.freshes++
	return w.fresh, w.setupErr
}

// Open opens "sealed:<plain>", and only for the purpose that a channel's credential is sealed for.
func (w *world) Open(_ context.Context, purpose, sealed string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opens++
	if w.sealErr != nil {
		return "", w.sealErr
	}
	for _, cfg := range []*desk.Config{w.cached, w.fresh} {
		for id, ch := range cfg.Channels {
			for name, s := range ch.Sealed {
				if s == sealed && purpose == channel.SealPurpose(id, name) {
					return sealed[len("sealed:"):], nil
				}
			}
		}
	}
	return "", errors.New("sealed for something else")
}

func (w *world) Send(_ context.Context, letters []desk.Letter) error {
	if w.queueErr != nil {
		return w.queueErr
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.letters = append(w.letters, letters...)
	return nil
}

func (w *world) sent() []desk.Letter {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.letters
}

func openAccount(w *world, ch desk.Channel) (channel.Account, error) {
	return channel.OpenAccount(context.Background(), w, w.fresh, ch)
}

func (w *world) Put(_ context.Context, key, _ string, body io.Reader, size int64) error {
	if w.objectErr != nil {
		return w.objectErr
	}
	raw, err := io.ReadAll(body)
	if err != nil || int64(len(raw)) != size {
		return errors.New("the size is not what was announced")
	}
	w.objects[key] = raw
	return nil
}

// events reads the letters back, as the router will.
func (w *world) events(t *testing.T) []desk.Inbound {
	t.Helper()
	var out []desk.Inbound
	for _, l := range w.letters {
		var e desk.Inbound
		if err := json.Unmarshal(l.Body, &e); err != nil {
			t.Fatalf("a letter that can't be read: %v", err)
		}
		if l.Queue != desk.QueueInbound || l.Group != e.Group() || l.Dedup != e.Dedup() || l.Delay != 0 {
			t.Errorf("the letter's cover is wrong: %+v", l)
		}
		if len(l.Body) > 256<<10 {
			t.Errorf("a letter of %d bytes", len(l.Body))
		}
		out = append(out, e)
	}
	return out
}

// change puts a new set-up behind the one that is cached.
func (w *world) change(ch desk.Channel) {
	next := *w.fresh
	next.Version++
	next.Channels = maps.Clone(w.fresh.Channels)
	ch.Version = next.Version
	next.Channels[ch.ID] = ch
	w.fresh = &next
}

func genuine(body string) channel.Request {
	return channel.Request{
		Method: "POST", URL: "https://api.example.com/hooks/on", Body: []byte(body),
		Header: http.Header{"X-Telegram-Bot-Api-Secret-Token": {"s3cret"}},
	}
}

func text(s string) string {
	quoted, _ := json.Marshal(s)
	return `{"update_id":1,"message":{"message_id":7,"date":1795341000,"from":{"id":5,"first_name":"Ada"},"chat":{"id":5,"type":"private"},"text":` + string(quoted) + `}}`
}

// many is a platform that has one address for several accounts, as Meta's: each channel proves calls by its own secret.
// A body is the events as JSON.
type many struct{ channel.Channel }

func (many) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	if a.Credentials["appSecret"] == "" || r.Header.Get("Secret") != a.Credentials["appSecret"] {
		return channel.Received{}, desk.Refuse(desk.Unauthenticated, "the signature is wrong")
	}
	if r.Method == http.MethodGet {
		return channel.Received{Answer: &channel.Answer{Status: 200, ContentType: "text/plain", Body: []byte(r.Query.Get("challenge") + " " + r.URL)}}, nil
	}
	var events []desk.Inbound
	if err := json.Unmarshal(r.Body, &events); err != nil {
		return channel.Received{Events: []desk.Inbound{channel.Unparsed(r.Body, "no events", r.Now)}}, nil
	}
	return channel.Received{Events: events}, nil
}

func manyChannel(id desk.ChannelID, account, secret string, active bool) desk.Channel {
	return desk.Channel{
		ID: id, Type: "many", Active: active, Version: 1, Hook: "https://public.example.com/hooks/" + string(id),
		Account: map[string]string{"id": account}, Sealed: map[string]string{"appSecret": "sealed:" + secret},
	}
}
