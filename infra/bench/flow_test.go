package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAPacedCallWaitsForNoOther(t *testing.T) {
	var now, most atomic.Int64
	begun := time.Now()
	took, err := paced(t.Context(), time.Second/5, func(context.Context, int64) (time.Duration, error) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		time.Sleep(150 * time.Millisecond)
		return time.Millisecond, nil
	})
	if err != nil || len(took) != pace/5 || most.Load() < 2 {
		t.Errorf("%d calls, %d at once at most, %v", len(took), most.Load(), err)
	}
	if time.Since(begun) < time.Second/5 {
		t.Error("they were made faster than at the pace")
	}
	if _, err := paced(t.Context(), time.Second/5, func(context.Context, int64) (time.Duration, error) { return 0, errors.New("no") }); err == nil {
		t.Error("a call that failed is no error")
	}
}

func TestAnUpdateIsPostedUntilItIsTaken(t *testing.T) {
	var tries atomic.Int64
	var secret atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret.Store(r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
		if tries.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	k := &bot{hook: s.URL, secret: "a secret", web: http.DefaultClient}
	if took, err := k.write(t.Context(), 1); err != nil || took < 100*time.Millisecond || tries.Load() != 3 || secret.Load() != "a secret" {
		t.Errorf("taken after %d tries and %v, %v", tries.Load(), took, err)
	}
	s.Close()
	if _, err := k.write(t.Context(), 1); err == nil {
		t.Error("nobody took it")
	}
}

func TestTheTableAloneFilesTheMessagesOfAllPeople(t *testing.T) {
	t.Chdir("../..")
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	a, stop, err := b.aloneTable()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	n, err := countFiled(t.Context(), a.table, filing(benchChannel, "", "").Inbox)
	if err != nil || n != 500 {
		t.Errorf("%d messages are filed, %v", n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := filedAll(ctx, a.table, desk.InboxID("none"), 1); err == nil {
		t.Error("messages that never came were waited for in vain, and that is no error")
	}
}

func TestASampleEventIsMadeAnotherEachTime(t *testing.T) {
	t.Chdir("../..")
	k := &bot{channel: "ch1", secret: "a secret"}
	for name, make := range map[string]func(*bot) (func(int) []byte, error){"webhook": webhookEvent, "router": routerEvent} {
		event, err := make(k)
		if err != nil {
			t.Fatal(name, err)
		}
		first, second := string(event(1)), string(event(2))
		if first == second || !strings.Contains(first, "ch1") || strings.Contains(first, "example-channel") {
			t.Errorf("%s: %s", name, first)
		}
	}
}
