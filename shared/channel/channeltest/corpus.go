package channeltest

import (
	"os"
	"path/filepath"
	"testing"
)

// Corpus is the path of a file or folder in the corpus of real samples that lies beside the project. The test is
// skipped, with a sentence that says so, where the corpus is absent.
func Corpus(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(root(t), "..", "shared", "corpus", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the corpus of real samples is not beside the project (no %s): its cases are left out", name)
	}
	return path
}

// root is the project's folder: the nearest one above with a go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = up
	}
}
