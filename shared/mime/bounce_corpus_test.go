package mime

import (
	"strings"
	"testing"
)

// expectedBounce is a sample's status as its collection states it.
type expectedBounce struct {
	File     string
	Expected []struct{ Status, Reason, Feedback string }
}

func TestSampleBouncesAreRecognisedWithTheirStatus(t *testing.T) {
	var expected []expectedBounce
	corpusJSON(t, &expected, "bounces", "expected.json")
	recognised, stated, right := 0, 0, 0
	for _, e := range expected {
		m := ReadBytes(corpusFile(t, "bounces", e.File), Limits{})
		if m.Bounce == nil {
			t.Logf("%s is not recognised: %q", e.File, m.Subject)
			continue
		}
		recognised++
		if want := e.Expected[0].Feedback; m.Bounce.Feedback != want {
			t.Errorf("%s: the complaint is %q, not %q", e.File, m.Bounce.Feedback, want)
		}
		// Codes such as 5.0.9xx are the collection's own, for reports that state none.
		if s := e.Expected[0].Status; s != "" && !strings.HasPrefix(s[1:], ".0.9") {
			stated++
			if len(m.Bounce.Recipients) == len(e.Expected) && m.Bounce.Recipients[0].Status == s && strings.Contains(m.Bounce.Recipients[0].Address, "@") {
				right++
			} else {
				t.Logf("%s: %+v, not %s", e.File, m.Bounce.Recipients, s)
			}
		}
	}
	t.Logf("%d of %d recognised; recipient and status right in %d of %d that state one", recognised, len(expected), right, stated)
	if recognised*100 < 98*len(expected) || right*100 < 95*stated {
		t.Error("that is less than 98 % recognised, or less than 95 % right")
	}
}

func TestSampleOrdinaryMailIsNoBounce(t *testing.T) {
	bounces := 0
	for name, b := range sampleMails(t, "mime") {
		m := ReadBytes(b, Limits{})
		if m.Bounce == nil {
			continue
		}
		bounces++
		lower := strings.ToLower(string(b))
		if !strings.Contains(lower, "message/delivery-status") && !strings.Contains(lower, "report-type=delivery-status") && !strings.Contains(lower, "message/feedback-report") {
			t.Errorf("%s is taken for a bounce: %q", name, m.Subject)
		}
	}
	t.Logf("%d reports among the ordinary mail", bounces)
}
