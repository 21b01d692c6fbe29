package web

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/loket-desk/loket/infra/standin/faults"
)

// Message is the event of a person's message in a channel, in a thread or beginning one (thread ""); its ts names it.
func (s *Server) Message(user, channel, thread, text string, more map[string]any) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	ts := s.ts()
	e := map[string]any{
		"type": "message", "user": user, "team": s.Team, "text": text, "channel": channel, "channel_type": "channel", "ts": ts, "event_ts": ts,
		"client_msg_id": "m-" + ts,
	}
	if thread != "" {
		e["thread_ts"] = thread
	}
	maps.Copy(e, more)
	return e
}

// Share is the part of an event that says which file came with it; host is the stand-in's own.
func (s *Server) Share(host string, f File) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[f.ID] = f
	return map[string]any{"subtype": "file_share", "files": []any{s.form(host, f)}}
}

// Post posts an event to the app's address, signed. id is the event's own id; a repeated one is a retry.
func (s *Server) Post(id string, retry int, event map[string]any) (status int, answer string, err error) {
	body, err := json.Marshal(map[string]any{
		"token": "old", "team_id": s.Team, "api_app_id": s.App, "event": event, "type": "event_callback", "event_id": id, "event_time": time.Now().Unix(),
		"authorizations": []any{map[string]any{"team_id": s.Team, "user_id": s.BotUser, "is_bot": true}},
	})
	if err != nil {
		return 0, "", err
	}
	return s.Raw(body, retry)
}

// Raw posts a body, signed.
func (s *Server) Raw(body []byte, retry int) (status int, answer string, err error) {
	r, err := http.NewRequest(http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for name, v := range Sign(s.Secret, body, time.Now()) {
		r.Header[name] = v
	}
	r.Header.Set("Content-Type", "application/json")
	if retry > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(retry))
		r.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	resp, err := s.Client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// Sign are the headers that prove a body.
func Sign(secret string, body []byte, now time.Time) http.Header {
	stamp := strconv.FormatInt(now.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(m, "v0:%s:%s", stamp, body)
	return http.Header{"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(m.Sum(nil))}}
}

// control is for people and tests that reach the stand-in only by HTTP:
//
//	POST /_person {"user","channel","thread","text"}   POST /_url {"url"}   POST /_fault a Fault   GET /_posts
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		write(w, s.Posts(""))
		return
	}
	var in struct {
		faults.Fault
		URL     string `json:"url"`
		User    string `json:"user"`
		Channel string `json:"channel"`
		Thread  string `json:"thread"`
		Text    string `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, err.Error())
		return
	}
	switch r.URL.Path {
	case "/_url":
		s.URL = in.URL
	case "/_fault":
		s.Fail(in.Fault)
	case "/_person":
		e := s.Message(in.User, in.Channel, in.Thread, in.Text, nil)
		status, answer, err := s.Post(fmt.Sprint("Ev", e["ts"]), 0, e)
		if err != nil {
			refuse(w, err.Error())
			return
		}
		write(w, map[string]any{"ok": true, "status": status, "answer": answer, "ts": e["ts"]})
		return
	default:
		refuse(w, "there is no "+r.URL.Path)
		return
	}
	write(w, map[string]bool{"ok": true})
}
