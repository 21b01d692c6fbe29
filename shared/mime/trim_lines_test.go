package mime

import (
	"strings"
	"testing"
)

func TestLinesAreCutAtEveryLineEndAndTheirMarksCounted(t *testing.T) {
	lines := splitLines("\ufeffa  \r\n> b\r> > c\n>>d\n  >  e\n>\n-> f")
	want := []textLine{{"a", "a", 0}, {"> b", "b", 1}, {"> > c", "c", 2}, {">>d", "d", 2}, {"  >  e", " e", 1}, {">", "", 1}, {"-> f", "-> f", 0}}
	if len(lines) != len(want) {
		t.Fatalf("%d lines", len(lines))
	}
	for i := range want {
		if lines[i] != want[i] {
			t.Errorf("line %d is %+v, want %+v", i, lines[i], want[i])
		}
	}
}

func TestAnEndlessBodyIsLookedAtInPart(t *testing.T) {
	if got := VisibleText(strings.Repeat("é\n", maxView), ""); len(got) > maxView+2 {
		t.Errorf("%d bytes are shown", len(got))
	}
}

func TestWordsInAFrameAreKnown(t *testing.T) {
	for line, want := range map[string]string{
		"-----Original Message-----": "original message", "---- Weitergeleitete  Nachricht": "weitergeleitete nachricht", "== x y ==": "x y",
		"-- Ann": "ann", "-----": "", "- one": "", "plain": "", "--a@b--": "", "": "", "--" + strings.Repeat("x", 200): "",
	} {
		if got := framed(line); got != want {
			t.Errorf("%q has %q, want %q", line, got, want)
		}
	}
	for line, want := range map[string]bool{"-----": true, " ____ ": true, "=====": true, "--": false, "--- x": false, "": false} {
		if isRule(line) != want {
			t.Errorf("%q: %v", line, !want)
		}
	}
}

func TestALabelIsReadWhateverItsMarks(t *testing.T) {
	for line, want := range map[string]struct {
		field quotedField
		value string
	}{
		"From: Ann": {fieldFrom, "Ann"}, "*Von:* Ann": {fieldFrom, "Ann"}, "*De :* Ann": {fieldFrom, "Ann"}, "Envoyé le :3 mai": {fieldDate, "3 mai"},
		"差出人：Ann": {fieldFrom, "Ann"}, "  SUBJECT:\tx": {fieldSubject, "x"}, "Cc:": {fieldCc, ""}, "Importance: High": {fieldOther, "High"},
		"Hello: Ann": {}, "no label": {}, "": {}, strings.Repeat("x", 60) + ": y": {}, ": y": {},
	} {
		if field, value := label(line); field != want.field || value != want.value {
			t.Errorf("%q is %d %q, want %d %q", line, field, value, want.field, want.value)
		}
	}
}

func TestNoLabelNamesTwoFields(t *testing.T) {
	first := map[string]int{}
	for i, line := range strings.Split(labelTable, "\n") {
		for word := range strings.SplitSeq(line, "|") {
			if other, ok := first[word]; ok && other != i {
				t.Errorf("%q stands for two fields", word)
			}
			first[word] = i
		}
	}
}
