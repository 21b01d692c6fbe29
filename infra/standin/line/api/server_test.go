package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/line/api"
)

const (
	person = "U206d25c2ea6bd87c17655609a1c37cb8"
	key    = "123e4567-e89b-42d3-a456-426614174000"
)

func serve(t *testing.T) (*api.Server, func(method, path, retry, body string) (int, string)) {
	t.Helper()
	s := api.New("U00000000000000000000000000000001", "token", "secret")
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, func(method, path, retry, body string) (int, string) {
		r, err := http.NewRequest(method, h.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token")
		if retry != "" {
			r.Header.Set("X-Line-Retry-Key", retry)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
}

func TestARetryKeySendsOnceAndIsForOneRequestOnly(t *testing.T) {
	s, call := serve(t)
	body := `{"to":"` + person + `","messages":[{"type":"text","text":"x"}]}`
	first, a := call("POST", "/v2/bot/message/push", key, body)
	second, b := call("POST", "/v2/bot/message/push", key, body)
	if first != 200 || second != 409 || len(s.Sent(person)) != 1 || !strings.Contains(b, s.Sent(person)[0].ID) {
		t.Errorf("%d %s, %d %s", first, a, second, b)
	}
	if status, _ := call("POST", "/v2/bot/message/push", key, strings.Replace(body, `"x"`, `"y"`, 1)); status != 400 {
		t.Errorf("another request under the key: %d", status)
	}
	if status, _ := call("POST", "/v2/bot/message/push", "no key", body); status != 400 {
		t.Errorf("no UUID: %d", status)
	}
}

func TestAPushIsTakenOnlyWhenItIsRight(t *testing.T) {
	s, call := serve(t)
	text := `{"type":"text","text":"x"}`
	for body, want := range map[string]int{
		`{"to":"` + person + `","messages":[` + text + `]}`:                                               200,
		`{"to":"` + person + `","messages":[]}`:                                                           400,
		`{"to":"ada","messages":[` + text + `]}`:                                                          400,
		`{"to":"` + person + `","messages":[` + strings.Repeat(text+",", 5) + text + `]}`:                 400,
		`{"to":"` + person + `","messages":[{"type":"text","text":"` + strings.Repeat("x", 5001) + `"}]}`: 400,
		`{"to":"` + person + `","messages":[{"type":"image"}]}`:                                           400,
		`{"to":"` + person + `","messages":[{"type":"file"}]}`:                                            400,
		`{"to":"` + person + `","messages":[` + text + `],"colour":"red"}`:                                400,
		`{`: 400,
	} {
		if status, got := call("POST", "/v2/bot/message/push", "", body); status != want {
			t.Errorf("%.90s: %d %s", body, status, got)
		}
	}
	s.Set(true, true, 0)
	if status, got := call("POST", "/v2/bot/message/push", "", `{"to":"`+person+`","messages":[`+text+`]}`); status != 429 || !strings.Contains(got, "monthly") {
		t.Errorf("%d %s", status, got)
	}
	s.Set(true, false, -1)
	if status, _ := call("GET", "/v2/bot/info", "", ""); status != 401 {
		t.Errorf("a revoked token: %d", status)
	}
}

func TestWhatAPersonDoesIsPostedAndSigned(t *testing.T) {
	s, call := serve(t)
	var bodies []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Line-Signature") != api.Sign("secret", b) {
			t.Error("the signature is wrong")
		}
		bodies = append(bodies, string(b))
	}))
	t.Cleanup(hook.Close)
	if status, _ := call("PUT", "/v2/bot/channel/webhook/endpoint", "", `{"endpoint":"`+hook.URL+`"}`); status != 200 || s.Webhook() != hook.URL {
		t.Fatalf("the endpoint is %s (%d)", s.Webhook(), status)
	}
	if status, err := s.Post(s.Text(person, "hi"), s.File(person, "image", "", api.Content{ContentType: "image/png", Bytes: []byte("png")})); status != 200 || err != nil {
		t.Errorf("%d %v", status, err)
	}
	_, tested := call("POST", "/v2/bot/channel/webhook/test", "", "{}")
	if len(bodies) != 2 || !strings.Contains(bodies[0], `"hi"`) || !strings.Contains(bodies[1], `"events":[]`) || !strings.Contains(tested, `"success":true`) {
		t.Errorf("%q, %s", bodies, tested)
	}
	var got struct {
		Events []struct {
			Message struct{ ID string } `json:"message"`
		} `json:"events"`
	}
	_ = json.Unmarshal([]byte(bodies[0]), &got)
	if status, content := call("GET", "/v2/bot/message/"+got.Events[1].Message.ID+"/content", "", ""); status != 200 || content != "png" {
		t.Errorf("%d %q", status, content)
	}
	for _, path := range []string{"/_person", "/_fault"} {
		if status, _ := call("POST", path, "", "{"); status != 400 {
			t.Errorf("%s took half an object", path)
		}
	}
	if status, _ := call("POST", "/_person", "", `{"user":"`+person+`","text":"x"}`); status != 200 || len(bodies) != 3 {
		t.Errorf("by HTTP: %d", status)
	}
}
