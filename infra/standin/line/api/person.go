package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/loket-desk/loket/infra/standin/faults"
)

// Text is the event of a person's text.
func (s *Server) Text(user, text string) map[string]any {
	return s.Event(user, "message", map[string]any{"message": map[string]any{"id": s.next(), "type": "text", "text": text, "quoteToken": "q"}})
}

// File is the event of something that a person sends: image, video, audio or file.
func (s *Server) File(user, kind, name string, c Content) map[string]any {
	id := s.next()
	s.mu.Lock()
	s.contents[id] = c
	s.mu.Unlock()
	m := map[string]any{"id": id, "type": kind}
	if kind == "file" {
		m["fileName"], m["fileSize"] = name, len(c.Bytes)
	} else {
		m["contentProvider"] = map[string]any{"type": "line"}
	}
	return s.Event(user, "message", map[string]any{"message": m})
}

// Event is an event of a person, with what is particular to its type.
func (s *Server) Event(user, kind string, more map[string]any) map[string]any {
	e := map[string]any{
		"type": kind, "mode": "active", "timestamp": time.Now().UnixMilli(), "webhookEventId": "01" + fmt.Sprintf("%024s", s.next()),
		"source": map[string]any{"type": "user", "userId": user}, "deliveryContext": map[string]any{"isRedelivery": false},
	}
	for k, v := range more {
		e[k] = v
	}
	return e
}

func (s *Server) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return fmt.Sprint(325700000000000000 + s.count)
}

// Post posts events to the webhook, signed, in one call.
func (s *Server) Post(events ...map[string]any) (status int, err error) {
	if events == nil {
		events = []map[string]any{}
	}
	body, err := json.Marshal(map[string]any{"destination": s.Bot, "events": events})
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequest(http.MethodPost, s.Webhook(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-Line-Signature", Sign(s.Secret, body))
	resp, err := s.Client.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Sign is the signature of a body.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// test posts an empty call to the webhook, as the Verify button does, and tells how it went.
func (s *Server) test(w http.ResponseWriter) {
	status, err := s.Post()
	reason := "OK"
	if status != http.StatusOK {
		reason = "ERROR_STATUS_CODE"
	}
	if err != nil {
		reason = "COULD_NOT_CONNECT"
	}
	write(w, 200, map[string]any{"success": status == http.StatusOK, "timestamp": time.Now().Format(time.RFC3339), "statusCode": status, "reason": reason, "detail": fmt.Sprint(status)})
}

// control is for people and tests that reach the stand-in only by HTTP:
//
//	POST /_person {"user","text"}   POST /_fault a Fault   GET /_messages
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var in struct {
		faults.Fault
		User string `json:"user"`
		Text string `json:"text"`
	}
	if r.Method == http.MethodGet {
		write(w, 200, s.Sent(""))
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, 400, err.Error())
		return
	}
	switch r.URL.Path {
	case "/_person":
		status, err := s.Post(s.Text(in.User, in.Text))
		if err != nil {
			refuse(w, 400, err.Error())
			return
		}
		write(w, 200, map[string]int{"status": status})
	case "/_fault":
		s.Fail(in.Fault)
		write(w, 200, in.Fault)
	default:
		refuse(w, 400, "there is no "+r.URL.Path)
	}
}
