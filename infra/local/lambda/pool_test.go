package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// safeBuffer may be written and read at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// build makes the function of testdata/echo.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", path, "../testdata/echo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the test function can't be built: %v\n%s", err, out)
	}
	return path
}

func pool(t *testing.T, bootstrap string, change func(*Function)) (*Pool, *safeBuffer) {
	t.Helper()
	log := &safeBuffer{}
	f := Function{
		Name: "echo", ARN: "arn:aws:lambda:us-east-1:000000000000:function:echo", Bootstrap: bootstrap, Handler: "bootstrap", Region: "us-east-1",
		MemoryMB: 512, Timeout: 20 * time.Second, Max: 2, Log: slog.New(slog.NewJSONHandler(log, nil)),
	}
	if change != nil {
		change(&f)
	}
	p := New(f)
	t.Cleanup(p.Close)
	return p, log
}

func do(verb string) []byte {
	return fmt.Appendf(nil, `{"version":"2.0","queryStringParameters":{"do":%q}}`, verb)
}

func kind(t *testing.T, err error) Kind {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %v", err)
	}
	if e.RequestID == "" || len(e.Payload) == 0 {
		t.Errorf("the error lacks its request or its document: %+v", e)
	}
	return e.Kind
}

func TestAPoolRunsFunctionsAsLambdaDoes(t *testing.T) {
	bootstrap := build(t)
	for name, test := range map[string]func(*testing.T, string){
		"a warm copy is used again":                                      warm,
		"copies run at once up to the limit":                             atOnce,
		"an error of the function is handed on":                          handled,
		"a request over 6 MB is refused":                                 tooLarge,
		"a process that is ended fails its request alone":                ended,
		"an idle process that is ended is replaced":                      endedIdle,
		"a function that does not come up is reported with what it said": brokenInit,
		"a bootstrap that can't be run is an error":                      unusable,
		"who stops waiting leaves no copy behind":                        waiting,
		"closing ends work and processes":                                closing,
		"what a function starts ends with it":                            children,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, bootstrap)
		})
	}
}

func warm(t *testing.T, bootstrap string) {
	changes := make(chan struct{}, 10)
	p, log := pool(t, bootstrap, func(f *Function) { f.Changed = func() { changes <- struct{}{} } })
	first, err := p.Invoke(t.Context(), do("pid"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.Invoke(t.Context(), do("pid"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%s, then %s, %v", first, second, err)
	}
	if pids := p.PIDs(); len(pids) != 1 || !strings.Contains(string(first), strconv.Itoa(pids[0])) {
		t.Errorf("the processes are %v, the answer was %s", pids, first)
	}
	<-changes
	for _, want := range []string{`"line":"up as echo"`, `"outcome":"ok"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}

func atOnce(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := p.Invoke(t.Context(), do("sleep:100ms")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(p.PIDs()); n != 2 {
		t.Errorf("%d copies, the limit is 2", n)
	}
}

func handled(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	_, err := p.Invoke(t.Context(), do("error"))
	if k := kind(t, err); k != Handled || !strings.Contains(err.Error(), "told to fail") {
		t.Errorf("%s: %v", k, err)
	}
	before := p.PIDs()
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil || len(before) != 1 || p.PIDs()[0] != before[0] {
		t.Errorf("the copy was not kept: %v", err)
	}
}

func tooLarge(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	if _, err := p.Invoke(t.Context(), make([]byte, MaxPayload+1)); kind(t, err) != TooLarge {
		t.Errorf("got %v", err)
	}
}

func ended(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	if _, err := p.Invoke(t.Context(), do("exit")); kind(t, err) != Exited || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func endedIdle(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil {
		t.Fatal(err)
	}
	before := p.PIDs()[0]
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !dead(before); {
		if time.Now().After(end) {
			t.Fatal("the process did not end")
		}
	}
	// The pool may not have noticed yet: the request must not pay for that.
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil || slices.Contains(p.PIDs(), before) {
		t.Errorf("got %v, process %v after %d", err, p.PIDs(), before)
	}
}

func brokenInit(t *testing.T, bootstrap string) {
	p, log := pool(t, bootstrap, func(f *Function) { f.Env = map[string]string{"BREAK_AT": "init"} })
	began := time.Now()
	for range 2 {
		if _, err := p.Invoke(t.Context(), do("pid")); kind(t, err) != Init || !strings.Contains(err.Error(), "no configuration, no function") {
			t.Errorf("got %v", err)
		}
	}
	if time.Since(began) < 400*time.Millisecond {
		t.Error("the second start did not wait")
	}
	if !strings.Contains(log.String(), `"msg":"start failed"`) || len(p.PIDs()) != 0 {
		t.Errorf("processes %v, log %s", p.PIDs(), log)
	}
}

func unusable(t *testing.T, _ string) {
	p, _ := pool(t, filepath.Join(t.TempDir(), "absent"), nil)
	if _, err := p.Invoke(t.Context(), do("pid")); kind(t, err) != Init || !strings.Contains(err.Error(), "can't be started") {
		t.Errorf("got %v", err)
	}
}

func waiting(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, func(f *Function) { f.Max = 1 })
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil {
		t.Fatal(err)
	}
	busy := make(chan error)
	go func() {
		_, err := p.Invoke(context.WithoutCancel(t.Context()), do("sleep:500ms"))
		busy <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	time.Sleep(20 * time.Millisecond)
	if _, err := p.Invoke(ctx, do("pid")); kind(t, err) != Stopped {
		t.Errorf("got %v", err)
	}
	if err := <-busy; err != nil {
		t.Errorf("the other's work: %v", err)
	}
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil || len(p.PIDs()) != 1 {
		t.Errorf("afterwards: %v, %v", err, p.PIDs())
	}
}

func closing(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	if _, err := p.Invoke(t.Context(), do("pid")); err != nil {
		t.Fatal(err)
	}
	pid := p.PIDs()[0]
	work := make(chan error)
	go func() {
		_, err := p.Invoke(context.WithoutCancel(t.Context()), do("sleep:20s"))
		work <- err
	}()
	time.Sleep(50 * time.Millisecond)
	p.Close()
	if err := <-work; err == nil {
		t.Error("the work came to an end")
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
	if _, err := p.Invoke(context.WithoutCancel(t.Context()), do("pid")); kind(t, err) != Stopped {
		t.Errorf("got %v", err)
	}
}

func children(t *testing.T, bootstrap string) {
	p, _ := pool(t, bootstrap, nil)
	out, err := p.Invoke(t.Context(), do("child"))
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.Trim(string(out), `"`))
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	for end := time.Now().Add(20 * time.Second); !dead(child); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the function's child lives on")
		}
	}
}

func TestAPastTimeOutAndMemoryAreTheEndOfACopy(t *testing.T) {
	bootstrap := build(t)
	p, log := pool(t, bootstrap, func(f *Function) { f.Timeout = 300 * time.Millisecond })
	if _, err := p.Invoke(t.Context(), do("sleep:20s")); kind(t, err) != TimedOut || !strings.Contains(err.Error(), "Task timed out after 0.30 seconds") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), `"outcome":"timeout"`) {
		t.Errorf("the log lacks it: %s", log)
	}
	p, _ = pool(t, bootstrap, func(f *Function) { f.MemoryMB = 128 })
	if _, err := p.Invoke(t.Context(), do("hold:250")); kind(t, err) != Memory || !strings.Contains(err.Error(), "its MemorySize is 128 MB") {
		t.Errorf("got %v", err)
	}
}
