package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestALocalRunThatEndsSaysWhy(t *testing.T) {
	s := &stack{dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.dir, "log"), []byte("one\nthe port is busy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ended <- errors.New("exit status 1")
	if err := s.ready(t.Context(), ended); err == nil || !strings.Contains(err.Error(), "the port is busy") {
		t.Errorf("got %v", err)
	}
	select {
	case <-ended: // whoever stops the run still learns that it ended
	case <-time.After(time.Second):
		t.Error("its end was forgotten")
	}
}

func TestALocalRunTellsWhereEverythingIs(t *testing.T) {
	s := &stack{dir: t.TempDir()}
	text := `{"api":"http://localhost:1","endpoints":{"sqs":"http://127.0.0.1:2"},"table":"t","bucket":"b","queues":{"MailQueue":"http://127.0.0.1:2/q"},"functions":{"api":[7]}}`
	if err := os.WriteFile(filepath.Join(s.dir, "run.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.ready(t.Context(), nil); err != nil || s.API != "http://localhost:1" || s.Functions["api"][0] != 7 {
		t.Errorf("%+v, %v", s, err)
	}
	r := s.resources()
	if r.names["Table"][""] != "t" || r.names["MailQueue"][""] != "http://127.0.0.1:2/q" || r.endpoints["AWS_ENDPOINT_URL_SQS"] != "http://127.0.0.1:2" {
		t.Errorf("%+v", r)
	}
}

func TestTheProcessorTimeOfEachProcessIsRead(t *testing.T) {
	s := &stack{dir: t.TempDir()}
	write := func(pid int) {
		if err := os.WriteFile(filepath.Join(s.dir, "run.json"), fmt.Appendf(nil, `{"functions":{"api":[%d]}}`, pid), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(os.Getpid())
	if got, err := s.cpu(); err != nil || got["api"][os.Getpid()] <= 0 {
		t.Errorf("%v, %v", got, err)
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	write(gone.Process.Pid)
	if _, err := s.cpu(); err == nil {
		t.Error("the time of a process that is gone was read")
	}
}
