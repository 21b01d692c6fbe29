package aws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
)

// serve makes a client of a server, that waits no time between tries.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return at(server.URL)
}

func at(address string) *Client {
	c := New(config.Config{
		Region: "eu-west-1", Credentials: config.Credentials{AccessKey: "AKID", Secret: "secret", Token: "session"},
		Endpoints: config.Endpoints{SQS: address, S3: address, SESV2: address, SSM: address, DynamoDB: address},
	})
	c.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c
}

func TestACallIsSignedWithEverythingThatMatters(t *testing.T) {
	var got *http.Request
	var body []byte
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	c.now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	if err := c.JSON(t.Context(), SQS, "1.0", "AmazonSQS.X", map[string]int{"A": 1}, nil); err != nil {
		t.Fatal(err)
	}
	signature := got.Header.Get("Authorization")
	if !strings.HasPrefix(signature, "AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-west-1/sqs/aws4_request, SignedHeaders=") {
		t.Error(signature)
	}
	for _, name := range []string{"content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"} {
		if !strings.Contains(signature, name) {
			t.Errorf("%s is not signed: %s", name, signature)
		}
	}
	if string(body) != `{"A":1}` || got.Header.Get("X-Amz-Security-Token") != "session" {
		t.Errorf("%s %v", body, got.Header)
	}
}

func TestAddressesFollowTheRegion(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "https://email.eu-west-1.amazonaws.com", "cn-north-1": "https://email.cn-north-1.amazonaws.com.cn",
	} {
		c := New(config.Config{Region: region})
		if got, standIn := c.Endpoint(SES); got != want || standIn {
			t.Errorf("%s: %s %v", region, got, standIn)
		}
	}
	if got, standIn := at("http://127.0.0.1:1").Endpoint(S3); got != "http://127.0.0.1:1" || !standIn {
		t.Errorf("%s %v", got, standIn)
	}
}

func call(c *Client, once bool) error {
	address, _ := c.Endpoint(SES)
	u, err := url.Parse(address + "/x")
	if err != nil {
		return err
	}
	res, err := c.Do(context.Background(), Call{Service: SES, Method: http.MethodPost, URL: u, Body: []byte("{}"), Once: once})
	if err != nil {
		return err
	}
	return Decode(SES, res, &struct{}{})
}

func TestWhatMayPassIsTriedAgainAndWhatMustNotBeDoneTwiceIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		status       int
		code         string
		often, once  int
		busy, unsure bool
	}{
		"throttled":       {400, "ThrottlingException", 4, 4, true, false},
		"too many":        {429, "", 4, 4, true, false},
		"outage":          {500, "InternalFailure", 4, 1, true, false},
		"unavailable":     {503, "", 4, 1, true, false},
		"refused":         {400, "ValidationException", 1, 1, false, false},
		"expired request": {403, "RequestExpired", 1, 1, false, false},
	} {
		for _, once := range []bool{false, true} {
			var calls atomic.Int32
			client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("X-Amzn-Errortype", c.code+":http://example.com/")
				w.Header().Set("X-Amzn-Requestid", "r1")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, `{"message":"in words"}`)
			})
			err := call(client, once)
			want := c.often
			if once {
				want = c.once
			}
			var f *Failure
			if !errors.As(err, &f) || int(calls.Load()) != want || f.Status != c.status || f.Message != "in words" || f.RequestID != "r1" {
				t.Fatalf("%s, once %v: %v after %d calls", name, once, err, calls.Load())
			}
			if got := desk.CodeOf(f.Refusal(desk.Invalid, "x")); (got == desk.Busy) != c.busy || f.Unanswered != c.unsure {
				t.Errorf("%s: %s, unanswered %v", name, got, f.Unanswered)
			}
		}
	}
}

func TestALostConnectionIsTriedAgainUnlessItMayHaveArrived(t *testing.T) {
	for _, once := range []bool{false, true} {
		var calls atomic.Int32
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			if calls.Add(1) < 3 {
				conn, _, _ := http.NewResponseController(w).Hijack()
				_ = conn.Close()
				return
			}
			_, _ = io.WriteString(w, `{}`)
		})
		err := call(c, once)
		var f *Failure
		switch {
		case once && (!errors.As(err, &f) || !f.Unanswered || calls.Load() != 1):
			t.Errorf("once: %v after %d calls", err, calls.Load())
		case !once && (err != nil || calls.Load() != 3):
			t.Errorf("%v after %d calls", err, calls.Load())
		}
	}
}

func TestAServerThatIsNotThereIsSurelyNotCalled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	err = call(at("http://"+l.Addr().String()), true)
	var f *Failure
	if !errors.As(err, &f) || f.Unanswered || !f.Passing() {
		t.Errorf("%+v", f)
	}
	if strings.Contains(err.Error(), "/x") {
		t.Errorf("the error holds the address: %v", err)
	}
}

func TestAnAnswerThatBreaksOffMayHaveBeenCarriedOut(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"Me`)
	})
	var f *Failure
	if err := call(c, true); !errors.As(err, &f) || !f.Unanswered {
		t.Errorf("%v", err)
	}
}

func TestTheEndOfTheCallersTimeEndsTheTries(t *testing.T) {
	var calls atomic.Int32
	ctx, cancel := context.WithCancel(context.Background())
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		cancel()
		w.WriteHeader(http.StatusInternalServerError)
	})
	err := c.JSON(ctx, SSM, "1.1", "AmazonSSM.X", nil, nil)
	if err == nil || calls.Load() != 1 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestErrorsAreReadFromJSONAndXML(t *testing.T) {
	for body, want := range map[string]string{
		`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}`:         "QueueDoesNotExist m",
		`{"__type":"ParameterNotFound","Message":"m"}`:                           "ParameterNotFound m",
		`<?xml version="1.0"?><Error><Code>C</Code><Message>m</Message></Error>`: "C m",
		`<html>nginx</html>`: "BadRequest ",
		``:                   "BadRequest ",
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, body)
		})
		var f *Failure
		if err := call(c, false); !errors.As(err, &f) || f.Code+" "+f.Message != want {
			t.Errorf("%s: %+v", body, f)
		}
	}
}

func TestPausesGrowAndVary(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 50 {
		for try, most := range map[int]time.Duration{1: 100 * time.Millisecond, 3: 400 * time.Millisecond} {
			d := Backoff(try)
			seen[d] = true
			if d < 0 || d > most {
				t.Errorf("try %d: %v", try, d)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d different pauses", len(seen))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if pause(ctx, time.Hour) == nil || pause(context.Background(), time.Nanosecond) != nil {
		t.Error("a pause ends with the caller's time and only then")
	}
}

func TestWarmingOpensTheConnectionThatTheFirstCallUses(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{}`)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := at(server.URL)
	c.Warm(t.Context(), SQS)
	if err := c.JSON(t.Context(), SQS, "1.0", "AmazonSQS.X", nil, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections", connections.Load())
	}
	at("http://127.0.0.1:1").Warm(t.Context(), DynamoDB) // nobody there: no harm
}

func TestTheSDKGetsTheSameCredentials(t *testing.T) {
	cfg := at("http://127.0.0.1:1").Config()
	got, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "AKID" || got.SessionToken != "session" || cfg.Region != "eu-west-1" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAFormsPolicyNamesEveryField(t *testing.T) {
	c := at("")
	fields := map[string]string{"key": "uploads/1"}
	if err := c.SignForm("box", fields, []any{[]any{"content-length-range", 0, 5}}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var policy struct{ Conditions []any }
	if err := json.Unmarshal(decode(t, fields["Policy"]), &policy); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(policy.Conditions)
	for _, name := range []string{"key", "bucket", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Algorithm", "X-Amz-Security-Token", "content-length-range"} {
		if !strings.Contains(string(text), `"`+name+`"`) {
			t.Errorf("%s is not in the policy: %s", name, text)
		}
	}
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
