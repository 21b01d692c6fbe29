package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// runs says which functions run a stage.
func runs() map[string][]string {
	return map[string][]string{
		"shared/intake": {"WebhookFunction"}, "shared/mailroom": {"MailFunction"}, "shared/delivery": {"SenderFunction"},
		"shared/upkeep": {"SweeperFunction"}, "shared/api": {"ApiFunction"}, "shared/routing": {"RouterFunction"},
		"shared/ticketing": {"TicketFunction"}, "shared/dispatch": {"DispatcherFunction"},
	}
}

// prefix is how a key of an object begins in the sources: "texts/" or "media/%s/…".
var prefix = regexp.MustCompile(`^((?:aws/)?[a-z]+)/(?:%s.*|[a-z]+/)?$`)

// mimeTypes begin like prefixes and are none.
func mimeTypes() []string {
	return []string{"application", "audio", "font", "image", "message", "model", "multipart", "text", "video"}
}

// granted are the folders of the bucket that a function's policy names.
func granted(t *testing.T, tm template, function string) []string {
	t.Helper()
	var folders []string
	policies, _ := tm.resources[function].Properties["Policies"].([]any)
	for _, p := range policies {
		statements, _ := at(p, "Statement").([]any)
		for _, s := range statements {
			for _, r := range list(at(s, "Resource")) {
				if _, path, ok := strings.Cut(r, "${Bucket.Arn}/"); ok {
					folders = append(folders, strings.TrimSuffix(path, "/*"))
				}
			}
		}
	}
	return folders
}

func TestAFunctionMayReachTheFoldersThatItsStageNames(t *testing.T) {
	tm, found := load(t), 0
	for _, s := range sources(t, "shared") {
		functions := runs()[s.pkg]
		if functions == nil {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			m := prefix.FindStringSubmatch(text)
			if err != nil || m == nil || slices.Contains(mimeTypes(), m[1]) {
				return true
			}
			found++
			for _, f := range functions {
				if !slices.Contains(granted(t, tm, f), m[1]) {
					t.Errorf("%s names %q, which the policy of %s does not", s.path, text, f)
				}
			}
			return true
		})
	}
	if found < 8 {
		t.Errorf("only %d folders were found in the sources", found)
	}
}
