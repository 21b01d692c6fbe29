package upkeep

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Mailbox is where the mail service stores mails. Older are the first objects under a prefix that were stored before a
// time. Copy replaces what is there and is NotFound for what isn't; deleting what isn't there is no error.
type Mailbox interface {
	Older(ctx context.Context, prefix string, before time.Time, most int) ([]string, error)
	Copy(ctx context.Context, from, to string) error
	Delete(ctx context.Context, key string) error
}

// Letters puts letters on queues. Nil means that all of them are there.
type Letters interface {
	Send(ctx context.Context, letters []desk.Letter) error
}

// The folders of mails: where the mail service stores them, and where those lie whose announcement was lost. A mail that
// was read lies in neither.
const (
	incoming = "incoming/"
	late     = "late/"
)

// unannounced is how long a mail may wait before its announcement counts as lost.
const unannounced = 15 * time.Minute

// announce puts mails on the mail queue that lie where the mail service stored them and were never announced. Each is
// taken out of that folder, so that it is announced once: what becomes of it then is the queue's to tell.
func (s *Sweep) announce(ctx context.Context) (int, error) {
	keys, err := s.Mailbox.Older(ctx, incoming, s.Now().Add(-unannounced), page)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, key := range keys {
		err := s.announceOne(ctx, key, late+strings.TrimPrefix(key, incoming))
		if desk.CodeOf(err) == desk.NotFound && err != nil {
			continue // it was read a moment ago
		}
		if err != nil {
			return n, fmt.Errorf("%s: %w", key, err)
		}
		n++
	}
	return n, nil
}

func (s *Sweep) announceOne(ctx context.Context, from, to string) error {
	if err := s.Mailbox.Copy(ctx, from, to); err != nil {
		return err
	}
	body, err := stored(to)
	if err != nil {
		return err
	}
	if err := s.Letters.Send(ctx, []desk.Letter{{Queue: desk.QueueMail, Body: body}}); err != nil {
		return err
	}
	return s.Mailbox.Delete(ctx, from)
}

// stored is what S3 says of a new object, as far as the mail function reads it.
func stored(key string) (json.RawMessage, error) {
	type object struct {
		Key string `json:"key"`
	}
	type s3 struct {
		Object object `json:"object"`
	}
	type record struct {
		S3 s3 `json:"s3"`
	}
	return json.Marshal(struct{ Records []record }{[]record{{s3{object{key}}}}})
}
