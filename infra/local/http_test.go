package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// answersHTTP runs its cases one after another: they tell processes of one function apart.
func (s *stack) answersHTTP(t *testing.T) {
	t.Run("a request is the function's event and its answer the response", func(t *testing.T) {
		status, body := s.get(t, "/items/7?a=1")
		var e struct{ RouteKey, RawPath string }
		if err := json.Unmarshal([]byte(body), &e); err != nil || status != 200 || e.RouteKey != "GET /items/{id}" || e.RawPath != "/items/7" {
			t.Errorf("got %d %s", status, body)
		}
	})
	t.Run("a function past its time-out is ended and the next request served", func(t *testing.T) {
		_, before := s.get(t, "/x?do=pid")
		if status, body := s.get(t, "/x?do=sleep:30s"); status != 500 {
			t.Errorf("got %d %s", status, body)
		}
		if status, after := s.get(t, "/x?do=pid"); status != 200 || after == before {
			t.Errorf("got %d, process %s after %s", status, after, before)
		}
	})
	t.Run("a function that exits in mid-work fails its request alone", func(t *testing.T) {
		if status, _ := s.get(t, "/x?do=exit"); status != 500 {
			t.Errorf("got %d", status)
		}
		if status, _ := s.get(t, "/x?do=pid"); status != 200 {
			t.Errorf("got %d afterwards", status)
		}
	})
	t.Run("a function past its memory is ended", func(t *testing.T) {
		if status, _ := s.get(t, "/x?do=hold:250"); status != 500 {
			t.Errorf("got %d", status)
		}
	})
	t.Run("a function has Lambda's environment and nothing of the runner's", func(t *testing.T) {
		_, body := s.get(t, "/x?do=env")
		var env map[string]string
		if err := json.Unmarshal([]byte(body), &env); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "echo", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "TZ": "UTC", "PUBLIC_URL": s.base,
			"MAIL_DOMAIN": "loket.test", "TABLE": s.names["Table"][""], "QUEUE_ORDERED": s.names["OrderedQueue"][""], "AWS_ENDPOINT_URL_SQS": s.endpoints.SQS,
			"HOME": "", "USER": "",
		}
		for name, value := range want {
			if env[name] != value {
				t.Errorf("%s is %q, want %q", name, env[name], value)
			}
		}
	})
	want := []string{"timeout", "exit", "memory", "ok"}
	for _, w := range want {
		if got := s.outcomes("echo"); !slices.Contains(got, w) {
			t.Errorf("the log has the outcomes %v, not %s", got, w)
		}
	}
}

func (s *stack) privateRunFile(t *testing.T) {
	info, err := os.Stat(s.runPath())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("run.json: %v %v", info, err)
	}
	f := readRun(t, s.runPath())
	if !strings.HasPrefix(f.API, "http://localhost:") || f.Table == "" || f.Bucket == "" || len(f.Queues) != 5 || len(f.Functions) != 5 {
		t.Errorf("run.json says %+v", f)
	}
}

func (s *stack) runFileGoes(t *testing.T) {
	s.close()
	if _, err := os.Stat(s.runPath()); !os.IsNotExist(err) {
		t.Errorf("run.json is still there: %v", err)
	}
}
