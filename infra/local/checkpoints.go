package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// checkpoints keep in a file how far a stream was read, for runs whose data outlives them.
type checkpoints struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	after map[string]string // shard → sequence number
}

// openCheckpoints reads the file of one event source mapping; there is none before its first record.
func openCheckpoints(dir, mapping string, log *slog.Logger) (*checkpoints, error) {
	c := &checkpoints{path: filepath.Join(dir, "streams", mapping+".json"), log: log, after: map[string]string{}}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o755); err != nil {
		return nil, fmt.Errorf("the streams' folder can't be made: %w", err)
	}
	text, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c.after)
	}
	if err != nil {
		return nil, fmt.Errorf("%s can't be read; delete it to read the stream from its beginning: %w", c.path, err)
	}
	return c, nil
}

// After is part of source.Checkpoints.
func (c *checkpoints) After(shard string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.after[shard]
}

// Done is part of source.Checkpoints. A checkpoint that can't be kept makes records come again, which functions bear.
func (c *checkpoints) Done(shard, sequence string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after[shard] = sequence
	text, err := json.Marshal(c.after)
	if err == nil {
		err = replaceFile(c.path, text)
	}
	if err != nil {
		c.log.Warn("a stream's checkpoint can't be kept", slog.String("error", err.Error()))
	}
}
