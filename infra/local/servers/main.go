// Command servers starts DynamoDB Local and ElasticMQ, for tests: "servers" runs until it is ended; "servers -- COMMAND …" runs a command beside them.
//
// With a command, the two addresses are in its environment, its exit code is passed on, and the servers end with it.
// A server whose address is in the environment already is not started again.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code, err := run(context.Background(), os.Args[1:], os.Environ(), signals, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
	}
	os.Exit(code)
}

// run starts what is missing, runs the command or waits for a signal, stops what it started, and returns the exit code.
func run(ctx context.Context, args, environ []string, signals <-chan os.Signal, stdout, stderr io.Writer) (int, error) {
	command, err := parse(args)
	if err != nil {
		return 2, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	interrupted := make(chan os.Signal, 4)
	go relay(signals, interrupted, cancel)
	set, err := startMissing(ctx, environ, stderr)
	defer set.close()
	if err != nil {
		return 1, err
	}
	if len(command) > 0 {
		return runCommand(command, set.environ(environ), interrupted, stdout, stderr)
	}
	for _, line := range set.lines() {
		fmt.Fprintln(stdout, line)
	}
	select {
	case <-interrupted:
		return 0, nil
	case <-orphaned():
		return 0, nil
	case name := <-set.ended():
		return 1, fmt.Errorf("%s ended by itself", name)
	}
}

// relay hands signals on, and gives up a start that is under way.
func relay(from <-chan os.Signal, to chan<- os.Signal, cancel context.CancelFunc) {
	for s := range from {
		cancel()
		select {
		case to <- s:
		default: // four are waiting already: enough
		}
	}
}

func parse(args []string) (command []string, err error) {
	switch {
	case len(args) == 0:
		return nil, nil
	case args[0] != "--":
		return nil, fmt.Errorf("unknown argument %q; usage: servers [-- COMMAND ARGUMENTS…]", args[0])
	case len(args) == 1:
		return nil, fmt.Errorf("no command after --; usage: servers [-- COMMAND ARGUMENTS…]")
	}
	return args[1:], nil
}
