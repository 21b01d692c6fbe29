package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// claimFolders keeps the folders of a run from other runs, which would replace its key and its files and open its data
// a second time. The claim ends with the process, however it ends.
func (r *runner) claimFolders() error {
	claimed := map[string]bool{"": true}
	for _, f := range []struct{ dir, option string }{{r.o.dir, "DIR=.local2"}, {r.o.data, "DATA=.local/data2"}} {
		if f.dir != "" {
			f.dir = filepath.Clean(f.dir)
		}
		if claimed[f.dir] {
			continue
		}
		claimed[f.dir] = true
		if err := os.MkdirAll(f.dir, 0o755); err != nil {
			return fmt.Errorf("the folder %s can't be made: %w", f.dir, err)
		}
		file, err := os.OpenFile(filepath.Join(f.dir, "run.lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("the folder %s can't be used: %w", f.dir, err)
		}
		r.onClose(stages-1, func(context.Context) { _ = file.Close() }) // which ends the claim
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return fmt.Errorf("the folder %s is in use by another run: end that one (Ctrl-C where it was started), or name another folder (make run %s)", f.dir, f.option)
		}
	}
	return nil
}
