package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// health is what the API says of the queues.
type health struct {
	Failures int
	Queues   []struct {
		Name                          string
		Waiting, Working, DeadLetters int
	}
}

// busy is what is still under way, in a few words; empty when the stack is at rest.
func (w *world) busy(ctx context.Context) (string, error) {
	var h health
	if w.call(ctx, "GET", "/v1/health", nil, &h) != 200 {
		return "the API does not answer", nil
	}
	for _, q := range h.Queues {
		if n := q.Waiting + q.Working + q.DeadLetters; n > 0 {
			return fmt.Sprintf("%d in the queue %s", n, q.Name), nil
		}
	}
	c, err := w.scan(ctx)
	if err != nil {
		return "", err
	}
	if len(c.waiting) > 0 {
		return fmt.Sprintf("%d items, such as %s", len(c.waiting), c.waiting[0]), nil
	}
	return "", nil
}

// rest waits until nothing is under way, at two looks in a row.
func (w *world) rest(ctx context.Context) error {
	calm, last := 0, ""
	for begun := time.Now(); time.Since(begun) < drained; {
		busy, err := w.busy(ctx)
		if err != nil {
			return err
		}
		if last = busy; busy != "" {
			calm = 0
		} else if calm++; calm == 2 {
			return nil
		}
		pause(ctx, 3*time.Second)
		if ctx.Err() != nil {
			return errors.New("stopped before the stack came to rest; nothing was checked")
		}
	}
	return fmt.Errorf("after %s there is still work: %s", drained, last)
}

// check compares what was done with what is there. Each sentence is something that is not as it should be.
func (w *world) check(ctx context.Context) ([]string, error) {
	c, err := w.scan(ctx)
	if err != nil {
		return nil, err
	}
	sent, err := w.ledgers()
	if err != nil {
		return nil, err
	}
	wrong := slices.Concat(eachEventOnce(w.notes.events, c), eachAnswerAtMostOnce(w.notes.answers, c, sent))
	lists, err := w.lists(ctx, c)
	if err != nil {
		return nil, err
	}
	wrong = append(wrong, lists...)
	var h health
	if w.call(ctx, "GET", "/v1/health", nil, &h); h.Failures > 0 {
		wrong = append(wrong, fmt.Sprintf("%d events became failures", h.Failures))
	}
	return wrong, nil
}

// eachEventOnce holds every event to having been filed once if it was taken, and at most once if nobody knows.
func eachEventOnce(events map[string]bool, c content) (wrong []string) {
	stored := map[string]int{}
	for _, thread := range c.messages {
		for _, m := range thread {
			if m.incoming {
				stored[m.text]++
			}
		}
	}
	for text, taken := range events {
		if n := stored[text]; n > 1 || (taken && n == 0) {
			wrong = append(wrong, fmt.Sprintf("%q, taken: %t, was filed %d times", text, taken, n))
		}
		delete(stored, text)
	}
	for text := range stored {
		wrong = append(wrong, fmt.Sprintf("%q was filed, and nobody wrote it", text))
	}
	return wrong
}

// eachAnswerAtMostOnce holds every answer to being in its thread once, and at its customer as often as its state says.
func eachAnswerAtMostOnce(answers map[string]bool, c content, sent map[string]int) (wrong []string) {
	states := map[string][]string{}
	for _, thread := range c.messages {
		for _, m := range thread {
			if !m.incoming {
				states[m.text] = append(states[m.text], m.state)
			}
		}
	}
	for text, taken := range answers {
		n, at := sent[text], states[text]
		if len(at) > 1 || (taken && len(at) == 0) {
			wrong = append(wrong, fmt.Sprintf("%q, taken: %t, is in threads %d times", text, taken, len(at)))
			continue
		}
		state := ""
		if len(at) == 1 {
			state = at[0]
		}
		if !fits(state, n) {
			wrong = append(wrong, fmt.Sprintf("%q is %s, and the customer got it %d times", text, state, n))
		}
		delete(sent, text)
	}
	for text, n := range sent {
		wrong = append(wrong, fmt.Sprintf("%q reached a customer %d times, and nobody wrote it", text, n))
	}
	return wrong
}

// fits says whether a message of this state may have reached its customer so many times.
func fits(state string, times int) bool {
	switch state {
	case "SENT", "DELIVERED", "READ":
		return times == 1
	case "UNKNOWN":
		return times <= 1
	}
	return times == 0
}

// ledgers counts every answer that the platforms and the mail service were given.
func (w *world) ledgers() (map[string]int, error) {
	sent := map[string]int{}
	for _, c := range w.telegram.Calls("sendMessage") {
		if t := numbered.FindString(c.Text()); t != "" && c.MessageID != 0 {
			sent[t]++
		}
	}
	for _, c := range w.meta.Sent(phone, "") {
		if t := numbered.FindString(c.Text); t != "" {
			sent[t]++
		}
	}
	mails, err := filepath.Glob(filepath.Join(w.dir, "outbox", "*.eml"))
	if err != nil {
		return nil, err
	}
	for _, file := range mails {
		mail, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if t := numbered.FindString(string(mail)); t != "" {
			sent[t]++
		}
	}
	return sent, nil
}
