package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"
)

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
	for {
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
		switch {
		case e == nil:
			p.release(c)
			return out, nil
		case e.Kind == Handled || e.Kind == TooLarge:
			p.release(c)
		default:
			p.discard(c)
		}
		if e.Kind != Exited || inv.taken.Load() { // a copy that ended while it was idle costs nobody a request
			e.RequestID = inv.id
			return nil, e
		}
	}
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
