package botapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// method is one method of the Bot API: its parameters and what it does. It runs with the server locked.
type method struct {
	name     string
	required string
	params   map[string]kind
	do       func(s *Server, b *bot, in input) (any, *refusal)
}

// webhook is what setWebhook set.
type webhook struct {
	URL            string
	Secret         string
	Allowed        []string
	MaxConnections int64
}

var methods = table()

func table() map[string]method {
	all := map[string]method{}
	add := func(m method) { all[strings.ToLower(m.name)] = m }
	add(method{name: "getMe", do: getMe})
	add(method{name: "getWebhookInfo", do: getWebhookInfo})
	add(method{name: "deleteWebhook", params: map[string]kind{"drop_pending_updates": flag}, do: deleteWebhook})
	add(method{name: "setWebhook", required: "url", do: setWebhook, params: map[string]kind{
		"url": text, "ip_address": text, "max_connections": integer, "allowed_updates": array, "drop_pending_updates": flag, "secret_token": text,
	}})
	add(method{name: "getFile", required: "file_id", params: map[string]kind{"file_id": text}, do: getFile})
	add(method{name: "answerCallbackQuery", required: "callback_query_id", do: yes, params: map[string]kind{
		"callback_query_id": text, "text": text, "show_alert": flag, "url": text, "cache_time": integer,
	}})
	add(method{name: "sendChatAction", required: "chat_id action", params: map[string]kind{"chat_id": integer, "action": text}, do: yes})
	add(method{name: "sendMessage", required: "chat_id text", do: sendMessage, params: sending(map[string]kind{
		"text": text, "entities": array, "link_preview_options": object,
	})})
	for _, what := range []string{"Photo", "Document", "Voice", "Audio", "Video"} {
		field := strings.ToLower(what)
		add(method{name: "send" + what, required: "chat_id " + field, do: sendFile(field), params: sending(map[string]kind{
			field: upload, "caption": text, "caption_entities": array, "duration": integer, "width": integer, "height": integer,
			"performer": text, "title": text, "thumbnail": upload, "supports_streaming": flag, "disable_content_type_detection": flag,
		})})
	}
	return all
}

// sending adds the parameters that every method that sends has.
func sending(params map[string]kind) map[string]kind {
	for name, k := range map[string]kind{
		"chat_id": integer, "message_thread_id": integer, "parse_mode": text, "disable_notification": flag, "protect_content": flag,
		"reply_parameters": object, "reply_markup": object,
	} {
		params[name] = k
	}
	return params
}

func yes(*Server, *bot, input) (any, *refusal) { return true, nil }

func getMe(_ *Server, b *bot, _ input) (any, *refusal) {
	return map[string]any{
		"id": b.ID, "is_bot": true, "first_name": b.Name, "username": b.Username,
		"can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
	}, nil
}

func getWebhookInfo(_ *Server, b *bot, _ input) (any, *refusal) {
	pending := 0
	for _, q := range b.queues {
		pending += len(q)
	}
	info := map[string]any{"url": b.webhook.URL, "has_custom_certificate": false, "pending_update_count": pending}
	if b.lastError != "" {
		info["last_error_message"], info["last_error_date"] = b.lastError, b.lastAt.Unix()
	}
	if b.webhook.URL != "" {
		info["max_connections"], info["allowed_updates"] = b.webhook.MaxConnections, b.webhook.Allowed
	}
	return info, nil
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// setWebhook takes http only on the machine itself, which the real one never does: a demo has no certificate.
func setWebhook(s *Server, b *bot, in input) (any, *refusal) {
	u, err := url.Parse(in.str("url"))
	if err != nil || u.Host == "" {
		return nil, bad("bad webhook: invalid webhook URL specified")
	}
	local := u.Hostname() == "localhost" || strings.HasPrefix(u.Hostname(), "127.") || u.Hostname() == "::1"
	if u.Scheme != "https" && !local {
		return nil, bad("bad webhook: an HTTPS URL must be provided for webhook")
	}
	if !local && !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()) {
		return nil, bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	}
	secret := in.str("secret_token")
	if _, given := in.params["secret_token"]; given && !secretForm.MatchString(secret) {
		return nil, bad("secret token contains unallowed characters")
	}
	n := int64(40)
	if _, given := in.params["max_connections"]; given {
		if n = in.int("max_connections"); n < 1 || n > 100 {
			return nil, bad("max_connections must be between 1 and 100")
		}
	}
	allowed := b.webhook.Allowed
	if raw, given := in.params["allowed_updates"]; given && json.Unmarshal(raw, &allowed) != nil {
		return nil, bad("can't parse allowed updates")
	}
	if string(in.params["drop_pending_updates"]) == "true" {
		clear(b.queues)
	}
	b.webhook = webhook{u.String(), secret, allowed, n}
	for chat := range b.queues {
		s.work(b, chat)
	}
	return true, nil
}

func deleteWebhook(_ *Server, b *bot, in input) (any, *refusal) {
	b.webhook = webhook{}
	if string(in.params["drop_pending_updates"]) == "true" {
		clear(b.queues)
	}
	return true, nil
}

func sendMessage(s *Server, b *bot, in input) (any, *refusal) {
	t := in.str("text")
	if strings.TrimSpace(t) == "" {
		return nil, bad("message text is empty")
	}
	if units(t) > 4096 {
		return nil, bad("message is too long")
	}
	return s.send(b, in, map[string]any{"text": t})
}

func sendFile(field string) func(*Server, *bot, input) (any, *refusal) {
	return func(s *Server, b *bot, in input) (any, *refusal) {
		f, uploaded := in.files[field]
		if !uploaded {
			if _, known := s.files[in.str(field)]; !known {
				return nil, bad("wrong file identifier/HTTP URL specified")
			}
		}
		if field == "photo" && f.Size > 10<<20 {
			return nil, bad("file is too big for a photo")
		}
		if units(in.str("caption")) > 1024 {
			return nil, bad("message caption is too long")
		}
		sent := map[string]any{"file_id": "sent-" + f.SHA256, "file_unique_id": "usent", "file_size": f.Size}
		content := map[string]any{field: sent}
		if field == "photo" { // sizes of one picture
			sent["width"], sent["height"], content[field] = 1280, 960, []any{sent}
		}
		if c := in.str("caption"); c != "" {
			content["caption"] = c
		}
		return s.send(b, in, content)
	}
}

// send checks what every message has in common and gives back the message as it was sent.
func (s *Server) send(b *bot, in input, content map[string]any) (any, *refusal) {
	chat := in.int("chat_id")
	person, known := b.known[chat]
	switch {
	case chat <= 0 || (s.OnlyKnown && !known):
		return nil, bad("chat not found")
	case b.blocked[chat]:
		return nil, &refusal{403, "Forbidden: bot was blocked by the user"}
	}
	if raw, given := in.params["reply_parameters"]; given {
		var re struct {
			MessageID int64 `json:"message_id"`
			Allow     bool  `json:"allow_sending_without_reply"`
		}
		if err := strict(raw, &re); err != nil || re.MessageID == 0 {
			return nil, bad("can't parse reply parameters")
		}
		if !b.messages[[2]int64{chat, re.MessageID}] && !re.Allow {
			return nil, bad("message to be replied not found")
		}
		content["reply_to_message"] = map[string]any{"message_id": re.MessageID, "chat": person.chat(chat), "date": s.now().Unix()}
	}
	content["message_id"], content["date"] = b.message(chat), s.now().Unix()
	content["chat"] = person.chat(chat)
	content["from"] = map[string]any{"id": b.ID, "is_bot": true, "first_name": b.Name, "username": b.Username}
	return content, nil
}

// message numbers a new message of a chat.
func (b *bot) message(chat int64) int64 {
	id := b.nextID
	b.nextID++
	b.messages[[2]int64{chat, id}] = true
	return id
}

func getFile(s *Server, _ *bot, in input) (any, *refusal) {
	id := in.str("file_id")
	f, known := s.files[id]
	if !known {
		return nil, bad("invalid file_id")
	}
	if f.size() > 20<<20 {
		return nil, bad("file is too big")
	}
	path := fmt.Sprintf("%ss/file_%s%s", f.Kind, id, f.ext())
	s.paths[path] = id
	return map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": f.size(), "file_path": path}, nil
}

// units counts UTF-16 code units, as Telegram does.
func units(s string) int { return len(utf16.Encode([]rune(s))) }
