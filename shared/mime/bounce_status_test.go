package mime

import (
	"reflect"
	"testing"
)

func TestAStatusReportIsReadInGroups(t *testing.T) {
	groups := statusGroups([]byte(`Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 2 Jun 2025 10:00:00 +0200

Final-Recipient: rfc822;
  one@example.org
Action: Failed
Status: 5.1.1 (no such user)
Diagnostic-Code: smtp; 550 5.1.1
  no such user

this line is no field

Final-Recipient: rfc822; two@example.org
Action: delayed

`))
	var got []Recipient
	for _, g := range groups {
		if p, ok := recipientOf(g); ok {
			got = append(got, p)
		}
	}
	want := []Recipient{{"one@example.org", "failed", "5.1.1", "550 5.1.1 no such user"}, {"two@example.org", "delayed", "", ""}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nnot %+v", got, want)
	}
}

func TestARecipientIsReadFromWhicheverFieldNamesIt(t *testing.T) {
	for name, c := range map[string]struct {
		group Headers
		want  Recipient
		ok    bool
	}{
		"with its type":          {Headers{{"Final-Recipient", "rfc822; a@example.org"}}, Recipient{Address: "a@example.org"}, true},
		"without a type":         {Headers{{"Final-Recipient", "a@example.org"}}, Recipient{Address: "a@example.org"}, true},
		"in brackets":            {Headers{{"Final-Recipient", "RFC822; <a@example.org>"}}, Recipient{Address: "a@example.org"}, true},
		"with a comment":         {Headers{{"Final-Recipient", "rfc822; a@example.org (Anna)"}}, Recipient{Address: "a@example.org"}, true},
		"the original":           {Headers{{"Original-Recipient", "rfc822; a@example.org"}}, Recipient{Address: "a@example.org"}, true},
		"a final one of no use":  {Headers{{"Final-Recipient", "x400; c=de"}, {"Original-Recipient", "rfc822; a@example.org"}}, Recipient{Address: "a@example.org"}, true},
		"a local name":           {Headers{{"Final-Recipient", "rfc822; anna"}}, Recipient{Address: "anna"}, true},
		"nobody":                 {Headers{{"Reporting-MTA", "dns; mx"}}, Recipient{}, false},
		"an action without name": {Headers{{"Action", "failed"}, {"Status", "5.0.0"}}, Recipient{Action: "failed", Status: "5.0.0"}, true},
		"an internal address":    {Headers{{"Final-Recipient", "utf-8; jörg@example.org"}}, Recipient{Address: "jörg@example.org"}, true},
	} {
		got, ok := recipientOf(c.group)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %+v %v, not %+v %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestADiagnosticLosesItsType(t *testing.T) {
	for in, want := range map[string]string{
		"smtp; 550 no":                  "550 no",
		"SMTP;550  no  such":            "550 no such",
		"550 no; really":                "550 no; really",
		"X-Postfix; unknown user":       "unknown user",
		"a sentence with words; more":   "a sentence with words; more",
		"":                              "",
		"X-Very-Long-Kind-Of-A-Type; x": "X-Very-Long-Kind-Of-A-Type; x",
	} {
		if got := diagnosticOf(in); got != want {
			t.Errorf("%q gives %q, not %q", in, got, want)
		}
	}
}

func TestAGroupCutInTwoIsPutTogether(t *testing.T) {
	b := &Bounce{}
	b.addGroups([]Headers{
		{{"Action", "failed"}, {"Status", "5.1.1"}, {"Diagnostic-Code", "smtp; 550 no"}},
		{{"Final-Recipient", "rfc822; a@example.org"}},
		{{"Final-Recipient", "rfc822; b@example.org"}, {"Action", "failed"}, {"Status", "5.2.2"}},
	})
	want := []Recipient{{"a@example.org", "failed", "5.1.1", "550 no"}, {"b@example.org", "failed", "5.2.2", ""}}
	if !reflect.DeepEqual(b.Recipients, want) {
		t.Errorf("%+v, not %+v", b.Recipients, want)
	}
}

func TestAddressesInTextAreFoundWithTheirPlace(t *testing.T) {
	for line, want := range map[string]map[string]int{
		"<a@example.org>: gone":                    {"a@example.org": atLineStart},
		"  a@example.org":                          {"a@example.org": atLineStart},
		" * a@example.org":                         {"a@example.org": atLineStart},
		">>> a@example.org <b@example.org>":        {"a@example.org": atLineStart, "b@example.org": anywhere},
		"Recipient: <a@example.org>":               {"a@example.org": atLineEnd},
		"rejected recipient <a@example.org> (no)":  {"a@example.org": atLineEnd},
		"delivering your mail to <a@example.org>.": {"a@example.org": atLineEnd},
		">>> RCPT To:<a@example.org>":              {"a@example.org": inSession},
		"550 5.1.1 <a@example.org>... unknown":     {"a@example.org": inSession},
		">>> MAIL From:<a@example.org>":            {"a@example.org": anywhere},
		"please contact <a@example.org>":           {"a@example.org": anywhere},
		"see http://example.org/@x and @ and a@":   {},
		"Jörg.Müller@example.org is away":          {"Jörg.Müller@example.org": atLineStart},
		"a@example.org, b@example.org":             {"a@example.org": atLineStart, "b@example.org": anywhere},
	} {
		got := map[string]int{}
		for addr, at := range lineAddresses(line) {
			got[addr] = placeOf(line[:at[0]], line[at[1]:])
		}
		if line == "see http://example.org/@x and @ and a@" {
			delete(got, "http://example.org/@x")
			delete(got, "//example.org/@x")
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %v, not %v", line, got, want)
		}
	}
}

func TestTheMailBroughtBackBeginsAtItsFirstHeader(t *testing.T) {
	for text, want := range map[string]string{
		"words\nReturn-Path: <a@b>\nx":       "Return-Path: <a@b>\nx",
		"words\nReceived: by x\nx":           "Received: by x\nx",
		"Subject: hello\nTo: a@b\nwords":     "",
		"words\nMessage-Id : <a@b>\nhi":      "Message-Id : <a@b>\nhi",
		"words: more: words\n":               "",
		"see https://example.org: received:": "",
		"":                                   "",
	} {
		if got := text[originalStart(text):]; got != want {
			t.Errorf("%q holds the mail %q, not %q", text, got, want)
		}
	}
}
