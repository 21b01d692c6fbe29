package mime

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDatesAreReadInEveryFormThatIsSent(t *testing.T) {
	for in, want := range map[string]string{
		"Fri, 21 Nov 1997 09:55:06 -0600":                 "1997-11-21T09:55:06-06:00",
		"21 Nov 1997 09:55:06 -0600":                      "1997-11-21T09:55:06-06:00",
		"21 Nov 97 09:55 GMT":                             "1997-11-21T09:55:00Z",
		"Fri, 21 Nov 2003 09:55:06 +0100 (CET)":           "2003-11-21T09:55:06+01:00",
		"Fri, 21 Nov 2003 09:55:06 CET":                   "2003-11-21T09:55:06+01:00",
		"Fri, 21 Nov 2003 09:55:06 EST":                   "2003-11-21T09:55:06-05:00",
		"Fri, 21 Nov 2003 09:55:06 +01:00":                "2003-11-21T09:55:06+01:00",
		"Fri, 21 Nov 2003 09:55:06 GMT+0200":              "2003-11-21T09:55:06+02:00",
		"Fri, 21 Nov 2003 09:55:06+0200":                  "2003-11-21T09:55:06+02:00",
		"Fri, 21 Nov 2003 09:55:06 -7":                    "2003-11-21T09:55:06-07:00",
		"Fri, 21 Nov 2003 09:55:06":                       "2003-11-21T09:55:06Z",
		"Fri, 21 Nov 2003 09:55:06 Z":                     "2003-11-21T09:55:06Z",
		"Fri, 21 Nov 2003 9:55 PM -0500":                  "2003-11-21T21:55:00-05:00",
		"Fri, 21 Nov 2003 12:55 AM":                       "2003-11-21T00:55:00Z",
		"Fri Nov 21 09:55:06 2003":                        "2003-11-21T09:55:06Z",
		"Fri Nov  1 09:55:06 2003 +0100":                  "2003-11-01T09:55:06+01:00",
		"Fri,21 Nov 2003 09:55:06 -0600":                  "2003-11-21T09:55:06-06:00",
		"Fri, 21-Nov-2003 09:55:06 GMT":                   "2003-11-21T09:55:06Z",
		"21.11.2003 09:55:06":                             "2003-11-21T09:55:06Z",
		"11/21/2003 09:55:06":                             "2003-11-21T09:55:06Z",
		"2003-11-21T09:55:06+01:00":                       "2003-11-21T09:55:06+01:00",
		"2003-11-21 09:55:06 +0100":                       "2003-11-21T09:55:06+01:00",
		"2003-11-21 09:55:06":                             "2003-11-21T09:55:06Z",
		"Fri, 21 November 2003 09:55:06.123 +0000":        "2003-11-21T09:55:06Z",
		"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600": "1997-11-21T09:55:06-06:00",
		"Fri, 21 Nov 2003 09:55:06 +9999":                 "2003-11-21T09:55:06Z",
		"Fri, 21 Nov 2003":                                "2003-11-21T00:00:00Z",
	} {
		got, ok := ParseDate(in)
		if !ok || got.Format(time.RFC3339) != want {
			t.Errorf("%q gives %s (%v), not %s", in, got.Format(time.RFC3339), ok, want)
		}
	}
}

func TestADateThatMakesNoSenseIsNone(t *testing.T) {
	for _, in := range []string{"", "yesterday", "Fri, 31 Feb 2003 10:00:00 +0000", "Fri, 21 Nov 2003 29:00:00", "Mon, 30 Jun 3609 15:33:50 +0600", "Wed, 15 Dec 2010    59:10 -0500", "21 Nov", "1 2 3 4 5 6 7"} {
		if got, ok := ParseDate(in); ok {
			t.Errorf("%q gives %s", in, got)
		}
	}
}

func TestADateWrittenByTheBookIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-12*4, 14*4).Draw(t, "quarters of an hour")*900)
		want := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "second"), 0).In(zone)
		got, ok := ParseDate(want.Format(time.RFC1123Z))
		if !ok || !got.Equal(want) {
			t.Fatalf("%s came back as %s (%v)", want, got, ok)
		}
	})
}
