package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/loket-desk/loket/infra/local/gateway"
	"github.com/loket-desk/loket/infra/local/lambda"
	"github.com/loket-desk/loket/infra/local/template"
)

const (
	apiID = "local"

	copies    = 4  // of a function at once, where the template sets no bound
	maxCopies = 16 // of a function at once, whatever the template allows: this is one machine
	maxPolls  = 10 // of a queue at once
)

// startFunctions makes each function's pool. Processes start when there is work.
func (r *runner) startFunctions(context.Context) error {
	for _, f := range r.template.Functions {
		env, err := r.environment(f)
		if err != nil {
			return fmt.Errorf("the function %s: %w", f.ID, err)
		}
		p := lambda.New(lambda.Function{
			Name: f.Name, ARN: functionARN(f), Bootstrap: r.bootstrap(f), Handler: f.Handler, Region: region, MemoryMB: f.MemoryMB,
			Timeout: f.Timeout, Max: concurrency(f), Env: env, Log: r.log, Changed: func() { _ = r.writeRunFile(false) },
		})
		r.mu.Lock()
		r.pools[f.ID], r.variables[f.ID] = p, env
		r.mu.Unlock()
		r.onClose(stageFunctions, func(context.Context) { p.Close() })
	}
	return nil
}

// environment is the template's, with the servers' addresses.
func (r *runner) environment(f template.Function) (map[string]string, error) {
	env := map[string]string{}
	for name, value := range f.Environment {
		v, err := r.names.Expand(value)
		if err != nil {
			return nil, err
		}
		env[name] = v
	}
	maps.Copy(env, r.endpoints.environment())
	return env, nil
}

// concurrency is how many copies of a function may run at once.
func concurrency(f template.Function) int {
	if f.Concurrency > 0 {
		return min(f.Concurrency, maxCopies)
	}
	n := 0
	for _, q := range f.Queues {
		n += polls(q)
	}
	return min(max(n, copies), maxCopies)
}

// polls is how many batches of a queue may be in work at once.
func polls(q template.QueueSource) int {
	if q.MaxConcurrency > 0 {
		return min(q.MaxConcurrency, maxPolls)
	}
	return copies
}

// gateway is the template's HTTP API.
func (r *runner) gateway() (http.Handler, error) {
	o := gateway.Options{Stage: "$default", APIID: apiID, AccountID: accountID, Log: r.log}
	for _, a := range r.template.APIs {
		o.Stage = a.Stage
		if a.CORS != nil {
			c := gateway.CORS(*a.CORS)
			o.CORS = &c
		}
	}
	for _, f := range r.template.Functions {
		for _, route := range f.Routes {
			o.Routes = append(o.Routes, gateway.Route{Key: route.Key, Function: r.pools[f.ID], Timeout: route.Timeout})
		}
	}
	return gateway.New(o)
}
