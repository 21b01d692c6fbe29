// Package probe starts a function's binary under a small Lambda Runtime API of its own and measures the process: how long
// it takes until it asks for work, how much CPU that costs, and how much memory it held at most.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience is how long a function may take to ask for work; Lambda allows ten seconds.
const patience = 10 * time.Second

// Init is what it took from the start of the process until it asked for work the first time.
type Init struct {
	Wall, CPU time.Duration
}

// Process is one running copy of a function.
type Process struct {
	Init Init

	cmd    *exec.Cmd
	api    *runtimeAPI
	server *http.Server
	said   *tail
	gone   chan struct{}
}

// Start runs the binary with the environment given (the Runtime API's address is added) and waits until it asks for work.
// The caller closes the process.
func Start(ctx context.Context, binary string, environment []string) (*Process, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the Runtime API can't listen: %w", err)
	}
	p := &Process{api: newRuntimeAPI(), said: &tail{}, gone: make(chan struct{})}
	p.server = &http.Server{Handler: p.api.routes(), ReadHeaderTimeout: patience}
	go func() { _ = p.server.Serve(listener) }() // ends by Close alone
	p.cmd = exec.Command(binary)
	p.cmd.Dir = filepath.Dir(binary)
	p.cmd.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String()}, environment...)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		_ = p.server.Close()
		return nil, fmt.Errorf("%s can't be started: %w", binary, err)
	}
	p.api.pid.Store(int64(p.cmd.Process.Pid))
	go func() { _ = p.cmd.Wait(); close(p.gone) }()
	if err := p.await(ctx, begun); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// await waits for the first request for work and notes what it took.
func (p *Process) await(ctx context.Context, begun time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case r := <-p.api.ready:
		p.Init = Init{Wall: r.at.Sub(begun), CPU: r.cpu}
		return r.err
	case <-p.gone:
		return fmt.Errorf("%s ended before it asked for work: %s", p.name(), p.said)
	case <-ctx.Done():
		return fmt.Errorf("%s did not ask for work: %w; it said: %s", p.name(), ctx.Err(), p.said)
	}
}

func (p *Process) name() string { return filepath.Base(p.cmd.Path) }

// Invoke hands the function one event and waits for its answer. An error document of the function is an error.
func (p *Process) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	w := &work{event: event, deadline: time.Now().Add(patience), done: make(chan answer, 1)}
	ctx, cancel := context.WithDeadline(ctx, w.deadline)
	defer cancel()
	select {
	case p.api.queue <- w:
	case <-p.gone:
		return nil, errors.New(p.name() + " has ended: " + p.said.String())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-w.done:
		return a.body, a.err
	case <-p.gone:
		return nil, errors.New(p.name() + " ended in mid-work: " + p.said.String())
	case <-ctx.Done():
		return nil, fmt.Errorf("%s did not answer: %w; it said: %s", p.name(), ctx.Err(), p.said)
	}
}

// PeakKB is the most memory that the process held so far, in KB.
func (p *Process) PeakKB() (int, error) { return PeakKB(p.cmd.Process.Pid) }

// CPU is the processor time that the process took so far.
func (p *Process) CPU() (time.Duration, error) { return CPU(p.cmd.Process.Pid) }

// Said is the end of what the process wrote to its output.
func (p *Process) Said() string { return p.said.String() }

// SaidBytes is how many bytes the process wrote to its output so far.
func (p *Process) SaidBytes() int {
	p.said.mu.Lock()
	defer p.said.mu.Unlock()
	return p.said.total
}

// Close ends the process and waits for its end.
func (p *Process) Close() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.gone
	_ = p.server.Close()
}

// lastSaid is how much of its output is kept to tell why a function did not come up, in bytes.
const lastSaid = 2000

// String is what was said last, on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(string(t.text)), " ")
}
