package params

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	maxName  = 1011
	maxValue = 8 << 10 // bytes, of an advanced parameter
)

// ErrNotFound says that there is no parameter of that name.
var ErrNotFound = errors.New("there is no such parameter")

// errName and errValue refuse what SSM refuses; they are sentences.
var (
	errName  = errors.New("a parameter's name has letters, digits and . _ - / only, at most 1,011 of them")
	errValue = errors.New("a parameter's value has 1 to 8,192 bytes")
)

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.\-/]+$`)

// Put writes a parameter's file, readable by this user only, in place of an older one.
func Put(dir, name, value string) error {
	path, err := fileOf(dir, name)
	if err != nil {
		return err
	}
	if value == "" || len(value) > maxValue {
		return errValue
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("the parameters' folder can't be made: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-") // mode 0600
	if err != nil {
		return fmt.Errorf("the parameter can't be written: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.WriteString(value)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the parameter can't be written: %w", err)
	}
	return os.Rename(f.Name(), path)
}

// Get reads a parameter. It returns ErrNotFound where there is none.
func Get(dir, name string) (string, error) {
	path, err := fileOf(dir, name)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotFound
	}
	return string(b), err
}

// fileOf keeps every name inside the folder: slashes are escaped, and names of dots alone are refused.
func fileOf(dir, name string) (string, error) {
	if len(name) > maxName || !nameForm.MatchString(name) || strings.Trim(name, ".") == "" {
		return "", errName
	}
	return filepath.Join(dir, "ssm", url.PathEscape(name)), nil
}
