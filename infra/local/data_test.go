package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run with -data has servers of its own: data on others' servers is not its to keep.
func TestDataOutlivesARunThatIsToldToKeepIt(t *testing.T) {
	var own []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "AWS_ENDPOINT_URL_") {
			own = append(own, kv)
		}
	}
	dir := t.TempDir()
	args := []string{"-data", filepath.Join(dir, "data")}
	first := startStackIn(t, dir, own, args...)
	first.put(t, "WATCH#kept", "HEAD", "kept-change")
	waitFor(t, "the change", func() bool { return len(first.holding(t, "changes", "kept-change")) == 1 })
	first.send(t, "OrderedQueueDeadLetters", "g", "kept-message")
	key, err := os.ReadFile(filepath.Join(dir, "ssm", "%2Floket%2Fmaster-key"))
	if err != nil {
		t.Fatal(err)
	}
	first.close()

	second := startStackIn(t, dir, own, args...)
	if got := second.received(t, "OrderedQueueDeadLetters"); got != "kept-message" {
		t.Errorf("the queue holds %q", got)
	}
	if again, err := os.ReadFile(filepath.Join(dir, "ssm", "%2Floket%2Fmaster-key")); err != nil || string(again) != string(key) {
		t.Errorf("the master key was made anew: %v", err)
	}
	second.put(t, "WATCH#kept", "HEAD", "later-change")
	waitFor(t, "the later change", func() bool { return len(second.holding(t, "changes", "later-change")) == 1 })
	if n := len(second.holding(t, "changes", "kept-change")); n != 1 {
		t.Errorf("the first change was handed over %d times", n)
	}
}
