// Package botapi stands in for Telegram's Bot API in tests and demos: an http.Handler that takes what the real one takes,
// refuses what it refuses, keeps a ledger of calls, fails when told to, and posts customers' messages to the webhook.
//
// It knows nothing of the product. It is written from the protocol alone, so that it can prove the product wrong.
package botapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is the stand-in. Make it with New; it is safe for concurrent use.
type Server struct {
	// OnlyKnown refuses to write to chats that never wrote first, as the real one does. Off, any private chat may be written to.
	OnlyKnown bool
	// Retry is how long an update waits after a failed delivery, doubled each time up to a hundredfold.
	Retry time.Duration
	// MaxUpload is the largest file that is taken, in bytes; Telegram's is 50 MB.
	MaxUpload int64
	// Client delivers updates.
	Client *http.Client

	mu       sync.Mutex
	bots     map[string]*bot // by token
	ledger   []Call
	faults   []Fault
	files    map[string]storedFile // by file_id
	paths    map[string]string     // file_path to file_id
	now      func() time.Time
	stop     chan struct{}
	stopOnce sync.Once
	workers  sync.WaitGroup
}

// bot is one bot and what Telegram knows of it.
type bot struct {
	ID         int64
	Username   string
	Name       string
	webhook    webhook
	nextUpdate int64
	nextID     int64             // message ids of private chats are counted per bot
	messages   map[[2]int64]bool // chat and message id
	known      map[int64]Person
	blocked    map[int64]bool
	queues     map[int64][]json.RawMessage // updates to deliver, by chat: in order within one
	busy       map[int64]bool              // chats whose delivery is under way
	lastError  string
	lastAt     time.Time
}

var tokenForm = regexp.MustCompile(`^(\d+):[A-Za-z0-9_-]{8,}$`)

// New makes a stand-in that knows one bot for each token; the bot's id is the number that the token begins with.
func New(tokens ...string) *Server {
	s := &Server{
		Retry: 200 * time.Millisecond, MaxUpload: 50 << 20, Client: &http.Client{Timeout: 60 * time.Second},
		bots: map[string]*bot{}, files: map[string]storedFile{}, paths: map[string]string{},
		now: time.Now, stop: make(chan struct{}),
	}
	for _, t := range tokens {
		s.AddBot(t, "Stand-in", "standin_bot")
	}
	return s
}

// AddBot makes one more bot known, or an old one's token valid again.
func (s *Server) AddBot(token, name, username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := strconv.ParseInt(strings.SplitN(token, ":", 2)[0], 10, 64)
	s.bots[token] = &bot{
		ID: id, Name: name, Username: username, nextUpdate: 100000001, nextID: 1,
		messages: map[[2]int64]bool{}, known: map[int64]Person{}, blocked: map[int64]bool{}, queues: map[int64][]json.RawMessage{}, busy: map[int64]bool{},
	}
}

// Revoke makes a token worthless, as @BotFather does.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bots, token)
}

// Close ends deliveries and calls that hang.
func (s *Server) Close() {
	s.stopOnce.Do(func() { close(s.stop) })
	s.workers.Wait()
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/_"):
		s.control(w, r)
	case strings.HasPrefix(path, "/file/bot"):
		s.download(w, r, strings.TrimPrefix(path, "/file/bot"))
	case strings.HasPrefix(path, "/bot"):
		token, method, _ := strings.Cut(strings.TrimPrefix(path, "/bot"), "/")
		s.call(w, r, token, method)
	default:
		refusal{404, "Not Found"}.write(w)
	}
}

// call answers one method of one bot.
func (s *Server) call(w http.ResponseWriter, r *http.Request, token, method string) {
	m, known := methods[strings.ToLower(method)]
	if !known || !tokenForm.MatchString(token) {
		refusal{404, "Not Found"}.write(w)
		return
	}
	in, err := read(r, m, s.MaxUpload)
	c := Call{At: s.now(), Bot: token, Method: m.name, Params: in.params, Files: in.files}
	s.mu.Lock()
	b := s.bots[token]
	fault := s.takeFault(m.name)
	s.mu.Unlock()
	switch {
	case b == nil:
		err = &refusal{401, "Unauthorized"}
	case fault != nil && fault.before():
		s.record(c, "fault: "+fault.Kind, 0)
		fault.play(w, r, s.stop)
		return
	}
	var result any
	if err == nil {
		s.mu.Lock()
		result, err = m.do(s, b, in)
		s.mu.Unlock()
	}
	if err != nil {
		s.record(c, err.text, 0)
		err.write(w)
		return
	}
	c.Result = result
	if fault != nil {
		s.record(c, "fault: "+fault.Kind, messageIDOf(result))
		fault.play(w, r, s.stop)
		return
	}
	s.record(c, "", messageIDOf(result))
	writeJSON(w, 200, map[string]any{"ok": true, "result": result})
}

// refusal is an error answer in Telegram's form.
type refusal struct {
	code int
	text string
}

func (e refusal) write(w http.ResponseWriter) {
	writeJSON(w, e.code, map[string]any{"ok": false, "error_code": e.code, "description": e.text})
}

func bad(text string) *refusal { return &refusal{400, "Bad Request: " + text} }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
