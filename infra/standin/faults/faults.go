// Package faults makes a stand-in of a platform fail as told, before it does anything or after it did.
package faults

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault makes the next calls whose path holds On fail; Count 0 is one call.
//
// Before anything is done: "answer" (Status, Body and RetryAfter as given), "502" (a gateway's HTML). After it was done,
// the answer is spoilt: "garbage", "hang" (no answer), "drop" (the connection is closed), "504" (a gateway's HTML).
type Fault struct {
	On         string `json:"on"`
	Kind       string `json:"kind"`
	Count      int    `json:"count"`
	Status     int    `json:"status"`
	Body       string `json:"body"`
	RetryAfter int    `json:"retryAfter"` // seconds
}

// Line is a line of faults that wait for their calls. The zero Line is empty; it is safe for concurrent use.
type Line struct {
	mu     sync.Mutex
	faults []Fault
}

// Fail puts a fault in line.
func (l *Line) Fail(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.Count = max(f.Count, 1)
	l.faults = append(l.faults, f)
}

// Heal forgets the faults that are left.
func (l *Line) Heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

// Around serves a call: as it is, or with the fault that is in line for its path.
func (l *Line) Around(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	f, found := l.take(r.URL.Path)
	switch {
	case !found:
		serve(w, r)
	case f.Kind == "answer" || f.Kind == "502":
		f.play(w, r)
	default:
		serve(discard{http.Header{}}, r)
		f.play(w, r)
	}
}

func (l *Line) take(path string) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.faults {
		f := &l.faults[i]
		if !strings.Contains(path, f.On) {
			continue
		}
		taken := *f
		if f.Count--; f.Count == 0 {
			l.faults = append(l.faults[:i:i], l.faults[i+1:]...)
		}
		return taken, true
	}
	return Fault{}, false
}

func (f Fault) play(w http.ResponseWriter, r *http.Request) {
	switch f.Kind {
	case "answer":
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body))
	case "502", "504":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(int(f.Kind[2]-'0') + 500)
		_, _ = w.Write([]byte("<html><head><title>Bad Gateway</title></head><body><h1>nginx</h1></body></html>"))
	case "hang":
		select {
		case <-r.Context().Done():
		case <-time.After(2 * time.Minute):
		}
	case "drop":
		if h, ok := w.(http.Hijacker); ok {
			if conn, _, err := h.Hijack(); err == nil {
				_ = conn.Close()
			}
		}
	default: // garbage
		_, _ = w.Write([]byte("\x00\xffnot what you asked for"))
	}
}

// discard takes an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
