package mailer

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
)

type sent struct {
	FromEmailAddress     string
	Destination          struct{ ToAddresses []string }
	Content              struct{ Raw struct{ Data []byte } }
	ConfigurationSetName string
	EmailTags            []struct{ Name, Value string }
}

func ses(t *testing.T, h http.HandlerFunc) *Mailer {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return New(aws.New(config.Config{
		Region: "us-east-1", Credentials: config.Credentials{AccessKey: "a", Secret: "b"},
		Endpoints: config.Endpoints{SESV2: server.URL},
	}), "events")
}

func mail() Mail {
	return Mail{
		From: "desk@example.com", To: []string{"ann@example.com", "bob@example.com"},
		Raw: []byte("Subject: hi\r\n\r\nhello\x00\xff"), Tags: map[string]string{"message": "m1", "conversation": "c1"},
	}
}

func TestAMailIsHandedOverAsItIs(t *testing.T) {
	var got sent
	var path string
	m := ses(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.Method + " " + r.URL.Path
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"MessageId":"010f"}`)
	})
	id, err := m.Send(t.Context(), mail())
	if err != nil || id != "010f" || path != "POST /v2/email/outbound-emails" {
		t.Fatal(id, path, err)
	}
	want := mail()
	if got.FromEmailAddress != want.From || strings.Join(got.Destination.ToAddresses, " ") != strings.Join(want.To, " ") ||
		string(got.Content.Raw.Data) != string(want.Raw) || got.ConfigurationSetName != "events" ||
		len(got.EmailTags) != 2 || got.EmailTags[0].Name != "conversation" || got.EmailTags[1].Value != "m1" {
		t.Errorf("%+v", got)
	}
}

func TestSESsRefusalsAreInTheProductsWords(t *testing.T) {
	for code, want := range map[string]struct {
		status int
		code   desk.Code
		words  string
		calls  int
	}{
		"MessageRejected":                    {400, desk.Invalid, "not verified in this region", 1},
		"MailFromDomainNotVerifiedException": {400, desk.Invalid, "not verified", 1},
		"BadRequestException":                {400, desk.Invalid, "could not read", 1},
		"NotFoundException":                  {404, desk.Invalid, "set-up", 1},
		"SendingPausedException":             {400, desk.Forbidden, "paused", 1},
		"AccountSuspendedException":          {400, desk.Forbidden, "suspended", 1},
		"AccessDeniedException":              {403, desk.Internal, "accept", 1},
		"TooManyRequestsException":           {429, desk.Busy, "", 4},
		"LimitExceededException":             {400, desk.Busy, "", 4},
		"InternalFailure":                    {500, desk.Busy, "", 1},
	} {
		calls := 0
		m := ses(t, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.Header().Set("X-Amzn-Errortype", code)
			w.WriteHeader(want.status)
			_, _ = io.WriteString(w, `{"message":"Email address is not verified in this region"}`)
		})
		_, err := m.Send(t.Context(), mail())
		if desk.CodeOf(err) != want.code || !strings.Contains(err.Error(), want.words) || calls != want.calls || Unanswered(err) {
			t.Errorf("%s: %v after %d calls, unanswered %v", code, err, calls, Unanswered(err))
		}
	}
}

func TestAnAnswerThatNeverCameIsToldApart(t *testing.T) {
	var calls atomic.Int32
	for name, answer := range map[string]func(w http.ResponseWriter){
		"the connection is lost": func(w http.ResponseWriter) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		},
		"a gateway gave up": func(w http.ResponseWriter) { w.WriteHeader(http.StatusGatewayTimeout) },
		"garbage":           func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") },
		"no id":             func(w http.ResponseWriter) { _, _ = io.WriteString(w, "{}") },
	} {
		calls.Store(0)
		m := ses(t, func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			_, _ = io.ReadAll(r.Body)
			answer(w)
		})
		_, err := m.Send(t.Context(), mail())
		if !Unanswered(err) || calls.Load() != 1 {
			t.Errorf("%s: %v after %d calls", name, err, calls.Load())
		}
	}
	if Unanswered(nil) || Unanswered(desk.Refuse(desk.Busy, "x")) {
		t.Error("other errors are taken for a lost answer")
	}
}

func TestAMailThatSurelyDidNotArriveIsNotUnanswered(t *testing.T) {
	m := New(aws.New(config.Config{Region: "us-east-1", Endpoints: config.Endpoints{SESV2: "http://127.0.0.1:1"}}), "")
	if _, err := m.Send(t.Context(), mail()); desk.CodeOf(err) != desk.Busy || Unanswered(err) {
		t.Errorf("%v", err)
	}
}

func TestAMailWhoseAnswerNeverCameIsCalledLostAndARefusalIsNot(t *testing.T) {
	answers := map[string]bool{"": true, `{"__type":"MessageRejected","message":"no"}`: false}
	for body, want := range answers {
		m := ses(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if body == "" {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					_ = conn.Close()
				}
				return
			}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, body)
		})
		x := mail()
		if id, lost, err := m.Deliver(t.Context(), x.From, x.To, x.Raw, x.Tags); id != "" || lost != want || err == nil {
			t.Errorf("%q: %q, lost %v, %v", body, id, lost, err)
		}
	}
}
