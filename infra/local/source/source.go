// Package source feeds functions from queues, streams and schedules, as Lambda's event source mappings and EventBridge do.
package source

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Invoker runs a function once and returns its answer.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

const maxPayload = 6 * 1024 * 1024

// sleep waits, and is false where ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// batchFailures reads which items of a batch a function reports as failed. An error means the whole batch: the answer
// is malformed, or names nothing or an item that the batch does not hold.
func batchFailures(out []byte, holds func(id string) bool) (map[string]bool, error) {
	out = bytes.TrimSpace(out)
	if len(out) == 0 || bytes.Equal(out, []byte("null")) {
		return nil, nil
	}
	var answer struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("the function's answer is no list of batchItemFailures: %w", err)
	}
	failed := map[string]bool{}
	for _, f := range answer.BatchItemFailures {
		if !holds(f.ItemIdentifier) {
			return nil, fmt.Errorf("the function reports the failure of an item %q that is not in its batch", f.ItemIdentifier)
		}
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

// compact is JSON without the escapes that only web pages need.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
