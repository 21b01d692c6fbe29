// Package gateway answers HTTP as an API Gateway HTTP API does in front of Lambda functions (payload format 2.0).
package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Invoker runs a function once and returns its answer.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Route sends requests to a function. Key is "METHOD /path/{variable}", "ANY /path/{rest+}" or "$default".
type Route struct {
	Key      string
	Function Invoker
	Timeout  time.Duration // 30 s is API Gateway's most
}

// Options say what the API is made of.
type Options struct {
	Routes    []Route
	CORS      *CORS  // nil: the functions answer for themselves
	Stage     string // "$default" answers at the root, any other below /<stage>
	APIID     string
	AccountID string
	Log       *slog.Logger
}

const (
	maxBody    = 10 * 1024 * 1024
	maxPayload = 6 * 1024 * 1024 // Lambda's, of the whole event
)

// Handler is the API.
type Handler struct {
	o      Options
	routes table
}

// New makes an API of its routes. The error names a route that can't be.
func New(o Options) (*Handler, error) {
	routes, err := newTable(o.Routes)
	if err != nil {
		return nil, err
	}
	return &Handler{o: o, routes: routes}, nil
}

// ServeHTTP answers one request as API Gateway does, its refusals included.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.o.CORS != nil {
		if h.o.CORS.preflight(w, r) {
			return
		}
		h.o.CORS.allow(w.Header(), r.Header.Get("Origin"))
	}
	path, ok := h.path(r)
	if !ok {
		message(w, http.StatusNotFound, "Not Found")
		return
	}
	m, ok := h.routes.match(r.Method, path)
	if !ok {
		message(w, http.StatusNotFound, "Not Found")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		message(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	if err != nil { // the client went away in the middle of its request
		message(w, http.StatusBadRequest, "Bad Request")
		return
	}
	h.integrate(w, r, m, body)
}

// path is the request's path below the stage, decoded: HTTP APIs hand on "/a/b" for "/a%2Fb".
func (h *Handler) path(r *http.Request) (string, bool) {
	if h.o.Stage == "$default" {
		return r.URL.Path, true
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/"+h.o.Stage)
	if !ok || (rest != "" && rest[0] != '/') {
		return "", false
	}
	return "/" + strings.TrimPrefix(rest, "/"), true
}

// integrate calls the function and hands its answer on.
func (h *Handler) integrate(w http.ResponseWriter, r *http.Request, m match, body []byte) {
	e := h.event(r, m, body)
	payload, err := e.payload()
	if err != nil || len(payload) > maxPayload {
		message(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	w.Header().Set("Apigw-Requestid", e.RequestContext.RequestID)
	out, err := h.call(r.Context(), m.route, payload)
	if errors.Is(err, context.DeadlineExceeded) {
		message(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	if err == nil {
		err = respond(w, out, h.o.CORS != nil, h.o.Log)
	}
	if err != nil {
		h.o.Log.Debug("integration failed", slog.String("route", m.route.Key), slog.String("error", err.Error()))
		message(w, http.StatusInternalServerError, "Internal Server Error")
	}
}

// call waits for the function no longer than the integration's time-out. A function goes on after that, and after the
// client went away, as on Lambda.
func (h *Handler) call(ctx context.Context, r Route, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Timeout)
	defer cancel()
	type result struct {
		out []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := r.Function.Invoke(ctx, payload)
		done <- result{out, err}
	}()
	select {
	case res := <-done:
		if res.err != nil && ctx.Err() != nil {
			return nil, ctx.Err() // it was still waiting for a free copy
		}
		return res.out, res.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// message is the answer that API Gateway gives by itself.
func message(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text}) // a client that went away needs no answer
}
