package main

import (
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parserBenchmarks are those of the channels that bring a webhook body of 4 KB into normal form.
const parserBenchmarks = "^Benchmark(Parse|TextOfFourKilobytes)"

// parsers runs the channels' own benchmarks many times, briefly, and takes the fastest: the machine only ever adds, and a
// short run has a chance to be left alone.
func (b *bench) parsers() error {
	cmd := exec.CommandContext(b.ctx, "go", "test", "-run", "^$", "-bench", parserBenchmarks, "-benchtime", "10ms", "-count", "15", "-timeout", "90s", "./shared/channel/...")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the channels' benchmarks: %w: %s", err, out)
	}
	fastest := readBenchmarks(string(out))
	var names []string
	for n := range fastest {
		names = append(names, n)
	}
	if len(names) == 0 {
		return fmt.Errorf("no channel has a benchmark %s", parserBenchmarks)
	}
	slices.Sort(names)
	for _, n := range names {
		b.add(limited("parse."+n+"_us", fastest[n]/1000, "µs", ""))
	}
	return nil
}

// readBenchmarks gives the fastest result of each package, in nanoseconds, by the last part of its path. Of several
// benchmarks of a package the slowest counts.
func readBenchmarks(output string) map[string]float64 {
	line := regexp.MustCompile(`^(Benchmark\S+)\s+\d+\s+([0-9.]+) ns/op`)
	pkg, fastest := "", map[[2]string]float64{}
	for text := range strings.Lines(output) {
		if p, ok := strings.CutPrefix(text, "pkg: "); ok {
			pkg = path.Base(strings.TrimSpace(p))
			continue
		}
		m := line.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			continue
		}
		key := [2]string{pkg, m[1]}
		if old, ok := fastest[key]; !ok || ns < old {
			fastest[key] = ns
		}
	}
	out := map[string]float64{}
	for key, ns := range fastest {
		out[key[0]] = max(out[key[0]], ns)
	}
	return out
}
