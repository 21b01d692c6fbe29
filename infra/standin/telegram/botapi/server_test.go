package botapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

const token = "42:a-token-of-the-stand-in"

func start(t *testing.T) (*botapi.Server, string) {
	t.Helper()
	s := botapi.New(token)
	s.Retry = 5 * time.Millisecond
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		h.CloseClientConnections()
		h.Close()
	})
	return s, h.URL
}

// answer is a call's status and what it said.
type answer struct {
	Status      int
	OK          bool
	Code        int `json:"error_code"`
	Description string
	Result      json.RawMessage
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	}
}

func post(t *testing.T, url, contentType string, body io.Reader) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}
	}
	defer resp.Body.Close()
	var a answer
	_ = json.NewDecoder(resp.Body).Decode(&a)
	a.Status = resp.StatusCode
	return a
}

func call(t *testing.T, base, method, params string) answer {
	t.Helper()
	return post(t, base+"/bot"+token+"/"+method, "application/json", strings.NewReader(params))
}

func TestItRefusesWhatTelegramRefuses(t *testing.T) {
	s, base := start(t)
	if err := s.Block("", 13, true); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 4097)
	for _, c := range []struct {
		method, params string
		code           int
		words          string
	}{
		{"sendMessage", `{"chat_id":1,"text":"hi"}`, 200, ""},
		{"sendmessage", `{"chat_id":1,"text":"hi"}`, 200, ""},
		{"sendMessage", `{"chat_id":1,"text":"hi","colour":"red"}`, 400, "unknown parameter colour"},
		{"sendMessage", `{"chat_id":"1","text":"hi"}`, 400, `"chat_id" must be of type Integer`},
		{"sendMessage", `{"chat_id":1.5,"text":"hi"}`, 400, "Integer"},
		{"sendMessage", `{"chat_id":null,"text":"hi"}`, 400, "Integer"},
		{"sendMessage", `{"chat_id":1,"text":7}`, 400, "String"},
		{"sendMessage", `{"chat_id":1}`, 400, `"text" is required`},
		{"sendMessage", `{"chat_id":1,"text":" "}`, 400, "empty"},
		{"sendMessage", `{"chat_id":1,"text":"` + long + `"}`, 400, "too long"},
		{"sendMessage", `{"chat_id":1,"text":"` + strings.Repeat("😀", 2049) + `"}`, 400, "too long"},
		{"sendMessage", `{"chat_id":-1,"text":"hi"}`, 400, "chat not found"},
		{"sendMessage", `{"chat_id":13,"text":"hi"}`, 403, "blocked"},
		{"sendMessage", `{"chat_id":1,"text":"hi","reply_parameters":{"message_id":999}}`, 400, "replied not found"},
		{"sendMessage", `{"chat_id":1,"text":"hi","reply_parameters":{"message_id":999,"allow_sending_without_reply":true}}`, 200, ""},
		{"sendMessage", `{"chat_id":1,"text":"hi","reply_parameters":{"message":1}}`, 400, "reply parameters"},
		{"sendMessage", `{"chat_id":1,"text":"hi","reply_parameters":"x"}`, 400, "Object"},
		{"sendMessage", `{"chat_id":1,"text":"hi","disable_notification":"yes"}`, 400, "Boolean"},
		{"sendMessage", `{`, 400, "can't parse"},
		{"sendPhoto", `{"chat_id":1,"photo":"unknown id"}`, 400, "wrong file identifier"},
		{"sendPhoto", `{"chat_id":1}`, 400, "required"},
		{"getFile", `{"file_id":"unknown"}`, 400, "invalid file_id"},
		{"flyToTheMoon", `{}`, 404, "Not Found"},
		{"setWebhook", `{"url":"http://example.com"}`, 400, "HTTPS"},
		{"setWebhook", `{"url":"https://example.com:9000"}`, 400, "ports"},
		{"setWebhook", `{"url":"nonsense"}`, 400, "invalid"},
		{"setWebhook", `{"url":"https://example.com","secret_token":"a b"}`, 400, "secret token"},
		{"setWebhook", `{"url":"https://example.com","max_connections":101}`, 400, "max_connections"},
		{"setWebhook", `{"url":"https://example.com","allowed_updates":"message"}`, 400, "Array"},
		{"setWebhook", `{"url":"https://example.com","allowed_updates":[1]}`, 400, "allowed updates"},
		{"answerCallbackQuery", `{"callback_query_id":"1"}`, 200, ""},
	} {
		a := call(t, base, c.method, c.params)
		if a.Status != c.code || a.OK != (c.code == 200) || !strings.Contains(a.Description, c.words) {
			t.Errorf("%s %.80s: %d %s", c.method, c.params, a.Status, a.Description)
		}
		if !a.OK && a.Code != a.Status {
			t.Errorf("%s: error_code %d, status %d", c.method, a.Code, a.Status)
		}
	}
}

func TestATokenThatIsWrongIsUnauthorizedAndOneThatIsNoneNotFound(t *testing.T) {
	s, base := start(t)
	for path, want := range map[string]int{
		"/bot42:another-token/getMe": 401, "/bot/getMe": 404, "/botnonsense/getMe": 404, "/": 404, "/bot" + token + "/getMe": 200,
		"/file/bot42:another-token/x": 401, "/file/bot" + token + "/x": 404,
	} {
		if a := post(t, base+path, "application/json", nil); a.Status != want {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	s.Revoke(token)
	if a := call(t, base, "getMe", "{}"); a.Status != 401 {
		t.Errorf("revoked: %d", a.Status)
	}
	s.AddBot(token, "Back", "back_bot")
	if a := call(t, base, "getMe", "{}"); !a.OK || !strings.Contains(string(a.Result), `"id":42`) {
		t.Errorf("back again: %+v", a)
	}
}

func TestOnlyPeopleWhoWroteMayBeWrittenToWhereThatIsAskedFor(t *testing.T) {
	s, base := start(t)
	s.OnlyKnown = true
	if a := call(t, base, "sendMessage", `{"chat_id":7,"text":"hi"}`); a.Status != 400 {
		t.Errorf("a stranger: %+v", a)
	}
	if _, _, err := s.Write(botapi.Writing{Chat: 7, Person: botapi.Person{Name: "Ada"}, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	if a := call(t, base, "sendMessage", `{"chat_id":7,"text":"hi"}`); !a.OK || !strings.Contains(string(a.Result), "Ada") {
		t.Errorf("somebody who wrote: %+v", a)
	}
}

func TestUploadsAreReadAndBounded(t *testing.T) {
	s, base := start(t)
	upload := func(method, field string, size int, extra ...string) answer {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("chat_id", "1")
		for i := 0; i < len(extra); i += 2 {
			_ = w.WriteField(extra[i], extra[i+1])
		}
		f, _ := w.CreateFormFile(field, "a.bin")
		_, _ = f.Write(make([]byte, size))
		_ = w.Close()
		return post(t, base+"/bot"+token+"/"+method, w.FormDataContentType(), &b)
	}
	if a := upload("sendDocument", "document", 1000, "caption", "look", "reply_parameters", `{"message_id":1,"allow_sending_without_reply":true}`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	if c := s.Sent(1)[0]; c.Text() != "look" || c.Files["document"].Size != 1000 || c.Files["document"].SHA256 == "" {
		t.Errorf("the ledger has %+v", c)
	}
	for what, a := range map[string]answer{
		"a field of another method":  upload("sendDocument", "photo", 10),
		"an empty file":              upload("sendDocument", "document", 0),
		"a photo over 10 MB":         upload("sendPhoto", "photo", 10<<20+1),
		"a long caption":             upload("sendPhoto", "photo", 10, "caption", strings.Repeat("x", 1025)),
		"an unknown field":           upload("sendPhoto", "photo", 10, "colour", "red"),
		"a chat that is no number":   upload("sendPhoto", "photo", 10, "chat_id", "x"),
		"a file where text belongs":  upload("sendMessage", "text", 10),
		"a broken multipart message": post(t, base+"/bot"+token+"/sendPhoto", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nhalf")),
	} {
		if a.Status != 400 {
			t.Errorf("%s: %+v", what, a)
		}
	}
	s.MaxUpload = 1000
	if a := upload("sendDocument", "document", 1001); a.Status != 413 {
		t.Errorf("over the limit: %+v", a)
	}
	if a := post(t, base+"/bot"+token+"/sendMessage", "application/x-www-form-urlencoded", strings.NewReader("chat_id=1&text=17")); !a.OK {
		t.Errorf("a form: %+v", a)
	}
}

func TestFaultsComeAsOrderedAndWearOff(t *testing.T) {
	s, base := start(t)
	send := func() answer { return call(t, base, "sendMessage", `{"chat_id":1,"text":"hi"}`) }
	s.Fail(botapi.Fault{Method: "getMe", Kind: "500"})
	s.Fail(botapi.Fault{Kind: "429", RetryAfter: 9, Count: 2})
	s.Fail(botapi.Fault{Method: "sendMessage", Kind: "502"})
	for i, want := range []int{429, 429, 502, 200} {
		if a := send(); a.Status != want || want == 429 && a.Parameters.RetryAfter != 9 {
			t.Errorf("call %d: %+v", i, a)
		}
	}
	if n := len(s.Sent(1)); n != 1 {
		t.Errorf("%d messages arrived, want one: the others were refused before anything was done", n)
	}
	s.Heal()
	if a := call(t, base, "getMe", "{}"); !a.OK {
		t.Errorf("healed: %+v", a)
	}
	for _, kind := range []string{"garbage", "drop", "504"} {
		s.Forget()
		s.Fail(botapi.Fault{Kind: kind})
		if a := send(); a.OK {
			t.Errorf("%s: %+v", kind, a)
		}
		if c := s.Calls(); len(c) != 1 || c[0].MessageID == 0 || c[0].Refused != "fault: "+kind {
			t.Errorf("%s: the message was to be taken before the answer is spoilt: %+v", kind, c)
		}
	}
}

// hook is a webhook that remembers what it got, and refuses while told to.
type hook struct {
	mu     sync.Mutex
	got    []string
	refuse int
	secret string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secret = r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	if h.refuse > 0 {
		h.refuse--
		w.WriteHeader(500)
		return
	}
	h.got = append(h.got, string(b))
}

func (h *hook) wait(t *testing.T, n int) []string {
	t.Helper()
	for range 500 {
		h.mu.Lock()
		got := append([]string(nil), h.got...)
		h.mu.Unlock()
		if len(got) >= n {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d updates did not come", n)
	return nil
}

func TestUpdatesComeInOrderUntilTheyAreTaken(t *testing.T) {
	s, base := start(t)
	h := &hook{refuse: 3}
	server := httptest.NewServer(h)
	defer server.Close()
	for i := range 3 { // before there is a webhook: kept
		if _, _, err := s.Write(botapi.Writing{Chat: 7, Person: botapi.Person{Name: "Ada"}, Text: fmt.Sprint("text ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if a := call(t, base, "setWebhook", `{"url":"`+server.URL+`","secret_token":"s3cret","allowed_updates":["message","my_chat_member"]}`); !a.OK {
		t.Fatalf("%+v", a)
	}
	if _, _, err := s.Write(botapi.Writing{Chat: 7, Edit: 1, Text: "edited"}); err != nil { // not asked for
		t.Fatal(err)
	}
	if err := s.Block("", 7, true); err != nil {
		t.Fatal(err)
	}
	got := h.wait(t, 4)
	for i := range 3 {
		if !strings.Contains(got[i], fmt.Sprint("text ", i)) {
			t.Errorf("update %d is %s", i, got[i])
		}
	}
	if !strings.Contains(got[3], "kicked") || h.secret != "s3cret" {
		t.Errorf("then %s, secret %q", got[3], h.secret)
	}
	info := call(t, base, "getWebhookInfo", "{}")
	if !strings.Contains(string(info.Result), `"pending_update_count":0`) || !strings.Contains(string(info.Result), "500") {
		t.Errorf("webhook info %s", info.Result)
	}
	if a := call(t, base, "deleteWebhook", `{"drop_pending_updates":true}`); !a.OK {
		t.Errorf("%+v", a)
	}
}

func TestAFileOfACustomerIsDownloaded(t *testing.T) {
	s, base := start(t)
	if _, _, err := s.Write(botapi.Writing{Chat: 7, Person: botapi.Person{Name: "Ada"}, File: &botapi.NewFile{Kind: "photo", Name: "p.jpg", Content: []byte("picture")}}); err != nil {
		t.Fatal(err)
	}
	a := call(t, base, "getFile", `{"file_id":"file1"}`)
	var f struct {
		Path string `json:"file_path"`
	}
	if err := json.Unmarshal(a.Result, &f); err != nil || f.Path == "" {
		t.Fatalf("%+v", a)
	}
	resp, err := http.Get(base + "/file/bot" + token + "/" + f.Path) //nolint:noctx // a test of a plain GET
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "picture" {
		t.Errorf("got %q", b)
	}
}

func TestTheControlsWorkByHTTP(t *testing.T) {
	s, base := start(t)
	control := func(method, path, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b) + fmt.Sprint(errors.Unwrap(err))
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		words              string
	}{
		{"POST", "/_customer", `{"chat":7,"name":"Ada","text":"hi"}`, 200, `"message_id":1`},
		{"POST", "/_customer", `{"chat":-7}`, 400, "positive"},
		{"POST", "/_customer", `{"chats":7}`, 400, "unknown field"},
		{"POST", "/_update", `{"chat":7,"kind":"poll","content":{"id":"1"}}`, 200, `"update_id":100000002`},
		{"POST", "/_block", `{"chat":7,"blocked":true}`, 200, "ok"},
		{"POST", "/_block", `{"bot":"nobody","chat":7}`, 400, "no such bot"},
		{"POST", "/_fault", `{"kind":"500","count":3}`, 200, "ok"},
		{"DELETE", "/_fault", ``, 200, "ok"},
		{"POST", "/_bot", `{"token":"43:another-one","name":"Two","username":"two_bot"}`, 200, "ok"},
		{"POST", "/_customer", `{"chat":7,"text":"to whom?"}`, 400, "no such bot"},
		{"POST", "/_revoke", `{"token":"43:another-one"}`, 200, "ok"},
		{"POST", "/_nothing", `{}`, 400, "there is no /_nothing"},
		{"GET", "/_ledger", ``, 200, "[]"},
		{"DELETE", "/_ledger", ``, 200, "ok"},
	} {
		if c.path == "/_ledger" && c.method == "GET" {
			call(t, base, "getMe", "{}")
			c.words = `"method":"getMe"`
		}
		if status, body := control(c.method, c.path, c.body); status != c.status || !strings.Contains(body, c.words) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, status, body)
		}
	}
	if _, _, err := s.Write(botapi.Writing{Bot: "nobody", Chat: 1}); err == nil {
		t.Error("a bot that isn't there took a message")
	}
}

func TestACallThatHangsEndsWithTheStandIn(t *testing.T) {
	s, base := start(t)
	s.Fail(botapi.Fault{Kind: "hang"})
	done := make(chan answer)
	go func() { done <- call(t, base, "sendMessage", `{"chat_id":1,"text":"hi"}`) }()
	for len(s.Sent(1)) == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	select {
	case a := <-done:
		if a.OK {
			t.Errorf("it was answered: %+v", a)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still hangs")
	}
}
