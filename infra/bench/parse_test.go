package main

import "testing"

func TestTheFastestRunOfTheSlowestBenchmarkCounts(t *testing.T) {
	got := readBenchmarks(`goos: linux
pkg: example.com/shared/channel/telegram
cpu: some
BenchmarkParse-2   	    5000	     27570 ns/op	  12 B/op
BenchmarkParse-2   	    5000	     25000.5 ns/op
BenchmarkParseMedia-2   	    5000	     31000 ns/op
BenchmarkParseMedia-2   	    5000	     39000 ns/op
PASS
ok  	example.com/shared/channel/telegram	1.2s
pkg: example.com/shared/channel/line
BenchmarkParse   	    5000	     9000 ns/op
?   	example.com/shared/channel/all	[no test files]
`)
	if len(got) != 2 || got["telegram"] != 31000 || got["line"] != 9000 {
		t.Errorf("read %v", got)
	}
}
