package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// part measures some rows together. rows are the first parts of their names.
type part struct {
	rows []string
	run  func(*bench) error
}

// parts are all that is measured, in this order: the longest and most disturbing last.
func parts() []part {
	return []part{
		{[]string{"zip"}, (*bench).zips},
		{[]string{"coldstart"}, (*bench).coldStarts},
		{[]string{"parse"}, (*bench).parsers},
		{[]string{"mail", "mime"}, (*bench).mails},
		{[]string{"wru"}, (*bench).writeUnits},
		{[]string{"list", "open"}, (*bench).lists},
		{[]string{"rss"}, (*bench).memory},
		{[]string{"cost"}, (*bench).costs},
		{[]string{"cpu", "mail"}, (*bench).mailFlow},
		{[]string{"ack", "throughput", "cpu"}, (*bench).flow},
	}
}

// choose keeps the parts that have a row of the list only, which is empty for all of them.
func choose(all []part, only string) ([]part, error) {
	if only == "" {
		return all, nil
	}
	var out []part
	known := map[string]bool{}
	for _, p := range all {
		if slices.ContainsFunc(p.rows, func(r string) bool { return wanted(r, only) }) {
			out = append(out, p)
		}
		for _, r := range p.rows {
			known[r] = true
		}
	}
	for name := range strings.SplitSeq(only, ",") {
		first, _, _ := strings.Cut(strings.TrimSpace(name), ".")
		if !known[first] {
			return nil, fmt.Errorf("nothing is called %q; there are %s", name, strings.Join(names(all), ", "))
		}
	}
	return out, nil
}

func names(all []part) []string {
	var out []string
	for _, p := range all {
		out = append(out, p.rows...)
	}
	return out
}

// wanted reports whether a row, or the first part of rows' names, is named by the list only, in whole or by its first part.
func wanted(row, only string) bool {
	if only == "" {
		return true
	}
	first, _, whole := strings.Cut(row, ".")
	for name := range strings.SplitSeq(only, ",") {
		name = strings.TrimSpace(name)
		head, _, _ := strings.Cut(name, ".")
		if name == row || name == first || (!whole && head == row) {
			return true
		}
	}
	return false
}

// keep are the rows that were asked for: a part may measure more than these.
func keep(rows []row, only string) []row {
	return slices.DeleteFunc(rows, func(r row) bool { return !wanted(r.Name, only) })
}

// bench is one run: what was measured, and what was built and started for it.
type bench struct {
	ctx     context.Context
	log     io.Writer
	dir     string // of its own, removed at the end
	rows    []row
	closers []func()

	built    map[string]string // binaries by name
	database *database
	stack    *stack
	seen     *flow // what the local run showed
	counted  *unitCounts
}

func newBench(ctx context.Context, log io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "loket-bench-")
	if err != nil {
		return nil, fmt.Errorf("no folder for the binaries can be made: %w", err)
	}
	return &bench{ctx: ctx, log: log, dir: dir}, nil
}

// take runs one part. What it can't measure becomes a row of each kind that misses its budget and says why.
func (b *bench) take(p part) {
	begun := time.Now()
	fmt.Fprintf(b.log, "measuring %s …\n", strings.Join(p.rows, ", "))
	err := b.ctx.Err()
	if err == nil {
		err = p.run(b)
	}
	if err != nil {
		if b.ctx.Err() != nil {
			err = fmt.Errorf("the time of the whole run is over: %w", err)
		}
		fmt.Fprintf(b.log, "  %v\n", err)
		for _, name := range p.rows {
			b.add(row{Name: name, Unit: "not measured", Note: err.Error()})
		}
	}
	fmt.Fprintf(b.log, "  %s took %.1f s\n", p.rows[0], time.Since(begun).Seconds())
}

func (b *bench) add(rows ...row) { b.rows = append(b.rows, rows...) }

func (b *bench) onClose(f func()) { b.closers = append(b.closers, f) }

// close ends what was started, the latest first.
func (b *bench) close() {
	for _, f := range slices.Backward(b.closers) {
		f()
	}
	_ = os.RemoveAll(b.dir)
}
