package graph

import (
	"net/http"
	"strings"
	"time"
)

// Fault makes the next calls whose path ends with Path fail; Count 0 is one call.
//
// Before anything is done: "error" (Status, Code and Subcode in Meta's form), "429" (in Meta's form), "502" (a gateway's
// HTML). After it was done, the answer is spoilt: "garbage", "empty", "hang", "drop", "504" (a gateway's HTML).
type Fault struct {
	Path    string `json:"path"`
	Kind    string `json:"kind"`
	Count   int    `json:"count"`
	Status  int    `json:"status"`
	Code    int    `json:"code"`
	Subcode int    `json:"subcode"`
	Message string `json:"message"`
}

// Fail puts a fault in line.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Count = max(f.Count, 1)
	s.faults = append(s.faults, f)
}

// Heal forgets the faults that are left.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault uses up one fault for a path. The server is locked.
func (s *Server) takeFault(path string) *Fault {
	for i := range s.faults {
		f := &s.faults[i]
		if !strings.HasSuffix(path, f.Path) {
			continue
		}
		taken := *f
		if f.Count--; f.Count == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return &taken
	}
	return nil
}

// after reports whether the call is done although its answer fails.
func (f Fault) after() bool {
	switch f.Kind {
	case "garbage", "empty", "hang", "drop", "504":
		return true
	default:
		return false
	}
}

func (f Fault) play(w http.ResponseWriter, r *http.Request, stop <-chan struct{}) {
	switch f.Kind {
	case "error":
		e := refusal{status: f.Status, Code: f.Code, Subcode: f.Subcode, Message: f.Message}
		if e.status == 0 {
			e.status = 400
		}
		if e.Message == "" {
			e.Message = "told to refuse"
		}
		e.write(w)
	case "429":
		refusal{status: 429, Code: 80007, Message: "(#80007) Rate limit issues"}.write(w)
	case "502", "504":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(500 + int(f.Kind[2]-'0'))
		_, _ = w.Write([]byte("<html><head><title>Bad Gateway</title></head></html>"))
	case "hang":
		select {
		case <-r.Context().Done():
		case <-stop:
		case <-time.After(2 * time.Minute):
		}
	case "drop":
		if h, ok := w.(http.Hijacker); ok {
			if conn, _, err := h.Hijack(); err == nil {
				_ = conn.Close()
			}
		}
	case "empty":
		writeJSON(w, 200, map[string]any{})
	default: // garbage
		_, _ = w.Write([]byte("\x00\xffnot what you asked for"))
	}
}
