// Package dispatch turns saved changes into queue messages: the table's stream is the only outbox.
//
// A change that can't be turned into a message becomes a failure that an admin sees; only trouble with a queue is an
// error, and brings the change back. Handing the same change on twice is harmless.
package dispatch

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Sender puts messages on queues; an error means that any of them may be missing.
type Sender interface {
	Send(ctx context.Context, letters []desk.Letter) error
}

// Failures keeps what could not be handed on, and takes note of what was put back.
type Failures interface {
	RecordFailure(ctx context.Context, f desk.Failure) error
	// FailureReplayed clears the work from a failure whose payload is on its queue again.
	FailureReplayed(ctx context.Context, id desk.FailureID, work string) error
}

// Objects reads payloads that are too large for the table. NotFound when there is none under the key.
type Objects interface {
	Get(ctx context.Context, key string) (io.ReadCloser, int64, error)
}

// Change is a record of the stream: the item before and after, as DynamoDB's JSON. Old is empty for a new item.
type Change struct {
	ID       string // of the record, the same on every delivery
	New, Old json.RawMessage
}

// Decode reads a record. Beside an error it gives the item and the work as far as they could be read.
type Decode func(c Change) (desk.Saved, error)

// Options are what a Stage needs.
type Options struct {
	Decode   Decode
	Queues   Sender
	Failures Failures
	Objects  Objects
	Now      func() time.Time
}

// Stage hands saved work on.
type Stage struct{ Options }

// New makes a Stage.
func New(o Options) *Stage { return &Stage{o} }

// HandOn hands the work of changes on, in order. With an error, the changes from index done on are to come back.
func (s *Stage) HandOn(ctx context.Context, changes []Change) (done int, err error) {
	var letters []desk.Letter
	var replayed []desk.Saved
	for _, c := range changes {
		saved, made, err := s.letters(ctx, c)
		if err != nil {
			if desk.Transient(err) {
				return 0, err
			}
			if err := s.giveUp(ctx, c, saved, err); err != nil {
				return 0, err
			}
			continue
		}
		letters = append(letters, made...)
		if len(made) > 0 && desk.WorkVerb(saved.Work) == desk.WorkReplay {
			replayed = append(replayed, saved)
		}
	}
	if len(letters) > 0 {
		if err := s.Queues.Send(ctx, letters); err != nil {
			return 0, err
		}
	}
	for _, r := range replayed {
		if err := s.Failures.FailureReplayed(ctx, r.Failure.ID, r.Work); err != nil {
			return 0, err
		}
	}
	return len(changes), nil
}

// letters reads one change and makes its messages.
func (s *Stage) letters(ctx context.Context, c Change) (desk.Saved, []desk.Letter, error) {
	saved, err := s.Decode(c)
	if err != nil || !saved.Fresh() {
		return saved, nil, err
	}
	if desk.WorkVerb(saved.Work) == desk.WorkReplay && len(saved.Failure.Payload) == 0 && saved.Failure.PayloadKey != "" {
		if saved.Failure.Payload, err = s.payload(ctx, saved.Failure.PayloadKey); err != nil {
			return saved, nil, err
		}
	}
	made, err := Letters(saved)
	return saved, made, err
}

// payload loads a failure's body, up to what a queue takes.
func (s *Stage) payload(ctx context.Context, key string) (json.RawMessage, error) {
	body, _, err := s.Objects.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, largest+1))
	if err != nil {
		return nil, desk.Refuse(desk.Busy, "The payload could not be read; try again.").Because(err)
	}
	return raw, nil
}

// giveUp keeps a change that can't be handed on as a failure, once however often the change comes.
func (s *Stage) giveUp(ctx context.Context, c Change, saved desk.Saved, cause error) error {
	slog.WarnContext(ctx, "saved work could not be handed on", "item", saved.Item, "work", saved.Work, "error", cause)
	payload, err := json.Marshal(desk.LostWork{Item: saved.Item, Work: saved.Work})
	if err != nil {
		return desk.Refuse(desk.Internal, "The failure could not be written down.").Because(err)
	}
	now := s.Now()
	return s.Failures.RecordFailure(ctx, desk.Failure{
		ID: desk.NewFailureID(now, desk.Derive("dispatcher", saved.Item, desk.WorkBase(saved.Work), orID(saved, c))), Stage: desk.StageDispatcher,
		Code: desk.CodeOf(cause), Reason: desk.Reason(cause), Channel: saved.Channel, Payload: payload, Tries: 1, At: now,
	})
}

// orID tells records apart whose item could not even be read.
func orID(saved desk.Saved, c Change) string {
	if saved.Item != "" {
		return ""
	}
	return c.ID
}
