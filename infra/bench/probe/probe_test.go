package probe

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hello builds the smallest function there is.
func hello(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hello")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc", "-o", path, "../../house/testdata/hello")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestAFunctionIsMeasuredUpToItsFirstRequestForWorkAndThenAnswers(t *testing.T) {
	begun := time.Now()
	p, err := Start(t.Context(), hello(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Init.Wall <= 0 || p.Init.Wall > time.Since(begun) || p.Init.CPU <= 0 || p.Init.CPU > 8*time.Since(begun) {
		t.Errorf("it took %+v", p.Init)
	}
	for range 2 {
		out, err := p.Invoke(t.Context(), []byte(`{}`))
		if err != nil || string(out) != `"hello"` {
			t.Fatalf("it answered %s, %v", out, err)
		}
	}
	peak, err := p.PeakKB()
	if err != nil || peak < 1000 || peak > 100_000 {
		t.Errorf("its peak is %d KB, %v", peak, err)
	}
	cpu, err := p.CPU()
	if err != nil || cpu <= p.Init.CPU {
		t.Errorf("after two calls its CPU time is %v, %v at its start; %v", cpu, p.Init.CPU, err)
	}
}

func TestAnErrorOfTheFunctionIsTold(t *testing.T) {
	p, err := Start(t.Context(), hello(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Invoke(t.Context(), []byte(`"no object"`)); err == nil || !strings.Contains(err.Error(), "error") {
		t.Errorf("an event of the wrong form was answered with %v", err)
	}
}

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFunctionThatDoesNotComeUpSaysWhy(t *testing.T) {
	_, err := Start(t.Context(), script(t, "echo TABLE must be set; exit 1"), nil)
	if err == nil || !strings.Contains(err.Error(), "TABLE must be set") {
		t.Errorf("got %v", err)
	}
	if _, err := Start(t.Context(), filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a binary that isn't there was started")
	}
}

func TestAnEndedProcessIsNotInvoked(t *testing.T) {
	p, err := Start(t.Context(), hello(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := p.Invoke(t.Context(), []byte(`{}`)); err == nil {
		t.Error("it answered")
	}
	if _, err := p.PeakKB(); err == nil {
		t.Error("its memory was read")
	}
	if _, err := p.CPU(); err == nil {
		t.Error("its CPU time was read")
	}
}

func TestOnlyTheEndOfALongOutputIsKept(t *testing.T) {
	var said tail
	for range 1000 {
		_, _ = said.Write([]byte("a line\n"))
	}
	_, _ = said.Write([]byte("the last\n"))
	if s := said.String(); len(s) > lastSaid || !strings.HasSuffix(s, "a line the last") {
		t.Errorf("%d bytes: %q", len(s), s)
	}
}
