package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Call is one call as it came in. Refused holds the refusal's words, or "fault: " and its kind.
type Call struct {
	At        time.Time       `json:"at"`
	Method    string          `json:"method"`
	Path      string          `json:"path"` // without the version
	Account   string          `json:"account"`
	Body      json.RawMessage `json:"body,omitempty"`
	Refused   string          `json:"refused,omitempty"`
	MessageID string          `json:"messageId,omitempty"` // of the message that the call sent
	To        string          `json:"to,omitempty"`
	Text      string          `json:"text,omitempty"` // or the caption
	File      *File           `json:"file,omitempty"` // as it was fetched from its link
	Tag       string          `json:"tag,omitempty"`
	ReplyTo   string          `json:"replyTo,omitempty"`
	Proven    bool            `json:"proven"` // with an appsecret_proof

	account *Account
	query   url.Values
	base    string
}

// Query is a parameter of the call's address.
func (c Call) Query(name string) string { return c.query.Get(name) }

// kind is the type that a body names.
func (c Call) kind() string {
	var in struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(c.Body, &in) // it was read before
	return in.Type
}

// File is a file that was sent, or that a customer sends.
type File struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Content     []byte `json:"content"`
	Kind        string `json:"kind"` // image, audio, video, document, sticker, file
}

func readCall(r *http.Request, path string) (Call, *refusal) {
	c := Call{At: time.Now(), Method: r.Method, Path: path, query: r.URL.Query(), base: "http://" + r.Host}
	c.Proven = c.query.Get("appsecret_proof") != ""
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return c, bad("the body can't be read")
	}
	if len(raw) > 0 {
		if !json.Valid(raw) || r.Header.Get("Content-Type") != "application/json" {
			return c, bad("the body is no JSON")
		}
		c.Body = raw
	}
	return c, nil
}

// strict reads a body that may hold nothing unknown.
func strict(raw []byte, into any) *refusal {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return bad(err.Error())
	}
	return nil
}

// Calls is the ledger, oldest first; with paths named, only those.
func (s *Server) Calls(paths ...string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.ledger {
		if len(paths) == 0 || slices.Contains(paths, c.Path) {
			out = append(out, c)
		}
	}
	return out
}

// Sent are the calls by which somebody got a message from an account, answered or not.
func (s *Server) Sent(account, to string) []Call {
	var out []Call
	for _, c := range s.Calls() {
		if c.MessageID != "" && c.Account == account && (to == "" || c.To == to) {
			out = append(out, c)
		}
	}
	return out
}

// Profile is what was set of a page's greeting and menu.
func (s *Server) Profile(account string) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	s.Change(account, func(a *Account) { out = a.profile })
	return out
}

// Subscribed are the fields that an account's webhooks are subscribed to.
func (s *Server) Subscribed(account string) string {
	out := ""
	s.Change(account, func(a *Account) { out = a.subscribed })
	return out
}
