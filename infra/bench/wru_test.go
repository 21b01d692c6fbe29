package main

import (
	"io"
	"testing"
)

func TestWriteUnitsAreCountedAndWithinTheirBudgets(t *testing.T) {
	t.Chdir("../..")
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if err := b.writeUnits(); err != nil {
		t.Fatal(err)
	}
	if len(b.rows) != 3 {
		t.Fatalf("the rows are %+v", b.rows)
	}
	for _, r := range b.rows {
		if !r.OK || r.Measured < 1 {
			t.Errorf("%+v", r)
		}
	}
	c, err := b.count() // remembered
	if err != nil || c.follows.writes < 3 || c.begins.writes <= c.follows.writes || c.follows.reads <= 0 || c.setup.reads <= 0 || c.duplicate.writes != 0 {
		t.Errorf("counted %+v, %v", c, err)
	}
}
