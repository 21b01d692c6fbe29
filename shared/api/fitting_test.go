package api

import (
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAPageOfLongMessagesIsCutToWhatAnAnswerMayHold(t *testing.T) {
	long := desk.Message{Text: strings.Repeat("x", 300<<10)}
	var all []desk.Message
	for i := range 10 {
		m := long
		m.Key = desk.MessageKey(rune('a' + i))
		all = append(all, m)
	}
	for _, c := range []struct {
		found       []desk.Message
		backwards   bool
		first, last desk.MessageKey
		cut         bool
	}{
		{all, false, "a", "c", true},
		{all, true, "h", "j", true},
		{all[:2], false, "a", "b", false},
		{[]desk.Message{{Key: "a", Text: strings.Repeat("x", 2<<20)}}, false, "a", "a", false},
		{[]desk.Message{{Key: "a", Text: strings.Repeat("x", 2<<20)}}, true, "a", "a", false},
	} {
		kept, cut := fitting(c.found, c.backwards)
		if len(kept) == 0 || kept[0].Key != c.first || kept[len(kept)-1].Key != c.last || cut != c.cut {
			t.Errorf("of %d messages, backwards %v: %d kept, cut %v", len(c.found), c.backwards, len(kept), cut)
		}
	}
	if kept, cut := fitting(nil, false); len(kept) != 0 || cut {
		t.Error("nothing was cut")
	}
}
