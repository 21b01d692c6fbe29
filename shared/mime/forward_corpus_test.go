package mime

import (
	"slices"
	"strings"
	"testing"
)

// sampleForward is a case of the sample forwards.
type sampleForward struct {
	Body, Subject string
	Expected      struct {
		Forwarded bool
		Message   string
		Email     struct {
			Body, Subject, Date string
			From                samplePerson
			To, Cc              []samplePerson
		}
	}
}

type samplePerson struct{ Address, Name string }

// scoreForwards counts the fields of the sample forwards that are as expected, and the ordinary mails taken for forwards.
// A forward that is not found loses all of its fields.
func scoreForwards(t testing.TB) (good, all, falsePositives int, others []string) {
	var cases []sampleForward
	corpusJSON(t, &cases, "forwards", "expected.json")
	for _, c := range cases {
		f := ForwardedInText(sampleText(t, c.Body), sampleText(t, c.Subject))
		if !c.Expected.Forwarded {
			all++
			if f == nil {
				good++
			} else {
				falsePositives++
			}
			continue
		}
		for field, ok := range fieldsAsExpected(f, c) {
			all++
			if ok {
				good++
			} else {
				others = append(others, c.Body+" "+field)
			}
		}
	}
	slices.Sort(others)
	return good, all, falsePositives, others
}

// sampleText reads one fixture; "" for none. A few cases of the collection name a body where a subject belongs.
func sampleText(t testing.TB, name string) string {
	if name == "" {
		return ""
	}
	return string(corpusFile(t, "forwards", "fixtures", name+".txt"))
}

func fieldsAsExpected(f *Forwarded, c sampleForward) map[string]bool {
	e := c.Expected.Email
	found := f != nil
	if f == nil {
		f = &Forwarded{}
	}
	return map[string]bool{
		"forwarded": found,
		"note":      found && f.Note == c.Expected.Message,
		"body":      f.Text == e.Body && found,
		"from":      found && (samplePerson{f.From.Addr, f.From.Name}) == e.From,
		"to":        found && slices.Equal(samplePeople(f.To), e.To),
		"cc":        found && slices.Equal(samplePeople(f.Cc), e.Cc),
		"subject":   found && f.Subject == e.Subject,
		"date":      found && f.Date == e.Date,
	}
}

func samplePeople(list []Address) []samplePerson {
	var all []samplePerson
	for _, a := range list {
		all = append(all, samplePerson{a.Addr, a.Name})
	}
	return all
}

func TestSampleForwardsAreTakenApart(t *testing.T) {
	good, all, falsePositives, others := scoreForwards(t)
	t.Logf("forwards: %d of %d fields (%.1f %%), %d false positives; not as expected:\n%s",
		good, all, 100*float64(good)/float64(all), falsePositives, strings.Join(others, "\n"))
	if falsePositives > 0 || float64(good) < 0.95*float64(all) {
		t.Errorf("want at least 95 %% of the fields and no ordinary mail taken for a forward")
	}
}

func TestSampleRepliesAreNoForwards(t *testing.T) {
	var replies map[string]struct{ Visible string }
	corpusJSON(t, &replies, "replies", "expected.json")
	for name, e := range replies {
		f := ForwardedInText(string(corpusFile(t, "replies", "test", "fixtures", name)), "Re: anything")
		if f != nil && !strings.Contains(e.Visible, "Forwarded message") {
			t.Errorf("%s is taken for a forward from %+v", name, f.From)
		}
	}
}
