package main

import (
	"context"
	"fmt"
	"time"

	"github.com/loket-desk/loket/infra/bench/probe"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
)

// throughput posts messages as fast as they are taken, to a bot of its own, and counts until all are filed.
func (b *bench) throughput(s *stack, f *flow) error {
	k, err := b.connect(s)
	if err != nil {
		return err
	}
	if err := b.burst(k, 20, 900_000); err != nil { // its set-up is known everywhere
		return err
	}
	t := table.New(client(s.Endpoints["dynamodb"], nil), s.Table)
	if err := filedAll(b.ctx, t, k.inbox, 20); err != nil {
		return err
	}
	before, err := s.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := b.burst(k, messages, 2_000); err != nil {
		return err
	}
	if err := filedAll(b.ctx, t, k.inbox, 20+messages); err != nil {
		return err
	}
	f.rate = messages / time.Since(begun).Seconds()
	time.Sleep(2 * time.Second) // tickets of the last conversations
	after, err := s.cpu()
	if err != nil {
		return err
	}
	f.cpu, err = spentBetween(before, after)
	return err
}

// spentBetween is the processor time that each function's processes took; those that came up meanwhile count from their
// start. A process that has ended takes its figure with it: an error.
func spentBetween(before, after map[string]map[int]time.Duration) (map[string]time.Duration, error) {
	spent := map[string]time.Duration{}
	for name, pids := range before {
		for pid, was := range pids {
			if _, lives := after[name][pid]; !lives {
				return nil, fmt.Errorf("a process of %s ended in mid-work", name)
			}
			spent[name] -= was
		}
	}
	for name, pids := range after {
		for _, is := range pids {
			spent[name] += is
		}
	}
	return spent, nil
}

// cpuRow tells the processor time of some functions together, for one of n messages.
func cpuRow(name string, functions []string, spent map[string]time.Duration, n int) row {
	sum, note := time.Duration(0), ""
	for _, function := range functions {
		one := spent[function] / time.Duration(n)
		sum += one
		note += fmt.Sprintf("%s %.2f, ", function, ms(one))
	}
	return limited(name, ms(sum), "ms", note+fmt.Sprintf("over %d messages", n))
}

// filedAll waits until an inbox's conversations hold n messages.
func filedAll(ctx context.Context, t *table.Table, inbox desk.InboxID, n int64) error {
	ctx, cancel := context.WithTimeout(ctx, 150*time.Second)
	defer cancel()
	for {
		filed, err := countFiled(ctx, t, inbox)
		if err != nil || filed >= n {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of %d messages were filed: %w", filed, n, ctx.Err())
		}
	}
}

// countFiled adds up what the conversations of an inbox have announced.
func countFiled(ctx context.Context, t *table.Table, inbox desk.InboxID) (n int64, err error) {
	q := desk.ConversationQuery{Inboxes: []desk.InboxID{inbox}, Views: []desk.View{desk.ViewUnassigned, desk.ViewAssigned}, Limit: 100}
	for {
		page, err := t.ListConversations(ctx, q)
		if err != nil {
			return 0, err
		}
		for _, c := range page.Conversations {
			n += c.Announced
		}
		if page.Next == "" {
			return n, nil
		}
		q.After = page.Next
	}
}

// cpu is the processor time of each process of each function so far.
func (s *stack) cpu() (map[string]map[int]time.Duration, error) {
	if err := s.reload(); err != nil {
		return nil, err
	}
	out := map[string]map[int]time.Duration{}
	for name, pids := range s.Functions {
		out[name] = map[int]time.Duration{}
		for _, pid := range pids {
			t, err := probe.CPU(pid)
			if err != nil {
				return nil, err
			}
			out[name][pid] = t
		}
	}
	return out, nil
}
