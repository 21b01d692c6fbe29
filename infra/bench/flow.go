package main

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	pace     = 50   // messages a second, for acknowledgements
	messages = 2000 // of the throughput
	parties  = 125  // who write them, sixteen each
	posters  = 16   // requests at once
)

// flow is what the local run showed: how long answers took at a steady pace, how fast messages were filed when they
// came at once, what the functions cost, beside a hello function's answers and the same table calls made alone.
type flow struct {
	acks, hellos []time.Duration
	rate, alone  float64 // messages a second
	cpu          map[string]time.Duration
}

// flow tells what was observed.
func (b *bench) flow() error {
	f, err := b.observe()
	if err != nil {
		return err
	}
	hello := fmt.Sprintf("%d messages at %d/s; a hello function's: p50 %.1f, p99 %.1f ms", len(f.acks), pace, ms(percentile(f.hellos, 50)), ms(percentile(f.hellos, 99)))
	b.add(limited("ack.p50_ms", ms(percentile(f.acks, 50)), "ms", hello), limited("ack.p99_ms", ms(percentile(f.acks, 99)), "ms", ""))
	b.add(atLeast("throughput.messages_s", throughputShare*f.alone, f.rate, "messages/s", fmt.Sprintf("%.0f %% of what the same table calls alone reach, %.0f/s; %d messages of %d people", 100*f.rate/f.alone, f.alone, messages, parties)))
	b.add(cpuRow("cpu.message_ms", stages(), f.cpu, messages))
	return nil
}

// stages are the functions that a chat message passes.
func stages() []string { return []string{"webhook", "router", "dispatcher", "ticket"} }

// observe runs messages through the local run, once.
func (b *bench) observe() (*flow, error) {
	if b.seen != nil {
		return b.seen, nil
	}
	s, err := b.running()
	if err != nil {
		return nil, err
	}
	k, err := b.connect(s)
	if err != nil {
		return nil, err
	}
	if err := b.burst(k, 300, 1_000); err != nil { // brings up processes and warms the servers
		return nil, err
	}
	f := &flow{}
	if err := b.acknowledge(s, k, f); err != nil {
		return nil, err
	}
	alone, stop, err := b.aloneTable()
	if err != nil {
		return nil, err
	}
	defer stop()
	before, err := alone.file(b.ctx, messages/2)
	if err != nil {
		return nil, err
	}
	if err := b.throughput(s, f); err != nil {
		return nil, err
	}
	after, err := alone.file(b.ctx, messages/2)
	if err != nil {
		return nil, err
	}
	f.alone = messages / (before + after).Seconds()
	b.seen = f
	return f, nil
}

// burst posts n messages of as many chats in turn as there are parties, and returns when all are accepted.
func (b *bench) burst(k *bot, n int, first int64) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(b.ctx)
	for range posters {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if _, err := k.write(ctx, first+i%parties); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// sortedNames are a map's keys, in order.
func sortedNames[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
