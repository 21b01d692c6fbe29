package house

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// budgets are how large a function's zip may be, as a multiple of a hello world's built with the same flags.
func budgets() map[string]float64 {
	return map[string]float64{
		"webhook": 1.5, "router": 1.6, "ticket": 1.6, "dispatcher": 1.6, "sweeper": 1.6, "mail": 1.9, "sender": 1.9, "api": 2.2,
	}
}

// flags are the Makefile's.
func flags(t *testing.T) []string {
	t.Helper()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc"}
	if !strings.Contains(string(makefile), `FLAGS := -trimpath -buildvcs=false -ldflags="-s -w" -tags lambda.norpc`+"\n") {
		t.Fatal("the Makefile builds with other flags than this test")
	}
	return want
}

func build(t *testing.T, dir string, packages ...string) {
	t.Helper()
	args := slices.Concat([]string{"build", "-o", dir + "/"}, flags(t), packages)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

// zipped is the size of a binary in a zip.
func zipped(t *testing.T, path string) float64 {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // only read
	size := counter(0)
	z := zip.NewWriter(&size)
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = io.Copy(w, in)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return float64(size)
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func TestEveryFunctionsZipIsWithinItsBudget(t *testing.T) {
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		t.Fatal(mains, err)
	}
	dir := t.TempDir()
	packages := []string{"./infra/house/testdata/hello"}
	for _, m := range mains {
		packages = append(packages, "./functions/"+filepath.Base(filepath.Dir(m)))
	}
	build(t, dir, packages...)
	hello := zipped(t, filepath.Join(dir, "hello"))
	t.Logf("hello: %.0f KB", hello/1000)
	for _, p := range packages[1:] {
		name := filepath.Base(p)
		budget, ok := budgets()[name]
		if !ok {
			t.Errorf("%s has no budget: docs/performance.md, infra/house/size_test.go", name)
			continue
		}
		ratio := zipped(t, filepath.Join(dir, name)) / hello
		t.Logf("%s: %.2f × hello, budget %.1f", name, ratio, budget)
		if ratio > budget {
			t.Errorf("%s is %.2f × hello; %.1f at most", name, ratio, budget)
		}
	}
}
