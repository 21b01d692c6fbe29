package source

import (
	"strings"
	"testing"
	"time"
)

func TestASchedulesNextTime(t *testing.T) {
	for _, c := range []struct{ expression, zone, after, next string }{
		{"rate(1 minute)", "", "2026-03-01T10:00:30Z", "2026-03-01T10:01:30Z"},
		{"rate(5 minutes)", "", "2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z"},
		{"rate(2 hours)", "", "2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z"},
		{"rate(1 day)", "", "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"},
		{"cron(*/15 * * * ? *)", "", "2026-03-01T10:14:59Z", "2026-03-01T10:15:00Z"},
		{"cron(*/15 * * * ? *)", "", "2026-03-01T10:45:00Z", "2026-03-01T11:00:00Z"},
		{"cron(0 3 * * ? *)", "", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"},
		{"cron(30 4 1 * ? *)", "", "2026-03-02T00:00:00Z", "2026-04-01T04:30:00Z"},
		{"cron(0 8 ? * MON-FRI *)", "", "2026-03-06T09:00:00Z", "2026-03-09T08:00:00Z"}, // Friday → Monday
		{"cron(0 8 ? * 1,7 *)", "", "2026-03-06T09:00:00Z", "2026-03-07T08:00:00Z"},     // Saturday
		{"cron(0 0 29 FEB ? *)", "", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"cron(5/20 10 * * ? *)", "", "2026-03-01T10:06:00Z", "2026-03-01T10:25:00Z"},
		{"cron(0 0 1 1 ? 2030)", "", "2026-03-01T10:06:00Z", "2030-01-01T00:00:00Z"},
		{"cron(0 9 * * ? *)", "Europe/Amsterdam", "2026-07-01T06:00:00Z", "2026-07-01T07:00:00Z"},
		{"cron(0 9 * * ? *)", "Europe/Amsterdam", "2026-12-01T06:00:00Z", "2026-12-01T08:00:00Z"},
		{"cron(10 * * * ? *)", "Asia/Kolkata", "2026-12-01T06:00:00Z", "2026-12-01T06:40:00Z"},
	} {
		s, err := ParseSchedule(c.expression, c.zone)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		after, _ := time.Parse(time.RFC3339, c.after)
		got, ok := s.Next(after)
		if want, _ := time.Parse(time.RFC3339, c.next); !ok || !got.Equal(want) {
			t.Errorf("%s after %s: %s, want %s", c.expression, c.after, got.UTC().Format(time.RFC3339), c.next)
		}
	}
}

func TestAScheduleInThePastNeverComes(t *testing.T) {
	s, err := ParseSchedule("cron(0 0 1 1 ? 2020)", "")
	if err != nil {
		t.Fatal(err)
	}
	if next, ok := s.Next(time.Now()); ok {
		t.Errorf("it comes at %s", next)
	}
}

func TestAScheduleThatIsNotUnderstoodIsRefused(t *testing.T) {
	for expression, want := range map[string]string{
		"":                        "is neither",
		"every minute":            "is neither",
		"rate(1 minute":           "is neither",
		"at(2026-01-01T00:00:00)": "is neither",
		"rate(0 minutes)":         "whole number",
		"rate(1 minutes)":         "whole number",
		"rate(5 minute)":          "whole number",
		"rate(2 weeks)":           "whole number",
		"cron(* * * * *)":         "is neither",
		"cron(* * * * * *)":       "needs ? for exactly one",
		"cron(0 0 ? * ? *)":       "needs ? for exactly one",
		"cron(60 * * * ? *)":      "takes 0 to 59",
		"cron(5-2 * * * ? *)":     "takes 0 to 59",
		"cron(*/0 * * * ? *)":     "can't step",
		"cron(0 0 L * ? *)":       `does not understand "L"`,
		"cron(0 0 ? * 6#3 *)":     `does not understand "6#3"`,
		"cron(0 0 1-x * ? *)":     `does not understand "x"`,
	} {
		if _, err := ParseSchedule(expression, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got the error %v, want %q", expression, err, want)
		}
	}
	if _, err := ParseSchedule("rate(1 day)", "Mars/Olympus"); err == nil {
		t.Error("an unknown time zone was taken")
	}
}
