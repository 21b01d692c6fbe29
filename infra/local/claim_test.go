package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderIsUsedByOneRunAtATime(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	first := newRunner(options{dir: dir, data: data}, nil, nil)
	if err := first.claimFolders(); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]options{
		dir + " is in use by another run":  {dir: dir},
		data + " is in use by another run": {dir: t.TempDir(), data: data + "/."},
	} {
		second := newRunner(o, nil, nil)
		if err := second.claimFolders(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
		second.close()
	}
	first.close()
	third := newRunner(options{dir: dir, data: filepath.Join(dir, ".")}, nil, nil)
	defer third.close()
	if err := third.claimFolders(); err != nil {
		t.Errorf("after the first one's end: %v", err)
	}
}
