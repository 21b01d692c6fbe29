package house

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestNoFunctionNeedsWhatMayBeLeftOut: a parameter without a value must not keep a function from starting.
func TestNoFunctionNeedsWhatMayBeLeftOut(t *testing.T) {
	tm := load(t)
	variables, _ := at(tm.globals, "Environment", "Variables").(map[string]any)
	var empty []string
	for name, value := range variables {
		parameter, isParameter := strings.CutPrefix(fmt.Sprint(value), "!Ref ")
		if fmt.Sprint(value) == "" || (isParameter && tm.optional[parameter]) {
			empty = append(empty, name)
		}
	}
	if !slices.Contains(empty, "MAIL_DOMAIN") || slices.Contains(empty, "TABLE") {
		t.Fatalf("the optional variables are not found: %v", empty)
	}
	for _, s := range sources(t, "functions") {
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !selects(call.Fun, "config", "Read") {
				return true
			}
			for _, arg := range call.Args {
				if name, ok := arg.(*ast.SelectorExpr); ok && slices.Contains(empty, constant(name.Sel.Name)) {
					t.Errorf("%s does not start without %s, which may be left out", s.path, constant(name.Sel.Name))
				}
			}
			return true
		})
	}
}

func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := s.X.(*ast.Ident)
	return ok && of.Name == pkg && s.Sel.Name == name
}

// constant is the variable's name that a constant of config stands for: MailDomain is MAIL_DOMAIN.
func constant(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && (name[i-1] >= 'a' && name[i-1] <= 'z') {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// optionals are the parameters whose default is empty.
func optionals(n yaml.Node) (map[string]bool, error) {
	var parameters map[string]struct {
		Default *string `yaml:"Default"`
	}
	if err := n.Decode(&parameters); err != nil {
		return nil, err
	}
	empty := map[string]bool{}
	for name, p := range parameters {
		empty[name] = p.Default != nil && *p.Default == ""
	}
	return empty, nil
}
