package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"unicode/utf16"
)

var (
	keyForm  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	userForm = regexp.MustCompile(`^[UCR][0-9a-f]{32}$`)
)

// object is a message object; only what is listed may be in it.
type object struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	Original string `json:"originalContentUrl,omitempty"`
	Preview  string `json:"previewImageUrl,omitempty"`
	Duration int64  `json:"duration,omitempty"`
	Quote    string `json:"quoteToken,omitempty"`
}

// push sends up to five messages at once, once a retry key. The server is locked.
func (s *Server) push(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, 400, "The request body can't be read")
		return
	}
	key := r.Header.Get("X-Line-Retry-Key")
	if key != "" && !keyForm.MatchString(key) {
		refuse(w, 400, "The retry key is not a UUID")
		return
	}
	if before, used := s.keys[key]; used && key != "" {
		if before.body != string(body) {
			refuse(w, 400, "The retry key was used for another request")
			return
		}
		write(w, http.StatusConflict, map[string]any{"message": "The retry key is already accepted", "sentMessages": before.sent})
		return
	}
	var in struct {
		To       string   `json:"to"`
		Messages []object `json:"messages"`
		Silent   bool     `json:"notificationDisabled"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		refuse(w, 400, "The request body has errors: "+err.Error())
		return
	}
	if wrong := check(in.To, in.Messages); wrong != "" {
		write(w, 400, map[string]any{"message": "The request body has 1 error(s)", "details": []map[string]string{{"message": wrong, "property": "messages"}}})
		return
	}
	if s.quota >= 0 && len(in.Messages) > s.quota {
		refuse(w, 429, "You have reached your monthly limit.")
		return
	}
	s.quota -= len(in.Messages)
	var sent []map[string]string
	for _, m := range in.Messages {
		s.count++
		id := fmt.Sprint(461230966842064000 + s.count)
		s.sent = append(s.sent, Sent{ID: id, To: in.To, RetryKey: key, Type: m.Type, Text: m.Text, URL: m.Original})
		sent = append(sent, map[string]string{"id": id, "quoteToken": "q" + id})
	}
	if key != "" {
		s.keys[key] = accepted{string(body), sent}
	}
	write(w, 200, map[string]any{"sentMessages": sent})
}

// check says what is wrong with a push; empty is nothing.
func check(to string, messages []object) string {
	if !userForm.MatchString(to) {
		return "The property, 'to', in the request body is invalid"
	}
	if len(messages) == 0 || len(messages) > 5 {
		return "Size must be between 1 and 5"
	}
	for _, m := range messages {
		switch m.Type {
		case "text":
			if n := len(utf16.Encode([]rune(m.Text))); n == 0 || n > 5000 {
				return "Length must be between 0 and 5000"
			}
		case "image":
			for _, address := range []string{m.Original, m.Preview} {
				if u, err := url.Parse(address); err != nil || u.Host == "" || len(address) > 5000 {
					return "Must be a valid HTTPS URL"
				}
			}
		default:
			return "Must be one of the message types: " + m.Type
		}
	}
	return ""
}
