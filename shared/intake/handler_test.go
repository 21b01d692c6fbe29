package intake_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/intake"
)

func call(w *world, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	intake.Handler(w.stage()).ServeHTTP(rec, r)
	return rec
}

func TestPlatformsGetTheStatusThatTheyUnderstand(t *testing.T) {
	const name, secret = "X-Telegram-Bot-Api-Secret-Token", "s3cret"
	for _, c := range []struct {
		what, method, path, body, secret string
		spoil                            func(*world)
		status                           int
		code                             desk.Code
	}{
		{"a genuine message", "POST", "/hooks/on", text("x"), secret, nil, 200, ""},
		{"a genuine body that can't be read", "POST", "/hooks/on", "no json", secret, nil, 200, ""},
		{"a channel that is off", "POST", "/hooks/off", text("x"), secret, nil, 200, ""},
		{"a wrong secret", "POST", "/hooks/on", text("x"), "guess", nil, 401, desk.Unauthenticated},
		{"an unknown channel", "POST", "/hooks/nobody", text("x"), secret, nil, 404, desk.NotFound},
		{"too much", "POST", "/hooks/on", strings.Repeat("x", intake.MaxBody+1), secret, nil, 413, desk.TooLarge},
		{"a queue that is away", "POST", "/hooks/on", text("x"), secret, func(w *world) { w.queueErr = errors.New("away") }, 503, desk.Busy},
		{"another method", "DELETE", "/hooks/on", "", secret, nil, 405, ""},
		{"another path", "POST", "/hooks/on/more", "", secret, nil, 404, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld()
			if c.spoil != nil {
				c.spoil(w)
			}
			rec := call(w, c.method, c.path, c.body, name, c.secret)
			if rec.Code != c.status {
				t.Fatalf("answered %d: %s", rec.Code, rec.Body)
			}
			if c.code == "" {
				return
			}
			var problem struct {
				Status int
				Code   desk.Code
				Detail string
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &problem); err != nil || problem.Code != c.code || problem.Status != c.status || problem.Detail == "" {
				t.Errorf("answered %s (%v)", rec.Body, err)
			}
			if len(w.letters) != 0 || len(w.objects) != 0 {
				t.Error("something was kept")
			}
		})
	}
}

func TestAHandshakeGetsItsAnswerAndTheSignedAddressIsThePublicOne(t *testing.T) {
	w := newWorld()
	w.cached.Channels["m1"] = manyChannel("m1", "page1", "app", true)
	rec := call(w, "GET", "/hooks/m1?challenge=1%2F2&b=", "", "Secret", "app")
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "text/plain" || rec.Body.String() != "1/2 https://public.example.com/hooks/m1?challenge=1%2F2&b=" {
		t.Errorf("answered %d %q", rec.Code, rec.Body)
	}
	rec = call(w, "GET", "/hooks/m1?challenge=1", "", "Secret", "guess")
	if rec.Code != 401 {
		t.Errorf("a handshake that proves nothing: %d", rec.Code)
	}
}

func TestABodyThatBreaksOffIsRefused(t *testing.T) {
	w := newWorld()
	r := httptest.NewRequest(http.MethodPost, "/hooks/on", io.MultiReader(strings.NewReader("{"), broken{}))
	rec := httptest.NewRecorder()
	intake.Handler(w.stage()).ServeHTTP(rec, r)
	if rec.Code != 400 {
		t.Errorf("answered %d", rec.Code)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAnInternalErrorNeverShowsItsCause(t *testing.T) {
	w := newWorld()
	w.queueErr = errors.New("arn:aws:sqs:secret-account")
	rec := call(w, "POST", "/hooks/on", text("x"), "X-Telegram-Bot-Api-Secret-Token", "s3cret")
	if strings.Contains(rec.Body.String(), "arn:") {
		t.Errorf("answered %s", rec.Body)
	}
}
