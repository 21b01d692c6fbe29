package gateway

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func corsAPI(t *testing.T, c CORS) http.Handler {
	t.Helper()
	f := &function{answer: `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"https://evil.example.com"},"body":"x"}`}
	return api(t, f, func(o *Options) { o.CORS = &c })
}

func fromPage(method, origin, asked string) *http.Request {
	r := httptest.NewRequest(method, "/items/1", nil)
	r.Header.Set("Origin", origin)
	if asked != "" {
		r.Header.Set("Access-Control-Request-Method", asked)
	}
	return r
}

func TestAPreflightIsAnsweredByTheGateway(t *testing.T) {
	h := corsAPI(t, CORS{
		AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"GET", "POST"}, AllowHeaders: []string{"Authorization", "content-type"},
		ExposeHeaders: []string{"X-Total"}, MaxAge: 600, AllowCredentials: true,
	})
	got := call(h, fromPage("OPTIONS", "https://app.example.com", "POST"))
	want := map[string]string{
		"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Methods": "GET,POST", "Access-Control-Allow-Headers": "authorization,content-type",
		"Access-Control-Max-Age": "600", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "",
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
		}
	}
	if got.StatusCode != 204 {
		t.Errorf("status %d", got.StatusCode)
	}
	if got := call(h, fromPage("OPTIONS", "https://other.example.com", "POST")); got.StatusCode != 204 || got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another page got %d %v", got.StatusCode, got.Header)
	}
}

func TestTheGatewaysHeadersTakeTheFunctionsPlace(t *testing.T) {
	h := corsAPI(t, CORS{AllowOrigins: []string{"https://app.example.com"}, ExposeHeaders: []string{"X-Total"}})
	got := call(h, fromPage("GET", "https://app.example.com", ""))
	if got.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || got.Header.Get("Access-Control-Expose-Headers") != "x-total" {
		t.Errorf("headers: %v", got.Header)
	}
	if got := call(h, fromPage("GET", "https://other.example.com", "")); got.Header.Get("Access-Control-Allow-Origin") != "" || got.StatusCode != 200 {
		t.Errorf("another page got %d %v", got.StatusCode, got.Header)
	}
}

func TestOriginsMayBePatterns(t *testing.T) {
	for _, c := range []struct {
		allowed, origin, want string
		credentials           bool
	}{
		{"*", "https://a.example.com", "*", false},
		{"*", "https://a.example.com", "https://a.example.com", true},
		{"https://*", "https://a.example.com", "https://a.example.com", false},
		{"https://*", "http://a.example.com", "", false},
	} {
		got := call(corsAPI(t, CORS{AllowOrigins: []string{c.allowed}, AllowCredentials: c.credentials}), fromPage("GET", c.origin, ""))
		if h := got.Header.Get("Access-Control-Allow-Origin"); h != c.want {
			t.Errorf("%s under %s: %q, want %q", c.origin, c.allowed, h, c.want)
		}
	}
}

func TestWithoutConfigurationTheFunctionAnswersPreflights(t *testing.T) {
	f := &function{answer: `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"https://mine.example.com"}}`}
	r := fromPage("OPTIONS", "https://app.example.com", "GET")
	r.URL.Path = "/v1/x"
	if got := call(api(t, f, nil), r); got.Header.Get("Access-Control-Allow-Origin") != "https://mine.example.com" {
		t.Errorf("headers: %v", got.Header)
	}
}
