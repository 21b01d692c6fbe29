package upkeep

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Failures keeps what could not be processed, once however often it is told.
type Failures interface {
	RecordFailure(ctx context.Context, f desk.Failure) error
}

// Store keeps bodies that are too large for the table.
type Store interface {
	Put(ctx context.Context, key, contentType string, body io.Reader, size int64) error
}

// largestPayload is the most of a body that lies in the failure itself.
const largestPayload = 100 << 10

// Keeper makes failures of a queue's messages: of those that its function gives up, and of those in its dead-letter queue.
type Keeper struct {
	Queue    string // which the messages came from
	Failures Failures
	Store    Store
	Now      func() time.Time // the clock; UTC's when nil
}

// of is the keeper of another queue.
func (k Keeper) of(queue string) Keeper { k.Queue = queue; return k }

// Keep records a message as a failure, with the reason that may be shown. The same message again is the same
// failure.
func (k Keeper) Keep(ctx context.Context, m desk.QueueMessage, why error) error {
	at := time.Now().UTC()
	if k.Now != nil {
		at = k.Now()
	}
	sent := m.SentAt
	if sent.IsZero() {
		sent = at
	}
	f := desk.Failure{
		ID: desk.NewFailureID(sent, m.ID), Stage: k.Queue, Code: desk.CodeOf(why), Reason: desk.Reason(why),
		Group: m.Group, Tries: m.Tries, At: at, Payload: m.Body,
	}
	if len(m.Body) > largestPayload {
		f.Payload, f.PayloadKey = nil, "failures/"+strings.ReplaceAll(string(f.ID), "/", "_")
		if err := k.Store.Put(ctx, f.PayloadKey, "application/json", bytes.NewReader(m.Body), int64(len(m.Body))); err != nil {
			return err
		}
	}
	return k.Failures.RecordFailure(ctx, f)
}

// message is a queue message under whatever name its reader gives it.
type message interface {
	~struct {
		ID      string
		Receipt string
		Group   string
		Body    []byte
		Tries   int
		SentAt  time.Time
	}
}

// GiveUp is Keep for the messages as a queue's reader hands them over.
func GiveUp[M message](k Keeper) func(ctx context.Context, m M, why error) error {
	return func(ctx context.Context, m M, why error) error { return k.Keep(ctx, desk.QueueMessage(m), why) }
}
