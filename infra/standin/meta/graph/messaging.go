package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// messaging is the body of a send of a page or an Instagram account: nothing else is taken.
type messaging struct {
	Recipient struct {
		ID      string `json:"id,omitempty"`
		Comment string `json:"comment_id,omitempty"`
	} `json:"recipient"`
	Type    string `json:"messaging_type,omitempty"`
	Tag     string `json:"tag,omitempty"`
	ReplyTo *struct {
		Mid string `json:"mid"`
	} `json:"reply_to,omitempty"`
	Message *struct {
		Text       string `json:"text,omitempty"`
		Metadata   string `json:"metadata,omitempty"`
		Attachment *struct {
			Type    string `json:"type"`
			Payload struct {
				URL      string `json:"url"`
				Reusable *bool  `json:"is_reusable,omitempty"`
			} `json:"payload"`
		} `json:"attachment,omitempty"`
		QuickReplies []struct {
			ContentType string `json:"content_type"`
			Title       string `json:"title"`
			Payload     string `json:"payload"`
		} `json:"quick_replies,omitempty"`
	} `json:"message,omitempty"`
	Action  string          `json:"sender_action,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// sendMessage takes one message of a page or an Instagram account. The server is locked.
func (s *Server) sendMessage(c *Call) (any, *refusal) {
	var in messaging
	if err := strict(c.Body, &in); err != nil {
		return nil, err
	}
	if c.To = in.Recipient.ID; c.To == "" {
		return nil, bad("recipient.id is required")
	}
	if in.Action != "" {
		return map[string]string{"recipient_id": c.To}, nil
	}
	if err := in.check(c); err != nil {
		return nil, err
	}
	if a := in.Message.Attachment; a != nil {
		if err := s.loadAttachment(c, a.Type, a.Payload.URL); err != nil {
			return nil, err
		}
	}
	c.MessageID = s.next("m_out%d")
	if c.account.Reports {
		echo := map[string]any{"mid": c.MessageID, "is_echo": true, "app_id": 4711, "text": in.Message.Text}
		if in.Message.Metadata != "" {
			echo["metadata"] = in.Message.Metadata
		}
		s.post(c.account, items(c.account, map[string]any{
			"sender": map[string]string{"id": c.account.ID}, "recipient": map[string]string{"id": c.To}, "timestamp": time.Now().UnixMilli(), "message": echo,
		}))
	}
	return map[string]string{"recipient_id": c.To, "message_id": c.MessageID}, nil
}

func (in *messaging) check(c *Call) *refusal {
	m := in.Message
	switch {
	case m == nil || (m.Text == "") == (m.Attachment == nil):
		return bad("a message has either a text or one attachment")
	case in.Type != "RESPONSE" && in.Type != "UPDATE" && in.Type != "MESSAGE_TAG":
		return bad("messaging_type must be RESPONSE, UPDATE or MESSAGE_TAG")
	case (in.Type == "MESSAGE_TAG") != (in.Tag != ""):
		return bad("a tag goes with MESSAGE_TAG, and only with it")
	case in.Tag != "" && in.Tag != "HUMAN_AGENT":
		return bad("the tag " + in.Tag + " is not supported any more")
	case len(m.QuickReplies) > 13:
		return bad("at most 13 quick replies")
	case in.Tag != "" && len(m.QuickReplies) > 0:
		return bad("no buttons with HUMAN_AGENT")
	case c.account.Kind == Instagram && m.Metadata != "":
		return bad("Instagram messages have no metadata")
	case c.account.Kind == Instagram && len(m.Text) > 1000:
		return bad(fmt.Sprintf("the text has %d bytes, of at most 1000", len(m.Text)))
	case c.account.Kind == Page && utf8.RuneCountInString(m.Text) > 2000:
		return bad("the text has over 2000 characters")
	case len(m.Metadata) > 1000:
		return bad("metadata has at most 1000 characters")
	}
	c.Text, c.Tag = m.Text, in.Tag
	if in.ReplyTo != nil {
		c.ReplyTo = in.ReplyTo.Mid
	}
	return nil
}

// loadAttachment fetches a file from its address, as the platform does, and holds it to the platform's rules.
func (s *Server) loadAttachment(c *Call, kind, link string) *refusal {
	failed := func(why string) *refusal {
		return &refusal{status: 400, Code: 100, Subcode: 2018047, Message: "(#100) Upload attachment failure: " + why}
	}
	if !strings.Contains(" image audio video file ", " "+kind+" ") {
		return bad("there is no attachment type " + kind)
	}
	f, err := s.fetch(link)
	if err != nil {
		return failed(err.Error())
	}
	f.Kind = kind
	c.File = f
	limit := 25 << 20
	if c.account.Kind == Instagram {
		if kind == "image" {
			limit = 8 << 20
		}
		fits := map[string]string{"image": "image/", "audio": "audio/", "video": "video/", "file": "application/pdf"}[kind]
		if !strings.HasPrefix(f.ContentType, fits) {
			return failed(f.ContentType + " as " + kind)
		}
	}
	if len(f.Content) > limit {
		return failed("too large")
	}
	return nil
}

// fetch gets a file from a link. The server stays locked: what it fetches is never its own.
func (s *Server) fetch(link string) (*File, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return nil, errors.New("the link can't be opened")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New("the link answers " + resp.Status)
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, 101<<20))
	return &File{ContentType: resp.Header.Get("Content-Type"), Content: content}, err
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
