package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/table"
)

// counted is a table whose count of calls may fail.
type counted struct {
	*table.Table
	down error
	told int
}

func (c *counted) CountCalls(ctx context.Context, caller string, minute time.Time, calls int) (int, error) {
	c.told++
	if c.down != nil {
		return 0, c.down
	}
	return c.Table.CountCalls(ctx, caller, minute, calls)
}

func TestAKeyThatRunsWildIsHeldUpUntilTheNextMinuteOnEveryCopy(t *testing.T) {
	s := newStack(t)
	_, other := s.person("Other", "agent")
	now := time.Date(2026, 5, 4, 10, 0, 20, 0, time.UTC)
	s.options.CallsPerMinute, s.options.Now = 45, func() time.Time { return now }
	copies := []http.Handler{api.New(s.options), api.New(s.options)}
	refused := 0
	for i := range 100 {
		s.handler = copies[i%2]
		got := s.call(s.admin, "GET", "/v1/me", "")
		switch {
		case got.Status == 429:
			refused++
			if got.Header.Get("Retry-After") != "41" || got.text("code") != "busy" || !strings.Contains(got.text("detail"), "Retry-After") {
				t.Fatalf("it says %v %s", got.Header, got.Raw)
			}
		case got.Status != 200:
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
	}
	if refused < 15 || refused > 55 { // a copy hears of the others' calls at every twentieth of its own
		t.Errorf("%d of 100 calls were refused at a limit of 45", refused)
	}
	if got := s.call(other, "GET", "/v1/me", ""); got.Status != 200 {
		t.Errorf("another key is held up too: %d", got.Status)
	}
	now = now.Add(40 * time.Second)
	if got := s.call(s.admin, "GET", "/v1/me", ""); got.Status != 200 {
		t.Errorf("in the next minute: %d", got.Status)
	}
}

func TestFewCallsAreNotWorthAWriteAndACountThatFailsRefusesNobody(t *testing.T) {
	s := newStack(t)
	c := &counted{Table: s.table}
	s.options.Desk, s.options.Now = c, func() time.Time { return time.Date(2026, 5, 4, 10, 0, 20, 0, time.UTC) }
	s.handler = api.New(s.options)
	for range 19 {
		s.call(s.admin, "GET", "/v1/me", "")
	}
	if c.told != 0 {
		t.Errorf("the table was told %d times", c.told)
	}
	c.down = errors.New("away")
	if got := s.call(s.admin, "GET", "/v1/me", ""); got.Status != 200 || c.told != 1 {
		t.Errorf("%d after %d", got.Status, c.told)
	}
	if !strings.Contains(s.logs.String(), "calls were not counted") {
		t.Error("nothing is in the log")
	}
}

func TestOnlyTheConsolesPagesMayCallFromABrowser(t *testing.T) {
	s := newStack(t)
	preflight := []string{"Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,content-type"}
	allowed := func(origin, method string, headers ...string) answer {
		return s.call(s.admin, method, "/v1/me", "", append(headers, "Origin", origin)...)
	}
	if got := allowed("https://console.example.com", "GET"); got.Header.Get("Access-Control-Allow-Origin") != "" || got.Header.Get("Vary") != "" {
		t.Errorf("without a console's origin: %v", got.Header)
	}
	s.options.Origin = "https://console.example.com"
	s.handler = api.New(s.options)
	got := allowed("https://console.example.com", "OPTIONS", preflight...)
	if got.Status != 204 || got.Header.Get("Access-Control-Allow-Origin") != "https://console.example.com" ||
		!strings.Contains(got.Header.Get("Access-Control-Allow-Methods"), "PATCH") || !strings.Contains(got.Header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
		t.Errorf("%d %v", got.Status, got.Header)
	}
	if got := allowed("https://console.example.com", "GET"); got.Status != 200 || got.Header.Get("Access-Control-Allow-Origin") == "" || got.Header.Get("Vary") != "Origin" {
		t.Errorf("%d %v", got.Status, got.Header)
	}
	for _, origin := range []string{"https://evil.example.com", "https://console.example.com.evil.example", "null", "http://console.example.com"} {
		if got := allowed(origin, "OPTIONS", preflight...); got.Header.Get("Access-Control-Allow-Origin") != "" || got.Status == 204 {
			t.Errorf("%s: %d %v", origin, got.Status, got.Header)
		}
	}
}
