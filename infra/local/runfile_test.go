package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileIsReplacedInOneStep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.json")
	for _, text := range []string{"one", "two"} {
		if err := replaceFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestAFileThatCanNotBeWrittenIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent", "run.json")
	if err := replaceFile(path, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	folder := t.TempDir()
	if err := replaceFile(folder, nil); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if left, err := filepath.Glob(folder + ".*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBeforeTheRunIsReadyThereIsNoFile(t *testing.T) {
	r := newRunner(options{dir: t.TempDir()}, nil, nil)
	if err := r.writeRunFile(false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.runPath()); !os.IsNotExist(err) {
		t.Errorf("there is one: %v", err)
	}
	r.removeRunFile() // nothing to remove: another run's file in this folder stays
}
