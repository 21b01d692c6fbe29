// Command local is the whole product on one machine: it runs the functions of template.yaml over local servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	os.Exit(run(os.Args[1:], os.Environ(), signals, os.Stdout, os.Stderr))
}

// run starts everything, waits for a signal or for a server's end, stops everything, and returns the exit code.
// A second signal does not wait for an orderly stop.
func run(args, environ []string, signals <-chan os.Signal, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if err != nil {
		if !errors.Is(err, errUsage) {
			fmt.Fprintln(stderr, "local:", err)
		}
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := newRunner(o, environ, newLogger(o.json, stdout))
	stopping := make(chan struct{})
	go func() {
		<-signals
		close(stopping)
		cancel() // also ends a start that is under way
		<-signals
		r.kill()
		os.Exit(130)
	}()
	defer r.close()
	if err := r.start(ctx); err != nil {
		select {
		case <-stopping:
			return 0
		default:
		}
		fmt.Fprintln(stderr, "local:", err)
		return 1
	}
	r.announce(stdout)
	select {
	case <-stopping:
		return 0
	case err := <-r.failed:
		fmt.Fprintln(stderr, "local:", err)
		return 1
	}
}
