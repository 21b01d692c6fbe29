package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Hours are weekly working hours in a time zone.
type Hours struct {
	ID       string   `json:"id" doc:"What users name as their workingHours."`
	Name     string   `json:"name" example:"Office"`
	TimeZone string   `json:"timeZone" example:"Europe/Amsterdam"`
	Week     []Shift  `json:"week" nullable:"false"`
	Holidays []string `json:"holidayIds" nullable:"false" doc:"Calendars of days off."`
}

// Shift is one stretch of work. One that ends at or before its beginning ends on the next day.
type Shift struct {
	Day  string `json:"day" enum:"MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY,SUNDAY"`
	From string `json:"from" maxLength:"5" example:"09:00"`
	To   string `json:"to" maxLength:"5" example:"17:30" doc:"24:00 is the end of the day."`
}

// HoursInput is what may be said of working hours.
type HoursInput struct {
	Name     opt[string]   `json:"name,omitempty" maxLength:"100"`
	TimeZone opt[string]   `json:"timeZone,omitempty" maxLength:"60"`
	Week     opt[[]Shift]  `json:"week,omitempty" maxItems:"50"`
	Holidays opt[[]string] `json:"holidayIds,omitempty" maxItems:"20"`
}

// Holidays is a calendar of days on which nobody works.
type Holidays struct {
	ID   string   `json:"id"`
	Name string   `json:"name" example:"Netherlands"`
	Days []string `json:"days" nullable:"false" doc:"Days such as 2026-04-27, or 12-25 for every year."`
}

// HolidaysInput is what may be said of a calendar.
type HolidaysInput struct {
	Name opt[string]   `json:"name,omitempty" maxLength:"100"`
	Days opt[[]string] `json:"days,omitempty" maxItems:"500"`
}

func (a *API) hoursCalls(b *book) {
	shelf[desk.Hours, HoursInput, Hours]{
		one: "Hours", many: "AllHours", path: "/v1/hours", label: "working hours",
		all: func(cfg *desk.Config) map[string]desk.Hours { return cfg.Hours },
		id:  func(x *desk.Hours) *string { return &x.ID }, name: func(x desk.Hours) string { return x.Name },
		show: showHours, apply: applyHours, save: a.Desk.SaveHours, remove: a.Desk.RemoveHours,
		use: func(cfg *desk.Config, x desk.Hours) string {
			for _, u := range cfg.Users {
				if u.Hours == x.ID {
					return "the user " + u.Name
				}
			}
			return ""
		},
	}.calls(a, b)
	shelf[desk.Holidays, HolidaysInput, Holidays]{
		one: "Holidays", many: "AllHolidays", path: "/v1/holidays", label: "calendar",
		all: func(cfg *desk.Config) map[string]desk.Holidays { return cfg.Holidays },
		id:  func(x *desk.Holidays) *string { return &x.ID }, name: func(x desk.Holidays) string { return x.Name },
		show: func(x desk.Holidays) Holidays { return Holidays{x.ID, x.Name, texts(x.Days)} }, apply: applyHolidays,
		save: a.Desk.SaveHolidays, remove: a.Desk.RemoveHolidays,
		use: func(cfg *desk.Config, x desk.Holidays) string {
			for _, h := range cfg.Hours {
				if slices.Contains(h.Holidays, x.ID) {
					return "the working hours " + h.Name
				}
			}
			return ""
		},
	}.calls(a, b)
}

func showHours(h desk.Hours) Hours {
	out := Hours{h.ID, h.Name, h.Zone, []Shift{}, texts(h.Holidays)}
	for _, s := range h.Week {
		out.Week = append(out.Week, Shift{strings.ToUpper(s.Day.String()), clock(s.From), clock(s.To)})
	}
	return out
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// minutes reads a time of the clock; false when it is none.
func minutes(s string) (int, bool) {
	hour, minute, found := strings.Cut(s, ":")
	h, err1 := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if !found || len(s) != 5 || err1 != nil || err2 != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return h*60 + m, true
}

func weekday(name string) time.Weekday {
	for d := time.Sunday; d < time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d
		}
	}
	return time.Saturday
}

func applyHours(cfg *desk.Config, in HoursInput, x *desk.Hours) error {
	if err := rename(in.Name, &x.Name); err != nil {
		return err
	}
	in.TimeZone.apply(&x.Zone)
	if _, err := time.LoadLocation(x.Zone); err != nil || x.Zone == "" || x.Zone == "Local" {
		return desk.RefuseField("timeZone", "this is no time zone; an example is Europe/Amsterdam")
	}
	if in.Week.set {
		x.Week = nil
		for i, s := range in.Week.value {
			from, ok1 := minutes(s.From)
			to, ok2 := minutes(s.To)
			if !ok1 || !ok2 || from == 24*60 {
				return desk.RefuseField(fmt.Sprintf("week[%d]", i), "times are such as 09:00, from 00:00 to 24:00")
			}
			x.Week = append(x.Week, desk.Shift{Day: weekday(s.Day), From: from, To: to})
		}
	}
	if len(x.Week) == 0 {
		return desk.RefuseField("week", "say when somebody works")
	}
	if in.Holidays.set {
		x.Holidays = ids[string](in.Holidays.value)
	}
	for i, id := range x.Holidays {
		if _, there := cfg.Holidays[id]; !there {
			return desk.RefuseField(fmt.Sprintf("holidayIds[%d]", i), "there is no such calendar")
		}
	}
	return nil
}

func applyHolidays(_ *desk.Config, in HolidaysInput, x *desk.Holidays) error {
	if err := rename(in.Name, &x.Name); err != nil {
		return err
	}
	if in.Days.set {
		x.Days = ids[string](in.Days.value)
	}
	for i, d := range x.Days {
		_, once := time.Parse(time.DateOnly, d)
		_, yearly := time.Parse(time.DateOnly, "2028-"+d) // a year with all days
		if once != nil && (yearly != nil || len(d) != 5) {
			return desk.RefuseField(fmt.Sprintf("days[%d]", i), "days are such as 2026-04-27, or 12-25 for every year")
		}
	}
	return nil
}
