package main

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRowsArePickedByTheirNames(t *testing.T) {
	all := []part{{rows: []string{"zip"}}, {rows: []string{"ack", "cpu"}}, {rows: []string{"wru"}}}
	for only, want := range map[string]string{"": "zip ack cpu wru", "wru,zip": "zip wru", "cpu": "ack cpu", " ack ": "ack cpu", "wru.mix": "wru"} {
		got, err := choose(all, only)
		if err != nil || strings.Join(names(got), " ") != want {
			t.Errorf("%q picks %v, %v", only, names(got), err)
		}
	}
	if _, err := choose(all, "zip,zop"); err == nil || !strings.Contains(err.Error(), `"zop"`) || !strings.Contains(err.Error(), "zip, ack, cpu, wru") {
		t.Errorf("an unknown name: %v", err)
	}
	rows := []row{{Name: "ack.p50_ms"}, {Name: "cpu.message_ms"}, {Name: "wru.mix"}, {Name: "wru.new"}}
	kept := keep(slices.Clone(rows), "cpu,wru.new")
	if len(kept) != 2 || kept[0].Name != "cpu.message_ms" || kept[1].Name != "wru.new" {
		t.Errorf("kept %v", kept)
	}
}

func TestEveryBudgetBelongsToAPart(t *testing.T) {
	known := names(parts())
	for name := range budgets() {
		kind, _, _ := strings.Cut(name, ".")
		if !slices.Contains(known, kind) {
			t.Errorf("%s is measured by nothing", name)
		}
	}
}

func TestWhatCantBeMeasuredMissesItsBudgetAndSaysWhy(t *testing.T) {
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	b.onClose(func() { order = append(order, 1) })
	b.onClose(func() { order = append(order, 2) })
	b.take(part{[]string{"ack", "cpu"}, func(*bench) error { return errors.New("no servers") }})
	b.close()
	kept := keep(b.rows, "cpu.message_ms") // whichever of its rows was asked for
	if len(kept) != 1 || kept[0].OK || kept[0].Note != "no servers" || kept[0].Name != "cpu" {
		t.Errorf("the rows are %+v", kept)
	}
	if !slices.Equal(order, []int{2, 1}) {
		t.Errorf("closed in the order %v", order)
	}
}

func TestACommandLineThatCantBeUnderstoodIsSaidInASentence(t *testing.T) {
	for _, args := range [][]string{{"-x"}, {"more"}, {"-only", "nothing"}} {
		var said strings.Builder
		if code := run(t.Context(), args, io.Discard, &said); code != 2 || said.Len() == 0 {
			t.Errorf("%v: status %d, %q", args, code, said.String())
		}
	}
}

func TestItRunsInTheProjectsRootOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	var said strings.Builder
	if code := run(t.Context(), []string{"-out", ""}, io.Discard, &said); code != 2 || !strings.Contains(said.String(), "project's root") {
		t.Errorf("status %d, %q", code, said.String())
	}
}

func TestPercentilesAreThoseOfTheSamples(t *testing.T) {
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	for p, want := range map[float64]time.Duration{50: 50, 99: 99, 100: 100, 1: 1} {
		if got := percentile(all, p); got != want*time.Millisecond {
			t.Errorf("p%v is %v", p, got)
		}
	}
	if median(nil) != 0 || all[0] != 100*time.Millisecond {
		t.Error("none, or the samples were moved")
	}
}
