package javaserver

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// program writes a shell script that stands in for a server.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatAServerPrintsIsLoggedLineByLine(t *testing.T) {
	var log, seen bytes.Buffer
	o := &output{log: &log, see: func(line string) { seen.WriteString("[" + line + "]") }}
	for _, piece := range []string{"one\r\ntw", "o\n\nthr", "ee"} {
		if n, err := o.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	if log.String() != "one\ntwo\n\n" || seen.String() != "[one][two][]" {
		t.Errorf("logged %q, seen %q", log.String(), seen.String())
	}
	for i := range 20 {
		fmt.Fprintln(o, i)
	}
	if last := o.last(); !strings.HasPrefix(last, "8\n") || !strings.HasSuffix(last, "19\n") {
		t.Errorf("kept %q", last)
	}
}

func TestAServerThatIgnoresItsEndIsEndedWithItsChildren(t *testing.T) {
	beats := filepath.Join(t.TempDir(), "beats")
	c, err := run(program(t, `trap '' TERM
(while :; do echo beat >> `+beats+`; sleep 0.05; done) &
echo up
while :; do sleep 0.05; done`), nil, nil, regexp.MustCompile(`^up$`))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.ready:
	case <-time.After(30 * time.Second):
		t.Fatal("it never came up")
	}
	begun := time.Now()
	c.stop()
	if took := time.Since(begun); took < stopGrace {
		t.Errorf("it was given %v only", took)
	}
	before := lines(t, beats)
	time.Sleep(500 * time.Millisecond)
	if after := lines(t, beats); before == 0 || after != before {
		t.Errorf("its child is still there: %d beats, then %d", before, after)
	}
}

func TestAServerThatEndsAtOnceSaysItsLastWords(t *testing.T) {
	k := kind{name: "It", ready: regexp.MustCompile(`^up$`), command: func(string, string) ([]string, int, error) { return nil, 1, nil }}
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "java"), []byte("#!/bin/sh\necho no memory; exit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	_, err := startOnce(t.Context(), "", Options{}, k)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no memory") {
		t.Errorf("got %v", err)
	}
	k.command = func(string, string) ([]string, int, error) { return nil, 0, errors.New("no port") }
	if _, err := startOnce(t.Context(), "", Options{}, k); err == nil || err.Error() != "no port" {
		t.Errorf("got %v", err)
	}
}

func TestADataFolderThatCannotBeMadeIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]func(string, string) ([]string, int, error){"dynamodb": dynamoDBCommand, "elasticmq": elasticMQCommand} {
		if _, _, err := command("home", file); err == nil || !strings.Contains(err.Error(), filepath.Join(file, name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
