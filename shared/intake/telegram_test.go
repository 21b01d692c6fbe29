package intake_test

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
	"github.com/loket-desk/loket/shared/channel/telegram"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/intake"
)

// TestACustomerOfTelegramReachesTheQueueInOrder goes the whole way in: the bot is connected at the platform's stand-in,
// which then posts what a customer writes to the address that it was given, with the secret that it was given.
func TestACustomerOfTelegramReachesTheQueueInOrder(t *testing.T) {
	const token = "123456:abcdefgh-stand-in"
	platform := botapi.New(token)
	platform.Retry = 5 * time.Millisecond
	api := httptest.NewServer(platform)
	w := newWorld()
	hooks := httptest.NewServer(intake.Handler(w.stage()))
	t.Cleanup(func() {
		platform.Close()
		api.Close()
		hooks.Close()
	})

	ch := telegramChannel("tg", true)
	ch.Hook, ch.Settings = hooks.URL+"/hooks/tg", map[string]string{"apiBase": api.URL}
	ch.Sealed = map[string]string{"botToken": "sealed:" + token}
	w.change(ch)
	a, err := openAccount(w, ch)
	if err != nil {
		t.Fatal(err)
	}
	connected, err := telegram.New().Connect(t.Context(), api.Client(), a)
	if err != nil {
		t.Fatal(err)
	}
	ch.Sealed = maps.Clone(ch.Sealed)
	ch.Sealed["webhookSecret"] = "sealed:" + connected.Credentials["webhookSecret"]
	w.change(ch)

	const n = 5
	for i := range n {
		if _, _, err := platform.Write(botapi.Writing{Chat: 4711, Person: botapi.Person{Name: "Ada"}, Text: fmt.Sprint("message ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; len(w.sent()) < n; i++ {
		if i > 1000 {
			t.Fatalf("only %d of %d messages came", len(w.sent()), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	for i, e := range w.events(t) {
		if e.Text != fmt.Sprint("message ", i) || e.Channel != "tg" || e.From.Name != "Ada" || e.Type != desk.InMessage {
			t.Errorf("message %d is %+v", i, e)
		}
	}
	if warning := probe(t, w, ch, api); warning != "" {
		t.Errorf("the channel is not well: %s", warning)
	}
}

func probe(t *testing.T, w *world, ch desk.Channel, api *httptest.Server) string {
	t.Helper()
	a, err := openAccount(w, ch)
	if err != nil {
		t.Fatal(err)
	}
	a.Probe = true
	c, err := telegram.New().Connect(context.Background(), api.Client(), a)
	if err != nil {
		t.Fatal(err)
	}
	return c.Warning
}
