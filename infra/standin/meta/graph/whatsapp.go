package graph

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// cloud is the body of a WhatsApp send: nothing else is taken.
type cloud struct {
	Product   string `json:"messaging_product"`
	Recipient string `json:"recipient_type,omitempty"`
	To        string `json:"to,omitempty"`
	User      string `json:"recipient,omitempty"` // a business-scoped user id
	Type      string `json:"type,omitempty"`
	Context   *struct {
		ID string `json:"message_id"`
	} `json:"context,omitempty"`
	Opaque string `json:"biz_opaque_callback_data,omitempty"`
	Text   *struct {
		Body    string `json:"body"`
		Preview bool   `json:"preview_url,omitempty"`
	} `json:"text,omitempty"`
	Image    *cloudMedia `json:"image,omitempty"`
	Audio    *cloudMedia `json:"audio,omitempty"`
	Video    *cloudMedia `json:"video,omitempty"`
	Document *cloudMedia `json:"document,omitempty"`
	Sticker  *cloudMedia `json:"sticker,omitempty"`
	Reaction *struct {
		ID    string `json:"message_id"`
		Emoji string `json:"emoji"`
	} `json:"reaction,omitempty"`
	Template *struct {
		Name     string `json:"name"`
		Language struct {
			Code string `json:"code"`
		} `json:"language"`
		Components []struct {
			Type       string `json:"type"`
			Parameters []struct {
				Type string `json:"type"`
				Text string `json:"text"`
			} `json:"parameters"`
		} `json:"components,omitempty"`
	} `json:"template,omitempty"`
	Status string `json:"status,omitempty"`
	Read   string `json:"message_id,omitempty"`
	Typing *struct {
		Type string `json:"type"`
	} `json:"typing_indicator,omitempty"`
}

type cloudMedia struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	FileName string `json:"filename,omitempty"`
}

// sendWhatsApp takes one message. The server is locked.
func (s *Server) sendWhatsApp(c *Call) (any, *refusal) {
	var in cloud
	if err := strict(c.Body, &in); err != nil {
		return nil, err
	}
	if in.Product != "whatsapp" {
		return nil, bad("messaging_product must be whatsapp")
	}
	if in.Status != "" {
		if in.Status != "read" || in.Read == "" {
			return nil, bad("status must be read, with message_id")
		}
		return map[string]bool{"success": true}, nil
	}
	if err := in.check(c); err != nil {
		return nil, err
	}
	if err := s.load(c, in.media()); err != nil {
		return nil, err
	}
	c.MessageID = s.next("wamid.OUT%d")
	contact := map[string]string{"input": c.To}
	if in.To != "" {
		contact["wa_id"] = strings.TrimPrefix(in.To, "+")
	} else {
		contact["user_id"] = in.User
	}
	if c.account.Reports {
		for _, state := range []string{"sent", "delivered"} {
			s.post(c.account, envelope(c.account, "messages", map[string]any{"statuses": []any{StatusOf(c.MessageID, state, c.To, in.Opaque)}}))
		}
	}
	return map[string]any{"messaging_product": "whatsapp", "contacts": []any{contact}, "messages": []any{map[string]string{"id": c.MessageID, "message_status": "accepted"}}}, nil
}

// StatusOf is a status of a message of ours as its webhook has it.
func StatusOf(id, state, to, opaque string) map[string]any {
	out := map[string]any{"id": id, "status": state, "timestamp": fmt.Sprint(time.Now().Unix()), "recipient_id": to}
	if opaque != "" {
		out["biz_opaque_callback_data"] = opaque
	}
	return out
}

// check holds a message to the platform's limits, and notes whom and what.
func (in *cloud) check(c *Call) *refusal {
	if c.To = in.To + in.User; in.To != "" && in.User != "" || c.To == "" {
		return bad("either to or recipient")
	}
	if in.Recipient != "individual" && in.Recipient != "" {
		return bad("recipient_type must be individual")
	}
	if in.To != "" && strings.Trim(strings.TrimPrefix(in.To, "+"), "0123456789") != "" {
		return &refusal{status: 400, Code: 131009, Message: "(#131009) Parameter value is not valid"}
	}
	if in.User != "" && (len(in.User) < 4 || in.User[2] != '.' || len(in.User) > 131) {
		return bad("recipient is no user id")
	}
	if len(in.Opaque) > 512 {
		return bad("biz_opaque_callback_data has at most 512 characters")
	}
	switch m := in.media(); {
	case in.Type == "text" && in.Text != nil:
		if n := utf8.RuneCountInString(in.Text.Body); n == 0 || n > 4096 {
			return bad(fmt.Sprintf("text.body has %d characters, of 1 to 4096", n))
		}
		c.Text = in.Text.Body
	case in.Type == "template" && in.Template != nil:
		if in.Template.Name == "" || in.Template.Language.Code == "" {
			return &refusal{status: 404, Code: 132001, Message: "(#132001) Template name does not exist in the translation"}
		}
		c.Text = "template " + in.Template.Name
		for _, part := range in.Template.Components {
			if part.Type != "body" && part.Type != "header" {
				return bad("there is no component " + part.Type)
			}
			for _, p := range part.Parameters {
				c.Text += "|" + p.Text
			}
		}
	case in.Type == "reaction" && in.Reaction != nil:
		c.Text = in.Reaction.Emoji
	case m != nil:
		return in.checkMedia(c, m)
	default:
		return bad("type and content don't fit")
	}
	return nil
}

func (in *cloud) checkMedia(c *Call, m *cloudMedia) *refusal {
	if (m.ID == "") == (m.Link == "") {
		return bad("either id or link")
	}
	if m.Caption != "" && (in.Type == "audio" || in.Type == "sticker") {
		return bad(in.Type + " has no caption")
	}
	if utf8.RuneCountInString(m.Caption) > 1024 {
		return bad("a caption has at most 1024 characters")
	}
	if m.FileName != "" && in.Type != "document" {
		return bad("only a document has a filename")
	}
	c.Text = m.Caption
	return nil
}

// media is the part that the type names; nil for none.
func (in *cloud) media() *cloudMedia {
	return map[string]*cloudMedia{"image": in.Image, "audio": in.Audio, "video": in.Video, "document": in.Document, "sticker": in.Sticker}[in.Type]
}

// load fetches a file from its link, as the platform does, and holds it to the sizes and types of its kind.
func (s *Server) load(c *Call, m *cloudMedia) *refusal {
	if m == nil || m.Link == "" {
		return nil
	}
	kind := c.kind()
	f, err := s.fetch(m.Link)
	if err != nil {
		return &refusal{status: 400, Code: 131053, Message: "(#131053) Media upload error: " + err.Error()}
	}
	f.Name, f.Kind = m.FileName, kind
	c.File = f
	limit := map[string]int{"image": 5 << 20, "audio": 16 << 20, "video": 16 << 20, "document": 100 << 20, "sticker": 500 << 10}[kind]
	types := map[string]string{"image": "image/jpeg image/png", "audio": "audio/aac audio/mp4 audio/mpeg audio/amr audio/ogg", "video": "video/mp4 video/3gpp", "sticker": "image/webp"}[kind]
	plain, _, _ := strings.Cut(f.ContentType, ";")
	if len(f.Content) > limit || types != "" && !strings.Contains(types, plain) {
		return &refusal{status: 400, Code: 131053, Message: fmt.Sprintf("(#131053) Media upload error: %d bytes of %s as %s", len(f.Content), f.ContentType, kind)}
	}
	return nil
}

// describeMedia says where a customer's file can be fetched.
func (s *Server) describeMedia(c *Call, id string) (any, *refusal) {
	f, there := s.media[id]
	if !there {
		return nil, &refusal{status: 400, Code: 100, Subcode: 33, Kind: "GraphMethodException", Message: "Object with ID '" + id + "' does not exist"}
	}
	return map[string]any{
		"messaging_product": "whatsapp", "id": id, "url": c.base + "/media/" + id, "mime_type": f.ContentType, "sha256": sum(f.Content), "file_size": len(f.Content),
	}, nil
}

func (s *Server) download(w http.ResponseWriter, r *http.Request, path string) {
	place, id, _ := strings.Cut(path, "/")
	s.mu.Lock()
	f, there := s.media[id]
	allowed := place == "cdn"
	for _, a := range s.accounts {
		allowed = allowed || r.Header.Get("Authorization") == "Bearer "+a.Token
	}
	fault := s.takeFault(path)
	s.ledger = append(s.ledger, Call{At: time.Now(), Method: r.Method, Path: path, query: r.URL.Query()})
	s.mu.Unlock()
	switch {
	case fault != nil:
		fault.play(w, r, s.stop)
	case !allowed:
		w.WriteHeader(http.StatusUnauthorized)
	case !there:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", f.ContentType)
		_, _ = w.Write(f.Content)
	}
}
