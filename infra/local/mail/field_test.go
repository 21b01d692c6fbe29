package mail

import (
	"reflect"
	"strings"
	"testing"
)

func TestFieldsAreReadFromAnyHead(t *testing.T) {
	for _, c := range []struct {
		head string
		want fields
	}{
		{"", nil},
		{"\r\nBody: no field", nil},
		{"A: 1\r\nB:2\r\n\r\nC: 3", fields{{"A", "1"}, {"B", "2"}}},
		{"A: 1\nB: 2\n\nC: 3", fields{{"A", "1"}, {"B", "2"}}},
		{"From jane Mon Jan 1\r\nA: 1", fields{{"From jane Mon Jan 1", ""}, {"A", "1"}}[1:]},
		{" folded before anything\r\nA: 1\r\n\t2\r\n  3\r\n", fields{{"A", "1 2 3"}}},
		{"A:\r\n 1\r\nA: 2", fields{{"A", " 1"}, {"A", "2"}}},
		{": no name\r\nA : spaced\r\n", fields{{"A", "spaced"}}},
	} {
		got := parseFields([]byte(c.head))
		if len(got) == 0 && len(c.want) == 0 {
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q", c.head, got)
		}
	}
}

func TestTheFirstFieldOfANameCountsInAnyCase(t *testing.T) {
	l := fields{{"Subject", "one"}, {"subject", "two"}}
	if got := l.first("SUBJECT"); got != "one" {
		t.Errorf("got %q", got)
	}
	if got := l.first("To"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestPeopleAreListedWithTheirNames(t *testing.T) {
	for value, want := range map[string][]string{
		"":                                    nil,
		"a@example.com":                       {"a@example.com"},
		`"Doe, Jane" <jane@example.com>, b@x`: {"Doe, Jane <jane@example.com>", "b@x"},
		"=?iso-8859-1?q?J=FCrgen?= <j@x>":     {"Jürgen <j@x>"},
		"Team: a@x, b@x;":                     {"a@x", "b@x"},
		"nobody at all":                       {"nobody at all"},
		"=?utf-8?q?nobody_at_all?=":           {"nobody at all"},
		"=?unknown?q?x?=":                     {"=?unknown?q?x?="},
	} {
		if got := (fields{{"To", value}}).people("To"); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func TestAnAddressInTwoFieldsIsOneDestination(t *testing.T) {
	l := fields{{"To", "a@x, B <b@x>"}, {"Cc", "b@x, c@x"}, {"Bcc", "broken"}}
	if got := l.addresses("To", "Cc", "Bcc"); !reflect.DeepEqual(got, []string{"a@x", "b@x", "c@x"}) {
		t.Errorf("got %q", got)
	}
}

func TestHeadersAreCutBetweenFields(t *testing.T) {
	l := fields{{"A", strings.Repeat("x", maxHeaders-1)}, {"B", ""}}
	if kept, cut := l.capped(); len(kept) != 1 || !cut {
		t.Errorf("%d kept, cut %v", len(kept), cut)
	}
	if kept, cut := l[:1].capped(); len(kept) != 1 || cut {
		t.Errorf("%d kept, cut %v", len(kept), cut)
	}
	if kept, cut := fields(nil).capped(); kept == nil || cut {
		t.Error("no headers must be an empty list in JSON, not null")
	}
}

func TestAHeadIsReadToItsEndAndNotMuchFurther(t *testing.T) {
	head := strings.Repeat("Field: value\r\n", 4000) + "\r\n"
	for _, end := range []string{head, strings.ReplaceAll(head, "\r\n", "\n")} {
		// One byte a read, so that the blank line comes in pieces.
		b, err := readHeader(&trickle{strings.NewReader(end + strings.Repeat("body ", 100_000))})
		if err != nil || string(b) != end {
			t.Errorf("%d bytes of %d, %v", len(b), len(end), err)
		}
	}
	b, err := readHeader(strings.NewReader(strings.Repeat("Field: value\r\n", 200_000)))
	if err != nil || len(b) < maxHeader || len(b) > maxHeader+32<<10 {
		t.Errorf("an endless head: %d bytes, %v", len(b), err)
	}
	if b, err := readHeader(strings.NewReader("A: 1")); err != nil || string(b) != "A: 1" {
		t.Errorf("a head alone: %q, %v", b, err)
	}
}

// trickle gives one byte a read.
type trickle struct{ r *strings.Reader }

func (t *trickle) Read(p []byte) (int, error) { return t.r.Read(p[:1]) }
