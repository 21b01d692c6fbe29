// Package graph stands in for Meta's Graph API in tests and demos: WhatsApp's Cloud API, Messenger and Instagram. It takes
// what the real one takes, refuses what it refuses, keeps a ledger, fails when told to, and posts signed webhooks.
//
// It knows nothing of the product. It is written from the protocol alone, so that it can prove the product wrong.
package graph

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The products that an account can belong to.
const (
	WhatsApp  = "whatsapp"
	Page      = "page"
	Instagram = "instagram"
)

// Account is a phone number, a page or an Instagram account, with the token and the app secret of the app that it is
// connected to.
type Account struct {
	Kind     string
	ID       string
	Business string // of a phone number: the WhatsApp business account
	Name     string
	Number   string // as it is shown
	Token    string
	Secret   string // the app's
	AppID    string
	Hook     string    // where webhooks go
	Expires  time.Time // of the token; zero is never
	Scopes   []string
	// Reports makes each sent message be followed by its webhooks: statuses of WhatsApp, echoes of the others.
	Reports bool

	subscribed string
	profile    map[string]json.RawMessage
}

// Server is the stand-in. Make it with New; it is safe for concurrent use.
type Server struct {
	Client *http.Client // fetches links and posts webhooks

	mu       sync.Mutex
	accounts []*Account
	ledger   []Call
	faults   []Fault
	media    map[string]File
	sequence int
	base     string // as it was last called
	stop     chan struct{}
	once     sync.Once
	posts    sync.WaitGroup
}

// New makes a stand-in that knows these accounts.
func New(accounts ...Account) *Server {
	s := &Server{Client: &http.Client{Timeout: 20 * time.Second}, media: map[string]File{}, stop: make(chan struct{})}
	for _, a := range accounts {
		s.Add(a)
	}
	return s
}

// Add makes one more account known.
func (s *Server) Add(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.profile = map[string]json.RawMessage{}
	s.accounts = append(s.accounts, &a)
}

// Change changes an account: its token, where its webhooks go.
func (s *Server) Change(id string, change func(*Account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.ID == id {
			change(a)
		}
	}
}

// Close ends what hangs and waits for webhooks under way.
func (s *Server) Close() {
	s.once.Do(func() { close(s.stop) })
	s.posts.Wait()
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := strings.Trim(r.URL.Path, "/"); {
	case strings.HasPrefix(path, "_"):
		s.control(w, r)
	case strings.HasPrefix(path, "media/"), strings.HasPrefix(path, "cdn/"):
		s.download(w, r, path)
	default:
		version, rest, _ := strings.Cut(path, "/")
		if len(version) < 2 || version[0] != 'v' || !strings.Contains(version, ".") {
			refusal{status: 404, Code: 2500, Message: "Unknown path components: /" + path}.write(w)
			return
		}
		s.call(w, r, rest)
	}
}

// call answers one call of the Graph API.
func (s *Server) call(w http.ResponseWriter, r *http.Request, path string) {
	c, err := readCall(r, path)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = c.base
	if err == nil {
		err = s.authenticate(r, &c)
	}
	fault := s.takeFault(path)
	var answer any
	if err == nil && (fault == nil || fault.after()) {
		answer, err = s.do(&c)
	}
	if err != nil {
		c.Refused = err.Message
		s.ledger = append(s.ledger, c)
		err.write(w)
		return
	}
	if fault != nil {
		c.Refused = "fault: " + fault.Kind
		s.ledger = append(s.ledger, c)
		s.mu.Unlock()
		fault.play(w, r, s.stop)
		s.mu.Lock()
		return
	}
	s.ledger = append(s.ledger, c)
	writeJSON(w, 200, answer)
}

// authenticate finds the account that the token is of, and looks at the proof where one is given. The server is locked.
func (s *Server) authenticate(r *http.Request, c *Call) *refusal {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		token = c.query.Get("access_token")
	}
	if token == "" {
		return &refusal{status: 401, Code: 190, Kind: "OAuthException", Message: "An access token is required to request this resource."}
	}
	for _, a := range s.accounts {
		if a.Token != token {
			continue
		}
		if proof := c.query.Get("appsecret_proof"); proof != "" && proof != Sign(a.Secret, []byte(token)) {
			return &refusal{status: 400, Code: 100, Message: "Invalid appsecret_proof provided in the API argument"}
		}
		c.account, c.Account = a, a.ID
		return nil
	}
	return &refusal{status: 401, Code: 190, Subcode: 463, Kind: "OAuthException", Message: "Error validating access token: Session has expired."}
}

// Sign is the hex HMAC-SHA256 of a body, as webhooks and proofs have it.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// next numbers what the stand-in makes. The server is locked.
func (s *Server) next(form string) string {
	s.sequence++
	return fmt.Sprintf(form, s.sequence)
}

// refusal is an error answer in the Graph API's form.
type refusal struct {
	status  int
	Message string `json:"message"`
	Kind    string `json:"type"`
	Code    int    `json:"code"`
	Subcode int    `json:"error_subcode,omitempty"`
	Data    struct {
		Details string `json:"details,omitempty"`
	} `json:"error_data,omitzero"`
	Trace string `json:"fbtrace_id"`
}

func (e refusal) write(w http.ResponseWriter) {
	e.Trace = "AbCdEf"
	if e.Kind == "" {
		e.Kind = "OAuthException"
	}
	writeJSON(w, e.status, map[string]any{"error": e})
}

// bad refuses a parameter.
func bad(why string) *refusal {
	r := &refusal{status: 400, Code: 100, Message: "(#100) Invalid parameter"}
	r.Data.Details = why
	return r
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
