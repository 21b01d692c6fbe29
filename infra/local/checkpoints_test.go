package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACheckpointIsReadAgain(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	c, err := openCheckpoints(dir, "m", log)
	if err != nil || c.After("s1") != "" {
		t.Fatalf("a new one: %q, %v", c.After("s1"), err)
	}
	c.Done("s1", "41")
	c.Done("s1", "42")
	again, err := openCheckpoints(dir, "m", log)
	if err != nil || again.After("s1") != "42" || again.After("s2") != "" {
		t.Errorf("got %q, %v", again.After("s1"), err)
	}
}

func TestACheckpointThatCanNotBeReadIsAnErrorThatSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "streams"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "streams", "m.json"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openCheckpoints(dir, "m", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("got %v", err)
	}
}

func TestACheckpointThatCanNotBeKeptIsLogged(t *testing.T) {
	var log safeBuffer
	dir := t.TempDir()
	c, err := openCheckpoints(dir, "m", newLogger(true, &log))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "streams")); err != nil {
		t.Fatal(err)
	}
	c.Done("s", "1")
	if !strings.Contains(log.String(), "can't be kept") {
		t.Errorf("the log is %s", log.String())
	}
}
