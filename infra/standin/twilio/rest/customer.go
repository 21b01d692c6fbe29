package rest

import (
	"crypto/hmac"
	"crypto/sha1" // Twilio chose it
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loket-desk/loket/infra/standin/faults"
)

// Writing is what a customer does. Extra are further parameters, such as Latitude or OptOutType.
type Writing struct {
	From    string            `json:"from"` // "+1…" or "whatsapp:+1…"
	To      string            `json:"to"`
	Body    string            `json:"body"`
	Profile string            `json:"profile"` // of WhatsApp
	Extra   map[string]string `json:"extra"`
	Files   []File            `json:"files"`
	Webhook string            `json:"webhook"` // where it is posted; "" is the number's own
	SID     string            `json:"sid"`     // of a message that is posted once more; "" is a new one
}

// Write makes a customer write, and gives back the message's SID and what the webhook answered. STOP and START opt out
// and in again, as carriers have it.
func (s *Server) Write(w Writing) (sid string, status int, answer string, err error) {
	s.mu.Lock()
	if sid = w.SID; sid == "" {
		s.count++
		sid = fmt.Sprintf("SM%030xff", s.count)
	}
	switch strings.ToUpper(strings.TrimSpace(w.Body)) {
	case "STOP":
		s.opted[w.From] = true
	case "START":
		delete(s.opted, w.From)
	}
	if n := s.numbers[w.To]; n != nil && w.Webhook == "" {
		w.Webhook = n.SMSURL
	}
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {s.SID}, "From": {w.From}, "To": {w.To}, "Body": {w.Body},
		"NumMedia": {fmt.Sprint(len(w.Files))}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	if number, ok := strings.CutPrefix(w.From, "whatsapp:+"); ok {
		form.Set("WaId", number)
		form.Set("ProfileName", w.Profile)
	}
	for name, v := range w.Extra {
		form.Set(name, v)
	}
	for i, f := range w.Files {
		path := fmt.Sprintf("/2010-04-01/Accounts/%s/Messages/%s/Media/ME%032x", s.SID, sid, i+1)
		s.media[path] = f
		form.Set(fmt.Sprint("MediaUrl", i), "https://api.twilio.com"+path)
		form.Set(fmt.Sprint("MediaContentType", i), f.ContentType)
	}
	s.mu.Unlock()
	status, answer, err = s.post(w.Webhook, form)
	return sid, status, answer, err
}

// Report tells what became of a message, at the address that came with it.
func (s *Server) Report(sid, state string, code int) (status int, err error) {
	var m Message
	for _, sent := range s.Sent("") {
		if sent.SID == sid {
			m = sent
		}
	}
	if m.StatusCallback == "" {
		return 0, fmt.Errorf("the message %s has no StatusCallback", sid)
	}
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {s.SID}, "From": {m.From}, "To": {m.To}, "MessageStatus": {state}, "SmsStatus": {state}, "ApiVersion": {"2010-04-01"},
	}
	if code != 0 {
		form.Set("ErrorCode", fmt.Sprint(code))
	}
	status, _, err = s.post(m.StatusCallback, form)
	return status, err
}

// post posts a form to a webhook, signed.
func (s *Server) post(address string, form url.Values) (int, string, error) {
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", Sign(s.Token, address, form))
	resp, err := s.Client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// Sign is the signature of a form that is posted to an address.
func Sign(token, address string, form url.Values) string {
	m := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(m, address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			_, _ = io.WriteString(m, name+v)
		}
	}
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// control is for people and tests that reach the stand-in only by HTTP:
//
//	POST /_customer a Writing   POST /_report {"sid","state","code"}   POST /_fault a Fault   GET /_messages
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	out, err := s.command(r)
	if err != nil {
		write(w, 400, map[string]string{"error": err.Error()})
		return
	}
	write(w, 200, out)
}

func (s *Server) command(r *http.Request) (any, error) {
	in := json.NewDecoder(r.Body)
	switch r.Method + " " + r.URL.Path {
	case "GET /_messages":
		return s.Sent(""), nil
	case "POST /_customer":
		var w Writing
		if err := in.Decode(&w); err != nil {
			return nil, err
		}
		sid, status, answer, err := s.Write(w)
		return map[string]any{"sid": sid, "status": status, "answer": answer}, err
	case "POST /_report":
		var news struct {
			SID   string `json:"sid"`
			State string `json:"state"`
			Code  int    `json:"code"`
		}
		if err := in.Decode(&news); err != nil {
			return nil, err
		}
		return s.Report(news.SID, news.State, news.Code)
	case "POST /_fault":
		var f faults.Fault
		if err := in.Decode(&f); err != nil {
			return nil, err
		}
		s.Fail(f)
		return f, nil
	}
	return nil, fmt.Errorf("there is no %s %s", r.Method, r.URL.Path)
}
