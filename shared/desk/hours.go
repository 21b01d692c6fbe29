package desk

import (
	"slices"
	"time"
)

// Hours are a person's weekly working hours on the clock of a time zone, but for the days of their holiday calendars.
type Hours struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Zone     string   `json:"zone"` // IANA name, such as Europe/Amsterdam
	Week     []Shift  `json:"week"`
	Holidays []string `json:"holidays,omitempty"` // ids of calendars
	Version  int64    `json:"v,omitempty"`
}

// Shift is one stretch of work, in minutes since midnight on the wall clock. One that doesn't end after it begins ends on
// the next day; 24:00 is 1440.
type Shift struct {
	Day  time.Weekday `json:"d"` // on which it begins
	From int          `json:"f"`
	To   int          `json:"t"`
}

// Holidays is a calendar of days on which nobody works: "2026-12-24", or "12-25" for every year.
type Holidays struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Days    []string `json:"days"`
	Version int64    `json:"v,omitempty"`
}

// span is a stretch of working time.
type span struct{ from, to time.Time }

// around is how many days before and after a moment are looked at: a week, and the shifts that reach over its ends.
const around = 9

// At says whether a moment lies in the working hours, and since when it has been so: the last beginning or end before it,
// zero when there is none within a week. off tells the dates, as 2006-01-02, that are days off; a shift that begins on
// one is left out whole. Days when the clocks change are as long as they are.
func (h Hours) At(now time.Time, off func(date string) bool) (working bool, since time.Time) {
	for _, s := range h.spans(now, off) {
		if s.from.After(now) {
			break
		}
		if now.Before(s.to) {
			return true, s.from
		}
		since = s.to
	}
	return false, since
}

// Next is when working hours begin after a moment; zero when they don't within a week.
func (h Hours) Next(now time.Time, off func(date string) bool) time.Time {
	for _, s := range h.spans(now, off) {
		if s.from.After(now) {
			return s.from
		}
	}
	return time.Time{}
}

// spans is the working time around a moment, in order; stretches that touch are one. An unknown zone has none.
func (h Hours) spans(now time.Time, off func(date string) bool) []span {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil || h.Zone == "" {
		return nil
	}
	year, month, today := now.In(zone).Date()
	var all []span
	for d := today - around; d <= today+around; d++ {
		day := time.Date(year, month, d, 12, 0, 0, 0, zone) // noon: every day has one
		if off != nil && off(day.Format(time.DateOnly)) {
			continue
		}
		for _, s := range h.Week {
			if s.Day != day.Weekday() {
				continue
			}
			end := s.To
			if end <= s.From {
				end += 24 * 60
			}
			all = append(all, span{time.Date(year, month, d, 0, s.From, 0, 0, zone), time.Date(year, month, d, 0, end, 0, 0, zone)})
		}
	}
	return merged(all)
}

func merged(all []span) []span {
	slices.SortFunc(all, func(a, b span) int { return a.from.Compare(b.from) })
	var out []span
	for _, s := range all {
		if !s.from.Before(s.to) { // it lies in an hour that the clocks left out
			continue
		}
		if n := len(out); n > 0 && !s.from.After(out[n-1].to) {
			if s.to.After(out[n-1].to) {
				out[n-1].to = s.to
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// dayOff tells the days off of working hours.
func (c *Config) dayOff(h Hours) func(string) bool {
	return func(date string) bool {
		for _, id := range h.Holidays {
			days := c.Holidays[id].Days
			if slices.Contains(days, date) || slices.Contains(days, date[len("2006-"):]) {
				return true
			}
		}
		return false
	}
}

// Working says whether a person's working hours run at a moment and since when it has been so. set is false for somebody
// who has none.
func (c *Config) Working(u User, now time.Time) (working bool, since time.Time, set bool) {
	h, set := c.Hours[u.Hours]
	if !set {
		return false, time.Time{}, false
	}
	working, since = h.At(now, c.dayOff(h))
	return working, since, true
}

// NextShift is when a person's working hours next begin; zero when they have none, or none within a week.
func (c *Config) NextShift(u User, now time.Time) time.Time {
	h, set := c.Hours[u.Hours]
	if !set {
		return time.Time{}
	}
	return h.Next(now, c.dayOff(h))
}

// Available reports whether a person takes new work at a moment. A switch that was turned until a time counts until
// then, and falls back after it. Otherwise working hours decide, where the person has any, and the switch counts until
// they next begin or end.
func (c *Config) Available(u User, p Presence, now time.Time) bool {
	if !p.Until.IsZero() && now.Before(p.Until) {
		return p.Available
	}
	working, since, set := c.Working(u, now)
	if !set {
		return p.Available == p.Until.IsZero() // after its time the switch stands the other way round
	}
	if p.Until.IsZero() && p.Switched.After(since) {
		return p.Available
	}
	return working
}
