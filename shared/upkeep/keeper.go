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

// Keeper makes failures of queue messages: of those that a function gives up, and of those in dead-letter queues.
type Keeper struct {
	Failures Failures
	Store    Store
	Now      func() time.Time
}

// Keep records a message of a queue as a failure, with the reason that may be shown. The same message again is the same
// failure.
func (k Keeper) Keep(ctx context.Context, queue string, m desk.QueueMessage, why error) error {
	at := k.Now()
	sent := m.SentAt
	if sent.IsZero() {
		sent = at
	}
	f := desk.Failure{
		ID: desk.NewFailureID(sent, m.ID), Stage: queue, Code: desk.CodeOf(why), Reason: desk.Reason(why),
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
