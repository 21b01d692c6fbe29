package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryThreatNamesATestThatExists reads the page of threats: each row has a control and a test, by its name.
func TestEveryThreatNamesATestThatExists(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	written := tests(t)
	threats, named := 0, regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat |") || len(cells) != 3 {
			continue
		}
		threats++
		found := named.FindAllStringSubmatch(cells[2], -1)
		if len(found) == 0 {
			t.Errorf("no test: %s", cells[0])
		}
		for _, m := range found {
			if !written[m[1]] {
				t.Errorf("there is no %s, against %s", m[1], strings.TrimSpace(cells[0]))
			}
		}
	}
	if threats < 20 {
		t.Errorf("only %d threats were read", threats)
	}
}

// tests are the names of all tests of the project.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	found, name := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(t \*testing\.T\)`)
	for _, folder := range []string{"shared", "infra", "functions"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range name.FindAllSubmatch(text, -1) {
				found[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
