package lambda

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
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

// Invoke runs the function once and returns its answer. An error is an *Error. Where every copy is busy it waits for
// one (Lambda would refuse); ctx ends only that wait: work that was begun goes on to its end, as on Lambda.
func (p *Pool) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	inv := &invocation{id: requestID(), trace: traceID(), payload: payload, done: make(chan answer, 1)}
	began := time.Now()
	out, err := p.invoke(ctx, inv)
	p.report(inv.id, time.Since(began), err)
	return out, err
}

func (p *Pool) invoke(ctx context.Context, inv *invocation) ([]byte, error) {
	if len(inv.payload) > MaxPayload {
		return nil, (&Error{Kind: TooLarge, Type: "RequestEntityTooLarge", Message: "the request is larger than 6 MB", RequestID: inv.id}).document()
	}
	c, err := p.acquire(ctx)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = (&Error{Kind: Stopped, Type: "Runner.Stopped", Message: err.Error()}).document()
		}
		e.RequestID = inv.id
		return nil, e
	}
	out, e := p.run(c, inv)
	if e == nil {
		p.release(c)
		return out, nil
	}
	e.RequestID = inv.id
	if e.Kind == Handled || e.Kind == TooLarge {
		p.release(c)
	} else {
		p.discard(c)
	}
	return nil, e
}

// run hands one request to a copy and waits for its answer, its end or its limits.
func (p *Pool) run(c *process, inv *invocation) ([]byte, *Error) {
	inv.deadline = time.Now().Add(p.f.Timeout)
	timeout := time.NewTimer(p.f.Timeout)
	defer timeout.Stop()
	go c.api.hand(inv)
	check := time.NewTicker(100 * time.Millisecond)
	defer check.Stop()
	for {
		select {
		case a := <-inv.done:
			if e := p.overMemory(c, inv); e != nil {
				return nil, e
			}
			return a.payload, a.err
		case <-c.gone:
			return p.exited(c, inv)
		case <-timeout.C:
			return nil, (&Error{Kind: TimedOut, Type: "Sandbox.Timedout", Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", inv.id, p.f.Timeout.Seconds())}).document()
		case <-check.C:
			if e := p.overMemory(c, inv); e != nil {
				return nil, e
			}
		case <-p.stop:
			return nil, (&Error{Kind: Stopped, Type: "Runner.Stopped", Message: "the local runner is stopping"}).document()
		}
	}
}

// exited tells of a process that ended in mid-work; an answer that it had given before counts.
func (p *Pool) exited(c *process, inv *invocation) ([]byte, *Error) {
	select {
	case a := <-inv.done:
		if a.err == nil {
			go p.discard(c)
		}
		return a.payload, a.err
	default:
	}
	return nil, (&Error{Kind: Exited, Type: "Runtime.ExitError", Message: fmt.Sprintf("RequestId: %s Error: Runtime exited: %s", inv.id, c.state)}).document()
}

func (p *Pool) overMemory(c *process, inv *invocation) *Error {
	used := peakMB(c.cmd.Process.Pid)
	if used <= p.f.MemoryMB {
		return nil
	}
	message := fmt.Sprintf("RequestId: %s Error: Runtime exited with error: signal: killed (it held %d MB of memory, its MemorySize is %d MB)", inv.id, used, p.f.MemoryMB)
	return (&Error{Kind: Memory, Type: "Runtime.OutOfMemory", Message: message}).document()
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
		if !c.ended() {
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

// report writes the one line that each request gets.
func (p *Pool) report(id string, took time.Duration, err error) {
	attrs := []any{slog.String("function", p.f.Name), slog.String("request", id), slog.Float64("ms", float64(took.Microseconds())/1000)}
	var e *Error
	switch {
	case err == nil:
		p.f.Log.Info("request", append(attrs, slog.String("outcome", "ok"))...)
	case errors.As(err, &e) && e.Kind == Stopped:
		p.f.Log.Debug("request", append(attrs, slog.String("outcome", string(e.Kind)))...)
	case errors.As(err, &e):
		p.f.Log.Warn("request", append(attrs, slog.String("outcome", string(e.Kind)), slog.String("error", e.Message))...)
	}
}

func (p *Pool) reportInit(err error, crashes int) {
	var e *Error
	if errors.As(err, &e) && e.Kind == Init {
		p.f.Log.Error("start failed", slog.String("function", p.f.Name), slog.String("error", e.Message), slog.Int("failures", crashes))
	}
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func traceID() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), h[:24], h[24:40])
}
