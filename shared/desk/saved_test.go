package desk

import (
	"errors"
	"testing"
	"time"
)

func TestAWorkValueNamesItsVerbAndHowOftenItWasHandedOn(t *testing.T) {
	for work, want := range map[string]struct {
		verb, base, again string
		tries             int
	}{
		"out":        {"out", "out", "out.1", 0},
		"out:3":      {"out", "out:3", "out:3.1", 0},
		"open:7.1":   {"open", "open:7", "open:7.2", 1},
		"media.12":   {"media", "media", "media.13", 12},
		"replay:2.x": {"replay", "replay:2", "replay:2.1", 0},
	} {
		if v := WorkVerb(work); v != want.verb {
			t.Errorf("the verb of %q is %q, want %q", work, v, want.verb)
		}
		if b := WorkBase(work); b != want.base {
			t.Errorf("the base of %q is %q, want %q", work, b, want.base)
		}
		if a := WorkAgain(work); a != want.again {
			t.Errorf("%q again is %q, want %q", work, a, want.again)
		}
		if n := WorkTries(work); n != want.tries {
			t.Errorf("%q was handed on %d times again, want %d", work, n, want.tries)
		}
	}
}

func TestWorkIsFreshOnlyWhenTheChangeBroughtIt(t *testing.T) {
	for _, c := range []struct {
		work, was string
		fresh     bool
	}{{"out", "", true}, {"out.1", "out", true}, {"out", "out", false}, {"", "out", false}} {
		if got := (Saved{Work: c.work, Was: c.was}).Fresh(); got != c.fresh {
			t.Errorf("work %q after %q: fresh is %v", c.work, c.was, got)
		}
	}
}

func TestAMessageKeyTellsWhenItWasMinted(t *testing.T) {
	want := time.Date(2016, 7, 30, 23, 54, 10, 259e6, time.UTC) // the example of the ULID specification
	if got := MessageKey("01ARZ3NDEKTSV4RRFFQ69G5FAV").Time(); !got.Equal(want) {
		t.Errorf("minted at %v, want %v", got, want)
	}
	for _, bad := range []MessageKey{"", "short", "01ARZ3NDEuTSV4RRFFQ69G5FAV"} {
		if got := bad.Time(); !got.IsZero() {
			t.Errorf("%q is no key, but was minted at %v", bad, got)
		}
	}
}

func TestAFailuresIdIsItsDayAndItsQueueMessage(t *testing.T) {
	id := NewFailureID(time.Date(2026, 3, 1, 23, 59, 0, 0, time.FixedZone("", -3600)), "abc.def")
	day, message, ok := id.Split()
	if id != "2026-03-02.abc.def" || day != "2026-03-02" || message != "abc.def" || !ok {
		t.Errorf("%q splits into %q and %q (%v)", id, day, message, ok)
	}
	for _, bad := range []FailureID{"", "x", "2026-03-02", "2026-03-02.", "yesterday.abc"} {
		if _, _, ok := bad.Split(); ok {
			t.Errorf("%q passes for a failure's id", bad)
		}
	}
}

func TestAnErrorThatIsNotOursShowsNothingOfItself(t *testing.T) {
	if got := Reason(errors.New("dial tcp 10.0.0.1: token=secret")); got != "Something went wrong on our side; the logs say what." {
		t.Errorf("shown: %q", got)
	}
	if got := Reason(Refuse(TooLarge, "The file is too large.").Because(errors.New("cause"))); got != "The file is too large." {
		t.Errorf("shown: %q", got)
	}
}

func TestARefusalCanSayHowLongToWait(t *testing.T) {
	if got := WaitOf(Refuse(Busy, "Later.").After(time.Minute)); got != time.Minute {
		t.Errorf("wait %v", got)
	}
	if got := WaitOf(errors.New("other")); got != 0 {
		t.Errorf("wait %v of an error that doesn't say", got)
	}
}
