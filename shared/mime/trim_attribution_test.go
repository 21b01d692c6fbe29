package mime

import (
	"strings"
	"testing"
)

// attributions are written by our own hand after the forms that clients use, one a client and language.
var attributions = []string{
	"On Fri, May 3, 2024 at 10:00 AM Ann Smith <ann@example.com> wrote:",
	"On Fri, May 3, 2024, 10:00 AM Ann Smith\n<ann@example.com> wrote:",
	"On 3 May 2024, at 10:00, Ann Smith wrote:",
	"On 2024-05-03 10:00, Ann Smith wrote:",
	"On Friday, May 3rd, 2024 at 10:00 AM, Ann Smith <ann@example.com> wrote:",
	"On Fri, 3 May at 10:00 AM , Support <support@example.com> wrote:",
	"Ann Smith/Sales/Example wrote on 05/03/2024 10:00:00 AM:",
	"Am Fr., 3. Mai 2024 um 10:00 Uhr schrieb Ann Smith <\nann@example.com>:",
	"Am 03.05.24 um 10:00 schrieb Ann Smith:",
	"Ann Smith <ann@example.com> schrieb am Fr. 3. Mai 2024 um 10:00:",
	"Le ven. 3 mai 2024 à 10:00, Ann Smith <ann@example.com> a écrit :",
	"El vie, 3 may 2024 a las 10:00, Ann Smith (<ann@example.com>)\nescribió:",
	"Em sex., 3 de mai. de 2024 às 10:00, Ann Smith <ann@example.com>\nescreveu:",
	"Il giorno ven 3 mag 2024 alle ore 10:00 Ann Smith <\nann@example.com> ha scritto:",
	"Op vr 3 mei 2024 om 10:00 schreef Ann Smith <ann@example.com>:",
	"Den fre 3 maj 2024 kl 10:00 skrev Ann Smith <ann@example.com>:",
	"fre. 3. mai 2024 kl. 10:00 skrev Ann Smith <ann@example.com>:",
	"pe 3. toukok. 2024 klo 10.00 Ann Smith (ann@example.com) kirjoitti:",
	"pt., 3 maj 2024 o 10:00 Ann Smith <ann@example.com> napisał(a):",
	"pá 3. 5. 2024 v 10:00 odesílatel Ann Smith <ann@example.com> napsal:",
	"Ann Smith <ann@example.com> ezt írta (időpont: 2024. máj. 3., P, 10:00):",
	"пт, 3 мая 2024 г. в 10:00, Ann Smith <ann@example.com>:",
	"Пятница, 3 мая 2024, 10:00 +03:00 от Ann Smith <ann@example.com>:",
	"03.05.2024, 10:00, \"Ann Smith\" <ann@example.com>:",
	"пт, 3 трав. 2024 р. о 10:00 Ann Smith <ann@example.com> пише:",
	"vin., 3 mai 2024 la 10:00, Ann Smith <ann@example.com> a scris:",
	"Ann Smith <ann@example.com>, 3 May 2024 Cum, 10:00 tarihinde şunu yazdı:",
	"Στις Παρ 3 Μαΐ 2024 στις 10:00 π.μ., ο χρήστης Ann Smith <ann@example.com> έγραψε:",
	"\u202bבתאריך יום ו׳, 3 במאי 2024 ב-10:00 מאת \u202aAnn Smith\u202c\u200f <\u202aann@example.com\u202c\u200f>:\u202c",
	"في الجمعة، 3 مايو 2024 في 10:00 ص تمت كتابة ما يلي بواسطة Ann Smith <ann@example.com>:",
	"2024年5月3日(金) 10:00 Ann Smith <ann@example.com>:",
	"Ann Smith <ann@example.com> 于2024年5月3日周五 10:00写道：",
	"Ann Smith <ann@example.com> 於 2024年5月3日 週五 上午10:00寫道：",
	"2024년 5월 3일 (금) 오전 10:00, Ann Smith <ann@example.com>님이 작성:",
	"Vào Th 6, 3 thg 5, 2024 vào lúc 10:00 Ann Smith <ann@example.com>\nđã viết:",
	"ในวันที่ ศ. 3 พ.ค. 2024 เวลา 10:00 Ann Smith <ann@example.com> เขียนว่า:",
	"---- On Fri, 03 May 2024 10:00:00 +0200 Ann Smith <ann@example.com> wrote ----",
}

func TestWhatStandsBelowAnAttributionIsHiddenInEveryLanguage(t *testing.T) {
	for _, a := range attributions {
		if got := VisibleText("Yes, please.\n\n"+a+"\n\nShall I send it?\nAnn\n", ""); got != "Yes, please." {
			t.Errorf("%s\nshows %q", a, got)
		}
		if got := VisibleText("Yes, please.\n"+a+"\n> Shall I send it?\n> Ann\n\nAnd thank you.", ""); got != "Yes, please.\nAnd thank you." {
			t.Errorf("%s\nwith marks shows %q", a, got)
		}
	}
}

func TestAnIntroductionThatNeedsItsQuotationToBeKnownIsHidden(t *testing.T) {
	for _, a := range []string{
		"Ann Smith wrote:", "Ann Smith <ann@example.com> wrote:", "Quoting Ann Smith <ann@example.com>:",
		"Zitat von Ann Smith <ann@example.com>:", "* Ann Smith <ann@example.com> [2024-05-03 10:00]:",
	} {
		if got := VisibleText("Yes.\n\n"+a+"\n> Shall I?\n", ""); got != "Yes." {
			t.Errorf("%s\nshows %q", a, got)
		}
	}
}

func TestSentencesThatLookLikeAnAttributionStay(t *testing.T) {
	for _, s := range []string{
		"On Monday we wrote:\nnothing at all.",
		"On the other hand, he wrote:\nbring 20 boxes.",
		"In 2019 the author wrote:\nall is well.",
		"On 3 May we need:\n- 20 boxes\n- 3 pallets",
		"The log of 2024-05-03 10:00:00 says:\nerror 17",
		"Please write to ann@example.com:\nshe has the key.",
		"I have 3 questions:\n1. When?\n2. Where?\n3. Who?",
		"Meeting 10:30:\nroom 4",
		"See https://example.com/on-3-may-2024-ann-wrote:",
	} {
		if got := VisibleText(s, ""); got != s {
			t.Errorf("%q\nshows %q", s, got)
		}
	}
}

func TestTextRightAboveAnAttributionStays(t *testing.T) {
	for _, text := range []string{
		"See you at 10 then\nOn Mon, 6 May 2024 at 10:00, Ann\n<ann@example.com> wrote:\n> Shall I?",
		"See you at 10 then\nOn Mon, 6 May 2024 at 10:00, Ann <ann@example.com> wrote:\n> Shall I?",
		"See you at 10 then\nAnn Smith <ann@example.com> wrote:\n> Shall I?",
	} {
		if got := VisibleText(text, ""); got != "See you at 10 then" {
			t.Errorf("%q\nshows %q", text, got)
		}
	}
}

func TestABrokenAttributionIsHiddenWhole(t *testing.T) {
	text := "Fine.\n\nOn 3 May 2024,\nat 10:00,\nAnn Smith\n<ann@example.com>\nwrote:\n\n> Shall I?"
	if got := VisibleText(text, ""); got != "Fine." {
		t.Errorf("shows %q", got)
	}
}

func TestTheDateAndPersonOfAnAttributionAreRead(t *testing.T) {
	for _, c := range []struct{ text, date, name string }{
		{"On Fri, May 3, 2024 at 10:00 AM Ann Smith <ann@example.com> wrote:", "Fri, May 3, 2024 at 10:00 AM", "Ann Smith"},
		{"Am 03.05.2024 um 10:00 schrieb \"Ann Smith\" <ann@example.com>:", "03.05.2024 um 10:00", "Ann Smith"},
		{"Op 3/5/2024 10:00 heeft Ann Smith <ann@example.com> geschreven:", "3/5/2024 10:00", "Ann Smith"},
		{"Le 3 mai 2024, Ann Smith <ann@example.com> a écrit :", "3 mai 2024", "Ann Smith"},
	} {
		date, from := writtenBy(c.text)
		if date != c.date || from != (Address{Name: c.name, Addr: "ann@example.com"}) {
			t.Errorf("%s\nis from %+v of %q", c.text, from, date)
		}
	}
}

func FuzzVisibleTextIsPartOfTheBody(f *testing.F) {
	for _, a := range attributions {
		f.Add("Yes.\n" + a + "\n> Shall I?\n-- \nBob")
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole := map[string]bool{}
		for _, l := range splitLines(text) {
			whole[l.raw] = true
		}
		for line := range strings.SplitSeq(VisibleText(text, ""), "\n") {
			if !whole[line] && line != "" {
				t.Errorf("%q is no line of %q", line, text)
			}
		}
	})
}
