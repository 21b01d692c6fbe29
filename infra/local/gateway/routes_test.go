package gateway

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheMostSpecificRouteAnswers(t *testing.T) {
	table, err := newTable([]Route{
		{Key: "$default"},
		{Key: "ANY /{proxy+}"},
		{Key: "GET /a/{id}"},
		{Key: "ANY /a/{id}"},
		{Key: "GET /a/fixed"},
		{Key: "GET /a/{id}/b"},
		{Key: "GET /a/{rest+}"},
		{Key: "POST /"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /a/fixed": "GET /a/fixed", "GET /a/7": "GET /a/{id}", "POST /a/7": "ANY /a/{id}", "GET /a/7/b": "GET /a/{id}/b", "GET /a/7/c": "GET /a/{rest+}",
		"POST /a/7/c": "ANY /{proxy+}", "GET /z": "ANY /{proxy+}", "GET /": "$default", "POST /": "POST /", "GET /a/": "ANY /{proxy+}",
	} {
		method, path, _ := strings.Cut(request, " ")
		if m, ok := table.match(method, path); !ok || m.route.Key != want {
			t.Errorf("%s went to %q, want %q", request, m.route.Key, want)
		}
	}
}

func TestPathParametersAreTakenFromTheirPlaces(t *testing.T) {
	table, err := newTable([]Route{{Key: "ANY /x/{a}/{rest+}"}})
	if err != nil {
		t.Fatal(err)
	}
	m, ok := table.match("GET", "/x/1/2/3")
	if !ok || m.vars["a"] != "1" || m.vars["rest"] != "2/3" {
		t.Errorf("got %v", m.vars)
	}
	if _, ok := table.match("GET", "/x/1"); ok {
		t.Error("a path that is too short found a route")
	}
}

func TestARouteThatCanNotBeIsRefused(t *testing.T) {
	for _, key := range []string{"GET", "GET x", "GET /{a+}/b"} {
		if _, err := New(Options{Routes: []Route{{Key: key}}}); err == nil {
			t.Errorf("%q was taken", key)
		}
	}
}

func TestARequestWithoutARouteIsNotFound(t *testing.T) {
	if got := call(api(t, &function{}, nil), httptest.NewRequest("GET", "/nowhere", nil)); got.StatusCode != 404 {
		t.Errorf("status %d", got.StatusCode)
	}
}
