package javaserver

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stamp is written last into the folder of fetched files: what it was fetched for, and each file's size.
type stamp struct {
	Hash  string           `json:"hash"`
	Files map[string]int64 `json:"files"`
}

const stampName = "stamp.json"

// errAbsent says that nothing was ever fetched there, or for other sources: no fault, only work to do.
var errAbsent = errors.New("not fetched yet")

// check compares a folder with its stamp. It returns errAbsent, or a sentence about the damage.
func check(home, hash string) error {
	b, err := os.ReadFile(filepath.Join(home, stampName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(home); err == nil {
			return errors.New("an earlier fetch did not finish")
		}
		return errAbsent
	}
	if err != nil {
		return err
	}
	var s stamp
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%s is damaged", stampName)
	}
	if s.Hash != hash {
		return errAbsent
	}
	for name, size := range s.Files {
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil {
			return fmt.Errorf("%s is missing", name)
		}
		if info.Size() != size {
			return fmt.Errorf("%s has %d bytes instead of %d", name, info.Size(), size)
		}
	}
	return nil
}

// seal checks that every jar can be read as one, and writes the stamp.
func seal(home, hash string) error {
	s := stamp{Hash: hash, Files: map[string]int64{}}
	err := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(home, path)
		if err != nil {
			return err
		}
		s.Files[name] = info.Size()
		return readableJar(path)
	})
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, stampName), b, 0o644)
}

func readableJar(path string) error {
	if !strings.HasSuffix(path, ".jar") {
		return nil
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("%s came damaged from Maven's own store (%v); delete its folder there (~/.m2/repository, unless Maven is set up otherwise) and run this again", filepath.Base(path), err)
	}
	return z.Close()
}
