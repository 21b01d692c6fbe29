package desk

import (
	"testing"
	"time"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// office works Monday to Friday from nine to half past five in Amsterdam.
func office() Hours {
	h := Hours{ID: "office", Zone: "Europe/Amsterdam"}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week = append(h.Week, Shift{Day: d, From: 9 * 60, To: 17*60 + 30})
	}
	return h
}

func TestWorkingHoursFollowTheWallClockOfTheirZone(t *testing.T) {
	for moment, want := range map[string]bool{
		"2026-11-02T07:59:59Z": false, "2026-11-02T08:00:00Z": true, "2026-11-02T16:29:59Z": true, "2026-11-02T16:30:00Z": false, // winter
		"2026-07-06T06:59:59Z": false, "2026-07-06T07:00:00Z": true, "2026-07-06T15:30:00Z": false, // summer
		"2026-11-07T12:00:00Z": false, // a Saturday
	} {
		if got, _ := office().At(at(t, moment), nil); got != want {
			t.Errorf("at %s: %v, want %v", moment, got, want)
		}
	}
	if got, _ := (Hours{Zone: "Mars/Base", Week: office().Week}).At(at(t, "2026-11-02T12:00:00Z"), nil); got {
		t.Error("somebody works on Mars")
	}
}

func TestWorkingHoursKeepTheirLengthOnTheDaysWhenTheClocksChange(t *testing.T) {
	night := Hours{Zone: "Europe/Amsterdam", Week: []Shift{{Day: time.Sunday, From: 1 * 60, To: 5 * 60}}}
	for day, hours := range map[string]float64{"2026-03-29": 3, "2026-10-25": 5, "2026-11-01": 4} { // 2:00 → 3:00, 3:00 → 2:00, neither
		minutes := 0
		for m := at(t, day+"T00:00:00Z").Add(-3 * time.Hour); m.Before(at(t, day+"T12:00:00Z")); m = m.Add(time.Minute) {
			if on, _ := night.At(m, nil); on {
				minutes++
			}
		}
		if float64(minutes) != hours*60 {
			t.Errorf("on %s: %d minutes, want %v hours", day, minutes, hours)
		}
	}
	gap := Hours{Zone: "Europe/Amsterdam", Week: []Shift{{Day: time.Sunday, From: 2*60 + 10, To: 2*60 + 50}}}
	if on, _ := gap.At(at(t, "2026-03-29T01:00:00Z").Add(-time.Minute), nil); on {
		t.Error("a shift in the hour that was left out has begun before it")
	}
}

func TestAShiftOverMidnightAndOneThatTouchesItAreOneStretch(t *testing.T) {
	h := Hours{Zone: "America/New_York", Week: []Shift{
		{Day: time.Monday, From: 22 * 60, To: 6 * 60}, {Day: time.Tuesday, From: 6 * 60, To: 10 * 60}, {Day: time.Friday, From: 0, To: 24 * 60},
	}}
	on, since := h.At(at(t, "2026-11-03T14:30:00Z"), nil) // Tuesday, 9:30 in New York
	if !on || !since.Equal(at(t, "2026-11-03T03:00:00Z")) {
		t.Errorf("%v since %v", on, since)
	}
	on, since = h.At(at(t, "2026-11-07T05:00:00Z"), nil) // midnight after Friday
	if on || !since.Equal(at(t, "2026-11-07T05:00:00Z")) {
		t.Errorf("%v since %v", on, since)
	}
	if next := h.Next(at(t, "2026-11-07T05:00:00Z"), nil); !next.Equal(at(t, "2026-11-10T03:00:00Z")) {
		t.Errorf("next %v", next)
	}
	if next := (Hours{Zone: "UTC"}).Next(at(t, "2026-11-07T05:00:00Z"), nil); !next.IsZero() {
		t.Errorf("nobody works, but next is %v", next)
	}
}

func TestNobodyWorksOnDaysOffOnceOrEveryYear(t *testing.T) {
	h := office()
	h.Holidays = []string{"nl"}
	c := &Config{
		Hours:    map[string]Hours{"office": h},
		Holidays: map[string]Holidays{"nl": {Days: []string{"2026-04-27", "12-25"}}},
	}
	u := User{Hours: "office"}
	for moment, want := range map[string]bool{
		"2026-04-27T10:00:00Z": false, "2027-04-27T10:00:00Z": true, "2026-12-25T10:00:00Z": false, "2028-12-25T10:00:00Z": false, "2026-12-24T10:00:00Z": true,
	} {
		if got, _, set := c.Working(u, at(t, moment)); got != want || !set {
			t.Errorf("at %s: %v, want %v", moment, got, want)
		}
	}
}

func TestTheSwitchCountsUntilWorkingHoursNextBeginOrEndOrUntilItsTime(t *testing.T) {
	c := &Config{Hours: map[string]Hours{"office": office()}}
	office, free := User{Hours: "office"}, User{}
	early, noon, night, tomorrow := at(t, "2026-11-02T07:00:00Z"), at(t, "2026-11-02T12:00:00Z"), at(t, "2026-11-02T20:00:00Z"), at(t, "2026-11-03T10:00:00Z")
	for _, x := range []struct {
		what string
		u    User
		p    Presence
		now  time.Time
		want bool
	}{
		{"hours alone, at noon", office, Presence{}, noon, true},
		{"hours alone, at night", office, Presence{}, night, false},
		{"away since eleven", office, Presence{Switched: noon.Add(-time.Hour)}, noon, false},
		{"away since yesterday", office, Presence{Switched: noon.AddDate(0, 0, -3)}, noon, true},
		{"came early, before work", office, Presence{Available: true, Switched: early}, early.Add(time.Minute), true},
		{"away early, then work began", office, Presence{Switched: early}, noon, true},
		{"stayed, but work ended", office, Presence{Available: true, Switched: noon}, night, false},
		{"back at night by hand", office, Presence{Available: true, Switched: night}, night.Add(time.Hour), true},
		{"away until tomorrow evening", office, Presence{Switched: noon, Until: tomorrow.Add(8 * time.Hour)}, tomorrow, false},
		{"away until this morning", office, Presence{Switched: noon, Until: tomorrow.Add(-time.Hour)}, tomorrow, true},
		{"no hours, never heard of", free, Presence{}, noon, false},
		{"no hours, on", free, Presence{Available: true, Switched: early}, night, true},
		{"no hours, on until noon", free, Presence{Available: true, Until: noon}, night, false},
		{"no hours, away until noon", free, Presence{Until: noon}, night, true},
		{"no hours, away until night", free, Presence{Until: night}, noon, false},
	} {
		if got := c.Available(x.u, x.p, x.now); got != x.want {
			t.Errorf("%s: %v, want %v", x.what, got, x.want)
		}
	}
}
