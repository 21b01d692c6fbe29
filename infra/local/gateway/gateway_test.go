package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// function answers with what it is told and keeps the last event.
type function struct {
	event  []byte
	answer string
	err    error
	wait   time.Duration
}

func (f *function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	f.event = payload
	if f.wait > 0 {
		select {
		case <-time.After(f.wait):
		case <-ctx.Done():
			return nil, errors.New("stopped waiting")
		}
	}
	return []byte(f.answer), f.err
}

func api(t *testing.T, f Invoker, change func(*Options)) *Handler {
	t.Helper()
	o := Options{Stage: "$default", APIID: "local", AccountID: "000000000000", Log: slog.New(slog.DiscardHandler)}
	for _, key := range []string{"GET /items/{id}", "POST /items", "ANY /hooks/{channel}", "ANY /v1/{proxy+}"} {
		o.Routes = append(o.Routes, Route{Key: key, Function: f, Timeout: time.Minute})
	}
	if change != nil {
		change(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func call(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// steady replaces what differs from call to call.
func steady(t *testing.T, payload []byte) string {
	t.Helper()
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		t.Fatal(err)
	}
	if e.RequestContext.RequestID == "" || e.RequestContext.TimeEpoch == 0 || !strings.HasPrefix(e.Headers["x-amzn-trace-id"], "Root=1-") {
		t.Errorf("the event lacks an id, a time or a trace: %+v", e)
	}
	e.RequestContext.RequestID, e.RequestContext.TimeEpoch, e.RequestContext.Time = "id", 1, "time"
	e.Headers["x-amzn-trace-id"] = "trace"
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func TestARequestBecomesAnEventOfFormat2(t *testing.T) {
	for name, request := range map[string]func() *http.Request{
		"plain": func() *http.Request { return httptest.NewRequest("GET", "/items/7", nil) },
		"everything": func() *http.Request {
			r := httptest.NewRequest("POST", "/v1/a%2Fb/c%20d?x=1&x=2&empty=&y=%C3%A4%2C&bad=%zz", strings.NewReader(`{"text":"<b>ä</b>"}`))
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			r.Header.Add("X-Twice", "one")
			r.Header.Add("X-Twice", "two, three")
			r.Header.Set("Cookie", "a=1; b=2")
			r.Header.Set("User-Agent", "tester/1")
			r.Header.Set("X-Forwarded-For", "203.0.113.9")
			r.Host = "desk.example.com:8080"
			return r
		},
		"binary": func() *http.Request {
			r := httptest.NewRequest("PUT", "/hooks/c1", strings.NewReader("\x00\x01\xff"))
			r.Header.Set("Content-Type", "image/png")
			return r
		},
		"question mark in the path": func() *http.Request { return httptest.NewRequest("GET", "/v1/what%3Fnow", nil) },
	} {
		f := &function{answer: `{"statusCode":204}`}
		if got := call(api(t, f, nil), request()); got.StatusCode != 204 {
			t.Errorf("%s: status %d", name, got.StatusCode)
		}
		golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".json")
		got := steady(t, f.event)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: the event is\n%s\nwant (%v)\n%s", name, got, err, want)
		}
	}
}

func TestOnlyTextComesAsText(t *testing.T) {
	for _, c := range []struct {
		kind, encoding, body string
		encoded              bool
	}{
		{"text/plain", "", "words", false},
		{"TEXT/CSV; charset=latin1", "", "a,b", false},
		{"application/json", "", "{}", false},
		{"application/xml;charset=utf-8", "", "<a/>", false},
		{"application/javascript", "", "1", false},
		{"application/x-www-form-urlencoded", "", "a=b", true},
		{"application/problem+json", "", "{}", true},
		{"multipart/form-data; boundary=x", "", "--x", true},
		{"application/octet-stream", "", "abc", true},
		{"", "", "abc", true},
		{"application/json", "gzip", "zipped", true},
		{"text/plain", "", "\xff\xfe", true},
		{"text/plain;;bad", "", "x", false},
		{"image/png", "", "", false},
	} {
		f := &function{answer: `{"statusCode":200}`}
		r := httptest.NewRequest("POST", "/items", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if c.kind == "" {
			r.Header.Del("Content-Type")
		}
		if c.encoding != "" {
			r.Header.Set("Content-Encoding", c.encoding)
		}
		call(api(t, f, nil), r)
		var e event
		if err := json.Unmarshal(f.event, &e); err != nil {
			t.Fatal(err)
		}
		if e.IsBase64Encoded != c.encoded {
			t.Errorf("%q as %q %s: encoded %v", c.body, c.kind, c.encoding, e.IsBase64Encoded)
		}
	}
}

func TestAnAnswerBecomesTheResponse(t *testing.T) {
	for _, c := range []struct {
		answer, body, kind string
		status             int
	}{
		{`{"statusCode":201,"headers":{"Content-Type":"text/html","X-N":5,"x-b":true},"body":"<p>"}`, "<p>", "text/html", 201},
		{`{"statusCode":"202","body":"words"}`, "words", "text/plain;charset=UTF-8", 202},
		{`{"statusCode":200,"isBase64Encoded":true,"body":"AAH/"}`, "\x00\x01\xff", "text/plain;charset=UTF-8", 200},
		{`{"statusCode":204}`, "", "text/plain;charset=UTF-8", 204},
		{`"plain words"`, "plain words", "application/json", 200},
		{`{"n": 1}`, `{"n": 1}`, "application/json", 200},
		{`[1,2]`, `[1,2]`, "application/json", 200},
		{`null`, `{"message":"Internal Server Error"}`, "application/json", 500},
		{`no json`, `{"message":"Internal Server Error"}`, "application/json", 500},
		{``, `{"message":"Internal Server Error"}`, "application/json", 500},
		{`{"statusCode":"what"}`, `{"message":"Internal Server Error"}`, "application/json", 500},
		{`{"statusCode":900}`, `{"message":"Internal Server Error"}`, "application/json", 500},
		{`{"statusCode":200,"isBase64Encoded":true,"body":"!"}`, `{"message":"Internal Server Error"}`, "application/json", 500},
	} {
		got := call(api(t, &function{answer: c.answer}, nil), httptest.NewRequest("GET", "/items/1", nil))
		if b := body(t, got); strings.TrimSpace(b) != strings.TrimSpace(c.body) || got.StatusCode != c.status || got.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s became %d %q %q", c.answer, got.StatusCode, got.Header.Get("Content-Type"), b)
		}
	}
}

func TestCookiesBecomeHeadersAndMultiValueHeadersAreDropped(t *testing.T) {
	f := &function{answer: `{"statusCode":200,"cookies":["a=1; Path=/","b=2"],"headers":{"X-One":"1","Content-Length":"99"},"multiValueHeaders":{"X-Many":["1","2"]}}`}
	got := call(api(t, f, nil), httptest.NewRequest("GET", "/items/1", nil))
	if c := got.Header.Values("Set-Cookie"); len(c) != 2 || c[0] != "a=1; Path=/" || c[1] != "b=2" {
		t.Errorf("cookies: %q", c)
	}
	if got.Header.Get("X-One") != "1" || got.Header.Get("X-Many") != "" || got.Header.Get("Content-Length") == "99" || got.Header.Get("Apigw-Requestid") == "" {
		t.Errorf("headers: %v", got.Header)
	}
}

func TestAFailedFunctionIsAnInternalServerError(t *testing.T) {
	got := call(api(t, &function{err: errors.New("secret detail")}, nil), httptest.NewRequest("GET", "/items/1", nil))
	if b := body(t, got); got.StatusCode != 500 || strings.TrimSpace(b) != `{"message":"Internal Server Error"}` {
		t.Errorf("got %d %s", got.StatusCode, b)
	}
}

func TestASlowFunctionIsServiceUnavailable(t *testing.T) {
	h := api(t, &function{wait: time.Minute}, func(o *Options) { o.Routes[0].Timeout = 10 * time.Millisecond })
	got := call(h, httptest.NewRequest("GET", "/items/1", nil))
	if b := body(t, got); got.StatusCode != 503 || strings.TrimSpace(b) != `{"message":"Service Unavailable"}` {
		t.Errorf("got %d %s", got.StatusCode, b)
	}
}

func TestBodiesPastTheLimitsAreRefused(t *testing.T) {
	f := &function{answer: `{"statusCode":200}`}
	for size, want := range map[int]int{1 << 20: 200, 5 << 20: 413, 11 << 20: 413} { // 5 MB are 6.7 in base64
		r := httptest.NewRequest("POST", "/items", strings.NewReader(strings.Repeat("x", size)))
		if got := call(api(t, f, nil), r); got.StatusCode != want {
			t.Errorf("%d bytes: status %d, want %d", size, got.StatusCode, want)
		}
	}
	r := httptest.NewRequest("POST", "/items", strings.NewReader(strings.Repeat("x", 5<<20)))
	r.Header.Set("Content-Type", "text/plain")
	if got := call(api(t, f, nil), r); got.StatusCode != 200 {
		t.Errorf("5 MB of text: status %d", got.StatusCode)
	}
}

func TestAStageStandsBeforeThePath(t *testing.T) {
	f := &function{answer: `{"statusCode":200}`}
	h := api(t, f, func(o *Options) { o.Stage = "prod" })
	for path, want := range map[string]int{"/prod/items/1": 200, "/items/1": 404, "/production/items/1": 404} {
		if got := call(h, httptest.NewRequest("GET", path, nil)); got.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, got.StatusCode, want)
		}
	}
	var e event
	if err := json.Unmarshal(f.event, &e); err != nil || e.RawPath != "/prod/items/1" || e.PathParameters["id"] != "1" || e.RequestContext.Stage != "prod" {
		t.Errorf("the event is %+v, %v", e, err)
	}
}
