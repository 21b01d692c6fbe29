package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func TestLinesNameTheirFunction(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(false, &out)
	log.Info("output", slog.String("function", "router"), slog.String("line", `{"level":"WARN"}`))
	log.Warn("request", slog.String("function", "router"), slog.String("request", "id-1"), slog.Float64("ms", 12.5), slog.String("outcome", "timeout"), slog.String("error", "too slow"))
	log.With(slog.String("queue", "q")).WithGroup("g").Warn("a queue can't be read", slog.String("error", "away"))
	log.Debug("nobody wants to read this")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := []string{`router     | {"level":"WARN"}`, "router     timeout 12.5 ms id-1 too slow", "local      a queue can't be read queue=q error=away"}
	if len(lines) != len(want) {
		t.Fatalf("the log is\n%s", out.String())
	}
	for i, line := range lines {
		if _, rest, _ := strings.Cut(line, " "); rest != want[i] {
			t.Errorf("a line is %q, want %q", rest, want[i])
		}
	}
}

func TestMachinesGetJSON(t *testing.T) {
	var out bytes.Buffer
	newLogger(true, &out).Info("output", slog.String("function", "router"), slog.String("line", `{"a":1}`))
	var line struct{ Msg, Function, Line string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Msg != "output" || line.Function != "router" || line.Line != `{"a":1}` {
		t.Errorf("the line is %s, %v", out.String(), err)
	}
}
