package house

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// Limits of the house: what a reader can take in at once.
const (
	mostLinesOfAFile     = 400
	mostLinesOfAFunction = 100
	mostLinesOfAMain     = 40
)

func TestNothingIsTooLongToTakeIn(t *testing.T) {
	functions, long := 0, []string{}
	for _, s := range sources(t, "shared", "functions", "infra") {
		if s.lines > mostLinesOfAFile {
			t.Errorf("%s has %d lines; %d at most", s.path, s.lines, mostLinesOfAFile)
		}
		if strings.HasPrefix(s.path, "functions/") && strings.HasSuffix(s.path, "/main.go") && s.lines > mostLinesOfAMain+15 {
			t.Errorf("%s has %d lines: a main is a recipe", s.path, s.lines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			functions++
			lines := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1
			if lines > mostLinesOfAFunction {
				t.Errorf("%s: %s has %d lines; %d at most", s.path, f.Name.Name, lines, mostLinesOfAFunction)
			} else if lines > 60 {
				long = append(long, s.path+": "+f.Name.Name)
			}
		}
	}
	if len(long)*50 > functions {
		t.Errorf("over 2 %% of the functions are over 60 lines: %v", long)
	}
}

func TestEveryPackageOpensWithASentence(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t, "shared", "functions", "infra") {
		said[s.pkg] = said[s.pkg] || (s.file.Doc != nil && strings.TrimSpace(s.file.Doc.Text()) != "")
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("%s has no package sentence", pkg)
		}
		if name := pkg[strings.LastIndexByte(pkg, '/')+1:]; slices.Contains([]string{"utils", "util", "common", "helpers", "types", "misc"}, name) {
			t.Errorf("%s: a name that says nothing", pkg)
		}
	}
}

func TestNothingRunsByItselfPanicsOrReadsTheEnvironment(t *testing.T) {
	for _, s := range sources(t, "shared", "functions") {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s has an init()", s.path)
				}
			case *ast.CallExpr:
				if called, ok := n.Fun.(*ast.Ident); ok && called.Name == "panic" {
					t.Errorf("%s panics", s.path)
				}
			case *ast.SelectorExpr:
				of, ok := n.X.(*ast.Ident)
				reads := ok && of.Name == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, n.Sel.Name)
				if reads && s.pkg != "shared/config" && !strings.HasSuffix(s.pkg, "test") {
					t.Errorf("%s reads the environment; only shared/config does", s.path)
				}
			}
			return true
		})
	}
}
