package rest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
)

var (
	contentForm = regexp.MustCompile(`^HX[0-9a-f]{32}$`)
	phoneForm   = regexp.MustCompile(`^\+[1-9]\d{4,14}$`)
	addressForm = regexp.MustCompile(`^(whatsapp:)?(\+[1-9]\d{4,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})$`)
)

// create sends a message. The server is locked.
func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	form, problem := formOf(r, "To", "From", "MessagingServiceSid", "Body", "MediaUrl", "StatusCallback", "ContentSid", "ContentVariables")
	if problem != "" {
		refuse(w, 400, 20001, problem)
		return
	}
	if code, words := s.check(form); code != 0 {
		refuse(w, 400, code, words)
		return
	}
	s.count++
	m := Message{
		SID: fmt.Sprintf("SM%032x", s.count), From: form.Get("From"), Service: form.Get("MessagingServiceSid"), To: form.Get("To"),
		Body: form.Get("Body"), Media: form["MediaUrl"], Content: form.Get("ContentSid"), Variables: form.Get("ContentVariables"), StatusCallback: form.Get("StatusCallback"), Status: "queued",
	}
	s.messages = append(s.messages, m)
	write(w, 201, map[string]any{
		"sid": m.SID, "account_sid": s.SID, "from": m.From, "to": m.To, "body": m.Body, "status": m.Status, "num_media": fmt.Sprint(len(m.Media)),
		"num_segments": "1", "direction": "outbound-api", "error_code": nil, "error_message": nil,
	})
}

// check is the code and the words of what is wrong with a message; 0 is nothing.
func (s *Server) check(form url.Values) (int, string) {
	to, from, service := form.Get("To"), form.Get("From"), form.Get("MessagingServiceSid")
	whatsapp := strings.HasPrefix(to, "whatsapp:")
	media := form["MediaUrl"]
	switch {
	case to == "":
		return 21604, "A 'To' phone number is required."
	case !addressForm.MatchString(to) || !whatsapp && !phoneForm.MatchString(to):
		return 21211, "Invalid 'To' Phone Number: " + to
	case from == "" && service == "":
		return 21603, "A 'From' phone number is required."
	case from != "" && s.numbers[from] == nil && !s.senders[from], service != "" && !s.senders[service]:
		return 21606, "The 'From' phone number provided is not a valid message-capable phone number."
	case from != "" && strings.HasPrefix(from, "whatsapp:") != whatsapp:
		return 63007, "Could not find a Channel with the specified From address"
	case s.opted[to]:
		return 21610, "Attempt to send to unsubscribed recipient"
	case form.Get("ContentSid") != "":
		return checkContent(form)
	case form.Get("Body") == "" && len(media) == 0:
		return 21602, "Message body is required."
	case len(utf16.Encode([]rune(form.Get("Body")))) > 1600:
		return 21617, "The concatenated message body exceeds the 1600 character limit."
	case whatsapp && len(media) > 1, len(media) > 10:
		return 21623, "Number of media files exceeds allowed limit"
	}
	for _, m := range append([]string{form.Get("StatusCallback")}, media...) {
		if u, err := url.Parse(m); m != "" && (err != nil || u.Host == "") {
			return 21609, "The URL is not valid: " + m
		}
	}
	return 0, ""
}

// checkContent is the code and the words of what is wrong with a message by a template.
func checkContent(form url.Values) (int, string) {
	var gaps map[string]string
	if v := form.Get("ContentVariables"); v != "" && json.Unmarshal([]byte(v), &gaps) != nil {
		return 21656, "The ContentVariables Parameter is invalid"
	}
	if !contentForm.MatchString(form.Get("ContentSid")) {
		return 21655, "The ContentSid Parameter is invalid"
	}
	return 0, ""
}

// Open gets the bytes of a message's media, as Twilio does to hand them on.
func (s *Server) Open(m Message, i int) ([]byte, error) {
	resp, err := s.Client.Get(m.Media[i])
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return io.ReadAll(resp.Body)
}
