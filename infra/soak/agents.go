package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"syscall"
)

// conversation is one as the API shows it.
type conversation struct {
	ID           string
	InboxID      string
	Status       string
	Place        string
	Preview      string
	Seen         string
	WaitingSince *string
	Assignee     *struct{ UserID string }
	Ticket       *struct {
		ID     string
		Number int
	}
}

type page[T any] struct {
	Results []T
	Next    *string
}

// agent looks at the open conversations and answers or closes one of them.
func (w *world) agent(ctx context.Context, r *rand.Rand) {
	var open page[conversation]
	if w.call(ctx, "GET", "/v1/conversations?view=open&limit=50", nil, &open) != 200 || len(open.Results) == 0 {
		return
	}
	c := open.Results[r.IntN(len(open.Results))]
	switch r.IntN(5) {
	case 0:
		w.finish(ctx, c)
	case 1:
		_ = w.call(ctx, "PATCH", "/v1/conversations/"+c.ID, map[string]any{"assignee": map[string]string{"userId": "administrator"}}, nil)
	default:
		w.answer(ctx, c, r.IntN(3) == 0)
	}
}

// answer writes to the customer, and again under the same key when it isn't known to have been taken, or out of nerves.
func (w *world) answer(ctx context.Context, c conversation, twice bool) {
	text := w.notes.text(w.notes.answers, "An answer")
	ctx = context.WithoutCancel(ctx)
	for range 30 {
		status := w.call(ctx, "POST", "/v1/conversations/"+c.ID+"/messages", map[string]string{"kind": "MESSAGE", "text": text}, nil, "Idempotency-Key", text)
		if status == 200 || status == 201 {
			w.notes.taken(w.notes.answers, text)
			if !twice {
				return
			}
			twice = false
			continue
		}
		if status >= 400 && status < 500 && status != 429 {
			return
		}
	}
}

// finish closes a conversation as it was seen in the list, which may be too late.
func (w *world) finish(ctx context.Context, c conversation) {
	switch w.call(ctx, "PATCH", "/v1/conversations/"+c.ID, map[string]string{"status": "CLOSED", "seen": c.Seen}, nil) {
	case 200:
		w.notes.count(&w.notes.closed)
	case 409:
		w.notes.count(&w.notes.refused)
	}
}

// reap ends a process of a function, wherever it is in its work.
func (w *world) reap(_ context.Context, r *rand.Rand) {
	functions := []string{"webhook", "mail", "router", "ticket", "sender", "dispatcher", "api", "sweeper"}
	function := functions[r.IntN(len(functions))]
	pids := w.pids(function)
	if len(pids) == 0 {
		return
	}
	if syscall.Kill(pids[r.IntN(len(pids))], syscall.SIGKILL) == nil {
		w.notes.end(function)
	}
}

// all reads a list to its end.
func all[T any](ctx context.Context, w *world, path string) ([]T, error) {
	var out []T
	for after := ""; ; {
		var p page[T]
		if err := w.must(ctx, 200, "GET", path+after, nil, &p); err != nil {
			return nil, fmt.Errorf("a list can't be read: %w", err)
		}
		out = append(out, p.Results...)
		if p.Next == nil {
			return out, nil
		}
		after = "&after=" + url.QueryEscape(*p.Next)
	}
}
