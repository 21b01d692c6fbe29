package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

// bot is a Telegram bot on a stand-in of the platform, connected as a channel.
type bot struct {
	*botapi.Server
	s       *stack
	token   string
	channel object
	hook    string
	secret  string
	updates atomic.Int64
	people  int64 // the first of the chat ids that only this bot's customers have: a person is one contact for every bot
}

// id is the chat id of the bot's n-th customer.
func (b *bot) id(n int64) int64 { return b.people + n }

// sent are the messages that the n-th customer got.
func (b *bot) sent(n int64) []botapi.Call { return b.Sent(b.id(n)) }

var bots atomic.Int64

// connect makes a stand-in with one bot and connects it to an inbox, as an admin does.
func connect(t *testing.T, s *stack, inbox string, extra object) *bot {
	t.Helper()
	id := 1000 + bots.Add(1)
	b := &bot{s: s, token: fmt.Sprintf("%d:%s", id, rand.Text()), people: id * 1000}
	b.Server = botapi.New(b.token)
	b.Retry = 50 * time.Millisecond
	srv := httptest.NewServer(b.Server)
	t.Cleanup(func() { b.Close(); srv.CloseClientConnections(); srv.Close() })
	body := object{"type": "telegram", "inboxId": inbox, "name": "Bot " + fmt.Sprint(id), "credentials": object{"botToken": b.token}, "settings": object{"apiBase": srv.URL}}
	for k, v := range extra {
		body[k] = v
	}
	b.channel = s.must(t, 201, "POST", "/v1/channels", body)
	b.hook = b.channel.str("webhookUrl")
	b.updates.Store(time.Now().UnixNano() / 1000)
	for _, c := range b.Calls("setWebhook") {
		_ = json.Unmarshal(c.Params["secret_token"], &b.secret)
	}
	return b
}

// update is an update of a text message, as Telegram posts it.
func (b *bot) update(chat int64, name, text string) string {
	n := b.updates.Add(1)
	return mustJSON(object{"update_id": n, "message": object{
		"message_id": n, "date": time.Now().Unix(), "text": text,
		"from": object{"id": b.id(chat), "is_bot": false, "first_name": name}, "chat": object{"id": b.id(chat), "type": "private", "first_name": name},
	}})
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// post posts a body to the channel's webhook, signed as Telegram signs, and returns the status.
func (b *bot) post(t *testing.T, body string) int {
	t.Helper()
	return b.postAs(t, body, b.secret)
}

func (b *bot) postAs(t *testing.T, body, secret string) int {
	t.Helper()
	r, err := http.NewRequest("POST", b.hook, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// write is a customer writing: the update is posted until it is taken, as Telegram does.
func (b *bot) write(t *testing.T, chat int64, name, text string) {
	t.Helper()
	body := b.update(chat, name, text)
	eventually(t, time.Minute, func() error {
		if status := b.post(t, body); status != 200 {
			return fmt.Errorf("the webhook answered %d", status)
		}
		return nil
	})
}

// conversations are all of the channel, in every place.
func (b *bot) conversations(t *testing.T, view string) []object {
	t.Helper()
	var out []object
	for after := ""; ; {
		page := b.s.must(t, 200, "GET", "/v1/conversations?limit=100&view="+view+"&channelId="+b.channel.str("id")+after, nil)
		out = append(out, page.list("results")...)
		if page["next"] == nil {
			return out
		}
		after = "&after=" + page.str("next")
	}
}

// conversation waits for the one open conversation of a customer.
func (b *bot) conversation(t *testing.T, name string) object {
	t.Helper()
	var found object
	eventually(t, 30*time.Second, func() error {
		n := 0
		for _, c := range b.conversations(t, "open") {
			if c.str("contact", "name") == name {
				found = c
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("%d conversations of %s", n, name)
		}
		return nil
	})
	return found
}

// texts are a thread's messages, in order.
func (s *stack) texts(t *testing.T, conversation string) []string {
	t.Helper()
	var out []string
	for _, m := range s.thread(t, conversation) {
		if m.str("kind") == "MESSAGE" {
			out = append(out, m.str("text"))
		}
	}
	return out
}

func (s *stack) thread(t *testing.T, conversation string) []object {
	t.Helper()
	var out []object
	for after := ""; ; {
		page := s.must(t, 200, "GET", "/v1/conversations/"+conversation+"/messages?limit=100"+after, nil)
		out = append(out, page.list("results")...)
		if page["next"] == nil {
			return out
		}
		after = "&after=" + page.str("next")
	}
}

// waitTexts waits until a thread holds just these messages.
func (s *stack) waitTexts(t *testing.T, within time.Duration, conversation string, want ...string) {
	t.Helper()
	eventually(t, within, func() error {
		if got := s.texts(t, conversation); strings.Join(got, "|") != strings.Join(want, "|") {
			return fmt.Errorf("the thread holds %q, want %q", got, want)
		}
		return nil
	})
}

// reply answers a conversation as an agent.
func (s *stack) reply(t *testing.T, conversation, text string) object {
	t.Helper()
	return s.must(t, 201, "POST", "/v1/conversations/"+conversation+"/messages", object{"kind": "MESSAGE", "text": text}, "Idempotency-Key", rand.Text())
}

// state waits until a message of ours has a state.
func (s *stack) state(t *testing.T, within time.Duration, conversation, message, want string) object {
	t.Helper()
	var last object
	eventually(t, within, func() error {
		for _, m := range s.thread(t, conversation) {
			if m.str("id") == message {
				last = m
			}
		}
		if got := last.str("status", "state"); got != want {
			return fmt.Errorf("the message is %s (%s), want %s", got, last.str("status", "detail"), want)
		}
		return nil
	})
	return last
}

// inbox makes an inbox of its own for a test.
func (s *stack) inbox(t *testing.T, kind string) string {
	t.Helper()
	name := "Inbox " + rand.Text()[:8]
	return s.must(t, 201, "POST", "/v1/inboxes", object{"name": name, "kind": kind, "access": object{"everyone": true}}).str("id")
}
