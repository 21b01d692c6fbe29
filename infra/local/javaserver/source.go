package javaserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// project finds the project's root: the nearest folder upwards that has the servers' pom.xml.
func project() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(pomOf(dir)); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("infra/local/pom.xml was not found here or in any folder above; run this inside the project's folder")
		}
		dir = parent
	}
}

func pomOf(root string) string { return filepath.Join(root, "infra", "local", "pom.xml") }

// launcherFiles lists our own Java sources and the servers' configuration.
func launcherFiles(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "infra", "local", "java", "*"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: %w", filepath.Join(root, "infra", "local", "java"), fs.ErrNotExist)
	}
	sort.Strings(files)
	return files, err
}

// runnerDir is the runner's folder, absolute: dir, or .local in the project's root.
func runnerDir(dir string) (string, error) {
	if dir != "" {
		return filepath.Abs(dir)
	}
	root, err := project()
	return filepath.Join(root, ".local"), err
}

// sourceHash changes when the pom or one of our Java files does; what was fetched for another hash is fetched again.
func sourceHash(root string) (string, error) {
	files, err := launcherFiles(root)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, f := range append([]string{pomOf(root)}, files...) {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n", filepath.Base(f), len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
