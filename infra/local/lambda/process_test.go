package lambda

import (
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAFunctionsEnvironmentIsLambdas(t *testing.T) {
	p := &process{api: &runtimeAPI{address: "127.0.0.1:1"}, f: &Function{
		Name: "router", Region: "eu-west-1", MemoryMB: 256, Handler: "bootstrap",
		Env: map[string]string{"TABLE": "t", "TZ": "Europe/Amsterdam", "AWS_LAMBDA_FUNCTION_NAME": "mine", "LAMBDA_TASK_ROOT": "mine", "AWS_ENDPOINT_URL_SQS": "http://q"},
	}}
	env := p.environment("/build/router")
	for _, want := range []string{
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=local", "AWS_LAMBDA_FUNCTION_NAME=router", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"LAMBDA_TASK_ROOT=/build/router", "_HANDLER=bootstrap", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "TABLE=t", "AWS_ENDPOINT_URL_SQS=http://q",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing from %v", want, env)
		}
	}
	if slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }) {
		t.Error("the runner's own environment came along")
	}
}

func TestTheLastLinesTellWhyAStartFailed(t *testing.T) {
	var lines tail
	if lines.sentence() != "" {
		t.Errorf("of nothing: %q", lines.sentence())
	}
	for range 20 {
		lines.add("again")
	}
	lines.add(strings.Repeat("x", 10000))
	if s := lines.sentence(); !strings.HasPrefix(s, "; it said: again") || strings.Count(s, "again") != 9 || len(s) > 700 {
		t.Errorf("it says %q", s)
	}
}

func TestMemoryAndEndAreReadFromTheSystem(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		if peakMB(os.Getpid()) != 0 || dead(os.Getpid()) {
			t.Error("without /proc something was told")
		}
		return
	}
	if mb := peakMB(os.Getpid()); mb < 1 || mb > 1<<20 {
		t.Errorf("this process holds %d MB", mb)
	}
	if peakMB(1<<30) != 0 || !dead(1<<30) || dead(os.Getpid()) {
		t.Error("a process that is not there was found, or this one is dead")
	}
}

func TestEachRequestHasOneLine(t *testing.T) {
	for outcome, err := range map[string]error{
		`"outcome":"ok"`:      nil,
		`"outcome":"timeout"`: &Error{Kind: TimedOut, Message: "too slow"},
		`"outcome":"error"`:   &Error{Kind: Handled, Message: "mine"},
	} {
		var log safeBuffer
		p := New(Function{Name: "router", Log: slog.New(slog.NewJSONHandler(&log, nil))})
		p.report("id-1", 1500*time.Microsecond, err)
		got := log.String()
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, outcome) || !strings.Contains(got, `"request":"id-1","ms":1.5`) {
			t.Errorf("the line is %s", got)
		}
	}
	var log safeBuffer
	New(Function{Log: slog.New(slog.NewJSONHandler(&log, nil))}).report("id", 0, &Error{Kind: Stopped})
	if log.String() != "" {
		t.Errorf("a stop was reported: %s", log.String())
	}
}

func TestIdsDifferAndHaveLambdasForm(t *testing.T) {
	a, b := requestID(), requestID()
	if a == b || len(a) != 36 || strings.Count(a, "-") != 4 {
		t.Errorf("%s and %s", a, b)
	}
	if trace := traceID(); !strings.HasPrefix(trace, "Root=1-") || !strings.Contains(trace, ";Parent=") {
		t.Errorf("the trace is %s", trace)
	}
}

func TestAnErrorSaysItsTypeAndMessage(t *testing.T) {
	err := error((&Error{Kind: Exited, Type: "Runtime.ExitError", Message: "gone"}).document())
	var e *Error
	if !errors.As(err, &e) || err.Error() != "Runtime.ExitError: gone" || string(e.Payload) != `{"errorMessage":"gone","errorType":"Runtime.ExitError"}` {
		t.Errorf("got %v, %s", err, e.Payload)
	}
}
