package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loket-desk/loket/shared/table"
)

// adminKey makes what a new stack is born with and the administrator's key, alone in its file. A key that still opens the
// stack (kept data) stays.
func adminKey(ctx context.Context, e Env, domain string) error {
	t := table.New(newClients(e.Endpoints).dynamodb, e.Table)
	path := filepath.Join(e.Dir, "admin-key")
	old, err := os.ReadFile(path)
	if err == nil {
		if _, err := t.KeyOf(ctx, strings.TrimSpace(string(old))); err == nil {
			return nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the admin key can't be read: %w", err)
	}
	key, err := t.AdminKey(ctx, domain)
	if err != nil {
		return fmt.Errorf("the admin key can't be made: %w", err)
	}
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		return fmt.Errorf("the admin key can't be kept: %w", err)
	}
	return os.Chmod(path, 0o600)
}
