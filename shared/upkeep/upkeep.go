// Package upkeep is the scheduled work: it repairs what was saved and never taken up, settles sends that were cut short,
// and makes failures of what crashed, so that an admin sees it.
//
// Each task is safe to repeat and to run beside itself, and none keeps another from running.
package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Work finds saved work that nobody took up, and marks it anew. moved reports that somebody took it up meanwhile.
type Work interface {
	StaleWork(ctx context.Context, before time.Time, limit int) ([]desk.StaleWork, error)
	HandOnAgain(ctx context.Context, s desk.StaleWork, next time.Time) (moved bool, err error)
	DropWork(ctx context.Context, s desk.StaleWork, words string) (moved bool, err error)
	// SavedNow is the work that the item with these keys (DynamoDB's JSON) has left; Work is empty when none.
	SavedNow(ctx context.Context, keys json.RawMessage) (desk.StaleWork, error)
}

// Leases finds messages whose sender was ended in mid-work.
type Leases interface {
	ExpiredLeases(ctx context.Context, before time.Time, limit int) ([]desk.Message, error)
	ExpireLease(ctx context.Context, id desk.MessageID, lease time.Time) error
}

// Dead are the dead-letter queues, by the names of the queues they belong to.
type Dead interface {
	Receive(ctx context.Context, queue string, most int) ([]desk.QueueMessage, error)
	Delete(ctx context.Context, queue, receipt string) error
}

// Objects holds what the stream's reader gave up. Get: NotFound when there is none.
type Objects interface {
	Keys(ctx context.Context, prefix string, most int) ([]string, error)
	Get(ctx context.Context, key string) (io.ReadCloser, int64, error)
	Delete(ctx context.Context, key string) error
}

// Diary remembers the last sweep, and since when something waits in which queue.
type Diary interface {
	Swept(ctx context.Context, note string) error
	QueuesWaiting(ctx context.Context) (map[string]time.Time, error)
	NoteQueuesWaiting(ctx context.Context, since map[string]time.Time) error
}

// Options are what a Sweep needs.
type Options struct {
	Work    Work
	Leases  Leases
	Dead    Dead
	Objects Objects
	Mailbox Mailbox
	Letters Letters
	Depths  Depths
	Diary   Diary
	Shifts  Shifts
	Keeper  Keeper
	Now     func() time.Time
}

// Sweep is the work of every minute.
type Sweep struct{ Options }

// New makes a Sweep.
func New(o Options) *Sweep { return &Sweep{o} }

// The bounds of one sweep: what is left over is the next one's.
const (
	page    = 50
	most    = 500 // items of one task
	perTask = 12 * time.Second
)

// seldom is how many minutes lie between two rounds of what asks queues and S3: each such request is paid, also by a stack
// that nobody writes to, and what they look for is rare.
const seldom = 10

// Run does every task, each with its own share of the time, and notes what was done. Its error joins theirs.
func (s *Sweep) Run(ctx context.Context) error {
	tasks := []struct {
		name  string
		every int // minutes
		run   func(context.Context) (int, error)
	}{
		{"work handed on again", 1, s.handOn},
		{"interrupted sends settled", 1, s.settle},
		{"people whose hours began", 1, s.begin},
		{"dead letters kept", seldom, s.bury},
		{"changes handed on again", seldom, s.rehand},
		{"mails announced again", seldom, s.announce},
		{"queues watched", seldom, s.watch},
	}
	var all []error
	var notes []string
	for _, task := range tasks {
		if s.Now().Minute()%task.every != 0 {
			continue
		}
		within, cancel := context.WithTimeout(ctx, perTask)
		n, err := guarded(within, task.run)
		cancel()
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", task.name, err))
		}
		if n > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d", task.name, n))
		}
	}
	if len(notes) > 0 {
		slog.InfoContext(ctx, "swept", "done", notes)
	}
	if len(all) == 0 { // a sweep that failed somewhere is none: the time of the last good one tells
		if err := s.Diary.Swept(ctx, strings.Join(notes, "; ")); err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// guarded makes a fault in one task an error of that task alone.
func guarded(ctx context.Context, run func(context.Context) (int, error)) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a fault in the code: %v", v)
		}
	}()
	return run(ctx)
}

// settle makes messages UNKNOWN whose sender was ended between calling the platform and storing its answer.
func (s *Sweep) settle(ctx context.Context) (int, error) {
	for n := 0; ; {
		late, err := s.Leases.ExpiredLeases(ctx, s.Now(), page)
		if err != nil {
			return n, err
		}
		for _, m := range late {
			if err := s.Leases.ExpireLease(ctx, m.ID(), m.Lease); err != nil {
				return n, err
			}
			n++
		}
		if len(late) < page || n >= most {
			return n, nil
		}
	}
}

// queues are those with a dead-letter queue.
func queues() []string {
	return []string{desk.QueueInbound, desk.QueueTickets, desk.QueueOutbound, desk.QueueMail}
}

// bury makes failures of the letters in the dead-letter queues; each leaves its queue only after it is kept.
func (s *Sweep) bury(ctx context.Context) (int, error) {
	n := 0
	var all []error
	for _, q := range queues() {
		done, err := s.buryOf(ctx, q)
		n += done
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", q, err))
		}
	}
	return n, errors.Join(all...)
}

func (s *Sweep) buryOf(ctx context.Context, queue string) (int, error) {
	for n := 0; ; {
		letters, err := s.Dead.Receive(ctx, queue, 10)
		if err != nil || len(letters) == 0 {
			return n, err
		}
		for _, l := range letters {
			if err := s.Keeper.of(queue).Keep(ctx, l, crashed(l)); err != nil {
				return n, err
			}
			if err := s.Dead.Delete(ctx, queue, l.Receipt); err != nil {
				return n, err
			}
			n++
		}
		if n >= most {
			return n, nil
		}
	}
}

func crashed(l desk.QueueMessage) error {
	return desk.Refuse(desk.Internal, fmt.Sprintf("It was begun %d times and never came to an end: it was cut short, or what it needs was away for so long.", l.Tries))
}
