package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// runFile tells tests and tools where everything is: run.json.
type runFile struct {
	API       string            `json:"api"`
	SMTP      string            `json:"smtp"`
	Endpoints endpoints         `json:"endpoints"`
	Table     string            `json:"table"`
	Bucket    string            `json:"bucket"`
	Queues    map[string]string `json:"queues"` // logical id → address
	Functions map[string][]int  `json:"functions"`

	// Environment is every variable that functions are given, so that one can be run elsewhere on the same servers.
	Environment map[string]string `json:"environment"`

	ready bool
}

func (r *runner) runPath() string { return filepath.Join(r.o.dir, "run.json") }

func (r *runner) outbox() string { return filepath.Join(r.o.dir, "outbox") }

// writeRunFile writes the file anew, in one step, so that no reader sees half of it. Before the run is ready there is
// no file: who waits for it may begin at once.
func (r *runner) writeRunFile(ready bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ready {
		r.file.ready = true
	}
	if !r.file.ready {
		return nil
	}
	f := &r.file
	f.API, f.SMTP, f.Endpoints = r.base, r.smtp, r.endpoints
	f.Queues, f.Functions, f.Environment = map[string]string{}, map[string][]int{}, map[string]string{}
	for _, q := range r.template.Queues {
		f.Queues[q.ID] = r.names[q.ID][""]
	}
	for _, t := range r.template.Tables {
		f.Table = r.names[t.ID][""]
	}
	for _, b := range r.template.Buckets {
		f.Bucket = r.names[b.ID][""]
	}
	for _, fn := range r.template.Functions {
		f.Functions[fn.Name] = r.pools[fn.ID].PIDs()
		maps.Copy(f.Environment, r.variables[fn.ID])
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(r.runPath(), append(text, '\n'))
}

func (r *runner) removeRunFile() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file.ready {
		r.file.ready = false
		_ = os.Remove(r.runPath())
	}
}

func replaceFile(path string, text []byte) error {
	t, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", path, err)
	}
	_, err = t.Write(text)
	if closed := t.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		_ = os.Remove(t.Name())
		return fmt.Errorf("%s can't be written: %w", path, err)
	}
	return nil
}
