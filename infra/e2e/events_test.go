package e2e

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/local/lambda"
)

// environment is what the run gives its functions.
func (s *stack) environment(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	var run struct{ Environment map[string]string }
	if err == nil {
		err = json.Unmarshal(text, &run)
	}
	if err != nil || run.Environment["TABLE"] == "" {
		t.Fatalf("run.json tells no environment: %v", err)
	}
	return run.Environment
}

// TestEveryFunctionTakesTheEventThatItIsTriedWith runs each binary on its file in events/, as `sam local invoke` does: by
// the Lambda Runtime API, on the run's servers.
func TestEveryFunctionTakesTheEventThatItIsTriedWith(t *testing.T) {
	s := running(t)
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			payload, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pool := lambda.New(lambda.Function{
				Name: name + "-on-its-event", Bootstrap: filepath.Join(s.dir, "build", name, "bootstrap"), Handler: "bootstrap", Region: "us-east-1",
				MemoryMB: 512, Timeout: 60 * time.Second, Max: 1, Env: s.environment(t), Log: slog.New(slog.DiscardHandler),
			})
			defer pool.Close()
			out, err := pool.Invoke(t.Context(), payload)
			if err != nil {
				t.Fatal(err)
			}
			checkAnswer(t, name, out)
		})
	}
}

// checkAnswer holds a function's answer to what Lambda expects of its kind. The events name nothing that exists here: the
// HTTP ones are refused, and no record comes back for that but the mail's, which may be stored a moment later.
func checkAnswer(t *testing.T, name string, out []byte) {
	t.Helper()
	var got struct {
		StatusCode        int
		Body              string
		BatchItemFailures *[]any
	}
	if name != "sweeper" {
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	}
	switch name {
	case "sweeper":
		if string(out) != "null" {
			t.Errorf("it answered %s", out)
		}
	case "api":
		if got.StatusCode != 401 || !strings.Contains(got.Body, `"code":"unauthenticated"`) {
			t.Errorf("it answered %s", out)
		}
	case "webhook":
		if got.StatusCode != 404 {
			t.Errorf("it answered %s", out)
		}
	case "mail":
		if got.BatchItemFailures == nil || len(*got.BatchItemFailures) != 1 {
			t.Errorf("it answered %s", out)
		}
	default:
		if got.BatchItemFailures == nil || len(*got.BatchItemFailures) != 0 {
			t.Errorf("it answered %s", out)
		}
	}
}
