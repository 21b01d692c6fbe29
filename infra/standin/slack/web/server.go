// Package web stands in for Slack's Web API in tests and demos: it takes what the real one takes, refuses what it refuses,
// keeps the messages that it was given, fails when told to, and posts what people do to the Events API's address.
//
// It knows nothing of the product. It is written from the protocol alone, so that it can prove the product wrong.
package web

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/loket-desk/loket/infra/standin/faults"
)

// Server is the stand-in: one app in one workspace. Make it with New; it is safe for concurrent use.
type Server struct {
	faults.Line
	Team    string
	App     string
	Bot     string // the app's bot id, B…
	BotUser string // the same as a user, U…
	Token   string
	Secret  string
	URL     string       // where events are posted
	Client  *http.Client // posts them
	Scopes  string

	mu      sync.Mutex
	gone    string // why the token is refused; empty while it holds
	joined  map[string]bool
	posts   []Post
	files   map[string]File
	uploads map[string]*File // by id
	seconds int
}

// Post is a message that the app sent, or a file that it shared.
type Post struct {
	Channel string   `json:"channel"`
	TS      string   `json:"ts"`
	Thread  string   `json:"thread_ts"`
	Text    string   `json:"text"`
	Files   []string `json:"files"`
	Key     string   `json:"key"` // of its metadata
}

// File is something that somebody shared.
type File struct {
	ID          string
	Name        string
	ContentType string
	Content     []byte
}

// New makes a stand-in whose bot is in the channels given.
func New(team, token, secret string, channels ...string) *Server {
	s := &Server{
		Team: team, App: "A111", Bot: "B111", BotUser: "UBOT", Token: token, Secret: secret, Client: http.DefaultClient,
		Scopes: "chat:write,channels:history,groups:history,im:history,files:read,files:write,users:read,reactions:read",
		joined: map[string]bool{}, files: map[string]File{}, uploads: map[string]*File{}, seconds: 1795341000,
	}
	for _, c := range channels {
		s.joined[c] = true
	}
	return s
}

// Revoke makes the token worthless, with the error that calls get from now on.
func (s *Server) Revoke(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = why
}

// Posts are the messages that the app sent to a channel, oldest first; "" is all.
func (s *Server) Posts(channel string) []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Post
	for _, p := range s.posts {
		if channel == "" || p.Channel == channel {
			out = append(out, p)
		}
	}
	return out
}

// Uploaded is a file that the app shared.
func (s *Server) Uploaded(id string) File {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.uploads[id]; f != nil {
		return *f
	}
	return File{}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/_"):
		s.control(w, r)
	default:
		s.Around(w, r, s.serve)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	allowed := r.Header.Get("Authorization") == "Bearer "+s.Token && s.gone == ""
	method, api := strings.CutPrefix(r.URL.Path, "/api/")
	switch {
	case strings.HasPrefix(r.URL.Path, "/upload/"):
		s.upload(w, r)
	case strings.HasPrefix(r.URL.Path, "/files-pri/") && !allowed: // a log-in page, with status 200
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><html><title>Sign in</title></html>"))
	case strings.HasPrefix(r.URL.Path, "/files-pri/"):
		s.download(w, r.URL.Path)
	case !api:
		http.NotFound(w, r)
	case !allowed:
		why := s.gone
		if why == "" {
			why = "invalid_auth"
		}
		refuse(w, why)
	default:
		w.Header().Set("X-OAuth-Scopes", s.Scopes)
		s.call(w, r, method)
	}
}

// call answers one method. The server is locked.
func (s *Server) call(w http.ResponseWriter, r *http.Request, method string) {
	switch method {
	case "auth.test":
		write(w, map[string]any{"ok": true, "url": "https://standin.example.com/", "team": "Stand-in", "user": "helper", "team_id": s.Team, "user_id": s.BotUser, "bot_id": s.Bot})
	case "conversations.info":
		s.info(w, r)
	case "chat.postMessage":
		s.post(w, r)
	case "files.getUploadURLExternal":
		s.uploadURL(w, r)
	case "files.completeUploadExternal":
		s.complete(w, r)
	case "files.info":
		f, found := s.files[r.FormValue("file")]
		if !found {
			refuse(w, "file_not_found")
			return
		}
		write(w, map[string]any{"ok": true, "file": s.form(r.Host, f)})
	default:
		refuse(w, "unknown_method")
	}
}

func (s *Server) info(w http.ResponseWriter, r *http.Request) {
	channel := r.FormValue("channel")
	member, known := s.joined[channel]
	if !known {
		refuse(w, "channel_not_found")
		return
	}
	write(w, map[string]any{"ok": true, "channel": map[string]any{"id": channel, "name": "support", "is_member": member, "is_archived": false}})
}

// message is chat.postMessage's body; only what is listed may be in it.
type message struct {
	Channel     string            `json:"channel"`
	Text        string            `json:"text"`
	Blocks      []json.RawMessage `json:"blocks"`
	Thread      string            `json:"thread_ts"`
	Username    string            `json:"username"`
	IconURL     string            `json:"icon_url"`
	ClientID    string            `json:"client_msg_id"`
	Mrkdwn      *bool             `json:"mrkdwn"`
	UnfurlLinks *bool             `json:"unfurl_links"`
	UnfurlMedia *bool             `json:"unfurl_media"`
	Metadata    *struct {
		Type    string            `json:"event_type"`
		Payload map[string]string `json:"event_payload"`
	} `json:"metadata"`
}

func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	var m message
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") || dec.Decode(&m) != nil {
		refuse(w, "invalid_json")
		return
	}
	member, known := s.joined[m.Channel]
	switch {
	case !known && !strings.HasPrefix(m.Channel, "D"):
		refuse(w, "channel_not_found")
	case known && !member:
		refuse(w, "not_in_channel")
	case m.Text == "" && len(m.Blocks) == 0:
		refuse(w, "no_text")
	case utf8.RuneCountInString(m.Text) > 40000:
		refuse(w, "msg_too_long")
	default:
		p := Post{Channel: m.Channel, TS: s.ts(), Thread: m.Thread, Text: m.Text}
		if m.Metadata != nil {
			p.Key = m.Metadata.Payload["key"]
		}
		s.posts = append(s.posts, p)
		write(w, map[string]any{"ok": true, "channel": m.Channel, "ts": p.TS, "message": map[string]any{"type": "message", "text": m.Text, "ts": p.TS, "bot_id": s.Bot, "user": s.BotUser}})
	}
}

// uploadURL, upload and complete are the three steps by which an app shares a file.
func (s *Server) uploadURL(w http.ResponseWriter, r *http.Request) {
	name, length := r.FormValue("filename"), r.FormValue("length")
	if name == "" || length == "" || length == "0" {
		refuse(w, "invalid_arguments")
		return
	}
	id := fmt.Sprintf("F%d", len(s.uploads)+1)
	s.uploads[id] = &File{ID: id, Name: name}
	write(w, map[string]any{"ok": true, "file_id": id, "upload_url": "http://" + r.Host + "/upload/" + id})
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	f := s.uploads[strings.TrimPrefix(r.URL.Path, "/upload/")]
	if f == nil || r.Header.Get("Authorization") != "" { // the address is the proof
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	f.Content, _ = io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, "OK - %d", len(f.Content))
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Files []struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"files"`
		Channel string `json:"channel_id"`
		Thread  string `json:"thread_ts"`
		Comment string `json:"initial_comment"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if dec.Decode(&in) != nil || len(in.Files) == 0 {
		refuse(w, "invalid_arguments")
		return
	}
	if member, known := s.joined[in.Channel]; !member && (known || !strings.HasPrefix(in.Channel, "D")) {
		refuse(w, "channel_not_found")
		return
	}
	p := Post{Channel: in.Channel, TS: s.ts(), Thread: in.Thread, Text: in.Comment}
	for _, f := range in.Files {
		if up := s.uploads[f.ID]; up == nil || up.Content == nil {
			refuse(w, "file_not_found")
			return
		}
		p.Files = append(p.Files, f.ID)
	}
	s.posts = append(s.posts, p)
	write(w, map[string]any{"ok": true, "files": in.Files})
}

func (s *Server) download(w http.ResponseWriter, path string) {
	f, found := s.files[path[strings.LastIndexByte(path, '/')+1:]]
	if !found {
		http.Error(w, "gone", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", f.ContentType)
	_, _ = w.Write(f.Content)
}

// form is a file as events show it.
func (s *Server) form(host string, f File) map[string]any {
	address := "http://" + host + "/files-pri/" + s.Team + "-" + url.PathEscape(f.ID) + "/download/" + f.ID
	return map[string]any{
		"id": f.ID, "name": f.Name, "mimetype": f.ContentType, "size": len(f.Content), "url_private": address, "url_private_download": address, "mode": "hosted",
	}
}

// ts is the next time that names a message.
func (s *Server) ts() string {
	s.seconds++
	return fmt.Sprintf("%d.%06d", s.seconds, 100)
}

func refuse(w http.ResponseWriter, why string) { write(w, map[string]any{"ok": false, "error": why}) }

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}
