package lambda

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is one running copy of a function.
type process struct {
	f     *Function
	api   *runtimeAPI
	cmd   *exec.Cmd
	gone  chan struct{} // closed when the process has ended and its output was read
	state string        // how it ended; valid once gone
	tail  tail
	kill  sync.Once
}

// startProcess starts a copy and waits until it asks for work. The error is an *Error of kind Init.
func startProcess(f *Function, stop <-chan struct{}) (*process, error) {
	api, err := startRuntimeAPI(f.ARN)
	if err != nil {
		return nil, initFailure("the runtime API can't listen: %v", err)
	}
	p := &process{f: f, api: api, gone: make(chan struct{})}
	if err := p.exec(); err != nil {
		api.close()
		return nil, initFailure("%s can't be started: %v", f.Bootstrap, err)
	}
	timeout := time.NewTimer(initTimeout)
	defer timeout.Stop()
	select {
	case <-api.ready:
		return p, nil
	case e := <-api.failed:
		p.end()
		return nil, e
	case <-p.gone:
		p.end()
		return nil, initFailure("%s ended before it asked for work: %s%s", f.Name, p.state, p.tail.sentence())
	case <-timeout.C:
		p.end()
		return nil, initFailure("%s did not ask for work within %s%s", f.Name, initTimeout, p.tail.sentence())
	case <-stop:
		p.end()
		return nil, (&Error{Kind: Stopped, Type: "Runner.Stopped", Message: "the local runner is stopping"}).document()
	}
}

func initFailure(format string, args ...any) *Error {
	return (&Error{Kind: Init, Type: "Runtime.ExitError", Message: fmt.Sprintf(format, args...)}).document()
}

func (p *process) exec() error {
	bootstrap, err := filepath.Abs(p.f.Bootstrap)
	if err != nil {
		return err
	}
	p.cmd = exec.Command(bootstrap)
	p.cmd.Dir = filepath.Dir(bootstrap)
	p.cmd.Env = p.environment(filepath.Dir(bootstrap))
	ownGroup(p.cmd)
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	err = p.cmd.Start()
	_ = writer.Close()
	if err != nil {
		_ = reader.Close()
		return err
	}
	go p.watch(reader)
	return nil
}

// watch passes the function's lines on until its output is closed, and notes how it ended.
func (p *process) watch(output io.ReadCloser) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.lines(output)
	}()
	_ = p.cmd.Wait()
	killGroup(p.cmd.Process.Pid) // what it started must not outlive it, nor hold its output open
	select {
	case <-read:
	case <-time.After(time.Second):
	}
	_ = output.Close()
	p.state = p.cmd.ProcessState.String()
	close(p.gone)
}

func (p *process) lines(output io.Reader) {
	r := bufio.NewReaderSize(output, 64*1024)
	for {
		line, err := r.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			p.tail.add(line)
			p.f.Log.Info("output", slog.String("function", p.f.Name), slog.String("line", line))
		}
		if err != nil {
			return
		}
	}
}

// end kills the copy with all that it started, and waits for it.
func (p *process) end() {
	p.kill.Do(func() {
		if !p.ended() {
			killGroup(p.cmd.Process.Pid)
		}
		p.api.close()
	})
	<-p.gone
}

func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// environment is what Lambda gives a function, and nothing of the runner's own.
func (p *process) environment(root string) []string {
	env := map[string]string{
		"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin", "LANG": "en_US.UTF-8", "TZ": "UTC",
		"AWS_REGION": p.f.Region, "AWS_DEFAULT_REGION": p.f.Region, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_FUNCTION_NAME": p.f.Name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(p.f.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/" + p.f.Name, "AWS_LAMBDA_LOG_STREAM_NAME": "local",
		"LAMBDA_TASK_ROOT": root, "LAMBDA_RUNTIME_DIR": root, "_HANDLER": p.f.Handler, "AWS_LAMBDA_RUNTIME_API": p.api.address,
	}
	for name, value := range p.f.Env {
		if !strings.HasPrefix(name, "AWS_LAMBDA_") && !strings.HasPrefix(name, "LAMBDA_") {
			env[name] = value
		}
	}
	out := make([]string, 0, len(env))
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

// tail keeps a copy's last lines, to tell why it did not come up.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines = append(t.lines, line[:min(len(line), 500)]); len(t.lines) > 10 {
		t.lines = t.lines[1:]
	}
}

func (t *tail) sentence() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return ""
	}
	return "; it said: " + strings.Join(t.lines, " ⏎ ")
}
