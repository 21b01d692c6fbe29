package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// module is how our own imports begin.
const module = "github.com/loket-desk/loket/"

const root = "../.."

// source is one Go file that is not a test, by its path from the root.
type source struct {
	path    string
	pkg     string // its folder
	file    *ast.File
	set     *token.FileSet
	lines   int
	imports []string
}

// sources reads every Go file of the product below the folders named. Folders called testdata are left out.
func sources(t *testing.T, folders ...string) []source {
	t.Helper()
	var all []source
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				all = append(all, read(t, path))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatal("no sources were found")
	}
	return all
}

func read(t *testing.T, path string) source {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := source{set: token.NewFileSet(), lines: strings.Count(string(text), "\n")}
	if s.file, err = parser.ParseFile(s.set, path, text, parser.ParseComments); err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	s.path = filepath.ToSlash(rel)
	s.pkg = s.path[:strings.LastIndexByte(s.path, '/')]
	for _, i := range s.file.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		s.imports = append(s.imports, name)
	}
	return s
}

// outside reports whether an import is neither ours nor the standard library's.
func outside(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".") && !strings.HasPrefix(name, module)
}
