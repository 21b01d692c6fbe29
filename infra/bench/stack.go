package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stack is the product as `make run` starts it, in a folder of its own, with servers of its own.
type stack struct {
	API       string            `json:"api"`
	SMTP      string            `json:"smtp"`
	Endpoints map[string]string `json:"endpoints"`
	Table     string            `json:"table"`
	Bucket    string            `json:"bucket"`
	Queues    map[string]string `json:"queues"`
	Functions map[string][]int  `json:"functions"`
	dir       string
	key       string
	web       *http.Client
}

// running gives the one local run that the parts share.
func (b *bench) running() (*stack, error) {
	if b.stack != nil {
		return b.stack, nil
	}
	built, err := b.binaries()
	if err != nil {
		return nil, err
	}
	ours := maps.Clone(built)
	delete(ours, helloName)
	s, err := b.startRun("run", "template.yaml", ours, os.Environ())
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(filepath.Join(s.dir, "admin-key"))
	if err != nil {
		return nil, err
	}
	s.key = strings.TrimSpace(string(key))
	b.stack = s
	return s, nil
}

// startRun starts the local runner on a template with the binaries given, and waits until it is ready.
func (b *bench) startRun(folder, template string, binaries map[string]string, environ []string) (*stack, error) {
	s := &stack{dir: filepath.Join(b.dir, folder), web: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second}}
	for name, path := range binaries {
		home := filepath.Join(s.dir, "build", name)
		if err := os.MkdirAll(home, 0o755); err != nil {
			return nil, err
		}
		if err := os.Link(path, filepath.Join(home, "bootstrap")); err != nil {
			return nil, err
		}
	}
	runner := filepath.Join(b.dir, "loket-local")
	if _, err := os.Stat(runner); err != nil {
		if err := b.goBuild("-o", runner, "./infra/local"); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(runner, "-template", template, "-http", ":0", "-smtp", ":0", "-dir", s.dir, "-json")
	cmd.Env, cmd.Stdout, cmd.Stderr = environ, log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the local run: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait(); _ = log.Close() }()
	b.onClose(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			_ = cmd.Process.Kill()
		}
	})
	return s, s.ready(b.ctx, ended)
}

// ready waits until the run says where everything is.
func (s *stack) ready(ctx context.Context, ended chan error) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	for {
		if s.reload() == nil {
			return nil
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("the local run ended: %w; %s", err, s.lastLine())
		case <-ctx.Done():
			return fmt.Errorf("the local run did not become ready: %w; %s", ctx.Err(), s.lastLine())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// reload reads the file that tells where everything is, and which processes the functions have now.
func (s *stack) reload() error {
	text, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	if err != nil {
		return err
	}
	s.Functions = nil
	return json.Unmarshal(text, s)
}

func (s *stack) lastLine() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log")) // only to explain
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

type object = map[string]any

// call makes an API call as the administrator and decodes its answer; another status than the one wanted is an error.
func (s *stack) call(ctx context.Context, want int, method, path string, body, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.API+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	status, answer, err := send(s.web, r)
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("%s %s was answered %d: %s", method, path, status, answer)
	}
	return json.Unmarshal(answer, out)
}

// send makes a request and reads the whole answer.
func send(c *http.Client, r *http.Request) (status int, body []byte, err error) {
	resp, err := c.Do(r)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, errors.Join(err, resp.Body.Close())
}

// resources are the run's own, for processes that the bench starts beside those of the run.
func (s *stack) resources() resources {
	r := resources{names: map[string]map[string]string{}, endpoints: map[string]string{}}
	for id, address := range s.Queues {
		r.names[id] = map[string]string{"": address, "QueueUrl": address}
	}
	r.names["Table"] = map[string]string{"": s.Table}
	r.names["Bucket"] = map[string]string{"": s.Bucket}
	for service, name := range map[string]string{"dynamodb": "DYNAMODB", "sqs": "SQS", "s3": "S3", "ses": "SESV2", "ssm": "SSM"} {
		r.endpoints["AWS_ENDPOINT_URL_"+name] = s.Endpoints[service]
	}
	return r
}
