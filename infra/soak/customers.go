package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/smtp"
	"sync"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
)

const customers = 12 // on each way in

// customer writes on one of the messengers.
func (w *world) customer(ctx context.Context, r *rand.Rand) {
	n := r.IntN(customers)
	if r.IntN(3) == 0 {
		w.onWhatsApp(ctx, n, 1+r.IntN(2))
		return
	}
	w.onTelegram(ctx, n, 1+r.IntN(3))
}

// onTelegram posts an update some times at once, and again until it is taken, as Telegram does.
func (w *world) onTelegram(ctx context.Context, n, times int) {
	text := w.notes.text(w.notes.events, "A message")
	id := w.updates.Add(1)
	who := map[string]any{"id": 5000 + n, "is_bot": false, "first_name": fmt.Sprint("Customer ", n)}
	body, _ := json.Marshal(map[string]any{"update_id": id, "message": map[string]any{ // maps and texts
		"message_id": id, "date": time.Now().Unix(), "text": text, "from": who, "chat": map[string]any{"id": 5000 + n, "type": "private", "first_name": who["first_name"]},
	}})
	w.deliver(text, times, func() bool {
		req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, w.bot.Hook, bytes.NewReader(body))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", w.secretOfHook)
		resp, err := w.http.Do(req)
		if err != nil {
			return false
		}
		defer resp.Body.Close() //nolint:errcheck // only read
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode == http.StatusOK
	})
}

func (w *world) onWhatsApp(ctx context.Context, n, times int) {
	text := w.notes.text(w.notes.events, "A message")
	ctx = context.WithoutCancel(ctx)
	_, body, err := w.meta.Write(ctx, graph.Writing{Account: phone, From: fmt.Sprint(316000000 + n), User: fmt.Sprint("NL.1", n), Name: fmt.Sprint("Shopper ", n), Text: text})
	if err == nil {
		w.notes.taken(w.notes.events, text)
		times--
	}
	if times > 0 {
		w.deliver(text, times, func() bool { return w.meta.Post(ctx, w.shop.Hook, w.secretOfApp, body) == nil })
	}
}

// deliver posts an event some times at once and, unless one of them was taken, again and again for a minute.
func (w *world) deliver(text string, times int, post func() bool) {
	var all sync.WaitGroup
	for range times {
		all.Go(func() {
			for range 60 {
				if post() {
					w.notes.taken(w.notes.events, text)
					return
				}
				time.Sleep(time.Second)
			}
		})
	}
	all.Wait()
}

// mailer writes a mail: the first of a thread, or one that follows it.
func (w *world) mailer(_ context.Context, r *rand.Rand) {
	n := r.IntN(customers)
	text := w.notes.text(w.notes.events, "A mail")
	id := fmt.Sprintf("<%d@example.com>", w.letters.Add(1))
	from := fmt.Sprintf("customer%d@example.com", n)
	header := fmt.Sprintf("From: Customer %d <%s>\r\nTo: inbox@loket.test\r\nSubject: Question of %d\r\nMessage-ID: %s\r\nDate: %s\r\n", n, from, n, id, time.Now().Format(time.RFC1123Z))
	if first, written := w.writtenByMail.LoadOrStore(n, id); written && r.IntN(3) > 0 {
		header += fmt.Sprintf("References: %s\r\nIn-Reply-To: %s\r\n", first, first)
	}
	mail := []byte(header + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n")
	w.deliver(text, 1, func() bool { return smtp.SendMail(w.SMTP, nil, from, []string{"inbox@loket.test"}, mail) == nil })
}
