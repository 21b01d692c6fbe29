package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// row is one figure. A row without a budget only tells.
type row struct {
	Name     string   `json:"name"`
	Budget   *float64 `json:"budget"`
	Measured float64  `json:"measured"`
	Unit     string   `json:"unit"`
	OK       bool     `json:"ok"`
	Note     string   `json:"note,omitempty"`

	atLeast bool
}

// within makes a row whose figure must not be over the budget.
func within(name string, budget, measured float64, unit, note string) row {
	m := rounded(measured)
	return row{Name: name, Budget: &budget, Measured: m, Unit: unit, OK: m <= budget, Note: note}
}

// atLeast makes a row whose figure must not be below the budget.
func atLeast(name string, budget, measured float64, unit, note string) row {
	budget, m := rounded(budget), rounded(measured)
	return row{Name: name, Budget: &budget, Measured: m, Unit: unit, OK: m >= budget, Note: note, atLeast: true}
}

// told makes a row without a budget.
func told(name string, measured float64, unit, note string) row {
	return row{Name: name, Measured: rounded(measured), Unit: unit, OK: true, Note: note}
}

// rounded keeps four digits: no more is known.
func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return math.MaxFloat64 // no figure: nothing that JSON could hold, and within no budget
	}
	return r
}

// report is a run's result, as it is written.
type report struct {
	Machine machine `json:"machine"`
	Commit  string  `json:"commit"`
	Rows    []row   `json:"rows"`
}

// missed is how many rows miss their budgets or were not measured.
func (r report) missed() int {
	n := 0
	for _, row := range r.Rows {
		if !row.OK {
			n++
		}
	}
	return n
}

// print writes the table for people.
func (r report) print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "\n%s, %d cores, %.0f GB; %s/%s, %s; load %.1f; commit %s\n\n", m.CPU, m.Cores, m.MemoryGB, m.OS, m.Architecture, m.Go, m.Load, r.Commit)
	fmt.Fprintf(w, "%-24s %10s %10s  %-14s %s\n", "name", "budget", "measured", "unit", "verdict")
	for _, row := range r.Rows {
		fmt.Fprintf(w, "%-24s %10s %10s  %-14s %s\n", row.Name, row.budget(), number(row.Measured), row.Unit, row.verdict())
		if row.Note != "" {
			fmt.Fprintf(w, "    %s\n", row.Note)
		}
	}
	fmt.Fprintf(w, "\n%d rows, %d over\n", len(r.Rows), r.missed())
}

func (r row) budget() string {
	switch {
	case r.Budget == nil:
		return "–"
	case r.atLeast:
		return "≥ " + number(*r.Budget)
	}
	return "≤ " + number(*r.Budget)
}

func (r row) verdict() string {
	switch {
	case !r.OK:
		return "OVER"
	case r.Budget == nil:
		return ""
	}
	return "ok"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// write puts the report into a file, in JSON.
func (r report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("the results can't be written: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("the results can't be written: %w", err)
	}
	return nil
}
