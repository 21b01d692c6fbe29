package template

import (
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
)

// fault is one thing in the template that can't be run as it stands.
type fault struct {
	line     int
	resource string
	sentence string
}

func (f *fault) Error() string {
	if f.resource == "" {
		return f.sentence
	}
	return f.resource + ": " + f.sentence
}

func faultAt(line int, format string, args ...any) error {
	return &fault{line: line, sentence: fmt.Sprintf(format, args...)}
}

// faults are all that was found: a person mends a template in one go, not fault by fault.
type faults []*fault

func (fs *faults) add(line int, resource, format string, args ...any) {
	*fs = append(*fs, &fault{line: line, resource: resource, sentence: fmt.Sprintf(format, args...)})
}

func (fs *faults) addErr(resource string, err error) {
	var f *fault
	if !errors.As(err, &f) {
		f = &fault{sentence: err.Error()}
	}
	if f.resource == "" {
		f.resource = resource
	}
	*fs = append(*fs, f)
}

func (fs faults) err(file string) error {
	if len(fs) == 0 {
		return nil
	}
	sort.SliceStable(fs, func(i, j int) bool { return fs[i].line < fs[j].line })
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = fmt.Sprintf("%s:%d: %s", filepath.Base(file), f.line, f.Error())
	}
	return errors.New(strings.Join(lines, "\n"))
}
