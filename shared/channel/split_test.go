package channel_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loket-desk/loket/shared/channel"
)

func TestATextIsDividedWhereAReaderWould(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  []string
	}{
		{"", 10, nil},
		{" \n ", 10, nil},
		{"  short ", 10, []string{"short"}},
		{"anything at all", 0, []string{"anything at all"}},
		{"one two three four", 10, []string{"one two", "three four"}},
		{"one two", 7, []string{"one two"}},
		{"one twos", 7, []string{"one", "twos"}},
		{"first par\n\nsecond paragraph", 16, []string{"first par", "second paragraph"}},
		{"a line\nand another", 14, []string{"a line", "and another"}},
		{"It is here. It is not there", 20, []string{"It is here.", "It is not there"}},
		{"abcdefghijkl", 5, []string{"abcde", "fghij", "kl"}},
		{"word\n" + strings.Repeat("x", 12), 10, []string{"word", strings.Repeat("x", 10), "xx"}},
		{"full line\nnext", 9, []string{"full line", "next"}},
	} {
		got := channel.Split(c.text, c.limit, channel.Characters)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q by %d: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestATextIsDividedByTheUnitOfThePlatform(t *testing.T) {
	text := strings.Repeat("😀", 10)
	for unit, want := range map[channel.Unit]int{channel.Characters: 2, channel.UTF16: 3, channel.Bytes: 5} {
		if got := channel.Split(text, 8, unit); len(got) != want || strings.Join(got, "") != text {
			t.Errorf("%s: %q", unit, got)
		}
	}
	if got := channel.Split("ää", 1, channel.Bytes); len(got) != 2 {
		t.Errorf("a limit below one character: %q", got)
	}
}

func TestACharacterOfSeveralIsNotCutApart(t *testing.T) {
	family := "👩\u200d👩\u200d👧"
	got := channel.Split("abcd"+family, 6, channel.Characters)
	if len(got) != 2 || got[0] != "abcd" || got[1] != family {
		t.Errorf("got %q", got)
	}
	if got := channel.Split("abce\u0301", 4, channel.Characters); got[0] != "abc" {
		t.Errorf("an accent was cut off: %q", got)
	}
}

func TestNothingOfATextIsLostAndNoPartIsTooLong(t *testing.T) {
	spaceless := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab .!\n\t😀é\u0301\u200d👩"))).Draw(t, "text")
		limit := rapid.IntRange(8, 40).Draw(t, "limit")
		unit := rapid.SampledFrom([]channel.Unit{channel.Characters, channel.UTF16, channel.Bytes}).Draw(t, "unit")
		parts := channel.Split(text, limit, unit)
		for _, p := range parts {
			if n := channel.Measure(p, unit); n > limit || n == 0 || !utf8.ValidString(p) {
				t.Fatalf("a part of %d %s, of at most %d: %q", n, unit, limit, p)
			}
		}
		if spaceless(strings.Join(parts, "")) != spaceless(text) {
			t.Fatalf("%q became %q", text, parts)
		}
	})
}

func TestAMessageSentInPartIsNeverSentAgainByItself(t *testing.T) {
	last := channel.Result{Outcome: channel.Again, Detail: "Busy.", Wait: time.Minute}
	if got := channel.Partly(nil, 3, last); got.Outcome != channel.Again || got.Wait != time.Minute {
		t.Errorf("nothing was sent: %+v", got)
	}
	got := channel.Partly([]string{"1", "2"}, 3, last)
	if got.Outcome != channel.Lost || len(got.IDs) != 2 || got.Wait != 0 || got.Detail != "Only 2 of 3 parts were sent. Busy." {
		t.Errorf("two of three: %+v", got)
	}
}
