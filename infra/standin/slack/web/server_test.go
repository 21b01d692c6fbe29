package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/slack/web"
)

func serve(t *testing.T) (*web.Server, func(path, contentType, body string) string) {
	t.Helper()
	s := web.New("T111", "xoxb-1", "secret", "C1")
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, func(path, contentType, body string) string {
		r, err := http.NewRequest("POST", h.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer xoxb-1")
		r.Header.Set("Content-Type", contentType)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
}

func TestAMessageIsTakenOnlyWhenItIsRight(t *testing.T) {
	s, call := serve(t)
	for body, want := range map[string]string{
		`{"channel":"C1","text":"x"}`:                                  `"ok":true`,
		`{"channel":"C2","text":"x"}`:                                  "channel_not_found",
		`{"channel":"C1"}`:                                             "no_text",
		`{"channel":"C1","text":"x","colour":"red"}`:                   "invalid_json",
		`{"channel":"C1","text":"` + strings.Repeat("x", 40001) + `"}`: "msg_too_long",
	} {
		if got := call("/api/chat.postMessage", "application/json", body); !strings.Contains(got, want) {
			t.Errorf("%.60s: %s", body, got)
		}
	}
	if got := call("/api/chat.postMessage", "text/plain", `{"channel":"C1","text":"x"}`); !strings.Contains(got, "invalid_json") {
		t.Errorf("another type: %s", got)
	}
	if got := call("/api/chat.levitate", "application/json", `{}`); !strings.Contains(got, "unknown_method") {
		t.Errorf("got %s", got)
	}
	if n := len(s.Posts("C1")); n != 1 {
		t.Errorf("%d messages", n)
	}
	s.Revoke("token_revoked")
	if got := call("/api/auth.test", "application/json", `{}`); !strings.Contains(got, "token_revoked") {
		t.Errorf("got %s", got)
	}
}

func TestWhatAPersonWritesIsPostedSignedAndSaysThatItIsARetry(t *testing.T) {
	s, call := serve(t)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		want := web.Sign("secret", b, time.Now())
		if r.Header.Get("X-Slack-Signature") != want.Get("X-Slack-Signature") && r.Header.Get("X-Slack-Request-Timestamp") == want.Get("X-Slack-Request-Timestamp") {
			t.Error("the signature is wrong")
		}
		_, _ = io.WriteString(w, r.Header.Get("X-Slack-Retry-Num"))
	}))
	t.Cleanup(hook.Close)
	call("/_url", "", `{"url":"`+hook.URL+`"}`)
	if status, answer, err := s.Post("Ev1", 2, s.Message("U1", "C1", "", "hi", nil)); status != 200 || answer != "2" || err != nil {
		t.Errorf("%d %q %v", status, answer, err)
	}
	if got := call("/_person", "", `{"user":"U1","channel":"C1","text":"x"}`); !strings.Contains(got, `"status":200`) {
		t.Errorf("by HTTP: %s", got)
	}
	if got := call("/_nothing", "", `{}`); !strings.Contains(got, "there is no") {
		t.Errorf("got %s", got)
	}
}
