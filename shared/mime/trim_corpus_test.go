package mime

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpusFile reads a file of the sample mails, which lie beside the project and not in it.
func corpusFile(t testing.TB, path ...string) []byte {
	t.Helper()
	name := filepath.Join(append([]string{"..", "..", "..", "shared", "corpus"}, path...)...)
	b, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		t.Skipf("the sample mails are not beside the project: no %s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func corpusJSON(t testing.TB, into any, path ...string) {
	t.Helper()
	if err := json.Unmarshal(corpusFile(t, path...), into); err != nil {
		t.Fatalf("%v: %v", path, err)
	}
}

// scoreReplies counts the sample replies whose visible text is as expected, blanks at both ends aside, and names the others.
func scoreReplies(t testing.TB) (good, all int, others []string) {
	var expected map[string]struct{ Visible string }
	corpusJSON(t, &expected, "replies", "expected.json")
	for name, e := range expected {
		all++
		got := VisibleText(string(corpusFile(t, "replies", "test", "fixtures", name)), "")
		if strings.TrimSpace(got) == strings.TrimSpace(e.Visible) {
			good++
		} else {
			others = append(others, name)
		}
	}
	return good, all, others
}

func TestSampleRepliesShowWhatTheirSendersWrote(t *testing.T) {
	good, all, others := scoreReplies(t)
	t.Logf("replies: %d of %d; not as expected: %v", good, all, others)
	if all != 90 || good < 86 {
		t.Errorf("%d of %d, want at least 86 of 90", good, all)
	}
}

func BenchmarkVisibleText(b *testing.B) {
	var text strings.Builder
	for text.Len() < 50<<10 {
		text.Write(corpusFile(b, "replies", "test", "fixtures", "email_5.txt"))
		text.Write(corpusFile(b, "replies", "test", "fixtures", "email_2.txt"))
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		VisibleText(text.String(), "")
	}
}
