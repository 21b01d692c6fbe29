package botapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"time"
)

// Person is somebody who writes to a bot.
type Person struct {
	Name     string `json:"name"`
	LastName string `json:"lastName"`
	Username string `json:"username"`
}

// Writing is what a customer does: a text, a caption with a file, a reply, an edit of an earlier message.
type Writing struct {
	Bot  string `json:"bot"` // token; empty is the only bot
	Chat int64  `json:"chat"`
	Person
	Text    string   `json:"text"`
	ReplyTo int64    `json:"replyTo"`
	Edit    int64    `json:"edit"` // message id that is edited
	File    *NewFile `json:"file"`
}

// NewFile is a file that a customer sends: Kind is photo, document, voice, audio, video or sticker.
type NewFile struct {
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Content     []byte `json:"content"`
	Claimed     int64  `json:"claimedSize"` // what Telegram says of its size; 0 is the truth
}

// storedFile is a file as getFile and the download give it.
type storedFile struct{ NewFile }

func (f storedFile) size() int64 {
	if f.Claimed > 0 {
		return f.Claimed
	}
	return int64(len(f.Content))
}

func (f storedFile) ext() string { return path.Ext(f.Name) }

func (p Person) chat(id int64) map[string]any {
	return compact(map[string]any{"id": id, "type": "private", "first_name": p.Name, "last_name": p.LastName, "username": p.Username})
}

func (p Person) user(id int64) map[string]any {
	return compact(map[string]any{"id": id, "is_bot": false, "first_name": p.Name, "last_name": p.LastName, "username": p.Username, "language_code": "en"})
}

// Write makes a customer write: the update is delivered to the webhook, in order with the chat's others, until it is
// taken. It gives back the ids of the update and the message.
func (s *Server) Write(w Writing) (update, message int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bot(w.Bot)
	if err != nil {
		return 0, 0, err
	}
	if w.Chat <= 0 {
		return 0, 0, errors.New("chat must be a positive number")
	}
	if w.Name == "" {
		w.Person = b.known[w.Chat]
	}
	b.known[w.Chat] = w.Person
	m := map[string]any{"date": s.now().Unix(), "chat": w.chat(w.Chat), "from": w.user(w.Chat)}
	kind, field := "message", "text"
	if message = w.Edit; message != 0 {
		kind, m["edit_date"] = "edited_message", s.now().Unix()
	} else {
		message = b.message(w.Chat)
	}
	m["message_id"] = message
	if w.File != nil {
		field = "caption"
		s.attach(m, *w.File)
	}
	if w.Text != "" {
		m[field] = w.Text
	}
	if w.ReplyTo != 0 {
		m["reply_to_message"] = map[string]any{"message_id": w.ReplyTo, "date": s.now().Unix(), "chat": w.chat(w.Chat)}
	}
	return s.enqueue(b, w.Chat, kind, m), message, nil
}

// attach puts a file on a message; a photo comes in two sizes.
func (s *Server) attach(m map[string]any, f NewFile) {
	id := fmt.Sprintf("file%d", len(s.files)+1)
	s.files[id] = storedFile{f}
	form := compact(map[string]any{
		"file_id": id, "file_unique_id": "u" + id, "file_size": storedFile{f}.size(), "mime_type": f.ContentType, "file_name": f.Name,
	})
	if f.Kind != "photo" {
		m[f.Kind] = form
		return
	}
	delete(form, "mime_type")
	delete(form, "file_name")
	form["width"], form["height"] = 1280, 960
	small := map[string]any{"file_id": id + "s", "file_unique_id": "us" + id, "width": 90, "height": 67, "file_size": 100}
	m["photo"] = []any{small, form}
}

// Block makes a customer block the bot, or take it back: later messages are refused, and the bot is told.
func (s *Server) Block(token string, chat int64, blocked bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bot(token)
	if err != nil {
		return err
	}
	b.blocked[chat] = blocked
	status, before := "member", "kicked"
	if blocked {
		status, before = before, status
	}
	me := map[string]any{"id": b.ID, "is_bot": true, "first_name": b.Name, "username": b.Username}
	s.enqueue(b, chat, "my_chat_member", map[string]any{
		"chat": b.known[chat].chat(chat), "from": b.known[chat].user(chat), "date": s.now().Unix(),
		"old_chat_member": map[string]any{"user": me, "status": before}, "new_chat_member": map[string]any{"user": me, "status": status},
	})
	return nil
}

// Update delivers any update: its kind and its content. Chat orders it with others.
func (s *Server) Update(token string, chat int64, kind string, content any) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bot(token)
	if err != nil {
		return 0, err
	}
	return s.enqueue(b, chat, kind, content), nil
}

func (s *Server) bot(token string) (*bot, error) {
	if b := s.bots[token]; b != nil {
		return b, nil
	}
	if token == "" && len(s.bots) == 1 {
		for _, b := range s.bots {
			return b, nil
		}
	}
	return nil, errors.New("there is no such bot")
}

// enqueue numbers an update and hands it to the chat's delivery, unless the webhook doesn't want its kind.
func (s *Server) enqueue(b *bot, chat int64, kind string, content any) int64 {
	id := b.nextUpdate
	b.nextUpdate++
	if b.webhook.URL != "" && len(b.webhook.Allowed) > 0 && !slices.Contains(b.webhook.Allowed, kind) {
		return id
	}
	body, _ := json.Marshal(map[string]any{"update_id": id, kind: content})
	b.queues[chat] = append(b.queues[chat], body)
	s.work(b, chat)
	return id
}

// work starts the delivery of a chat's updates, one after the other, unless it is under way. The server is locked.
func (s *Server) work(b *bot, chat int64) {
	if b.busy[chat] {
		return
	}
	b.busy[chat] = true
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		wait := s.Retry
		for {
			hook, body, ok := s.next(b, chat)
			if !ok {
				return
			}
			if s.delivered(b, chat, s.deliver(hook, body)) {
				wait = s.Retry
				continue
			}
			select {
			case <-s.stop:
				return
			case <-time.After(wait):
			}
			wait = min(2*wait, 100*s.Retry)
		}
	}()
}

// next is the update whose turn it is; without one, the chat's delivery ends.
func (s *Server) next(b *bot, chat int64) (webhook, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.webhook.URL == "" || len(b.queues[chat]) == 0 {
		b.busy[chat] = false
		return webhook{}, nil, false
	}
	return b.webhook, b.queues[chat][0], true
}

// delivered notes how a delivery went.
func (s *Server) delivered(b *bot, chat int64, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		b.lastError, b.lastAt = err.Error(), s.now()
		return false
	}
	if q := b.queues[chat]; len(q) > 0 {
		b.queues[chat] = q[1:]
	}
	return true
}

// trouble is what went wrong with a delivery, in the platform's words.
type trouble string

func (t trouble) Error() string { return string(t) }

// deliver posts one update and wants a 2xx.
func (s *Server) deliver(hook webhook, body []byte) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if hook.Secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook.Secret)
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return trouble("Connection failed")
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	if resp.StatusCode/100 != 2 {
		return trouble("Wrong response from the webhook: " + resp.Status)
	}
	return nil
}

// compact drops what is empty.
func compact(m map[string]any) map[string]any {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
	return m
}
