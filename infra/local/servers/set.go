package main

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/loket-desk/loket/infra/local/javaserver"
)

// part is one server of the set: its variable, its address, and the process where it is ours.
type part struct {
	name, variable, endpoint string
	server                   *javaserver.Server
}

type set []*part

type starter func(context.Context, javaserver.Options) (*javaserver.Server, error)

// startMissing starts both servers at once, save those whose address is in the environment. On an error what was started is still in the set.
func startMissing(ctx context.Context, environ []string, log io.Writer) (set, error) {
	s := set{
		{name: "DynamoDB Local", variable: "AWS_ENDPOINT_URL_DYNAMODB"},
		{name: "ElasticMQ", variable: "AWS_ENDPOINT_URL_SQS"},
	}
	if s[0].endpoint, s[1].endpoint = lookup(environ, s[0].variable), lookup(environ, s[1].variable); s[0].endpoint != "" && s[1].endpoint != "" {
		return s, nil
	}
	// Only the fetch is worth telling: what a server says is shown where it fails.
	if err := javaserver.Fetch(ctx, "", log); err != nil {
		return s, err
	}
	var group sync.WaitGroup
	errs := make([]error, len(s))
	for i, start := range []starter{javaserver.DynamoDB, javaserver.ElasticMQ} {
		if s[i].endpoint != "" {
			continue
		}
		group.Go(func() {
			if s[i].server, errs[i] = start(ctx, javaserver.Options{}); errs[i] == nil {
				s[i].endpoint = s[i].server.Endpoint
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s set) lines() []string {
	var lines []string
	for _, p := range s {
		lines = append(lines, p.variable+"="+p.endpoint)
	}
	return lines
}

// environ adds the addresses, and a region and keys that the SDKs want and nobody checks, to an environment.
func (s set) environ(base []string) []string {
	env := append([]string(nil), base...)
	env = append(env, s.lines()...)
	return append(env, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=")
}

// ended yields the name of the first of our servers that ends.
func (s set) ended() <-chan string {
	names := make(chan string, len(s))
	for _, p := range s {
		if p.server != nil {
			go func() {
				<-p.server.Done()
				names <- p.name
			}()
		}
	}
	return names
}

func (s set) close() {
	var group sync.WaitGroup
	for _, p := range s {
		if p.server != nil {
			group.Go(func() { _ = p.server.Close() })
		}
	}
	group.Wait()
}

// lookup is the last value of a variable in a list of NAME=value.
func lookup(environ []string, name string) (value string) {
	for _, v := range environ {
		if rest, found := strings.CutPrefix(v, name+"="); found {
			value = rest
		}
	}
	return value
}
