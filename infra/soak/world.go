package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

// world is the stack with the platforms and customers around it.
type world struct {
	*stack
	notes    *notes
	telegram *botapi.Server
	meta     *graph.Server
	servers  []*http.Server
	serving  sync.WaitGroup

	bot, shop     channel
	updates       atomic.Int64
	letters       atomic.Int64
	secretOfHook  string
	secretOfApp   string
	writtenByMail sync.Map // customer → the ids of their first mail
}

// channel is a connected account.
type channel struct {
	ID   string `json:"id"`
	Hook string `json:"webhookUrl"`
}

const (
	botToken = "4711:soaked-through-and-through"
	phone    = "7000001"
)

// build makes the platforms, a help desk and a plain inbox, and connects a channel to each.
func (w *world) build(ctx context.Context) error {
	w.telegram, w.meta, w.secretOfApp = botapi.New(botToken), graph.New(), "the app's secret"
	w.meta.Add(graph.Account{
		Kind: graph.WhatsApp, ID: phone, Business: "9" + phone, Number: "+31 " + phone, Name: "Shop", Token: "EAAsoak", Secret: w.secretOfApp, AppID: "4711", Reports: true,
	})
	telegram, err := w.serve(w.telegram)
	if err != nil {
		return err
	}
	meta, err := w.serve(w.meta)
	if err != nil {
		return err
	}
	var desk struct{ ID string }
	if err := w.must(ctx, 201, "POST", "/v1/inboxes", map[string]any{"name": "Help", "kind": "HELP_DESK", "access": map[string]bool{"everyone": true}}, &desk); err != nil {
		return err
	}
	if err := w.must(ctx, 200, "PATCH", "/v1/inboxes/inbox", map[string]any{"access": map[string]bool{"everyone": true}}, nil); err != nil {
		return err
	}
	err = w.must(ctx, 201, "POST", "/v1/channels", map[string]any{
		"type": "telegram", "inboxId": desk.ID, "name": "Bot", "credentials": map[string]string{"botToken": botToken}, "settings": map[string]string{"apiBase": telegram},
	}, &w.bot)
	if err != nil {
		return err
	}
	err = w.must(ctx, 201, "POST", "/v1/channels", map[string]any{
		"type": "whatsapp", "inboxId": "inbox", "name": "Shop", "credentials": map[string]string{"accessToken": "EAAsoak", "appSecret": w.secretOfApp},
		"settings": map[string]string{"apiBase": meta, "phoneNumberId": phone, "businessAccountId": "9" + phone},
	}, &w.shop)
	if err != nil {
		return err
	}
	w.meta.Change(phone, func(a *graph.Account) { a.Hook = w.shop.Hook })
	for _, c := range w.telegram.Calls("setWebhook") {
		_ = json.Unmarshal(c.Params["secret_token"], &w.secretOfHook) // empty is refused by the webhook
	}
	w.updates.Store(time.Now().Unix())
	return nil
}

// serve runs a platform on a free port of this machine.
func (w *world) serve(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	w.servers = append(w.servers, s)
	w.serving.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("a stand-in ended:", err)
		}
	})
	return "http://" + l.Addr().String(), nil
}

func (w *world) close() {
	if w.telegram != nil {
		w.telegram.Close()
		w.meta.Close()
	}
	for _, s := range w.servers {
		_ = s.Close()
	}
	w.serving.Wait()
}
