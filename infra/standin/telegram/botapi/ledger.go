package botapi

import (
	"encoding/json"
	"slices"
	"time"
)

// Call is one call of the Bot API as it came in. Refused holds the refusal's words, or "fault: " and its kind.
type Call struct {
	At        time.Time                  `json:"at"`
	Bot       string                     `json:"-"` // the token: not for showing
	Method    string                     `json:"method"`
	Params    map[string]json.RawMessage `json:"params"`
	Files     map[string]ReceivedFile    `json:"files,omitempty"`
	Refused   string                     `json:"refused,omitempty"`
	MessageID int64                      `json:"messageId,omitempty"` // of the message that the call sent
	Result    any                        `json:"-"`
}

// Text is the call's text or caption.
func (c Call) Text() string {
	in := input{params: c.Params}
	if t := in.str("text"); t != "" {
		return t
	}
	return in.str("caption")
}

// Chat is whom the call is about; 0 for none.
func (c Call) Chat() int64 { return input{params: c.Params}.int("chat_id") }

// Calls is the ledger, oldest first; with methods named, only those.
func (s *Server) Calls(methods ...string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.ledger {
		if len(methods) == 0 || slices.Contains(methods, c.Method) {
			out = append(out, c)
		}
	}
	return out
}

// Sent are the calls by which a chat got a message, answered or not.
func (s *Server) Sent(chat int64) []Call {
	var out []Call
	for _, c := range s.Calls() {
		if c.MessageID != 0 && c.Chat() == chat {
			out = append(out, c)
		}
	}
	return out
}

// Forget empties the ledger.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger = nil
}

func (s *Server) record(c Call, refused string, message int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Refused, c.MessageID = refused, message
	s.ledger = append(s.ledger, c)
}

func messageIDOf(result any) int64 {
	if m, ok := result.(map[string]any); ok {
		if id, ok := m["message_id"].(int64); ok {
			return id
		}
	}
	return 0
}
