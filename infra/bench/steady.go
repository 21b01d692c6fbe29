package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// acknowledge writes at a steady pace, in turns of two seconds with a hello function behind a gateway of the same kind.
func (b *bench) acknowledge(s *stack, k *bot, f *flow) error {
	answer := filepath.Join(b.dir, "answer")
	if err := b.goBuild(append(flags(), "-o", answer, "./infra/bench/testdata/answer")...); err != nil {
		return err
	}
	environ := append(os.Environ(), "AWS_ENDPOINT_URL_DYNAMODB="+s.Endpoints["dynamodb"], "AWS_ENDPOINT_URL_SQS="+s.Endpoints["sqs"])
	h, err := b.startRun("hello", "infra/bench/testdata/answer.yaml", map[string]string{"answer": answer}, environ)
	if err != nil {
		return err
	}
	hello := func(ctx context.Context, _ int64) (time.Duration, error) {
		begun := time.Now()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.API+"/hello", http.NoBody)
		if err != nil {
			return 0, err
		}
		status, body, err := send(h.web, r)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("the hello function answered %d: %s", status, body)
		}
		return time.Since(begun), err
	}
	if _, err := paced(b.ctx, time.Second, hello); err != nil {
		return err
	}
	for range 5 {
		took, err := paced(b.ctx, 2*time.Second, k.write)
		if err != nil {
			return err
		}
		f.acks = append(f.acks, took...)
		if took, err = paced(b.ctx, 2*time.Second, hello); err != nil {
			return err
		}
		f.hellos = append(f.hellos, took...)
	}
	return nil
}

// paced calls at the pace, whether or not earlier calls have come back, and gives what each took.
func paced(ctx context.Context, during time.Duration, call func(context.Context, int64) (time.Duration, error)) ([]time.Duration, error) {
	tick := time.NewTicker(time.Second / pace)
	defer tick.Stop()
	var mu sync.Mutex
	var took []time.Duration
	group, ctx := errgroup.WithContext(ctx)
	for i := range int(during.Seconds() * pace) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), group.Wait())
		}
		group.Go(func() error {
			d, err := call(ctx, 1_000+int64(i)%parties)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, d)
			return err
		})
	}
	err := group.Wait()
	return took, err
}
