package table_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestTheAuditTellsEveryChangeNewestFirstAcrossDays(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	for i := range 5 {
		by := byTest
		by.Action = fmt.Sprintf("team.%d", i)
		if _, err := tb.SaveTeam(t.Context(), desk.Team{ID: desk.TeamID(by.Action), Name: "x"}, by); err != nil {
			t.Fatal(err)
		}
		tb.clk.add(20 * time.Hour)
	}
	var told []string
	after := ""
	for pages := 0; ; pages++ {
		page, next, err := tb.Audits(t.Context(), after, 2)
		if err != nil || len(page) > 2 || pages > 10 {
			t.Fatalf("%v, %v", page, err)
		}
		for _, a := range page {
			told = append(told, a.Action)
			if a.Actor.Name != "Ada" || a.From != "192.0.2.1" || a.At.IsZero() {
				t.Errorf("entry %+v", a)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	if fmt.Sprint(told) != "[team.4 team.3 team.2 team.1 team.0]" {
		t.Errorf("told %v", told)
	}
}

func TestAnAuditOfALongSilenceEndsAndABadCursorIsMalformed(t *testing.T) {
	tb := newStack(t)
	if page, next, err := tb.Audits(t.Context(), "", 10); err != nil || len(page) != 0 || next != "" {
		t.Errorf("before the set-up: %v %q %v", page, next, err)
	}
	bornConfig(t, tb)
	if _, err := tb.SaveTeam(t.Context(), desk.Team{ID: "t", Name: "x"}, byTest); err != nil {
		t.Fatal(err)
	}
	tb.clk.add(100 * 24 * time.Hour)
	page, next, err := tb.Audits(t.Context(), "", 10)
	if err != nil || len(page) != 0 || next == "" {
		t.Fatalf("%v %q %v", page, next, err)
	}
	if page, next, err = tb.Audits(t.Context(), next, 10); err != nil || len(page) != 1 || next != "" {
		t.Errorf("%v %q %v", page, next, err)
	}
	if _, _, err := tb.Audits(t.Context(), "yesterday#x", 10); desk.CodeOf(err) != desk.Malformed {
		t.Errorf("%v", err)
	}
}

func TestARefusedChangeIsNotInTheAudit(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	if _, err := tb.SaveTeam(t.Context(), desk.Team{ID: "t", Name: "x", Version: 9}, byTest); err == nil {
		t.Fatal("it was not refused")
	}
	if page, _, err := tb.Audits(t.Context(), "", 10); err != nil || len(page) != 0 {
		t.Errorf("%v, %v", page, err)
	}
}
