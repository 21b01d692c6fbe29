package lambda

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// post sends to a copy's Runtime API and gives the status.
func post(t *testing.T, a *runtimeAPI, path, body string) int {
	t.Helper()
	resp, err := http.Post("http://"+a.address+"/2018-06-01/runtime/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func startAPI(t *testing.T) *runtimeAPI {
	t.Helper()
	a, err := startRuntimeAPI("arn:f")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

// working hands one invocation over, as a copy would take it.
func working(t *testing.T, a *runtimeAPI) *invocation {
	t.Helper()
	inv := &invocation{id: "request-1", trace: "Root=1", payload: []byte(`{"a":1}`), deadline: time.UnixMilli(1234567), done: make(chan answer, 1)}
	go a.hand(inv)
	resp, err := http.Get("http://" + a.address + "/2018-06-01/runtime/invocation/next")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != `{"a":1}` {
		t.Fatalf("the work is %q, %v", body, err)
	}
	for name, want := range map[string]string{
		"Lambda-Runtime-Aws-Request-Id": "request-1", "Lambda-Runtime-Deadline-Ms": "1234567", "Lambda-Runtime-Invoked-Function-Arn": "arn:f",
		"Lambda-Runtime-Trace-Id": "Root=1", "Content-Type": "application/json",
	} {
		if resp.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, resp.Header.Get(name), want)
		}
	}
	return inv
}

func TestEachRequestIsAnsweredOnce(t *testing.T) {
	a := startAPI(t)
	inv := working(t, a)
	if got := post(t, a, "invocation/other/response", "1"); got != 400 {
		t.Errorf("an answer to another request: status %d", got)
	}
	if got := post(t, a, "invocation/request-1/response", `"done"`); got != 202 {
		t.Errorf("status %d", got)
	}
	if ans := <-inv.done; ans.err != nil || !bytes.Equal(ans.payload, []byte(`"done"`)) {
		t.Errorf("the answer is %s, %v", ans.payload, ans.err)
	}
	if got := post(t, a, "invocation/request-1/error", "{}"); got != 400 {
		t.Errorf("a second answer: status %d", got)
	}
}

func TestAnAnswerOver6MBIsAnError(t *testing.T) {
	a := startAPI(t)
	inv := working(t, a)
	if got := post(t, a, "invocation/request-1/response", strings.Repeat("x", MaxPayload+1)); got != 413 {
		t.Errorf("status %d", got)
	}
	if ans := <-inv.done; ans.err == nil || ans.err.Kind != TooLarge || ans.err.Type != "Function.ResponseSizeTooLarge" {
		t.Errorf("the answer is %+v", ans.err)
	}
}

func TestErrorsKeepTheirTypeAndMessage(t *testing.T) {
	for body, want := range map[string]Error{
		`{"errorType":"Mine","errorMessage":"broken"}`: {Type: "Mine", Message: "broken"},
		`{}`:      {Type: "Runtime.Unknown"},
		`no JSON`: {Type: "Runtime.Unknown"},
	} {
		a := startAPI(t)
		inv := working(t, a)
		if got := post(t, a, "invocation/request-1/error", body); got != 202 {
			t.Errorf("status %d", got)
		}
		if ans := <-inv.done; ans.err == nil || ans.err.Kind != Handled || ans.err.Type != want.Type || ans.err.Message != want.Message || len(ans.err.Payload) == 0 {
			t.Errorf("%s became %+v", body, ans.err)
		}
	}
}

func TestAnInitErrorIsTold(t *testing.T) {
	a := startAPI(t)
	for range 2 { // a second changes nothing
		if got := post(t, a, "init/error", `{"errorType":"Runtime.Configuration","errorMessage":"no table"}`); got != 202 {
			t.Errorf("status %d", got)
		}
	}
	if e := <-a.failed; e.Kind != Init || e.Message != "no table" {
		t.Errorf("got %+v", e)
	}
}

func TestAClosedRuntimeAPIHandsNothingOver(t *testing.T) {
	a, err := startRuntimeAPI("arn:f")
	if err != nil {
		t.Fatal(err)
	}
	a.close()
	if a.hand(&invocation{id: "late"}) {
		t.Error("work was handed to a copy that is ending")
	}
}
