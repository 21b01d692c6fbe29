package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/loket-desk/loket/shared/desk"
)

// streamFailures is where Lambda puts batches of the stream that the dispatcher could not hand on: it chooses the keys.
const streamFailures = "aws/lambda/"

// largestBatch is the most that is read of one such object: Lambda's own limit of a payload, and its wrapping.
const largestBatch = 16 << 20

// invocation is what Lambda writes of a batch that it gave up: its payload is the event, as text or as it is.
type invocation struct {
	Payload json.RawMessage `json:"payload"`
}

type batch struct {
	Records []struct {
		DynamoDB struct {
			Keys json.RawMessage `json:"Keys"`
		} `json:"dynamodb"`
	} `json:"Records"`
}

// rehand hands the work of such batches on again, from the items as they are now, and then forgets the batch. One that
// can't be read becomes a failure: the items themselves are still found by their marks.
func (s *Sweep) rehand(ctx context.Context) (int, error) {
	keys, err := s.Objects.Keys(ctx, streamFailures, page)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, key := range keys {
		done, err := s.rehandBatch(ctx, key)
		n += done
		if err != nil {
			return n, fmt.Errorf("%s: %w", key, err)
		}
		if err := s.Objects.Delete(ctx, key); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Sweep) rehandBatch(ctx context.Context, key string) (int, error) {
	raw, err := s.object(ctx, key)
	if err != nil {
		if desk.CodeOf(err) == desk.NotFound {
			return 0, nil // another sweep was faster
		}
		return 0, err
	}
	event, err := parseBatch(raw)
	if err != nil {
		why := desk.Refuse(desk.Malformed, "Changes that could not be handed on can't be read; those that still wait are found without them.").Because(err)
		return 0, s.Keeper.of(desk.StageDispatcher).Keep(ctx, desk.QueueMessage{ID: desk.Derive("stream", key), Body: raw, Tries: 1}, why)
	}
	n := 0
	for _, r := range event.Records {
		if len(r.DynamoDB.Keys) == 0 {
			continue
		}
		w, err := s.Work.SavedNow(ctx, r.DynamoDB.Keys)
		if err != nil {
			return n, err
		}
		if w.Work == "" {
			continue
		}
		if _, err := s.Work.HandOnAgain(ctx, w, s.Now().Add(firstLook)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Sweep) object(ctx context.Context, key string) ([]byte, error) {
	body, _, err := s.Objects.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(body, largestBatch))
	if err != nil {
		return nil, desk.Refuse(desk.Busy, "A given-up batch could not be read; it is tried again.").Because(err)
	}
	return raw, nil
}

// parseBatch reads the event out of what Lambda wrote about it.
func parseBatch(raw []byte) (batch, error) {
	var outer invocation
	if err := json.Unmarshal(raw, &outer); err != nil {
		return batch{}, err
	}
	inner := []byte(outer.Payload)
	var text string
	if json.Unmarshal(outer.Payload, &text) == nil {
		inner = []byte(text)
	}
	var event batch
	if err := json.Unmarshal(inner, &event); err != nil {
		return batch{}, err
	}
	if len(event.Records) == 0 {
		return batch{}, errors.New("it holds no records")
	}
	return event, nil
}
