package house

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// TestTheDashboardShowsEveryFunctionAndQueue reads the dashboard as CloudWatch will, and looks up every name in it.
func TestTheDashboardShowsEveryFunctionAndQueue(t *testing.T) {
	tm := load(t)
	body, _ := tm.resources["Dashboard"].Properties["DashboardBody"].(string)
	body = strings.TrimPrefix(body, "!Sub ")
	var board struct {
		Widgets []struct {
			Type       string
			Properties struct{ Metrics [][]any }
		}
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil || len(board.Widgets) < 5 {
		t.Fatal(err, len(board.Widgets))
	}
	for _, w := range board.Widgets {
		if w.Type == "metric" && len(w.Properties.Metrics) == 0 {
			t.Errorf("a widget shows nothing: %+v", w)
		}
	}
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([A-Za-z]+)(\.QueueName)?\}`).FindAllStringSubmatch(body, -1) {
		shown[m[1]] = true
		if _, there := tm.resources[m[1]]; !there {
			t.Errorf("it shows %s, which is not in the template", m[1])
		}
	}
	for _, r := range append(tm.functions(), tm.of("AWS::SQS::Queue")...) {
		if !shown[r.ID] {
			t.Errorf("%s is not on it", r.ID)
		}
	}
}
