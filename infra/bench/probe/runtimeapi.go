package probe

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// runtimeAPI is what one copy asks for work: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	pid   atomic.Int64
	ready chan readiness // one value, at the first request for work
	first sync.Once
	queue chan *work

	mu      sync.Mutex
	count   int
	current *work
}

// readiness is when the process asked for work, and its CPU time by then.
type readiness struct {
	at  time.Time
	cpu time.Duration
	err error
}

type work struct {
	event    []byte
	deadline time.Time
	done     chan answer
}

type answer struct {
	body []byte
	err  error
}

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{ready: make(chan readiness, 1), queue: make(chan *work)}
}

func (a *runtimeAPI) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) { a.end(w, r, false) })
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) { a.end(w, r, true) })
	return mux
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.first.Do(func() {
		ready := readiness{at: time.Now()}
		ready.cpu, ready.err = CPU(int(a.waitPID()))
		a.ready <- ready
	})
	select {
	case job := <-a.queue:
		a.mu.Lock()
		a.count++
		a.current = job
		id := strconv.Itoa(a.count)
		a.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(job.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:bench")
		_, _ = w.Write(job.event) // a process that is gone is noticed by its end
	case <-r.Context().Done():
	}
}

// waitPID is the process's id, which the starter may learn a moment later than the process asks.
func (a *runtimeAPI) waitPID() int64 {
	for a.pid.Load() == 0 {
		time.Sleep(10 * time.Microsecond)
	}
	return a.pid.Load()
}

func (a *runtimeAPI) end(w http.ResponseWriter, r *http.Request, failed bool) {
	body, err := io.ReadAll(r.Body)
	a.mu.Lock()
	job := a.current
	known := job != nil && r.PathValue("id") == strconv.Itoa(a.count)
	if known {
		a.current = nil
	}
	a.mu.Unlock()
	if !known {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err == nil && failed {
		err = fmt.Errorf("the function answered with an error: %s", body)
	}
	job.done <- answer{body: body, err: err}
	w.WriteHeader(http.StatusAccepted)
}

// tail keeps the end of a process's output.
type tail struct {
	mu    sync.Mutex
	text  []byte
	total int
}

// Write takes output in and forgets the oldest.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total += len(b)
	t.text = append(t.text, b...)
	if over := len(t.text) - lastSaid; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}
