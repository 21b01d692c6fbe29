package upkeep

import (
	"context"
	"maps"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Depths tells how full a queue is.
type Depths interface {
	Depth(ctx context.Context, queue string) (desk.QueueDepth, error)
}

// watch notes since when something waits in each queue: SQS itself tells the age of its oldest letter only to its metrics.
// It writes only what has changed.
func (s *Sweep) watch(ctx context.Context) (int, error) {
	before, err := s.Diary.QueuesWaiting(ctx)
	if err != nil {
		return 0, err
	}
	now := map[string]time.Time{}
	for _, q := range queues() {
		d, err := s.Depths.Depth(ctx, q)
		if err != nil {
			return 0, err
		}
		if d.Waiting == 0 {
			continue
		}
		if now[q] = before[q]; before[q].IsZero() {
			now[q] = s.Now()
		}
	}
	if maps.EqualFunc(before, now, time.Time.Equal) {
		return 0, nil
	}
	return 0, s.Diary.NoteQueuesWaiting(ctx, now)
}
