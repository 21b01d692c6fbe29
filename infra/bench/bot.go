package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
	"github.com/loket-desk/loket/shared/desk"
)

// bot is a Telegram bot on a stand-in of the platform, connected to an inbox of its own as an admin does it.
type bot struct {
	inbox   desk.InboxID
	channel desk.ChannelID
	hook    string
	secret  string
	web     *http.Client
	updates atomic.Int64
}

// connect makes a bot whose conversations become tickets.
func (b *bench) connect(s *stack) (*bot, error) {
	token := fmt.Sprintf("%d:%s", 1000+len(b.closers), rand.Text()) // an account can be connected once
	platform := botapi.New(token)
	server := httptest.NewServer(platform)
	b.onClose(func() { platform.Close(); server.CloseClientConnections(); server.Close() })
	k := &bot{web: s.web}
	var inbox, channel struct{ ID, WebhookURL string }
	if err := s.call(b.ctx, 201, "POST", "/v1/inboxes", object{"name": "Bench " + rand.Text()[:8], "kind": "HELP_DESK", "access": object{"everyone": true}}, &inbox); err != nil {
		return nil, err
	}
	err := s.call(b.ctx, 201, "POST", "/v1/channels", object{
		"type": "telegram", "inboxId": inbox.ID, "name": "Bot", "credentials": object{"botToken": token}, "settings": object{"apiBase": server.URL},
	}, &channel)
	if err != nil {
		return nil, err
	}
	k.inbox, k.channel, k.hook = desk.InboxID(inbox.ID), desk.ChannelID(channel.ID), channel.WebhookURL
	k.updates.Store(time.Now().UnixMicro())
	for _, c := range platform.Calls("setWebhook") {
		if err := json.Unmarshal(c.Params["secret_token"], &k.secret); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// update is an update of a text message, as Telegram posts it.
func (k *bot) update(chat int64) string {
	n := k.updates.Add(1)
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":%d,"text":"Good morning, my parcel was to arrive yesterday and has not come; can you tell me where it is? (%d)",`+
		`"from":{"id":%d,"is_bot":false,"first_name":"Ada","last_name":"Lovelace %d"},"chat":{"id":%d,"type":"private","first_name":"Ada"}}}`, n, n, time.Now().Unix(), n, chat, chat, chat)
}

// write posts an update as the platform does and says how long the answer took. What is not accepted is tried again, as
// the platform does; the time counts from the first try.
func (k *bot) write(ctx context.Context, chat int64) (time.Duration, error) {
	body, begun := k.update(chat), time.Now()
	for try := 1; ; try++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, k.hook, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", k.secret)
		status, answer, err := send(k.web, r)
		if err == nil && status == http.StatusOK {
			return time.Since(begun), nil
		}
		if err == nil {
			err = fmt.Errorf("the webhook answered %d: %s", status, answer)
		}
		if try == 5 || ctx.Err() != nil {
			return 0, err
		}
		time.Sleep(50 * time.Millisecond << try)
	}
}
