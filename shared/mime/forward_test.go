package mime

import (
	"reflect"
	"strings"
	"testing"
)

const forwardBlock = "From: Ann Smith <ann@example.com>\nDate: Fri, May 3, 2024 at 10:00 AM\nSubject: Boxes\nTo: Bob <bob@example.org>, carol@example.org\nCc: dan@example.org\n\nTwenty boxes.\n\nAnn"

var wantForward = Forwarded{
	From: Address{"Ann Smith", "ann@example.com"}, To: []Address{{"Bob", "bob@example.org"}, {"", "carol@example.org"}},
	Cc: []Address{{"", "dan@example.org"}}, Subject: "Boxes", Date: "Fri, May 3, 2024 at 10:00 AM", Text: "Twenty boxes.\n\nAnn",
}

func TestAForwardIsTakenApartWhateverStandsAboveIt(t *testing.T) {
	for _, c := range []struct{ text, subject, note string }{
		{"---------- Forwarded message ---------\n" + forwardBlock, "", ""},
		{"Please see.\n\n---------- Forwarded message ---------\n" + forwardBlock, "Boxes", "Please see."},
		{"Please see.\n\nBegin forwarded message:\n\n" + forwardBlock, "Re: Boxes", "Please see."},
		{"Bitte lesen.\n\n-------- Weitergeleitete Nachricht --------\n" + forwardBlock, "", "Bitte lesen."},
		{"Please see.\n\n________________________________\n" + forwardBlock, "FW: Boxes", "Please see."},
		{"Please see.\n\n" + forwardBlock, "[EXTERNAL] WG: Boxes", "Please see."},
		{"-----Original Message-----\n" + forwardBlock, "TR : Boxes", ""},
		{"\ufeff" + strings.ReplaceAll(forwardBlock, "\n", "\r\n"), "", ""},
		{"Please see.\n> -----Original Message-----\n> " + strings.ReplaceAll(forwardBlock, "\n", "\n> "), "", "Please see."},
		{"Se nedenfor.\n\n" + forwardBlock, "VS: Kasser", "Se nedenfor."},
	} {
		want := wantForward
		want.Note = c.note
		if got := ForwardedInText(c.text, c.subject); got == nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q under %q\n is %+v\nnot %+v", c.text, c.subject, got, want)
		}
	}
}

func TestAnAnswerIsNoForward(t *testing.T) {
	for _, c := range []struct{ text, subject string }{
		{"Yes.\n\n" + forwardBlock, "Re: Boxes"},
		{"Yes.\n\n" + forwardBlock, "RE: FW: Boxes"},
		{"Yes.\n\n" + forwardBlock, "AW: Boxes"},
		{"Yes.\n\n-----Original Message-----\n" + forwardBlock, "Boxes"},
		{"Joo.\n\nLähettäjä: Ann <ann@example.com>\nLähetetty: 3. toukokuuta 2024\nVastaanottaja: Bob\nAihe: Laatikot\n\nMoi", "VS: Laatikot"},
		{"Yes.\n\nOn 3 May 2024 at 10:00, Ann <ann@example.com> wrote:\n> ---------- Forwarded message ---------\n> " + strings.ReplaceAll(forwardBlock, "\n", "\n> "), "Boxes"},
		{"Yes.\n\n> Twenty?\n\n---------- Forwarded message ---------\n" + forwardBlock, "Boxes"},
		{"Just a mail about a forwarded message:\nit came.", "Boxes"},
		{"From: Berlin\nTo: Paris\nDate: 3 May 2024", "FW: trip"},
		{"", "FW: nothing"},
		{"\n\n", ""},
	} {
		if got := ForwardedInText(c.text, c.subject); got != nil {
			t.Errorf("%q under %q is a forward from %+v", c.text, c.subject, got.From)
		}
	}
}

func TestAForwardInTheFormOfAnAttributionNeedsTheSubject(t *testing.T) {
	text := "On 3/5/2024, 10:00, \"Ann Smith\" <ann@example.com> wrote:\n\n    Twenty boxes.\n\n      Ann\n"
	want := Forwarded{From: Address{"Ann Smith", "ann@example.com"}, Subject: "Boxes", Date: "3/5/2024, 10:00", Text: "Twenty boxes.\n\n  Ann"}
	if got := ForwardedInText(text, "FW: Boxes"); got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("is %+v", got)
	}
	if got := ForwardedInText(text, "Boxes"); got != nil {
		t.Errorf("without FW: is %+v", got)
	}
}

func TestAHeaderBlockRunTogetherOnOneLineIsRead(t *testing.T) {
	text := "----- Forwarded Message ----- From: Ann Smith <ann@example.com>To: Bob <bob@example.org>; \"carol@example.org\" <carol@example.org>Cc: dan@example.orgSent: Fri, May 3, 2024 at 10:00 AM CETSubject: Boxes\n Twenty boxes.\n"
	got := ForwardedInText(text, "")
	if got == nil || got.From != wantForward.From || !reflect.DeepEqual(got.To, wantForward.To) || got.Subject != "Boxes" || got.Date != "Fri, May 3, 2024 at 10:00 AM CET" || got.Text != "Twenty boxes." {
		t.Errorf("is %+v", got)
	}
}

func TestAHeaderBlockBrokenOverLinesIsRead(t *testing.T) {
	text := "---------- Forwarded message ---------\nFrom:\nAnn Smith <ann@example.com>\nDate:\nFri, May 3, 2024\n\nSubject: Boxes\nTo: Bob <bob@example.org>,\ncarol@example.org\nImportance: High\n\nTwenty boxes."
	got := ForwardedInText(text, "")
	if got == nil || got.From != wantForward.From || !reflect.DeepEqual(got.To, wantForward.To) || got.Date != "Fri, May 3, 2024" || got.Subject != "Boxes" || got.Text != "Twenty boxes." {
		t.Errorf("is %+v", got)
	}
}

func TestPeopleAreReadAsClientsWriteThem(t *testing.T) {
	for text, want := range map[string][]Address{
		"Ann Smith <ann@example.com>":                                           {{"Ann Smith", "ann@example.com"}},
		"Smith, Ann <ann@example.com>, Lee, Bob<bob@example.com>":               {{"Smith, Ann", "ann@example.com"}, {"Lee, Bob", "bob@example.com"}},
		"Ann<mailto:ann@example.com> <ann@example.com<mailto:ann@example.com>>": {{"Ann", "ann@example.com"}},
		"ann@example.com<mailto:ann@example.com>; bob@example.com":              {{"", "ann@example.com"}, {"", "bob@example.com"}},
		"Ann Smith [mailto:ann@example.com]":                                    {{"Ann Smith", "ann@example.com"}},
		"\"ann@example.com\" <ann@example.com>":                                 {{"", "ann@example.com"}},
		"'Ann' (ann@example.com)":                                               {{"Ann", "ann@example.com"}},
		"\"O'Neil, Ann\" <ann.o'neil@example.com>":                              {{"O'Neil, Ann", "ann.o'neil@example.com"}},
		"<ann@example.com>":                                                     {{"", "ann@example.com"}},
		"Ann Smith; Lee, Bob":                                                   {{"Ann Smith", ""}, {"Lee, Bob", ""}},
		"ann@bücher.example":                                                    {{"", "ann@bücher.example"}},
		"undisclosed-recipients:;":                                              nil,
		"":                                                                      nil,
	} {
		if got := writtenPeople(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

func TestASubjectsPrefixIsKnown(t *testing.T) {
	for subject, want := range map[string]subjectKind{
		"Fwd: x": subjectForward, "FW: x": subjectForward, "WG: x": subjectForward, "TR : x": subjectForward, "RV: x": subjectForward,
		"I: x": subjectForward, "ENC: x": subjectForward, "PD: x": subjectForward, "[list] Fwd: x": subjectForward, "转发：x": subjectForward,
		"Re: x": subjectReply, "RE: FW: x": subjectReply, "Re[2]: x": subjectReply, "AW: x": subjectReply, "SV: x": subjectReply,
		"VS: x": subjectEither, "x": subjectPlain, "Order: x": subjectPlain, "": subjectPlain, "[open": subjectPlain, ": x": subjectPlain,
	} {
		if got := prefixOf(subject); got != want {
			t.Errorf("%q is %d, want %d", subject, got, want)
		}
	}
	if got := withoutPrefix("Fwd: Re: x"); got != "Re: x" {
		t.Errorf("left %q", got)
	}
}

func FuzzAForwardNamesSomebody(f *testing.F) {
	f.Add("Please see.\n\n---------- Forwarded message ---------\n"+forwardBlock, "Fwd: Boxes")
	f.Add("----- Forwarded Message ----- From: Ann <ann@example.com>To: bob@example.orgSubject: Boxes\n Twenty.", "")
	f.Add("On 3/5/2024, 10:00, \"Ann\" <ann@example.com> wrote:\n\n  Twenty.", "WG: Boxes")
	f.Fuzz(func(t *testing.T, text, subject string) {
		if got := ForwardedInText(text, subject); got != nil && got.From == (Address{}) {
			t.Errorf("%q under %q is from nobody", text, subject)
		}
	})
}
