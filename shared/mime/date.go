package mime

import (
	"strconv"
	"strings"
	"time"
)

// ParseDate reads a Date field: RFC 5322 and what is sent for it (no weekday, two-digit years, named zones, zones with a
// colon, no zone, ISO 8601, asctime). The result is in the zone written; false when no date can be made of it.
func ParseDate(s string) (time.Time, bool) {
	s = trimSpace(dropComment(s))
	if s == "" || len(s) > 200 {
		return time.Time{}, false
	}
	for _, p := range []string{" :", ": "} {
		for strings.Contains(s, p) {
			s = strings.ReplaceAll(s, p, ":")
		}
	}
	if t, ok := parseISODate(s); ok {
		return t, true
	}
	d := dateParts{day: -1, year: -1, hour: -1}
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
		if !d.take(f) {
			return time.Time{}, false
		}
	}
	return d.time()
}

func parseISODate(s string) (time.Time, bool) {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
		"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04:05", "20060102T150405Z",
	} {
		if len(s) < 8 || s[0] < '0' || s[0] > '9' {
			break
		}
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// dateParts are what the words of a date have said so far.
type dateParts struct {
	day, year, hour, min, sec int
	month                     time.Month
	zone                      int // seconds east
	pm, am                    bool
}

// take reads one word; false when it makes no sense.
func (d *dateParts) take(f string) bool {
	switch c := f[0]; {
	case strings.Contains(f, ":") && c >= '0' && c <= '9':
		return d.clock(f)
	case (c == '+' || c == '-') && len(f) > 1:
		return d.offset(f)
	case c >= '0' && c <= '9':
		return d.number(f)
	}
	return d.name(f)
}

func (d *dateParts) clock(f string) bool {
	if i := strings.IndexAny(f, "+-"); i > 0 { // 10:20:30+0200
		if !d.offset(f[i:]) {
			return false
		}
		f = f[:i]
	}
	if n := len(f); n > 2 && (f[n-1] == 'Z' || f[n-1] == 'z') {
		f = f[:n-1]
	}
	parts := strings.Split(f, ":")
	var n [3]int
	for i, p := range parts {
		if i > 2 {
			return false
		}
		p, _, _ = strings.Cut(p, ".") // fractions of a second
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 {
			return false
		}
		n[i] = v
	}
	d.hour, d.min, d.sec = n[0], n[1], n[2]
	return true
}

// offset reads +0200, +02:00, -7 or +530. One that is no time of day at all counts as none.
func (d *dateParts) offset(f string) bool {
	digits := strings.ReplaceAll(f[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return true
	}
	if len(digits) <= 2 {
		n *= 100
	}
	sec := n/100*3600 + n%100*60
	if n < 0 || sec > 26*3600 {
		return true
	}
	if f[0] == '-' {
		sec = -sec
	}
	d.zone = sec
	return true
}

// number reads a day, a year, or a date in one word: 2-Jan-2006, 2.1.2006, 1/2/06.
func (d *dateParts) number(f string) bool {
	if i := strings.IndexAny(f, "-./"); i > 0 && i < len(f)-1 {
		parts := strings.FieldsFunc(f, func(r rune) bool { return r == '-' || r == '.' || r == '/' })
		if len(parts) != 3 {
			return false
		}
		if f[i] == '/' { // American
			parts[0], parts[1] = parts[1], parts[0]
		}
		return d.number(parts[0]) && (d.name(parts[1]) || d.monthNumber(parts[1])) && d.number(parts[2])
	}
	f = strings.TrimRight(f, ".snrdth") // "1st", "2."
	v, err := strconv.Atoi(f)
	if err != nil || v < 0 {
		return false
	}
	switch {
	case d.day < 0 && v >= 1 && v <= 31 && len(f) <= 2:
		d.day = v
	case d.year < 0:
		switch {
		case len(f) <= 2 && v < 50:
			v += 2000
		case len(f) <= 3:
			v += 1900
		}
		d.year = v
	default:
		return false
	}
	return true
}

func (d *dateParts) monthNumber(s string) bool {
	v, err := strconv.Atoi(s)
	if err != nil || v < 1 || v > 12 {
		return false
	}
	d.month = time.Month(v)
	return true
}

// name reads a month, a zone or a weekday; other words are passed over.
func (d *dateParts) name(f string) bool {
	f = strings.ToLower(strings.Trim(f, "."))
	if len(f) < 1 {
		return true
	}
	if d.month == 0 && len(f) >= 3 {
		if i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", f[:3]); i >= 0 && i%3 == 0 {
			d.month = time.Month(i/3 + 1)
			return true
		}
	}
	switch f {
	case "am":
		d.am = true
	case "pm":
		d.pm = true
	}
	if i := strings.IndexAny(f, "+-"); i > 0 { // GMT+0200
		return d.offset(f[i:])
	}
	if h, ok := zoneHours(f); ok {
		d.zone = h
	}
	return d.month != 0 || f[0] < '0' || f[0] > '9'
}

// zoneHours gives the offset in seconds of the zones that RFC 5322 and common practice name.
func zoneHours(f string) (int, bool) {
	hours := 0.0
	switch f {
	case "gmt", "ut", "utc", "z", "wet":
	case "est":
		hours = -5
	case "edt", "ast":
		hours = -4
	case "cst":
		hours = -6
	case "cdt":
		hours = -5
	case "mst":
		hours = -7
	case "mdt":
		hours = -6
	case "pst", "akdt":
		hours = -8
	case "pdt":
		hours = -7
	case "akst":
		hours = -9
	case "hst":
		hours = -10
	case "adt":
		hours = -3
	case "bst", "cet", "met", "mez", "west":
		hours = 1
	case "cest", "mest", "mesz", "eet", "sast":
		hours = 2
	case "eest", "msk":
		hours = 3
	case "msd":
		hours = 4
	case "jst", "kst":
		hours = 9
	case "aest":
		hours = 10
	case "aedt":
		hours = 11
	case "nzst":
		hours = 12
	case "nzdt":
		hours = 13
	default:
		return 0, false
	}
	return int(hours * 3600), true
}

func (d *dateParts) time() (time.Time, bool) {
	if d.day < 1 || d.month == 0 || d.year < 1900 || d.year > 2199 {
		return time.Time{}, false
	}
	hour := max(d.hour, 0)
	if d.pm && hour < 12 {
		hour += 12
	}
	if d.am && hour == 12 {
		hour = 0
	}
	if hour > 24 || d.min > 59 || d.sec > 61 {
		return time.Time{}, false
	}
	zone := time.UTC
	if d.zone != 0 {
		zone = time.FixedZone("", d.zone)
	}
	t := time.Date(d.year, d.month, d.day, hour, d.min, d.sec, 0, zone)
	if t.Day() != d.day && hour < 24 && d.sec < 60 { // 31 February
		return time.Time{}, false
	}
	return t, true
}
