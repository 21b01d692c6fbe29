package house

import (
	"slices"
	"strings"
	"testing"
)

// rule says what a package may import of ours (paths below shared/, a trailing * for everything below) and of others.
type rule struct {
	ours   []string
	others []string // beginnings of import paths
}

const (
	sdk    = "github.com/aws/aws-sdk-go-v2"
	smithy = "github.com/aws/smithy-go"
	lambda = "github.com/aws/aws-lambda-go"
)

// ruleOf is the architecture's table of imports.
func ruleOf(pkg string) (rule, bool) {
	name, shared := strings.CutPrefix(pkg, "shared/")
	top, below, _ := strings.Cut(name, "/")
	switch {
	case strings.HasPrefix(pkg, "functions/"):
		return rule{ours: []string{"*"}}, true
	case !shared:
		return rule{}, false
	}
	switch top {
	case "desk", "config":
		return rule{}, true
	case "mime":
		return rule{others: []string{"golang.org/x/text", "golang.org/x/net/html"}}, true
	case "intake", "mailroom", "routing", "ticketing", "delivery", "dispatch", "upkeep":
		return rule{ours: []string{"desk", "channel", "mime"}, others: []string{"github.com/oklog/ulid"}}, true
	case "api":
		return rule{ours: []string{"desk", "channel", "mime"}, others: []string{
			"github.com/danielgtaylor/huma", "github.com/golang-jwt/jwt", "github.com/microcosm-cc/bluemonday", "github.com/oklog/ulid",
			"golang.org/x/net/html",
		}}, true
	case "channel":
		return channelRule(below), true
	case "table":
		if below != "" {
			return rule{ours: []string{"desk", "table"}, others: []string{sdk, smithy}}, true
		}
		return rule{ours: []string{"desk"}, others: []string{sdk, smithy, "github.com/oklog/ulid"}}, true
	case "lambdaio":
		return rule{others: []string{lambda}}, true
	case "aws":
		return rule{ours: []string{"desk", "config", "aws"}, others: []string{sdk, smithy}}, true
	case "egress":
		return rule{ours: []string{"desk"}}, true
	}
	return rule{}, false
}

func channelRule(below string) rule {
	switch below {
	case "", "signature":
		return rule{ours: []string{"desk"}}
	case "all":
		return rule{ours: []string{"desk", "channel", "channel/*"}}
	case "email":
		return rule{ours: []string{"desk", "channel", "channel/signature", "mime"}}
	default:
		return rule{ours: []string{"desk", "channel", "channel/signature"}}
	}
}

// may reports whether the rule allows an import of the package that it is for.
func (r rule) may(pkg, name string) bool {
	if ours, ok := strings.CutPrefix(name, module); ok {
		ours, shared := strings.CutPrefix(ours, "shared/")
		if !shared || ours == strings.TrimPrefix(pkg, "shared/") {
			return false
		}
		return slices.ContainsFunc(r.ours, func(allowed string) bool {
			below, all := strings.CutSuffix(allowed, "*")
			return ours == allowed || (all && strings.HasPrefix(ours, below))
		})
	}
	return !outside(name) || slices.ContainsFunc(r.others, func(allowed string) bool {
		return name == allowed || strings.HasPrefix(name, allowed+"/")
	})
}

func TestEveryPackageImportsOnlyWhatItsPlaceAllows(t *testing.T) {
	for _, s := range sources(t, "shared", "functions") {
		r, known := ruleOf(s.pkg)
		if !known {
			t.Errorf("%s has no place in the table of imports: docs/architecture.md, infra/house/imports_test.go", s.pkg)
			continue
		}
		for _, name := range s.imports {
			if !r.may(s.pkg, name) {
				t.Errorf("%s must not import %s", s.path, name)
			}
		}
	}
}

func TestTheRulesRefuseWhatTheyAreFor(t *testing.T) {
	for _, c := range []struct{ pkg, name string }{
		{"shared/routing", module + "shared/table"},
		{"shared/routing", module + "shared/delivery"},
		{"shared/routing", sdk + "/service/dynamodb"},
		{"shared/api", lambda + "/events"},
		{"shared/desk", "github.com/oklog/ulid/v2"},
		{"shared/lambdaio", module + "shared/desk"},
		{"shared/channel/telegram", module + "shared/channel/slack"},
		{"shared/channel/telegram", module + "shared/mime"},
		{"shared/table", module + "shared/channel"},
		{"functions/router", module + "functions/webhook"},
		{"functions/router", module + "infra/local"},
		{"functions/router", lambda + "/lambda"},
	} {
		r, known := ruleOf(c.pkg)
		if !known || r.may(c.pkg, c.name) {
			t.Errorf("%s may import %s", c.pkg, c.name)
		}
	}
	for _, c := range []struct{ pkg, name string }{
		{"shared/channel/email", module + "shared/mime"},
		{"shared/channel/all", module + "shared/channel/telegram"},
		{"functions/router", module + "shared/routing"},
		{"shared/mime", "golang.org/x/text/encoding"},
		{"shared/desk", "crypto/sha256"},
	} {
		if r, _ := ruleOf(c.pkg); !r.may(c.pkg, c.name) {
			t.Errorf("%s may not import %s", c.pkg, c.name)
		}
	}
}

func TestNoChainOfOurImportsIsLong(t *testing.T) {
	imports := map[string][]string{}
	for _, s := range sources(t, "shared", "functions") {
		for _, name := range s.imports {
			if ours, ok := strings.CutPrefix(name, module); ok {
				imports[s.pkg] = append(imports[s.pkg], ours)
			}
		}
	}
	var depth func(pkg string) int
	depth = func(pkg string) int {
		deepest := 0
		for _, next := range imports[pkg] {
			deepest = max(deepest, 1+depth(next))
		}
		return deepest
	}
	for pkg := range imports {
		if d := depth(pkg); d > 4 {
			t.Errorf("%s stands on a chain of %d imports of ours; 4 at most", pkg, d)
		}
	}
}
