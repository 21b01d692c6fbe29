package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/desk"
)

func TestABodyThatCanNotBeReadIsRefusedInWords(t *testing.T) {
	s := newStack(t)
	for body, want := range map[string]int{
		``:                       400,
		`{`:                      400,
		`nonsense`:               400,
		`{"name":"x"} {}`:        400,
		`[]`:                     422,
		`"x"`:                    422,
		`{"name":1}`:             422,
		`{"name":"x","extra":1}`: 422,
		strings.Repeat("[", 40) + strings.Repeat("]", 40): 400,
		strings.Repeat(`{"a":`, 40000):                    400,
		`{"name":"` + strings.Repeat("[", 40) + `"}`:      201,
	} {
		a := s.call(s.admin, "POST", "/v1/teams", body)
		if a.Status != want {
			t.Errorf("%.40s: %d %.300s, want %d", body, a.Status, a.Raw, want)
		}
	}
	big := `{"name":"` + strings.Repeat("x", 6<<20) + `"}`
	s.refused(413, "too_large", s.admin, "POST", "/v1/teams", big)
	s.refused(415, "invalid", s.admin, "POST", "/v1/teams", `<name>x</name>`, "Content-Type", "application/xml")
	a := s.call(s.admin, "POST", "/v1/teams", `{"name":"\u0000"}`)
	if a.Status >= 500 {
		t.Errorf("%s", a.Raw)
	}
}

func TestARefusalDoesNotEchoWhatWasSent(t *testing.T) {
	s := newStack(t)
	for _, body := range []string{`{"type":"chat","credentials":{"token":"hush-hush"}`, `{"type":["hush-hush"]}`, `{"credentials":"hush-hush","inboxId":"inbox","type":"chat"}`} {
		if a := s.call(s.admin, "POST", "/v1/channels", body); a.Status < 400 || strings.Contains(a.Raw, "hush-hush") {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	}
	if strings.Contains(s.logs.String(), "hush-hush") {
		t.Error("it is in the logs")
	}
}

func TestEachRequestHasAnIdThatItsRefusalNames(t *testing.T) {
	s := newStack(t)
	a := s.call(s.admin, "GET", "/v1/teams/none", "", "X-Request-Id", "abc-123")
	if a.text("requestId") != "abc-123" || a.Header.Get("X-Request-Id") != "abc-123" {
		t.Errorf("%v %s", a.Header, a.Raw)
	}
	o := s.options
	o.RequestID = func(context.Context) string { return "gateway-1" }
	given := api.New(o)
	w := httptest.NewRecorder()
	given.ServeHTTP(w, httptest.NewRequest("GET", "/v1/me", nil))
	if !strings.Contains(w.Body.String(), `"requestId":"gateway-1"`) {
		t.Errorf("%s", w.Body)
	}
	if a := s.call(s.admin, "GET", "/v1/teams/none", "", "X-Request-Id", "<script>"); a.text("requestId") == "<script>" || a.text("requestId") == "" {
		t.Errorf("%s", a.Raw)
	}
}

func TestThingsCreatedTwiceUnderOneKeyAreOne(t *testing.T) {
	s := newStack(t)
	for path, body := range map[string]string{
		"/v1/inboxes":   `{"name":"Sales"}`,
		"/v1/teams":     `{"name":"Sales"}`,
		"/v1/users":     `{"email":"ann@example.com","roleId":"agent"}`,
		"/v1/roles":     `{"name":"Lead","permissions":["reply"]}`,
		"/v1/pipelines": `{"name":"Returns","stages":[{"name":"New","state":"OPEN"},{"name":"Done","state":"CLOSED"}]}`,
		"/v1/channels":  chatInInbox,
		"/v1/contacts":  `{"name":"Ann","emails":[{"address":"ann@example.com"}]}`,
		"/v1/tickets":   `{"name":"Broken"}`,
		"/v1/uploads":   `{"name":"a.png","contentType":"image/png","size":5}`,
	} {
		first := s.ok(s.admin, "POST", path, body, "Idempotency-Key", "k1")
		again := s.ok(s.admin, "POST", path, body, "Idempotency-Key", "k1")
		if first.Status != 201 || again.Status != 200 || first.text("id") != again.text("id") {
			t.Errorf("%s: %d %s, then %d %s", path, first.Status, first.Raw, again.Status, again.Raw)
		}
		s.refused(409, "conflict", s.admin, "POST", path, body+" ", "Idempotency-Key", "k1")
	}
}

func TestARefusedCallDoesNotUseItsKeyUp(t *testing.T) {
	s := newStack(t)
	s.platform.refuse = desk.RefuseField("credentials.token", "unknown")
	s.refused(422, "invalid", s.admin, "POST", "/v1/channels", chatInInbox, "Idempotency-Key", "k1")
	s.platform.refuse = nil
	if a := s.ok(s.admin, "POST", "/v1/channels", chatInInbox, "Idempotency-Key", "k1"); a.Status != 201 {
		t.Errorf("%s", a.Raw)
	}
}

func TestCallsUnderOneKeyAtTheSameTimeMakeOneThing(t *testing.T) {
	s := newStack(t)
	ids := make([]string, 5)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			a := s.call(s.admin, "POST", "/v1/teams", `{"name":"Sales"}`, "Idempotency-Key", "k1")
			if a.Status != 200 && a.Status != 201 {
				t.Errorf("%d %s", a.Status, a.Raw)
			}
			ids[i] = a.text("id")
		})
	}
	wait.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("made %v", ids)
		}
	}
	if n := s.ok(s.admin, "GET", "/v1/teams", "").count("results"); n != 1 {
		t.Errorf("%d teams", n)
	}
}

// broken is a table on which one act goes wrong.
type broken struct {
	api.Desk
	answers, keys, setups error
	panics                bool
}

func (b *broken) AnswerRequest(ctx context.Context, r desk.Request, answer json.RawMessage) error {
	if b.answers != nil {
		return b.answers
	}
	return b.Desk.AnswerRequest(ctx, r, answer)
}

func (b *broken) Keys(ctx context.Context) ([]desk.APIKey, error) {
	if b.panics {
		panic("no such luck")
	}
	if b.keys != nil {
		return nil, b.keys
	}
	return b.Desk.Keys(ctx)
}

func (b *broken) Fresh(ctx context.Context) (*desk.Config, error) {
	if b.setups != nil {
		return nil, b.setups
	}
	return b.Desk.Fresh(ctx)
}

func (s *stack) broken() *broken {
	b := &broken{Desk: s.table}
	o := s.options
	o.Desk = b
	s.handler = api.New(o)
	return b
}

func TestACallThatWasCutShortIsDoneOnceByItsRepeat(t *testing.T) {
	s := newStack(t)
	b := s.broken()
	b.answers = errors.New("cut short")
	first := s.ok(s.admin, "POST", "/v1/teams", `{"name":"Sales"}`, "Idempotency-Key", "k1")
	b.answers = nil
	again := s.ok(s.admin, "POST", "/v1/teams", `{"name":"Sales"}`, "Idempotency-Key", "k1")
	if again.Status != 200 || again.text("id") != first.text("id") {
		t.Errorf("%s, then %d %s", first.Raw, again.Status, again.Raw)
	}
}

func TestWhatGoesWrongOnOurSideIsInTheLogsOnly(t *testing.T) {
	s := newStack(t)
	b := s.broken()
	b.keys = desk.Refuse(desk.Internal, "The row is odd.").Because(errors.New("secret cause"))
	for range 2 {
		a := s.refused(500, "internal", s.admin, "GET", "/v1/keys", "")
		if strings.Contains(a.Raw, "secret cause") || strings.Contains(a.Raw, "odd") || !strings.Contains(s.logs.String(), a.text("requestId")) {
			t.Errorf("%s; logs %s", a.Raw, s.logs)
		}
		b.keys, b.panics = nil, true
	}
	b.panics = false
	b.keys = desk.Refuse(desk.Busy, "The table is busy; try again.").Because(errors.New("secret cause"))
	if a := s.refused(503, "busy", s.admin, "GET", "/v1/keys", ""); strings.Contains(a.Raw, "secret cause") {
		t.Errorf("%s", a.Raw)
	}
	b.setups = desk.Refuse(desk.Busy, "The table is busy; try again.")
	s.refused(503, "busy", s.admin, "GET", "/v1/me", "")
}

func TestTheFirstCallToAnEmptyStackSetsItUp(t *testing.T) {
	s := newStack(t)
	empty := newEmpty(t)
	o := s.options
	o.Desk = empty
	s.handler = api.New(o)
	_, key, err := empty.NewKey(t.Context(), desk.APIKey{Name: "x", Permissions: []desk.Permission{desk.PermAdmin}}, desk.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.ok(key, "GET", "/v1/inboxes", "").count("results"); n != 1 {
		t.Errorf("%d inboxes", n)
	}
}
