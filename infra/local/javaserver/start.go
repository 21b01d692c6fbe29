package javaserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	startTimeout = 2 * time.Minute // a loaded machine can take fifty times the usual second
	bindTries    = 5
)

// errPortTaken says that another program took the port between finding it free and opening it.
var errPortTaken = errors.New("the port was taken by another program")

func start(ctx context.Context, o Options, k kind) (*Server, error) {
	home, err := fetch(ctx, o.Dir, o.Log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for try := 1; ; try++ {
		s, err := startOnce(ctx, home, o, k)
		if !errors.Is(err, errPortTaken) || try == bindTries {
			return s, err
		}
	}
}

func startOnce(ctx context.Context, home string, o Options, k kind) (*Server, error) {
	java, err := tool("java")
	if err != nil {
		return nil, err
	}
	args, port, err := k.command(home, o.Data)
	if err != nil {
		return nil, err
	}
	c, err := run(java, args, o.Log, k.ready)
	if err != nil {
		return nil, fmt.Errorf("%s did not start: %w", k.name, err)
	}
	s := &Server{PID: c.pid, child: c}
	if err := s.awaitUp(ctx, k, port); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// awaitUp waits for the server's own word that the port is open (another program might answer on it) and then for an answer.
func (s *Server) awaitUp(ctx context.Context, k kind, port int) error {
	select {
	case found := <-s.child.ready:
		if port == 0 {
			s.Endpoint = "http://127.0.0.1:" + found
		} else {
			s.Endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
		}
	case <-s.child.failed:
		return errPortTaken
	case <-s.child.done:
		return s.child.reason(k.name)
	case <-ctx.Done():
		return fmt.Errorf("%s was not up when the wait for it ended: %w", k.name, context.Cause(ctx))
	}
	for {
		err := s.probe(ctx, k)
		if err == nil {
			return nil
		}
		select {
		case <-s.child.done:
			return s.child.reason(k.name)
		case <-ctx.Done():
			return fmt.Errorf("%s opened its port and gave no answer: %w", k.name, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) probe(ctx context.Context, k kind) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", k.contentType)
	req.Header.Set("X-Amz-Target", k.target)
	// Neither server checks the signature; DynamoDB Local wants to see one.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20250101/us-east-1/"+k.service+"/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %s: %s", resp.Status, body)
	}
	return nil
}
