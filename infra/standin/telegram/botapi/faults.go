package botapi

import (
	"net/http"
	"time"
)

// Fault makes the next calls of a method fail. Empty Method is any; Count 0 is one call.
//
// Before anything is done: "429" (with RetryAfter seconds), "500" (in Telegram's form), "502" (a gateway's HTML), "403"
// (blocked), "400". After it was done, the answer is spoilt: "garbage", "hang" (no answer), "drop" (the connection is
// closed), "504" (a gateway's HTML).
type Fault struct {
	Method     string `json:"method"`
	Kind       string `json:"kind"`
	Count      int    `json:"count"`
	RetryAfter int    `json:"retryAfter"`
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

// takeFault uses up one fault for a method. The server is locked.
func (s *Server) takeFault(method string) *Fault {
	for i := range s.faults {
		f := &s.faults[i]
		if f.Method != "" && f.Method != method {
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

// before reports whether the call fails before it does anything.
func (f Fault) before() bool {
	switch f.Kind {
	case "garbage", "hang", "drop", "504":
		return false
	default:
		return true
	}
}

func (f Fault) play(w http.ResponseWriter, r *http.Request, stop <-chan struct{}) {
	switch f.Kind {
	case "429":
		writeJSON(w, 429, map[string]any{
			"ok": false, "error_code": 429, "description": "Too Many Requests: retry later", "parameters": map[string]any{"retry_after": f.RetryAfter},
		})
	case "500":
		refusal{500, "Internal Server Error"}.write(w)
	case "403":
		refusal{403, "Forbidden: bot was blocked by the user"}.write(w)
	case "400":
		bad("told to refuse").write(w)
	case "502", "504":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(int(f.Kind[2]-'0') + 500)
		_, _ = w.Write([]byte("<html><head><title>Bad Gateway</title></head><body><h1>nginx</h1></body></html>"))
	case "hang":
		select {
		case <-r.Context().Done():
		case <-stop:
		case <-time.After(2 * time.Minute):
		}
	case "drop":
		drop(w)
	default: // garbage
		_, _ = w.Write([]byte("\x00\xffnot what you asked for"))
	}
}

// drop closes the connection without a word.
func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}
