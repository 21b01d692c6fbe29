package source

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule is a parsed rate(…) or cron(…) expression.
type Schedule struct {
	every time.Duration // of a rate; 0 for a cron
	cron  [6]set        // minute, hour, day, month, weekday (1 is Sunday), year
	zone  *time.Location
}

// set holds a cron field's values; nil holds all.
type set map[int]bool

func (s set) has(n int) bool { return s == nil || s[n] }

// ParseSchedule reads an expression as EventBridge has it. Zone names its time zone; "" is UTC.
func ParseSchedule(expression, zone string) (Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("the time zone %q is not known", zone)
	}
	kind, rest, _ := strings.Cut(expression, "(")
	fields := strings.Fields(strings.TrimSuffix(rest, ")"))
	if !strings.HasSuffix(rest, ")") {
		kind = ""
	}
	switch {
	case kind == "rate" && len(fields) == 2:
		s, err := parseRate(fields)
		s.zone = location
		return s, err
	case kind == "cron" && len(fields) == 6:
		return parseCron(fields, location)
	}
	return Schedule{}, fmt.Errorf("the schedule %q is neither rate(value unit) nor cron(minute hour day month weekday year)", expression)
}

func parseRate(fields []string) (Schedule, error) {
	n, err := strconv.Atoi(fields[0])
	unit, ok := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(fields[1], "s")]
	if err != nil || n < 1 || !ok || (n == 1) == strings.HasSuffix(fields[1], "s") {
		return Schedule{}, fmt.Errorf("rate takes a whole number and minute(s), hour(s) or day(s), not %s", strings.Join(fields, " "))
	}
	return Schedule{every: time.Duration(n) * unit}, nil
}

func parseCron(fields []string, zone *time.Location) (Schedule, error) {
	s := Schedule{zone: zone}
	if (fields[2] == "?") == (fields[4] == "?") {
		return s, fmt.Errorf("cron needs ? for exactly one of day and weekday")
	}
	ranges := [6][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {1, 7}, {1970, 2199}}
	names := [6][]string{3: {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}, 4: {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
	for i, f := range fields {
		values, err := parseField(f, ranges[i][0], ranges[i][1], names[i])
		if err != nil {
			return s, err
		}
		s.cron[i] = values
	}
	return s, nil
}

// parseField reads "*", "?", "5", "1-5", "*/15", "MON-FRI" and lists of them.
func parseField(field string, low, high int, names []string) (set, error) {
	if field == "*" || field == "?" {
		return nil, nil
	}
	out := set{}
	for _, part := range strings.Split(field, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, ranged := strings.Cut(span, "-")
		first, last, step := low, high, 1
		var err error
		if span != "*" {
			if first, err = cronValue(from, names); err != nil {
				return nil, err
			}
			if !stepped {
				last = first
			}
		}
		if ranged {
			if last, err = cronValue(to, names); err != nil {
				return nil, err
			}
		}
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("cron can't step by %q", stepText)
			}
		}
		if first < low || last > high || first > last {
			return nil, fmt.Errorf("cron takes %d to %d where it has %q", low, high, part)
		}
		for n := first; n <= last; n += step {
			out[n] = true
		}
	}
	return out, nil
}

func cronValue(text string, names []string) (int, error) {
	for i, name := range names {
		if strings.EqualFold(text, name) {
			return i + 1, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("the local runner does not understand %q in a cron", text)
	}
	return n, nil
}

// Next is the first due time after a moment; ok is false where there is none.
func (s Schedule) Next(after time.Time) (next time.Time, ok bool) {
	if s.every > 0 {
		return after.Add(s.every), true
	}
	t := after.In(s.zone).Truncate(time.Minute).Add(time.Minute)
	for limit := t.AddDate(10, 0, 0); t.Before(limit); {
		switch {
		case !s.day(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, s.zone)
		case !s.cron[1].has(t.Hour()):
			t = t.Truncate(time.Minute).Add(time.Duration(60-t.Minute()) * time.Minute)
		case !s.cron[0].has(t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}

func (s Schedule) day(t time.Time) bool {
	return s.cron[5].has(t.Year()) && s.cron[3].has(int(t.Month())) && s.cron[2].has(t.Day()) && s.cron[4].has(int(t.Weekday())+1)
}
