package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFigureIsHeldToItsBudgetAsItIsShown(t *testing.T) {
	for _, c := range []struct {
		row row
		ok  bool
	}{
		{within("a", 3, 3, "", ""), true},
		{within("a", 3, 3.00001, "", ""), true}, // shown as 3
		{within("a", 3, 3.01, "", ""), false},
		{within("a", 3, math.NaN(), "", ""), false},
		{within("a", 3, math.Inf(1), "", ""), false},
		{atLeast("a", 100, 99, "", ""), false},
		{atLeast("a", 100, 100, "", ""), true},
		{told("a", 12345, "", ""), true},
		{limited("wru.mix", 5.1, "", ""), false},
		{limited("zip.webhook", 1.5, "", ""), true},
		{limited("zip.unheard-of", 0.1, "", ""), false},
	} {
		if c.row.OK != c.ok {
			t.Errorf("%+v: within its budget is %v", c.row, c.row.OK)
		}
	}
}

func TestTheTableAndTheFileSayTheSame(t *testing.T) {
	r := report{Machine: machine{CPU: "a processor", Cores: 2}, Commit: "abc", Rows: []row{
		within("wru.mix", 5, 4.35, "WRU/message", "a note"), atLeast("throughput.messages_s", 100, 80, "messages/s", ""), told("x.y", 1, "KB", ""),
	}}
	var out strings.Builder
	r.print(&out)
	for _, want := range []string{"a processor, 2 cores", "≤ 5", "4.35", "a note", "≥ 100", "OVER", "–", "3 rows, 1 over"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	path := filepath.Join(t.TempDir(), "bench", "results.json")
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Machine map[string]any
		Commit  string
		Rows    []map[string]any
	}
	if err := json.Unmarshal(text, &read); err != nil || read.Commit != "abc" || len(read.Rows) != 3 {
		t.Fatalf("%v: %s", err, text)
	}
	first := read.Rows[0]
	if first["name"] != "wru.mix" || first["budget"] != 5.0 || first["measured"] != 4.35 || first["unit"] != "WRU/message" || first["ok"] != true {
		t.Errorf("the file says %v", first)
	}
	if read.Rows[1]["ok"] != false || read.Rows[2]["budget"] != nil {
		t.Errorf("the file says %v", read.Rows)
	}
}

func TestResultsThatCantBeWrittenAreAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (report{}).write(filepath.Join(file, "results.json")); err == nil {
		t.Error("written below a file")
	}
	if err := (report{}).write(filepath.Dir(file)); err == nil {
		t.Error("written over a folder")
	}
}

func TestTheMachineIsDescribedWithoutItsName(t *testing.T) {
	m := thisMachine()
	if m.CPU == "" || m.Cores < 1 || m.Go == "" {
		t.Errorf("the machine is %+v", m)
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(m)
	if len(name) > 3 && strings.Contains(string(text), name) {
		t.Errorf("%s names %s", text, name)
	}
}
