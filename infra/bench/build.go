package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const helloName = "hello"

// flags are those that the Makefile builds every function with.
func flags() []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc"}
}

// functions are the names of all functions, in order.
func functions() ([]string, error) {
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil || len(mains) == 0 {
		return nil, errors.Join(errors.New("there are no functions here"), err)
	}
	var out []string
	for _, m := range mains {
		out = append(out, filepath.Base(filepath.Dir(m)))
	}
	return out, nil
}

// binaries builds every function and the hello world that they are measured against, once, and gives their paths.
func (b *bench) binaries() (map[string]string, error) {
	if b.built != nil {
		return b.built, nil
	}
	names, err := functions()
	if err != nil {
		return nil, err
	}
	packages := []string{"./infra/house/testdata/" + helloName}
	for _, n := range names {
		packages = append(packages, "./functions/"+n)
	}
	dir := filepath.Join(b.dir, "functions")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := b.goBuild(slices.Concat(flags(), []string{"-o", dir + "/"}, packages)...); err != nil {
		return nil, err
	}
	built := map[string]string{}
	for _, n := range append(names, helloName) {
		built[n] = filepath.Join(dir, n)
	}
	b.built = built
	return built, nil
}

func (b *bench) goBuild(args ...string) error {
	cmd := exec.CommandContext(b.ctx, "go", append([]string{"build"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w: %s", err, out)
	}
	return nil
}

// zips compares the functions' sizes, as they are uploaded.
func (b *bench) zips() error {
	built, err := b.binaries()
	if err != nil {
		return err
	}
	hello, err := zipped(built[helloName])
	if err != nil {
		return err
	}
	names, err := functions()
	if err != nil {
		return err
	}
	for _, n := range names {
		size, err := zipped(built[n])
		if err != nil {
			return err
		}
		b.add(limited("zip."+n, float64(size)/float64(hello), "× hello", fmt.Sprintf("%d KB; hello %d KB", size/1000, hello/1000)))
	}
	return nil
}

// zipped is the size of a binary in a zip, in bytes.
func zipped(path string) (int64, error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close() //nolint:errcheck // only read
	var size counter
	z := zip.NewWriter(&size)
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = io.Copy(w, in)
	}
	if err == nil {
		err = z.Close()
	}
	return int64(size), err
}

// counter counts what is written to it.
type counter int64

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
