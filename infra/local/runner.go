package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loket-desk/loket/infra/local/lambda"
	"github.com/loket-desk/loket/infra/local/loopback"
	"github.com/loket-desk/loket/infra/local/pattern"
	"github.com/loket-desk/loket/infra/local/source"
	"github.com/loket-desk/loket/infra/local/template"
)

// runner is one local run. What it starts, it stops.
type runner struct {
	o       options
	environ []string
	log     *slog.Logger
	failed  chan error // a server ended by itself

	template  *template.Template
	base      string // address of the API
	smtp      string
	prefix    string // of resource names, where the servers serve other runs too
	endpoints endpoints
	clients   clients
	names     template.Names
	pools     map[string]*lambda.Pool      // by logical id
	variables map[string]map[string]string // of functions, by logical id

	mu      sync.Mutex
	closers [stages][]func(context.Context)
	file    runFile
}

// The stages of a stop, in their order.
const (
	stageSources   = iota // nothing new begins
	stageFunctions        // what is in work ends
	stageResources        // what was made on servers of others goes
	stageServers
	stages
)

func newRunner(o options, environ []string, log *slog.Logger) *runner {
	return &runner{o: o, environ: environ, log: log, failed: make(chan error, 8), names: template.Names{}, pools: map[string]*lambda.Pool{}, variables: map[string]map[string]string{}}
}

// start brings everything up, or says in one sentence what is in the way.
func (r *runner) start(ctx context.Context) error {
	if err := r.claimFolders(); err != nil {
		return err
	}
	listener, err := loopback.Listen(r.o.http)
	if err != nil {
		return fmt.Errorf("the HTTP API: %w", err)
	}
	r.onClose(stageSources, func(context.Context) { _ = listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String()) // a listener's own address is always well-formed
	r.base = "http://localhost:" + port
	if err := r.load(); err != nil {
		return err
	}
	if err := r.startServers(ctx); err != nil {
		return err
	}
	r.clients = newClients(r.endpoints)
	r.onClose(stageResources, func(context.Context) { r.clients.connections.CloseIdleConnections() }) // servers wait for open ones
	for _, step := range []func(context.Context) error{r.createResources, r.startFunctions, r.setUp, r.startMail, r.startSources} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := r.serve(listener); err != nil {
		return err
	}
	return r.writeRunFile(true)
}

// load reads the template with this run's parameters and checks that there is something to run.
func (r *runner) load() error {
	parameters := map[string]string{"PublicUrl": r.base, "MailDomain": mailDomain, "AllowPrivate": "127.0.0.0/8,::1/128"}
	for name, value := range r.o.parameters {
		parameters[name] = value
	}
	t, err := template.Load(template.Options{
		Path: r.o.template, Parameters: parameters, Region: region, AccountID: accountID, StackName: stackName,
		Pattern:  func(text string) error { _, err := pattern.Parse(text); return err },
		Schedule: func(expression, zone string) error { _, err := source.ParseSchedule(expression, zone); return err },
	})
	if err != nil {
		return err
	}
	if len(t.APIs) > 1 {
		return fmt.Errorf("%s has %d HTTP APIs; the local runner serves one", r.o.template, len(t.APIs))
	}
	r.template = t
	var missing []string
	for _, f := range t.Functions {
		if info, err := os.Stat(r.bootstrap(f)); err != nil || info.IsDir() {
			missing = append(missing, f.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no bootstrap of %s in %s: build the functions first (make run does)", strings.Join(missing, ", "), r.o.bin)
	}
	return nil
}

func (r *runner) bootstrap(f template.Function) string {
	return filepath.Join(r.o.bin, f.Name, "bootstrap")
}

// serve answers HTTP on the listener.
func (r *runner) serve(l net.Listener) error {
	handler, err := r.gateway()
	if err != nil {
		return err
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	r.onClose(stageSources, func(context.Context) { _ = s.Close() })
	go func() { _ = s.Serve(l) }() // it ends by Close alone
	return nil
}

func (r *runner) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
}

func (r *runner) onClose(stage int, f func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closers[stage] = append(r.closers[stage], f)
}

// close stops everything that was started, stage by stage, each stage's parts at once.
func (r *runner) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	for stage := range stages {
		r.mu.Lock()
		closers := r.closers[stage]
		r.closers[stage] = nil
		r.mu.Unlock()
		var all sync.WaitGroup
		for _, f := range closers {
			all.Go(func() { f(ctx) })
		}
		all.Wait()
	}
	r.removeRunFile()
}

// kill ends the functions at once; the servers end with this process.
func (r *runner) kill() {
	r.mu.Lock()
	pools := maps.Clone(r.pools)
	r.mu.Unlock()
	for _, p := range pools {
		p.Close()
	}
	r.removeRunFile()
}

// announce tells a person where everything is.
func (r *runner) announce(w io.Writer) {
	if r.o.json {
		r.log.Info("ready", slog.String("api", r.base), slog.String("smtp", r.smtp), slog.String("run", r.runPath()))
		return
	}
	fmt.Fprintf(w, "\nReady.\n  API         %s\n", r.base)
	if r.smtp != "" {
		fmt.Fprintf(w, "  SMTP        %s  (mail to anything@%s)\n", r.smtp, mailDomain)
	}
	fmt.Fprintf(w, "  admin key   %s\n  sent mail   %s\n  everything  %s\n", filepath.Join(r.o.dir, "admin-key"), r.outbox(), r.runPath())
	fmt.Fprintf(w, "  not local   %s\n\n", strings.Join(r.template.Ignored, "; "))
}
