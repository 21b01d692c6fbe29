package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/lambdaio"
)

func TestTheFailuresAlarmWatchesTheMetricThatIsWritten(t *testing.T) {
	alarm := load(t).resources["FailuresAlarm"].Properties
	if alarm["MetricName"] != lambdaio.MetricFailures || alarm["Namespace"] != "Loket" || alarm["Dimensions"] != nil {
		t.Errorf("%v", alarm)
	}
}

func TestEveryAlarmNamesItsPageOfTheRunbook(t *testing.T) {
	contents, err := os.ReadFile(filepath.Join(root, "docs", "runbook", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`Runbook: (docs/runbook/[a-z-]+\.md)$`)
	for _, a := range load(t).of("AWS::CloudWatch::Alarm") {
		description, _ := a.Properties["AlarmDescription"].(string)
		named := page.FindStringSubmatch(description)
		if named == nil {
			t.Errorf("%s names no page: %q", a.ID, description)
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, named[1]))
		if err != nil {
			t.Errorf("%s: %v", a.ID, err)
			continue
		}
		for _, part := range []string{"**Means.**", "**Customers notice**", "**Do.**"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s does not say %s", named[1], part)
			}
		}
		if !strings.Contains(string(contents), a.ID) {
			t.Errorf("the runbook's contents leave out %s", a.ID)
		}
	}
}
