// Command soak runs the whole product for some minutes under customers, agents and a hand that ends its processes at
// random, and then reads the table and the senders' ledgers: each event exactly once, each answer at most once, and each
// conversation in the lists as it is.
//
// What happens is drawn from a seed, so that two runs do the same things in the same order a person; when each happens is
// the machine's to say.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// drained is how long the stack may take to come to rest: an ended sender's message is settled when its lease is over.
const drained = 12 * time.Minute

func main() {
	minutes := flag.Float64("minutes", 10, "how long to go on")
	seed := flag.Uint64("seed", 1, "what happens")
	dir := flag.String("dir", ".local/soak", "the folder of the run")
	bin := flag.String("bin", ".local", "where bin/loket-local and build/<function>/bootstrap are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, *bin, *seed, time.Duration(*minutes*float64(time.Minute))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // run has stopped all it started
	}
}

// run is one soak. Its error names everything that is not as it should be.
func run(ctx context.Context, dir, bin string, seed uint64, lasts time.Duration) error {
	s, err := start(ctx, dir, bin)
	if err != nil {
		return err
	}
	defer s.stop()
	w := &world{stack: s, notes: newNotes()}
	defer w.close()
	if err := w.build(ctx); err != nil {
		return err
	}
	fmt.Printf("soaking %s for %s, seed %d\n", s.API, lasts, seed)
	w.live(ctx, seed, lasts)
	if ctx.Err() != nil {
		return errors.New("stopped before the end; nothing was checked")
	}
	fmt.Printf("%s\nwaiting until all of it is done (at most %s)\n", w.notes.summary(), drained)
	if err := w.rest(ctx); err != nil {
		return err
	}
	wrong, err := w.check(ctx)
	if err != nil {
		return err
	}
	for _, words := range wrong {
		fmt.Println("wrong:", words)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d things are wrong; the log is %s/log", len(wrong), dir)
	}
	fmt.Println("ok: each event once, each answer at most once, every list entry true")
	return nil
}

// live lets everybody act at the same time until the time is over.
func (w *world) live(ctx context.Context, seed uint64, lasts time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	var all sync.WaitGroup
	act := func(id uint64, each time.Duration, do func(context.Context, *rand.Rand)) {
		r := rand.New(rand.NewPCG(seed, id)) //nolint:gosec // to be the same again
		all.Go(func() {
			for ctx.Err() == nil {
				do(ctx, r)
				pause(ctx, each/2+time.Duration(r.Int64N(int64(each))))
			}
		})
	}
	for i := range uint64(4) {
		act(10+i, 300*time.Millisecond, w.customer)
	}
	act(20, 700*time.Millisecond, w.mailer)
	for i := range uint64(2) {
		act(30+i, 500*time.Millisecond, w.agent)
	}
	act(40, 4*time.Second, w.reap)
	all.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
