package faults_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/faults"
)

func TestAFaultSpoilsTheCallsItIsForAndNoOthers(t *testing.T) {
	var line faults.Line
	var served atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line.Around(w, r, func(w http.ResponseWriter, _ *http.Request) {
			served.Add(1)
			_, _ = w.Write([]byte("done"))
		})
	}))
	t.Cleanup(s.Close)
	get := func(path string) (int, string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, "POST", s.URL+path, nil) // a GET would be asked once more
		resp, err := s.Client().Do(r)
		if err != nil {
			return 0, ""
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	for _, c := range []struct {
		fault  faults.Fault
		status int
		served int64
	}{
		{faults.Fault{Kind: "answer", Status: 418, Body: "tea"}, 418, 0},
		{faults.Fault{Kind: "502"}, 502, 0},
		{faults.Fault{Kind: "504"}, 504, 1},
		{faults.Fault{Kind: "garbage"}, 200, 1},
		{faults.Fault{Kind: "drop"}, 0, 1},
	} {
		c.fault.On = "/send"
		line.Fail(c.fault)
		if status, body := get("/look"); status != 200 || body != "done" {
			t.Errorf("%s: another call got %d %q", c.fault.Kind, status, body)
		}
		served.Store(0)
		if status, body := get("/send"); status != c.status || body == "done" || served.Load() != c.served {
			t.Errorf("%s: %d %q, served %d times", c.fault.Kind, status, body, served.Load())
		}
		line.Heal()
		if status, body := get("/send"); status != 200 || body != "done" {
			t.Errorf("%s: afterwards %d %q", c.fault.Kind, status, body)
		}
	}
	line.Fail(faults.Fault{Kind: "502", Count: 2})
	a, _ := get("/a")
	b, _ := get("/b")
	if c, _ := get("/c"); a != 502 || b != 502 || c != 200 {
		t.Errorf("two faults gave %d %d %d", a, b, c)
	}
}
