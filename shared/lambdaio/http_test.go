package lambdaio

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func request2(method, path, query string, body []byte) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "ANY /v1/{proxy+}", RawPath: path, RawQueryString: query,
		Headers: map[string]string{
			"host": "desk.example.com", "content-type": "application/json", "x-forwarded-proto": "https", "x-many": "a,b",
		},
		Cookies: []string{"a=1", "b=2"}, PathParameters: map[string]string{"proxy": "x"},
		Body: base64.StdEncoding.EncodeToString(body), IsBase64Encoded: true,
	}
	e.RequestContext.RequestID = "req-1"
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP, e.RequestContext.Stage = method, "2001:db8::7", "$default"
	return e
}

func ask(t *testing.T, h http.Handler, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	out, err := HTTP(h).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var res events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &res); err != nil {
		t.Fatal(err)
	}
	return res
}

func TestARequestIsWhatTheCallerSent(t *testing.T) {
	body := []byte("{\"a\": 1}\r\n\x00\xff")
	var got *http.Request
	var read []byte
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/conversations/{id}", func(_ http.ResponseWriter, r *http.Request) {
		got = r
		read, _ = io.ReadAll(r.Body)
	})
	res := ask(t, mux, request2("POST", "/v1/conversations/a%2Fb%20c", "q=x%2By&q=z&e=", body))
	if res.StatusCode != 200 || got == nil {
		t.Fatalf("%+v", res)
	}
	if string(read) != string(body) {
		t.Errorf("the body came as %q", read)
	}
	if got.PathValue("id") != "a/b c" || got.URL.Query()["q"][0] != "x+y" || len(got.URL.Query()["q"]) != 2 {
		t.Errorf("%s %v", got.PathValue("id"), got.URL)
	}
	if got.Host != "desk.example.com" || got.RemoteAddr != "[2001:db8::7]:0" || got.Header.Get("X-Many") != "a,b" {
		t.Errorf("%s %s %v", got.Host, got.RemoteAddr, got.Header)
	}
	if c, err := got.Cookie("b"); err != nil || c.Value != "2" {
		t.Errorf("%v %v", c, err)
	}
	if RequestID(got.Context()) != "req-1" || res.Headers["x-request-id"] != "req-1" {
		t.Errorf("the request's id: %q %v", RequestID(got.Context()), res.Headers)
	}
	if got.ContentLength != int64(len(body)) || got.RequestURI != "/v1/conversations/a%2Fb%20c?q=x%2By&q=z&e=" {
		t.Errorf("%d %s", got.ContentLength, got.RequestURI)
	}
}

func TestTextBodiesComeAsTheyAre(t *testing.T) {
	e := request2("POST", "/", "", nil)
	e.Body, e.IsBase64Encoded = "ümläut", false
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	if res := ask(t, echo, e); res.Body != "ümläut" || res.IsBase64Encoded {
		t.Errorf("%+v", res)
	}
	e.IsBase64Encoded, e.Body = true, "not base64!"
	if res := ask(t, echo, e); res.StatusCode != 400 || !strings.Contains(res.Body, "malformed") {
		t.Errorf("%+v", res)
	}
}

func TestOddPathsReachTheHandler(t *testing.T) {
	for raw, want := range map[string]string{"": "/", "/a b": "/a b", "/50%": "/50%", "/ä": "/ä", "/%C3%A4": "/ä", "//x//y": "//x//y"} {
		var got string
		ask(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.Path }), request2("GET", raw, "", nil))
		if got != want {
			t.Errorf("%q came as %q, want %q", raw, got, want)
		}
	}
	e := request2("GET", "/dev/v1/me", "", nil)
	e.RequestContext.Stage = "dev"
	var got string
	ask(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.Path }), e)
	if got != "/v1/me" {
		t.Errorf("the stage is in the path: %s", got)
	}
}

func TestAnAnswerKeepsStatusHeadersCookiesAndBytes(t *testing.T) {
	binary := []byte{0xff, 0xfe, 0, 1}
	res := ask(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("X-Two", "1")
		w.Header().Add("X-Two", "2")
		http.SetCookie(w, &http.Cookie{Name: "s", Value: "1", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		w.WriteHeader(201)
		w.WriteHeader(500) // the first one counts
		_, _ = w.Write(binary)
	}), request2("GET", "/", "", nil))
	data, err := base64.StdEncoding.DecodeString(res.Body)
	if err != nil || string(data) != string(binary) || !res.IsBase64Encoded || res.StatusCode != 201 {
		t.Errorf("%+v", res)
	}
	if res.Headers["x-two"] != "1, 2" || len(res.Cookies) != 1 || res.Headers["content-type"] == "" {
		t.Errorf("%+v", res)
	}
	if res.Headers["set-cookie"] != "" {
		t.Errorf("%+v", res)
	}
}

func TestAnAnswerWithoutABodyIsOne(t *testing.T) {
	res := ask(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }), request2("GET", "/", "", nil))
	if res.StatusCode != 204 || res.Body != "" || res.Headers["content-type"] != "" {
		t.Errorf("%+v", res)
	}
	if res := ask(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), request2("GET", "/", "", nil)); res.StatusCode != 200 {
		t.Errorf("%+v", res)
	}
}

func TestAFaultInAHandlerIsAnAnswerWithoutItsCause(t *testing.T) {
	res := ask(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Half", "done")
		_, _ = io.WriteString(w, "half an answer")
		panic("the secret cause")
	}), request2("GET", "/", "", nil))
	if res.StatusCode != 500 || strings.Contains(res.Body, "secret") || strings.Contains(res.Body, "half") ||
		res.Headers["content-type"] != "application/problem+json" || res.Headers["x-request-id"] != "req-1" || res.Headers["x-half"] != "" {
		t.Errorf("%+v", res)
	}
}

func TestAnAnswerThatLambdaCanNotCarryIsAnError(t *testing.T) {
	for name, body := range map[string][]byte{"text": []byte(strings.Repeat("x", 6<<20)), "bytes": []byte(strings.Repeat("\xff", 5<<20))} {
		res := ask(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }), request2("GET", "/", "", nil))
		if res.StatusCode != 500 || !strings.Contains(res.Body, "too large") {
			t.Errorf("%s: %d %.80s", name, res.StatusCode, res.Body)
		}
	}
}

func TestAHandlersTimeEndsBeforeTheFunctions(t *testing.T) {
	var has bool
	h := HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, has = r.Context().Deadline() }))
	ctx, cancel := context.WithTimeout(t.Context(), 1<<40)
	defer cancel()
	payload, err := json.Marshal(request2("GET", "/", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Invoke(ctx, payload); err != nil || !has {
		t.Errorf("%v %v", has, err)
	}
}
