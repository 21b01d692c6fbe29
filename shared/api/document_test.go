package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
)

// description is the parts of the OpenAPI document that tests look at.
type description struct {
	Paths map[string]map[string]struct {
		OperationID string
		RequestBody *struct {
			Content map[string]media
		}
		Responses map[string]struct{ Content map[string]media }
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				AnyOf []map[string]string
			}
		}
	}
}

type media struct{ Example json.RawMessage }

func (s *stack) description() description {
	s.t.Helper()
	var d description
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || len(d.Paths) == 0 {
		s.t.Fatalf("%v %s", err, w.Body)
	}
	return d
}

func TestEveryCallHasAnExampleOfWhatItTakesAndGives(t *testing.T) {
	s := newStack(t)
	for path, calls := range s.description().Paths {
		for method, call := range calls {
			if call.RequestBody != nil && len(call.RequestBody.Content["application/json"].Example) == 0 {
				t.Errorf("%s has no example of its body", call.OperationID)
			}
			for status, answer := range call.Responses {
				for kind, m := range answer.Content {
					if len(m.Example) == 0 {
						t.Errorf("%s %s has no example of a %s, %s", method, path, status, kind)
					}
				}
			}
		}
	}
}

// The examples name things that don't exist, so a call may be refused for that; never for its form.
func TestTheExamplesAreWhatTheCallsTake(t *testing.T) {
	s := newStack(t)
	for path, calls := range s.description().Paths {
		for method, call := range calls {
			if call.RequestBody == nil {
				continue
			}
			got := s.call(s.admin, upper(method), path, string(call.RequestBody.Content["application/json"].Example))
			if got.Status == 400 || got.Status >= 500 {
				t.Errorf("%s: %d %s", call.OperationID, got.Status, got.Raw)
			}
			for i := range got.count("errors") {
				if m := got.text("errors." + string(rune('0'+i)) + ".message"); m == "unexpected property" || m == "expected required property" {
					t.Errorf("%s: %s", call.OperationID, got.Raw)
				}
			}
		}
	}
}

func upper(method string) string {
	return map[string]string{"post": "POST", "put": "PUT", "patch": "PATCH", "get": "GET", "delete": "DELETE"}[method]
}

func TestWhatMayBeNullIsSaidToBe(t *testing.T) {
	d := newStack(t).description()
	for _, name := range []string{"assignee", "contact", "ticket", "replyWindow"} {
		if p := d.Components.Schemas["Conversation"].Properties[name]; len(p.AnyOf) != 2 || p.AnyOf[1]["type"] != "null" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
