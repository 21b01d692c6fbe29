// Package mailroom reads the mail queue: mails that the mail service stored, and its news of mails that it sent for us.
// Both become events on the inbound queue; what belongs to nothing becomes a failure, with the raw mail kept.
//
// A mail is read as a stream and its attachments go straight to the store, under keys that come from the service's id of
// it: the same record once more replaces what is there. The raw mail is moved out of the service's folder when all of it
// is on the queue, so that whatever stays there was never announced.
package mailroom

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Setup gives the set-up: Config may be some seconds old, Fresh holds every change made before the call.
type Setup interface {
	Config(ctx context.Context) (*desk.Config, error)
	Fresh(ctx context.Context) (*desk.Config, error)
}

// Letters puts letters on queues. Nil means that all of them are there.
type Letters interface {
	Send(ctx context.Context, letters []desk.Letter) error
}

// Writer takes the bytes of one object. Nothing is there before Close returns nil; Abort leaves nothing behind.
type Writer interface {
	io.WriteCloser
	Abort()
}

// Objects are the files. Get: NotFound when there is none. Put and Copy replace what is there; deleting what isn't there
// is no error.
type Objects interface {
	Get(ctx context.Context, key string) (io.ReadCloser, int64, error)
	Put(ctx context.Context, key, contentType string, body io.Reader, size int64) error
	Copy(ctx context.Context, from, to string) error
	Delete(ctx context.Context, key string) error
}

// Tokens opens the signed token of a reply address: which conversation it names, and whether the signature holds.
type Tokens interface {
	OpenReplyToken(ctx context.Context, token string) (desk.ConversationID, bool, error)
}

// Threads finds conversations, NotFound when there is no such one, and messages by the mail service's ids of them.
type Threads interface {
	Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error)
	FindMessages(ctx context.Context, ch desk.ChannelID, ids []string) (map[string]desk.MessageID, error)
}

// Failures keeps what can't be processed, once however often it is told.
type Failures interface {
	RecordFailure(ctx context.Context, f desk.Failure) error
}

// Diary remembers that mails come in, and what they tell of the forwarding to a channel.
type Diary interface {
	MailCame(ctx context.Context, at time.Time) error
	NoteForwarded(ctx context.Context, id desk.ChannelID, at time.Time) error
	NoteConfirmation(ctx context.Context, id desk.ChannelID, words string, at time.Time) error
}

// Options are what a Stage is made of. Count, Now and Log may be nil.
type Options struct {
	Domain   string // the stack's mail domain, in lower case
	Setup    Setup
	Letters  Letters
	Objects  Objects
	Write    func(ctx context.Context, key, contentType string) Writer // begins an object of unknown size
	Tokens   Tokens
	Threads  Threads
	Failures Failures
	Diary    Diary
	Count    func(metric string, n int)
	// Memory is a soft limit of the whole process, in bytes: what a mail of 40 MB leaves behind is collected before the
	// next comes. 0 sets none.
	Memory int64
	Now    func() time.Time
	Log    *slog.Logger
}

// What is counted.
const (
	CountOff       = "MailChannelOff" // mails to a channel that is switched off: they don't appear
	CountUnmatched = "MailUnmatched"  // news of mails that nobody knows
)

// Stage reads the records of the mail queue. It is safe for concurrent use.
type Stage struct {
	Options
	noted     atomic.Int64 // when the diary was written last, in minutes
	forwarded sync.Map     // by channel: when its forwarding was noted last, in hours
}

// New makes a Stage.
func New(o Options) *Stage {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Count == nil {
		o.Count = func(string, int) {}
	}
	if o.Memory > 0 {
		debug.SetMemoryLimit(o.Memory)
	}
	return &Stage{Options: o}
}

// handle does one record. An error means that it is to come back.
func (s *Stage) handle(ctx context.Context, m desk.QueueMessage) error {
	r, err := readRecord(m.Body)
	if err != nil {
		return s.keep(ctx, m, err)
	}
	for _, a := range r.arrivals {
		if err := s.arrived(ctx, m, a); err != nil {
			return err
		}
	}
	if r.news == nil {
		return nil
	}
	return s.told(ctx, *r.news)
}

// giveUp makes a failure of a record that was tried often enough, and takes its mail out of the service's folder: it was
// announced, so nothing is to announce it again.
func (s *Stage) giveUp(ctx context.Context, m desk.QueueMessage, why error) error {
	if err := s.keep(ctx, m, why); err != nil {
		return err
	}
	r, err := readRecord(m.Body)
	if err != nil {
		return nil
	}
	for _, a := range r.arrivals {
		if err := s.move(ctx, a, a.key); err != nil && desk.CodeOf(err) != desk.NotFound {
			return err
		}
	}
	return nil
}

// largestPayload is the most of a record that lies in the failure itself.
const largestPayload = 100 << 10

// keep makes a failure of a whole record, with the reason that may be shown. The same record again is the same failure.
func (s *Stage) keep(ctx context.Context, m desk.QueueMessage, why error) error {
	f := s.failure(m)
	f.Code, f.Reason, f.Payload = desk.CodeOf(why), desk.Reason(why), m.Body
	if len(m.Body) > largestPayload {
		f.Payload, f.PayloadKey = nil, "failures/"+string(f.ID)
		if err := s.Objects.Put(ctx, f.PayloadKey, "application/json", bytes.NewReader(m.Body), int64(len(m.Body))); err != nil {
			return err
		}
	}
	return s.Failures.RecordFailure(ctx, f)
}

func (s *Stage) failure(m desk.QueueMessage) desk.Failure {
	at := m.SentAt
	if at.IsZero() {
		at = s.Now()
	}
	return desk.Failure{ID: desk.NewFailureID(at, m.ID), Stage: desk.QueueMail, Tries: m.Tries, At: s.Now()}
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

// Handle does one record, as the queue's reader hands it over. An error means that it is to come back.
func Handle[M message](s *Stage) func(ctx context.Context, m M) error {
	return func(ctx context.Context, m M) error { return s.handle(ctx, desk.QueueMessage(m)) }
}

// GiveUp makes a failure of a record that was tried often enough.
func GiveUp[M message](s *Stage) func(ctx context.Context, m M, why error) error {
	return func(ctx context.Context, m M, why error) error { return s.giveUp(ctx, desk.QueueMessage(m), why) }
}
