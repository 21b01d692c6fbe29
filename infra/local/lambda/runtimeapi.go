package lambda

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// invocation is one request on its way through a copy of the function.
type invocation struct {
	id       string
	trace    string
	payload  []byte
	deadline time.Time
	done     chan answer
	taken    atomic.Bool // a copy has been given it
}

type answer struct {
	payload []byte
	err     *Error
}

// runtimeAPI is the Lambda Runtime API for one copy: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	arn      string
	server   *http.Server
	address  string
	work     chan *invocation
	ready    chan struct{} // closed at the first request for work: init is over
	failed   chan *Error   // one init error
	stopped  chan struct{}
	readOnce sync.Once

	mu      sync.Mutex
	current *invocation
}

func startRuntimeAPI(arn string) (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{
		arn: arn, address: l.Addr().String(), work: make(chan *invocation), ready: make(chan struct{}),
		failed: make(chan *Error, 1), stopped: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.initError)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = a.server.Serve(l) }()
	return a, nil
}

func (a *runtimeAPI) close() {
	close(a.stopped)
	_ = a.server.Close()
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.readOnce.Do(func() { close(a.ready) })
	var inv *invocation
	select {
	case inv = <-a.work:
	case <-r.Context().Done():
		return
	case <-a.stopped:
		return
	}
	if r.Context().Err() != nil {
		return // the copy has just ended; its pool notices, and gives the work to another
	}
	inv.taken.Store(true)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", a.arn)
	h.Set("Lambda-Runtime-Trace-Id", inv.trace)
	_, _ = w.Write(inv.payload)
}

// hand gives the copy its next piece of work; false where the copy is ending.
func (a *runtimeAPI) hand(inv *invocation) bool {
	a.mu.Lock()
	a.current = inv
	a.mu.Unlock()
	select {
	case a.work <- inv:
		return true
	case <-a.stopped:
		return false
	}
}

// take ends the current invocation if it is the one with this id: each is answered once.
func (a *runtimeAPI) take(id string) *invocation {
	a.mu.Lock()
	defer a.mu.Unlock()
	inv := a.current
	if inv == nil || inv.id != id {
		return nil
	}
	a.current = nil
	return inv
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxPayload+1))
	if err != nil { // the process ended while it was answering; the exit is reported by itself
		return
	}
	inv := a.take(r.PathValue("id"))
	if inv == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "this request is not being worked on")
		return
	}
	if len(body) > MaxPayload {
		_, _ = io.Copy(io.Discard, r.Body)
		e := &Error{Kind: TooLarge, Type: "Function.ResponseSizeTooLarge", Message: "Response payload size exceeded maximum allowed payload size (6291556 bytes)."}
		inv.done <- answer{err: e.document()}
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", e.Message)
		return
	}
	// The copy reads the status before it asks for more work, so the caller may go on at once.
	inv.done <- answer{payload: body}
	accepted(w)
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	e := readError(r)
	e.Kind = Handled
	inv := a.take(r.PathValue("id"))
	if inv == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "this request is not being worked on")
		return
	}
	inv.done <- answer{err: e}
	accepted(w)
}

func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	e := readError(r)
	e.Kind = Init
	select {
	case a.failed <- e:
	default:
	}
	accepted(w)
}

// readError takes the error document that a function posts; a document that is none still is a failure.
func readError(r *http.Request) *Error {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxPayload))
	var d struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	err = errors.Join(err, json.Unmarshal(body, &d))
	if err != nil || d.ErrorType == "" {
		d.ErrorType = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	if d.ErrorType == "" {
		d.ErrorType = "Runtime.Unknown"
	}
	e := &Error{Type: d.ErrorType, Message: d.ErrorMessage, Payload: body}
	if err != nil {
		return e.document()
	}
	return e
}

// document fills the error document that Lambda makes where the function made none.
func (e *Error) document() *Error {
	e.Payload, _ = json.Marshal(map[string]string{"errorType": e.Type, "errorMessage": e.Message}) // two strings: always valid
	return e
}

func accepted(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n")
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": message})
}
