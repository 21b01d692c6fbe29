package lambdaio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// logged gives the lines that f writes through the default logger.
func logged(t *testing.T, f func()) []map[string]any {
	t.Helper()
	var buffer bytes.Buffer
	before := slog.Default()
	slog.SetDefault(Logger(&buffer, slog.LevelInfo))
	t.Cleanup(func() { slog.SetDefault(before) })
	f()
	var lines []map[string]any
	for line := range strings.Lines(buffer.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, m)
	}
	return lines
}

func TestALineHasTheKeysThatLambdaFiltersByAndItsRequest(t *testing.T) {
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "inv-1"})
	lines := logged(t, func() {
		slog.With("k", "v").WithGroup("g").InfoContext(ctx, "hello", "n", 1)
		slog.Debug("not at this level")
	})
	if len(lines) != 1 {
		t.Fatal(lines)
	}
	l := lines[0]
	if l["message"] != "hello" || l["level"] != "INFO" || l["k"] != "v" {
		t.Errorf("%v", l)
	}
	if _, err := time.Parse(time.RFC3339, l["timestamp"].(string)); err != nil {
		t.Error(err)
	}
	if text, _ := json.Marshal(l); !strings.Contains(string(text), `"requestId":"inv-1"`) {
		t.Errorf("%s", text)
	}
}

func TestARequestIsOneLineWithoutWhoAndWhat(t *testing.T) {
	e := request2("POST", "/v1/contacts/ann@example.com", "token=hush", []byte("private words"))
	lines := logged(t, func() {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /v1/contacts/{id}", func(http.ResponseWriter, *http.Request) {})
		ask(t, mux, e)
	})
	if len(lines) != 1 || lines[0]["route"] != "POST /v1/contacts/{id}" || lines[0]["status"] != 200.0 || lines[0]["requestId"] != "req-1" {
		t.Fatalf("%v", lines)
	}
	text, _ := json.Marshal(lines[0])
	for _, private := range []string{"ann@example.com", "hush", "private", "2001:db8"} {
		if strings.Contains(string(text), private) {
			t.Errorf("%s is in the log: %s", private, text)
		}
	}
}

func TestAFailedRecordsLogTellsWhyAndNotWhat(t *testing.T) {
	h := &hand{fail: map[string]error{"private words": errors.New("the table is away")}}
	lines := logged(t, func() { deliver(t, t.Context(), h.options(), message("private words", "g", 1)) })
	text, _ := json.Marshal(lines)
	if !strings.Contains(string(text), "the table is away") || strings.Contains(string(text), `"private words"`) {
		t.Errorf("%s", text)
	}
	lines = logged(t, func() { deliver(t, t.Context(), (&hand{}).options(), message("panic", "g", 1)) })
	if text, _ := json.Marshal(lines); !strings.Contains(string(text), "queue_test.go") {
		t.Errorf("where the fault is isn't told: %s", text)
	}
}

func TestAMetricIsInTheEmbeddedFormat(t *testing.T) {
	at := time.UnixMilli(1700000000123)
	got := metricLine(at, "Failures", 2, Count, []Dimension{{"Stage", "inbound"}})
	want := `{"Failures":2,"Stage":"inbound","_aws":{"CloudWatchMetrics":[{"Namespace":"Loket","Dimensions":[["Stage"]],"Metrics":[{"Name":"Failures","Unit":"Count"}]}],"Timestamp":1700000000123}}` + "\n"
	if string(got) != want {
		t.Errorf("%s", got)
	}
	if got := metricLine(at, "X", 1, Seconds, nil); !strings.Contains(string(got), `"Dimensions":[[]]`) {
		t.Errorf("%s", got)
	}
	if got := metricLine(at, "X", math.NaN(), Count, nil); got != nil {
		t.Errorf("%s", got)
	}
}

func TestAScheduledRunReportsItsError(t *testing.T) {
	if out, err := Schedule(func(context.Context) error { return nil }).Invoke(t.Context(), []byte(`{}`)); err != nil || string(out) != "null" {
		t.Errorf("%s %v", out, err)
	}
	for _, run := range []func(context.Context) error{
		func(context.Context) error { return errors.New("away") },
		func(context.Context) error { panic("oh") },
	} {
		lines := logged(t, func() {
			if _, err := Schedule(run).Invoke(t.Context(), nil); err == nil {
				t.Error("no error")
			}
		})
		if len(lines) != 1 {
			t.Errorf("%v", lines)
		}
	}
}

func TestAFunctionThatCanNotStartSaysWhyInOneLine(t *testing.T) {
	if os.Getenv("LOKET_TEST_START") == "yes" {
		Start(func(context.Context) (Handler, error) { return nil, errors.New("TABLE must be set") })
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), "LOKET_TEST_START=yes")
	out, err := child.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("%v %s", err, out)
	}
	if strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), `"error":"TABLE must be set"`) {
		t.Errorf("%s", out)
	}
}

func TestGettingReadyMayNotPanicNorForgetItsHandler(t *testing.T) {
	if _, err := made(func(context.Context) (Handler, error) { panic("oh") }); err == nil {
		t.Error("no error")
	}
	if _, err := made(func(context.Context) (Handler, error) { return nil, nil }); err == nil {
		t.Error("no error")
	}
}
