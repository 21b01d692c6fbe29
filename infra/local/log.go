package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// newLogger writes readable lines for people, or JSON lines for machines.
func newLogger(machine bool, w io.Writer) *slog.Logger {
	if machine {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(&lines{w: w, mu: &sync.Mutex{}})
}

// lines is a log of one short line an event, with the function's name in front.
type lines struct {
	w     io.Writer
	mu    *sync.Mutex
	attrs []slog.Attr
}

// Enabled leaves out what only a developer of the runner wants.
func (l *lines) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// WithAttrs is part of slog.Handler.
func (l *lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lines{w: l.w, mu: l.mu, attrs: append(append([]slog.Attr{}, l.attrs...), attrs...)}
}

// WithGroup is part of slog.Handler; the runner has no groups.
func (l *lines) WithGroup(string) slog.Handler { return l }

// Handle writes one line.
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	values := map[string]string{}
	var rest []string
	each := func(a slog.Attr) bool {
		values[a.Key] = a.Value.String()
		if a.Key != "function" {
			rest = append(rest, a.Key+"="+a.Value.String())
		}
		return true
	}
	for _, a := range l.attrs {
		each(a)
	}
	r.Attrs(each)
	who := values["function"]
	if who == "" {
		who = "local"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := fmt.Fprintf(l.w, "%s %-10s %s\n", r.Time.Format(time.TimeOnly), who, text(r.Message, values, rest))
	return err
}

func text(message string, values map[string]string, rest []string) string {
	switch message {
	case "output":
		return "| " + values["line"]
	case "request":
		line := fmt.Sprintf("%s %s ms %s", values["outcome"], values["ms"], values["request"])
		if values["error"] != "" {
			line += " " + values["error"]
		}
		return line
	}
	return strings.TrimSpace(message + " " + strings.Join(rest, " "))
}
