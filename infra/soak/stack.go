package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stack is the local run that is soaked.
type stack struct {
	API       string `json:"api"`
	SMTP      string `json:"smtp"`
	Table     string `json:"table"`
	Endpoints struct {
		DynamoDB string `json:"dynamodb"`
	} `json:"endpoints"`
	Functions map[string][]int `json:"functions"`

	dir  string
	key  string
	cmd  *exec.Cmd
	done chan struct{}
	log  *os.File
	http http.Client
}

// start runs the product on free ports, with a folder of its own.
func start(ctx context.Context, dir, bin string) (*stack, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &stack{dir: dir, done: make(chan struct{}), http: http.Client{Timeout: 60 * time.Second}}
	var err error
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(filepath.Join(bin, "bin", "loket-local"), "-json", "-http", ":0", "-smtp", ":0", "-dir", dir, "-bin", filepath.Join(bin, "build"))
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("the product can't be started: %w", err)
	}
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	for range 900 {
		if s.read() == nil {
			key, err := os.ReadFile(filepath.Join(dir, "admin-key"))
			s.key = strings.TrimSpace(string(key))
			return s, err
		}
		select {
		case <-s.done:
			return nil, fmt.Errorf("the product ended at its start: see %s/log", dir)
		case <-ctx.Done():
			s.stop()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.stop()
	return nil, fmt.Errorf("the product did not become ready: see %s/log", dir)
}

// read reads where everything is.
func (s *stack) read() error {
	text, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, s)
}

// pids are the processes of a function that run now.
func (s *stack) pids(function string) []int {
	var now stack
	text, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	if err != nil || json.Unmarshal(text, &now) != nil {
		return nil
	}
	return now.Functions[function]
}

func (s *stack) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	_ = s.log.Close()
}

// call makes an API call as the administrator. A status of 0 is an answer that never came.
func (s *stack) call(ctx context.Context, method, path string, body, out any, header ...string) int {
	text, err := json.Marshal(body)
	if err != nil {
		return 0
	}
	if body == nil {
		text = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, s.API+path, bytes.NewReader(text))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	answer, err := io.ReadAll(resp.Body)
	if err != nil || (out != nil && len(answer) > 0 && json.Unmarshal(answer, out) != nil) {
		return 0
	}
	return resp.StatusCode
}

// must makes a call until it is answered with a status.
func (s *stack) must(ctx context.Context, want int, method, path string, body, out any) error {
	status := 0
	for range 60 {
		if status = s.call(ctx, method, path, body, out); status == want {
			return nil
		}
		pause(ctx, time.Second)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s %s was answered %d", method, path, status)
}
