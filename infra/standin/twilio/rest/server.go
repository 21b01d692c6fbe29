// Package rest stands in for Twilio's REST API in tests and demos: it takes what the real one takes, refuses what it
// refuses, keeps the messages that it was given, fails when told to, and posts what customers write, and what becomes of
// messages, to the addresses that it was told.
//
// It knows nothing of the product. It is written from the protocol alone, so that it can prove the product wrong.
package rest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/loket-desk/loket/infra/standin/faults"
)

// Server is the stand-in: one Twilio account. Make it with New; it is safe for concurrent use.
type Server struct {
	faults.Line
	SID   string // of the account
	Token string
	// Client posts to webhooks, and opens what a message names as its media.
	Client *http.Client

	mu       sync.Mutex
	status   string
	numbers  map[string]*number // by phone number
	senders  map[string]bool    // "whatsapp:+1…" and messaging services
	opted    map[string]bool    // people who sent STOP
	messages []Message
	media    map[string]File // by path
	count    int
	revoked  bool
}

// number is a phone number of the account.
type number struct {
	SID    string `json:"sid"`
	Number string `json:"phone_number"`
	Name   string `json:"friendly_name"`
	SMSURL string `json:"sms_url"`
	Method string `json:"sms_method"`
}

// Message is a message that the account sent.
type Message struct {
	SID            string   `json:"sid"`
	From           string   `json:"from"`
	Service        string   `json:"messaging_service_sid"`
	To             string   `json:"to"`
	Body           string   `json:"body"`
	Media          []string `json:"media"`
	Content        string   `json:"content_sid"`
	Variables      string   `json:"content_variables"`
	StatusCallback string   `json:"-"`
	Status         string   `json:"status"`
}

// File is something that a customer sent.
type File struct {
	ContentType string
	Content     []byte
}

// New makes a stand-in with one account that has the phone numbers given.
func New(sid, token string, numbers ...string) *Server {
	s := &Server{
		SID: sid, Token: token, Client: http.DefaultClient, status: "active", numbers: map[string]*number{},
		senders: map[string]bool{}, opted: map[string]bool{}, media: map[string]File{},
	}
	for i, n := range numbers {
		s.numbers[n] = &number{SID: fmt.Sprintf("PN%032x", i+1), Number: n, Name: n, SMSURL: "https://demo.example.com/sms", Method: "POST"}
	}
	return s
}

// Sender makes a WhatsApp sender ("whatsapp:+1…") or a messaging service ("MG…") known.
func (s *Server) Sender(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.senders[name] = true
}

// Revoke makes the auth token worthless.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
}

// Suspend makes the account suspended.
func (s *Server) Suspend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = "suspended"
}

// Webhook is where a number's messages are posted.
func (s *Server) Webhook(number string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.numbers[number]; n != nil {
		return n.SMSURL
	}
	return ""
}

// Point sets where a number's messages are posted.
func (s *Server) Point(number, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers[number].SMSURL = address
}

// Sent are the messages that the account sent to somebody, oldest first; "" is everybody.
func (s *Server) Sent(to string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
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
	defer s.mu.Unlock()
	user, password, _ := r.BasicAuth()
	inside, ok := strings.CutPrefix(r.URL.Path, "/2010-04-01/Accounts/"+s.SID)
	switch {
	case strings.HasPrefix(r.URL.Path, "/cdn/"):
		s.cdn(w, r)
	case user != s.SID || password != s.Token || s.revoked:
		refuse(w, 401, 20003, "Authenticate")
	case !ok:
		refuse(w, 404, 20404, "The requested resource "+r.URL.Path+" was not found")
	case r.Method == http.MethodGet && inside == ".json":
		write(w, 200, map[string]any{"sid": s.SID, "friendly_name": "Stand-in Ltd", "status": s.status, "type": "Full"})
	case s.status != "active":
		refuse(w, 403, 20005, "Account not active")
	case r.Method == http.MethodGet && inside == "/IncomingPhoneNumbers.json":
		s.listNumbers(w, r.URL.Query().Get("PhoneNumber"))
	case r.Method == http.MethodPost && strings.HasPrefix(inside, "/IncomingPhoneNumbers/"):
		s.changeNumber(w, r, strings.TrimSuffix(strings.TrimPrefix(inside, "/IncomingPhoneNumbers/"), ".json"))
	case r.Method == http.MethodPost && inside == "/Messages.json":
		s.create(w, r)
	case r.Method == http.MethodGet && strings.Contains(inside, "/Media/"):
		_, port, _ := net.SplitHostPort(r.Host)
		http.Redirect(w, r, "http://localhost:"+port+"/cdn"+r.URL.Path, http.StatusTemporaryRedirect) // another host, as a client sees it
	default:
		refuse(w, 404, 20404, "The requested resource "+r.URL.Path+" was not found")
	}
}

func (s *Server) listNumbers(w http.ResponseWriter, wanted string) {
	found := []*number{}
	for _, n := range s.numbers {
		if wanted == "" || n.Number == wanted {
			found = append(found, n)
		}
	}
	write(w, 200, map[string]any{"incoming_phone_numbers": found})
}

func (s *Server) changeNumber(w http.ResponseWriter, r *http.Request, sid string) {
	form, err := formOf(r, "SmsUrl", "SmsMethod")
	if err != "" {
		refuse(w, 400, 20001, err)
		return
	}
	for _, n := range s.numbers {
		if n.SID != sid {
			continue
		}
		if u, bad := url.Parse(form.Get("SmsUrl")); bad != nil || u.Host == "" {
			refuse(w, 400, 21402, "SmsUrl is not valid: "+form.Get("SmsUrl"))
			return
		}
		n.SMSURL, n.Method = form.Get("SmsUrl"), form.Get("SmsMethod")
		write(w, 200, n)
		return
	}
	refuse(w, 404, 20404, "The requested resource was not found")
}

// cdn gives a file's bytes. It refuses who brings credentials along, as a store of signed addresses does.
func (s *Server) cdn(w http.ResponseWriter, r *http.Request) {
	f, found := s.media[strings.TrimPrefix(r.URL.Path, "/cdn")]
	switch {
	case !found:
		http.Error(w, "<Error><Code>NoSuchKey</Code></Error>", http.StatusNotFound)
	case r.Header.Get("Authorization") != "":
		http.Error(w, "<Error><Code>InvalidArgument</Code></Error>", http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", f.ContentType)
		_, _ = w.Write(f.Content)
	}
}

// formOf is a call's form; a parameter that is not allowed is told.
func formOf(r *http.Request, allowed ...string) (url.Values, string) {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return nil, "Content-Type must be application/x-www-form-urlencoded"
	}
	if err := r.ParseForm(); err != nil {
		return nil, "The form can't be read"
	}
	for name := range r.PostForm {
		if !strings.Contains(" "+strings.Join(allowed, " ")+" ", " "+name+" ") {
			return nil, "Unknown parameter " + name
		}
	}
	return r.PostForm, ""
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	write(w, status, map[string]any{"code": code, "message": message, "more_info": fmt.Sprintf("https://www.example.com/docs/errors/%d", code), "status": status})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
