// Command bench measures what docs/performance.md promises: sizes, start-up, memory, write units, cost, lists, latency,
// throughput. It prints one table and writes bench/results.json.
//
// Run it in the project's root: `make bench`, `make bench ONLY=wru,zip`, `make bench STRICT=1`. Everything runs on this
// machine, and what it starts it stops. Machines differ and are shared, so that times are told as ratios of one run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errUsage stands for a command line that flag has already explained.
var errUsage = errors.New("the command line can't be understood")

type options struct {
	only   string
	strict bool
	out    string
	within time.Duration
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.only, "only", "", "rows to measure, by the first part of their names, separated by commas: wru,zip (default: all)")
	f.BoolVar(&o.strict, "strict", false, "end with status 1 when a budget is missed")
	f.StringVar(&o.out, "out", "bench/results.json", "file of the results; empty writes none")
	f.DurationVar(&o.within, "within", 6*time.Minute, "bound of the whole run: what is left over then counts as not measured")
	if err := f.Parse(args); err != nil {
		return o, errUsage
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q; see -help", f.Arg(0))
	}
	return o, nil
}

// run measures and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if err == nil {
		var missed int
		missed, err = measure(ctx, o, stdout, stderr)
		if err == nil && missed > 0 && o.strict {
			fmt.Fprintf(stderr, "bench: %d rows miss their budget\n", missed)
			return 1
		}
	}
	if err != nil {
		if !errors.Is(err, errUsage) {
			fmt.Fprintln(stderr, "bench:", err)
		}
		return 2
	}
	return 0
}

// measure takes all rows that were asked for and says how many miss their budgets.
func measure(ctx context.Context, o options, stdout, stderr io.Writer) (missed int, err error) {
	chosen, err := choose(parts(), o.only)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat("template.yaml"); err != nil {
		return 0, errors.New("there is no template.yaml here: run it in the project's root")
	}
	ctx, cancel := context.WithTimeout(ctx, o.within)
	defer cancel()
	b, err := newBench(ctx, stderr)
	if err != nil {
		return 0, err
	}
	defer b.close()
	for _, p := range chosen {
		b.take(p)
	}
	r := report{Machine: thisMachine(), Commit: commit(), Rows: keep(b.rows, o.only)}
	r.print(stdout)
	if o.out != "" {
		err = r.write(o.out)
	}
	return r.missed(), err
}
