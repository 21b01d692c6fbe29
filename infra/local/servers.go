package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/loket-desk/loket/infra/local/javaserver"
	"github.com/loket-desk/loket/infra/local/objects"
	"github.com/loket-desk/loket/infra/local/params"
)

// startServers starts what stands in for AWS. A service whose address is in the environment already is not started.
func (r *runner) startServers(ctx context.Context) error {
	if r.given("DYNAMODB") == "" || r.given("SQS") == "" {
		// Fetched into the project's own folder, once for all runs; at the first time this takes a while and says so.
		if err := javaserver.Fetch(ctx, "", progress{r.log}); err != nil {
			return err
		}
	}
	var g errgroup.Group
	g.Go(func() error {
		return r.javaServer(ctx, "DynamoDB Local", "dynamodb", &r.endpoints.DynamoDB, javaserver.DynamoDB)
	})
	g.Go(func() error { return r.javaServer(ctx, "ElasticMQ", "sqs", &r.endpoints.SQS, javaserver.ElasticMQ) })
	g.Go(r.startParameters)
	g.Go(r.startObjects)
	g.Go(r.startSending)
	return g.Wait()
}

// given is an address that the environment names, in the AWS SDKs' own variable for a service.
func (r *runner) given(service string) string {
	for _, v := range r.environ {
		if value, ok := strings.CutPrefix(v, "AWS_ENDPOINT_URL_"+service+"="); ok {
			return value
		}
	}
	return ""
}

type javaStart func(context.Context, javaserver.Options) (*javaserver.Server, error)

func (r *runner) javaServer(ctx context.Context, name, folder string, address *string, start javaStart) error {
	if given := r.given(strings.ToUpper(folder)); given != "" {
		*address = given
		return nil
	}
	var o javaserver.Options
	if r.o.data != "" {
		data, err := filepath.Abs(r.o.data)
		if err != nil {
			return err
		}
		o.Data = filepath.Join(data, folder)
	}
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	*address = s.Endpoint
	r.onClose(stageServers, func(context.Context) { r.stopJava(s) })
	go func() {
		<-s.Done()
		r.fail(fmt.Errorf("%s ended by itself, so the local run ends too", name))
	}()
	return nil
}

// stopJava ends a server. One that keeps its data in memory has nothing to put in order, and would wait for the long
// polls that were just given up.
func (r *runner) stopJava(s *javaserver.Server) {
	select {
	case <-s.Done(): // its process id may be another's by now
	default:
		if p, err := os.FindProcess(s.PID); err == nil && r.o.data == "" {
			_ = p.Kill()
		}
	}
	_ = s.Close()
}

func (r *runner) startParameters() error {
	if r.endpoints.SSM = r.given("SSM"); r.endpoints.SSM != "" {
		return nil
	}
	s, err := params.Start(params.Options{Dir: r.o.dir})
	if err != nil {
		return err
	}
	r.endpoints.SSM = s.Endpoint
	r.onClose(stageServers, func(context.Context) { _ = s.Close() })
	return nil
}

func (r *runner) startObjects() error {
	if r.endpoints.S3 = r.given("S3"); r.endpoints.S3 != "" {
		return nil
	}
	o := objects.Options{AccessKey: accessKey, SecretKey: secretKey}
	if r.o.data != "" {
		o.Dir = filepath.Join(r.o.data, "objects")
	}
	s, err := objects.Start(o)
	if err != nil {
		return err
	}
	r.endpoints.S3 = s.Endpoint
	r.onClose(stageServers, func(context.Context) { _ = s.Close() })
	return nil
}

// progress logs what the fetching of the servers says.
type progress struct{ log *slog.Logger }

// Write logs one line a call.
func (p progress) Write(line []byte) (int, error) {
	p.log.Info(strings.TrimSpace(string(line)))
	return len(line), nil
}
