package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"time"
)

// Writing is what a customer does: a text, a file, a reply. Content, where given, is the message as it is on the wire.
type Writing struct {
	Account string          `json:"account"`
	From    string          `json:"from"` // number, or page-scoped id
	User    string          `json:"user"` // of WhatsApp: the business-scoped user id
	Name    string          `json:"name"`
	Text    string          `json:"text"`
	ReplyTo string          `json:"replyTo"`
	File    *File           `json:"file"`
	Content json.RawMessage `json:"content"`
}

// Write makes a customer write and gives back the message's id and the webhook's body. The webhook is posted once; send
// the body again with Post where that fails.
func (s *Server) Write(ctx context.Context, w Writing) (id string, body []byte, err error) {
	s.mu.Lock()
	var a *Account
	for _, known := range s.accounts {
		if known.ID == w.Account || w.Account == "" && len(s.accounts) == 1 {
			a = known
		}
	}
	if a == nil {
		s.mu.Unlock()
		return "", nil, errors.New("there is no such account")
	}
	if a.Kind == WhatsApp {
		id = s.next("wamid.IN%d")
		body = s.whatsapp(a, id, w)
	} else {
		id = s.next("m_in%d")
		body = s.item(a, id, w)
	}
	hook, secret := a.Hook, a.Secret
	s.mu.Unlock()
	return id, body, s.Post(ctx, hook, secret, body)
}

// keep keeps a customer's file and gives its id. The server is locked.
func (s *Server) keep(f File) string {
	id := s.next("70000%d")
	s.media[id] = f
	return id
}

func (s *Server) whatsapp(a *Account, id string, w Writing) []byte {
	m := map[string]any{"id": id, "timestamp": fmt.Sprint(time.Now().Unix()), "type": "text", "text": map[string]string{"body": w.Text}}
	contact := map[string]any{"profile": map[string]string{"name": w.Name}}
	if w.From != "" {
		m["from"], contact["wa_id"] = w.From, w.From
	}
	if w.User != "" {
		m["from_user_id"], contact["user_id"] = w.User, w.User
	}
	if w.ReplyTo != "" {
		m["context"] = map[string]string{"from": a.Number, "id": w.ReplyTo}
	}
	if f := w.File; f != nil {
		part := map[string]any{"id": s.keep(*f), "mime_type": f.ContentType, "sha256": sum(f.Content)}
		if w.Text != "" {
			part["caption"] = w.Text
		}
		if f.Kind == "document" {
			part["filename"] = f.Name
		}
		delete(m, "text")
		m["type"], m[f.Kind] = f.Kind, part
	}
	if len(w.Content) > 0 {
		delete(m, "text")
		_ = json.Unmarshal(w.Content, &m) // a test's own words
	}
	return envelope(a, "messages", map[string]any{"contacts": []any{contact}, "messages": []any{m}})
}

// envelope is the body of a WhatsApp webhook of one change.
func envelope(a *Account, field string, value map[string]any) []byte {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]string{"display_phone_number": a.Number, "phone_number_id": a.ID}
	return encode(map[string]any{"object": "whatsapp_business_account", "entry": []any{
		map[string]any{"id": a.Business, "changes": []any{map[string]any{"field": field, "value": value}}},
	}})
}

func (s *Server) item(a *Account, mid string, w Writing) []byte {
	m := map[string]any{"mid": mid}
	if w.Text != "" {
		m["text"] = w.Text
	}
	if w.ReplyTo != "" {
		m["reply_to"] = map[string]string{"mid": w.ReplyTo}
	}
	if f := w.File; f != nil {
		link := s.base + "/cdn/" + url.PathEscape(s.keep(*f)) + "?name=" + url.QueryEscape(path.Base(f.Name))
		m["attachments"] = []any{map[string]any{"type": f.Kind, "payload": map[string]string{"url": link}}}
	}
	it := map[string]any{"sender": map[string]string{"id": w.From}, "recipient": map[string]string{"id": a.ID}, "timestamp": time.Now().UnixMilli(), "message": m}
	if len(w.Content) > 0 {
		delete(it, "message")
		_ = json.Unmarshal(w.Content, &it) // a test's own words
	}
	return items(a, it)
}

// items is the body of a webhook of a page or an Instagram account.
func items(a *Account, list ...any) []byte {
	return encode(map[string]any{"object": a.Kind, "entry": []any{map[string]any{"id": a.ID, "time": time.Now().UnixMilli(), "messaging": list}}})
}

func encode(v any) []byte {
	b, _ := json.Marshal(v) // maps of strings and numbers
	return b
}

// post sends a webhook after the call at hand, again until it is taken. The server is locked.
func (s *Server) post(a *Account, body []byte) {
	hook, secret := a.Hook, a.Secret
	if hook == "" {
		return
	}
	s.posts.Go(func() {
		for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
			if s.Post(context.Background(), hook, secret, body) == nil {
				return
			}
			select {
			case <-s.stop:
				return
			case <-time.After(wait):
			}
		}
	})
}

// Post posts a body to a webhook, signed, and wants a 200.
func (s *Server) Post(ctx context.Context, hook, secret string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", "sha256="+Sign(secret, body))
	resp, err := s.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	if resp.StatusCode != http.StatusOK {
		return errors.New("the webhook answered " + resp.Status)
	}
	return nil
}

// Verify does the handshake that Meta does when somebody pastes an address and its token.
func (s *Server) Verify(ctx context.Context, hook, token string) error {
	q := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"1158201444"}, "hub.verify_token": {token}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hook+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode != http.StatusOK || string(got) != "1158201444" {
		return fmt.Errorf("the handshake was answered %s %q", resp.Status, got)
	}
	return nil
}
