package lambda

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Pool is one function: it starts copies when there is work, keeps them warm, and ends those that misbehave.
type Pool struct {
	f    Function
	stop chan struct{}

	mu       sync.Mutex
	closed   bool
	copies   []*process // all that came up
	idle     []*process // those without work, most recently used last
	starting int
	waiters  []chan result
	crashes  int       // init failures in a row
	notUntil time.Time // no new copy before this
	work     sync.WaitGroup
}

// result is what a caller in the queue is given: a copy to use, or why there is none.
type result struct {
	p   *process
	err error
}

// New makes the pool of a function. Nothing is started before the first Invoke.
func New(f Function) *Pool {
	return &Pool{f: f, stop: make(chan struct{})}
}

// acquire gives the caller a copy: a warm one, a new one, or the first to become free.
func (p *Pool) acquire(ctx context.Context) (*process, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errors.New("the local runner is stopping")
	}
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if !c.ended() && !dead(c.cmd.Process.Pid) {
			p.mu.Unlock()
			return c, nil
		}
	}
	w := make(chan result, 1)
	p.waiters = append(p.waiters, w)
	p.startForWaiters()
	p.mu.Unlock()
	select {
	case r := <-w:
		return r.p, r.err
	case <-ctx.Done():
		return nil, p.leave(w, ctx.Err())
	case <-p.stop:
		return nil, p.leave(w, errors.New("the local runner is stopping"))
	}
}

// leave takes a caller out of the queue; a copy that was handed over meanwhile goes back.
func (p *Pool) leave(w chan result, err error) error {
	p.mu.Lock()
	i := slices.Index(p.waiters, w)
	if i >= 0 {
		p.waiters = slices.Delete(p.waiters, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 {
		if r := <-w; r.p != nil {
			p.release(r.p)
		}
	}
	return err
}

// startForWaiters starts as many copies as callers wait and the limit allows. The caller holds mu.
func (p *Pool) startForWaiters() {
	for p.starting < len(p.waiters) && len(p.copies)+p.starting < p.f.Max && !p.closed {
		p.starting++
		p.work.Add(1)
		go p.start(time.Until(p.notUntil))
	}
}

func (p *Pool) start(delay time.Duration) {
	defer p.work.Done()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-p.stop:
		}
	}
	c, err := startProcess(&p.f, p.stop)
	p.mu.Lock()
	p.starting--
	if err != nil {
		p.crashes++
		p.notUntil = time.Now().Add(min(200*time.Millisecond<<min(p.crashes, 6), 10*time.Second))
		if len(p.waiters) > 0 {
			p.waiters[0] <- result{err: err}
			p.waiters = p.waiters[1:]
		}
		p.startForWaiters()
		crashes := p.crashes
		p.mu.Unlock()
		p.reportInit(err, crashes)
		return
	}
	p.crashes = 0
	p.copies = append(p.copies, c)
	p.mu.Unlock()
	p.work.Add(1)
	go p.tend(c)
	p.changed()
	p.release(c)
}

// tend notices when a copy ends, however it does.
func (p *Pool) tend(c *process) {
	defer p.work.Done()
	<-c.gone
	p.discard(c)
}

// release makes a copy available to the next caller.
func (p *Pool) release(c *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ended() || p.closed {
		return
	}
	if len(p.waiters) > 0 {
		p.waiters[0] <- result{p: c}
		p.waiters = p.waiters[1:]
		return
	}
	p.idle = append(p.idle, c)
}

// discard ends a copy and forgets it. Callers who wait may need a new one.
func (p *Pool) discard(c *process) {
	c.end()
	p.mu.Lock()
	i := slices.Index(p.copies, c)
	if i >= 0 {
		p.copies = slices.Delete(p.copies, i, i+1)
	}
	if j := slices.Index(p.idle, c); j >= 0 {
		p.idle = slices.Delete(p.idle, j, j+1)
	}
	p.startForWaiters()
	p.mu.Unlock()
	if i >= 0 {
		p.changed()
	}
}

// PIDs are the processes that run now.
func (p *Pool) PIDs() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	pids := make([]int, 0, len(p.copies))
	for _, c := range p.copies {
		pids = append(pids, c.cmd.Process.Pid)
	}
	return pids
}

// Close ends every copy, also in mid-work, and returns when none is left.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	close(p.stop)
	copies := slices.Clone(p.copies)
	p.mu.Unlock()
	for _, c := range copies {
		c.end()
	}
	p.work.Wait()
}

func (p *Pool) changed() {
	if p.f.Changed != nil {
		p.f.Changed()
	}
}
