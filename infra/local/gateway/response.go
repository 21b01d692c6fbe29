package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

// answer is what a function may return in format 2.0. Header values may be text, numbers or truth values.
type answer struct {
	StatusCode        json.RawMessage            `json:"statusCode"`
	Headers           map[string]json.RawMessage `json:"headers"`
	MultiValueHeaders map[string]json.RawMessage `json:"multiValueHeaders"`
	Cookies           []string                   `json:"cookies"`
	Body              json.RawMessage            `json:"body"`
	IsBase64Encoded   bool                       `json:"isBase64Encoded"`
}

// respond writes a function's answer. An answer without statusCode is the body itself, as JSON with status 200; a
// plain string is that string. Nothing is written where the answer is malformed.
func respond(w http.ResponseWriter, out []byte, ownCORS bool, log *slog.Logger) error {
	out = bytes.TrimSpace(out)
	if !json.Valid(out) {
		return fmt.Errorf("the function's answer is not JSON")
	}
	var a answer
	if out[0] != '{' || json.Unmarshal(out, &a) != nil || a.StatusCode == nil {
		return respondPlain(w, out)
	}
	status, err := strconv.Atoi(text(a.StatusCode))
	if err != nil || status < 100 || status > 599 {
		return fmt.Errorf("the function's statusCode is %s", a.StatusCode)
	}
	body := []byte(text(a.Body))
	if a.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(string(body)); err != nil {
			return fmt.Errorf("the function's body is not the base64 that it claims to be")
		}
	}
	if len(a.MultiValueHeaders) > 0 {
		log.Warn("multiValueHeaders dropped: format 2.0 has headers (repeated ones joined by commas) and cookies")
	}
	h := w.Header()
	for name, value := range a.Headers {
		if ownCORS && strings.HasPrefix(strings.ToLower(name), "access-control-") {
			continue // API Gateway's own take their place
		}
		h.Set(name, text(value))
	}
	h.Del("Content-Length") // counted anew
	h.Del("Connection")
	for _, c := range a.Cookies {
		h.Add("Set-Cookie", c)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs no answer
	return nil
}

func respondPlain(w http.ResponseWriter, out []byte) error {
	if bytes.Equal(out, []byte("null")) {
		return fmt.Errorf("the function answered nothing")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(text(out)))
	return nil
}

// text is a JSON string's content, and any other value as it is written.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
