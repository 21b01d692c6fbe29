// Package api stands in for LINE's Messaging API in tests and demos: it takes what the real one takes, refuses what it
// refuses, keeps the messages that it was given, fails when told to, and posts what people do to the webhook.
//
// It knows nothing of the product. It is written from the protocol alone, so that it can prove the product wrong.
package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/loket-desk/loket/infra/standin/faults"
)

// Server is the stand-in: one official account. Make it with New; it is safe for concurrent use.
type Server struct {
	faults.Line
	Bot    string // the account's own user id
	Token  string
	Secret string
	Client *http.Client // posts to the webhook

	mu       sync.Mutex
	endpoint string
	inactive bool
	revoked  bool
	quota    int // messages left this month; below 0 is no limit
	keys     map[string]accepted
	sent     []Sent
	contents map[string]Content
	count    int
}

// accepted is what a retry key was used for.
type accepted struct {
	body string
	sent []map[string]string
}

// Sent is one message object that somebody got.
type Sent struct {
	ID       string `json:"id"`
	To       string `json:"to"`
	RetryKey string `json:"retryKey"`
	Type     string `json:"type"`
	Text     string `json:"text"`
	URL      string `json:"url"`
}

// Content is something that a person sent. Processing is how often it is asked for in vain while LINE converts it.
type Content struct {
	ContentType string
	Bytes       []byte
	Processing  int
}

// New makes a stand-in with one account.
func New(bot, token, secret string) *Server {
	return &Server{
		Bot: bot, Token: token, Secret: secret, Client: http.DefaultClient, quota: -1, keys: map[string]accepted{}, contents: map[string]Content{},
	}
}

// Webhook is where events are posted.
func (s *Server) Webhook() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoint
}

// Set changes the account: whether its webhook is switched on, whether its token still holds, and how many messages are
// left this month.
func (s *Server) Set(active, valid bool, quota int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inactive, s.revoked, s.quota = !active, !valid, quota
}

// Point sets where events are posted.
func (s *Server) Point(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoint = address
}

// Sent are the message objects that somebody got, oldest first; "" is everybody.
func (s *Server) Sent(to string) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Sent
	for _, m := range s.sent {
		if to == "" || m.To == to {
			out = append(out, m)
		}
	}
	return out
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_") {
		s.control(w, r)
		return
	}
	s.Around(w, r, s.serve)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if r.Header.Get("Authorization") != "Bearer "+s.Token || s.revoked {
		s.mu.Unlock()
		refuse(w, 401, "Authentication failed. Confirm that the access token in the authorization header is valid.")
		return
	}
	if r.Method+" "+r.URL.Path == "POST /v2/bot/channel/webhook/test" {
		s.mu.Unlock()
		s.test(w)
		return
	}
	defer s.mu.Unlock()
	inside, content := strings.CutPrefix(r.URL.Path, "/v2/bot/message/")
	switch r.Method + " " + r.URL.Path {
	case "GET /v2/bot/info":
		write(w, 200, map[string]string{"userId": s.Bot, "basicId": "@standin", "displayName": "Stand-in", "chatMode": "bot", "markAsReadMode": "auto"})
	case "GET /v2/bot/channel/webhook/endpoint":
		if s.endpoint == "" {
			refuse(w, 404, "Webhook endpoint not found")
			return
		}
		write(w, 200, map[string]any{"endpoint": s.endpoint, "active": !s.inactive})
	case "PUT /v2/bot/channel/webhook/endpoint":
		s.setEndpoint(w, r)
	case "POST /v2/bot/message/push":
		s.push(w, r)
	default:
		if id, rest, _ := strings.Cut(inside, "/"); content && r.Method == http.MethodGet {
			s.content(w, id, rest)
			return
		}
		refuse(w, 404, "Not found")
	}
}

func (s *Server) setEndpoint(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Endpoint string `json:"endpoint"`
	}
	if err := strict(r, &in); err != nil {
		refuse(w, 400, "The request body has errors: "+err.Error())
		return
	}
	// The real one takes https only; a test has no certificate.
	if u, err := url.Parse(in.Endpoint); err != nil || u.Host == "" || len(in.Endpoint) > 500 {
		refuse(w, 400, "Invalid webhook endpoint URL")
		return
	}
	s.endpoint = in.Endpoint
	write(w, 200, map[string]string{})
}

// content gives the bytes of what a person sent, after LINE has converted it.
func (s *Server) content(w http.ResponseWriter, id, rest string) {
	c, found := s.contents[id]
	switch {
	case !found:
		refuse(w, 404, "Not found")
	case rest == "content/transcoding":
		status := "succeeded"
		if c.Processing > 0 {
			status = "processing"
			c.Processing--
			s.contents[id] = c
		}
		write(w, 200, map[string]string{"status": status})
	case rest == "content" && c.Processing > 0:
		w.WriteHeader(http.StatusAccepted)
	case rest == "content":
		w.Header().Set("Content-Type", c.ContentType)
		_, _ = w.Write(c.Bytes)
	default:
		refuse(w, 404, "Not found")
	}
}

func strict(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func refuse(w http.ResponseWriter, status int, message string) {
	write(w, status, map[string]string{"message": message})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
