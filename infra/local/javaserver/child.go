package javaserver

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const stopGrace = 3 * time.Second

// child is a Java process in a process group of its own, which ends with this process.
type child struct {
	pid    int
	ready  chan string   // receives the port named in the ready line, or ""
	failed chan struct{} // closed when the server says that its port is taken
	done   chan struct{} // closed when the process has ended
	out    *output
	stdin  io.Closer // held open: the launcher ends when it closes
	err    error     // of Wait; read after done
}

// run starts java. The thread that forks is kept until the child ends: on Linux the parent-death signal follows that thread, not the process.
func run(java string, args []string, log io.Writer, ready *regexp.Regexp) (*child, error) {
	c := &child{ready: make(chan string, 1), failed: make(chan struct{}), done: make(chan struct{})}
	c.out = &output{log: log, see: c.see(ready)}
	cmd := exec.Command(java, args...)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	cmd.SysProcAttr = endsWithParent()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			c.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.done)
		}
	}()
	return c, <-started
}

// see returns what is done with each line while the server starts.
func (c *child) see(ready *regexp.Regexp) func(line string) {
	var up, taken sync.Once
	return func(line string) {
		if m := ready.FindStringSubmatch(line); m != nil {
			up.Do(func() { c.ready <- strings.Join(m[1:], "") })
		}
		if strings.Contains(line, "Address already in use") {
			taken.Do(func() { close(c.failed) })
		}
	}
}

// stop asks the process group to end, and ends it after a grace.
func (c *child) stop() {
	_ = syscall.Kill(-c.pid, syscall.SIGTERM)
	_ = c.stdin.Close()
	select {
	case <-c.done:
	case <-time.After(stopGrace):
		_ = syscall.Kill(-c.pid, syscall.SIGKILL)
		<-c.done
	}
}

// reason explains an early end in a sentence. To be called after done.
func (c *child) reason(name string) error {
	last := c.out.last()
	if strings.Contains(last, "UnsupportedClassVersionError") {
		return fmt.Errorf("%s did not start: %s", name, oldJava)
	}
	return fmt.Errorf("%s ended while it started (%v); it said last:\n%s", name, c.err, last)
}

// output splits what a process prints into lines, keeps the last few and passes all on.
type output struct {
	mu   sync.Mutex
	log  io.Writer
	see  func(line string)
	part []byte
	tail []string
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.part = append(o.part, p...)
	for {
		line, rest, found := bytes.Cut(o.part, []byte("\n"))
		if !found {
			return len(p), nil
		}
		o.line(strings.TrimRight(string(line), "\r"))
		o.part = append([]byte(nil), rest...)
	}
}

func (o *output) line(line string) {
	o.see(line)
	if o.tail = append(o.tail, line); len(o.tail) > 12 {
		o.tail = o.tail[1:]
	}
	if o.log != nil {
		// A log that can't be written must not end the server.
		_, _ = fmt.Fprintln(o.log, line)
	}
}

func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(append(append([]string(nil), o.tail...), string(o.part)), "\n")
}
