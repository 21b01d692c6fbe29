package mime

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestACopiedHeaderBlockIsHiddenInEveryLanguage(t *testing.T) {
	for _, block := range []string{
		"From: Ann Smith <ann@example.com>\nSent: Friday, May 3, 2024 10:00 AM\nTo: Support <support@example.com>\nSubject: Re: Boxes",
		"From: Ann Smith <ann@example.com>\nDate: Friday, 3 May 2024 at 10:00\nTo: support@example.com\nCc: Bob <bob@example.com>\nSubject: Re: Boxes",
		"________________________________\nVon: Ann Smith\nGesendet: Freitag, 3. Mai 2024 10:00\nAn: Support\nBetreff: AW: Kisten",
		"Gesendet: Freitag, 03. Mai 2024 um 10:00 Uhr\nVon: \"Ann Smith\" <ann@example.com>\nAn: support@example.com\nBetreff: Kisten",
		"De : Ann Smith <ann@example.com>\nEnvoyé : vendredi 3 mai 2024 10:00\nÀ : support@example.com\nObjet : RE: Cartons",
		"De: Ann Smith <ann@example.com>\nEnviado el: viernes, 3 de mayo de 2024 10:00\nPara: Support\nAsunto: RE: Cajas",
		"De: Ann Smith <ann@example.com>\nEnviada em: sexta-feira, 3 de maio de 2024 10:00\nPara: Support\nAssunto: RES: Caixas",
		"Da: Ann Smith <ann@example.com>\nInviato: venerdì 3 maggio 2024 10:00\nA: Support\nOggetto: R: Scatole",
		"Van: Ann Smith <ann@example.com>\nVerzonden: vrijdag 3 mei 2024 10:00\nAan: Support\nOnderwerp: RE: Dozen",
		"Från: Ann Smith <ann@example.com>\nSkickat: den 3 maj 2024 10:00\nTill: Support\nÄmne: SV: Lådor",
		"Fra: Ann Smith <ann@example.com>\nSendt: fredag 3. mai 2024 10:00\nTil: Support\nEmne: SV: Esker",
		"Lähettäjä: Ann Smith <ann@example.com>\nLähetetty: perjantai 3. toukokuuta 2024 10.00\nVastaanottaja: Support\nAihe: VS: Laatikot",
		"Od: Ann Smith <ann@example.com>\nWysłano: piątek, 3 maja 2024 10:00\nDo: Support\nTemat: ODP: Pudełka",
		"Od: Ann Smith <ann@example.com>\nOdesláno: pátek 3. května 2024 10:00\nKomu: Support\nPředmět: RE: Krabice",
		"От: Ann Smith <ann@example.com>\nОтправлено: 3 мая 2024 г. 10:00\nКому: Support\nТема: RE: Коробки",
		"Від: Ann Smith <ann@example.com>\nНадіслано: 3 травня 2024 р. 10:00\nКому: Support\nТема: RE: Коробки",
		"Feladó: Ann Smith <ann@example.com>\nElküldve: 2024. május 3. 10:00\nCímzett: Support\nTárgy: RE: Dobozok",
		"Kimden: Ann Smith <ann@example.com>\nGönderildi: 3 Mayıs 2024 Cuma 10:00\nKime: Support\nKonu: YNT: Kutular",
		"差出人: Ann Smith <ann@example.com>\n送信日時: 2024年5月3日 10:00\n宛先: Support\n件名: RE: 箱",
		"发件人: Ann Smith <ann@example.com>\n发送时间: 2024年5月3日 10:00\n收件人: Support\n主题: 回复: 箱子",
		"보낸 사람: Ann Smith <ann@example.com>\n보낸 날짜: 2024년 5월 3일 금요일 10:00\n받는 사람: Support\n제목: RE: 상자",
		"*From:* Ann Smith [mailto:ann@example.com]\n*Sent:* Friday, May 03, 2024 10:00 AM\n*To:* Support\n*Subject:* Boxes",
		"From: Ann Smith\n<ann@example.com>\nSent: Friday, May 3, 2024 10:00 AM\nTo: Support\nSubject: Boxes",
		"From: Ann Smith <ann@example.com> Sent: Friday, May 3, 2024 10:00 AM To: support@example.com Subject: Boxes",
		"----- Original Message -----\nFrom: \"Ann Smith\" <ann@example.com>\nTo: <support@example.com>\nSent: Friday, May 03, 2024 10:00 AM\nSubject: Boxes",
		"-------- Ursprüngliche Nachricht --------",
		"-----Message d'origine-----",
		"‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
		"----- Reply message -----\nFrom: \"Ann Smith\" <ann@example.com>\nTo: <support@example.com>\nDate: Fri, May 3, 2024",
		"##- Please type your reply above this line -##", "=== Bitte oberhalb dieser Zeile antworten ===",
	} {
		if got := VisibleText("Yes, please.\n\n"+block+"\n\nShall I send the boxes?\n\nAnn", ""); got != "Yes, please." {
			t.Errorf("%s\nshows %q", block, got)
		}
	}
}

func TestFormsAndListsAreNoHeaderBlock(t *testing.T) {
	for _, s := range []string{
		"From: Berlin\nTo: Paris\nDate: 12 May 2024\nPassengers: 2",
		"Name: Ann\nSubject: Boxes\nDate: 3 May 2024",
		"To: do today\nFrom: the list\nand more",
		"I get mail From: ann@example.com and To: bob@example.com\nSubject: none",
	} {
		if got := VisibleText("Hello,\n\n"+s, ""); got != "Hello,\n\n"+s {
			t.Errorf("%q\nshows %q", s, got)
		}
	}
}

func TestALoneLineOfArrowsIsNoQuotation(t *testing.T) {
	text := "Watch it here:\n\n>>>VIDEO<<<\n\nTwenty places left."
	if got := VisibleText(text, ""); got != text {
		t.Errorf("shows %q", got)
	}
}

func TestAnswersBetweenQuotationsStay(t *testing.T) {
	text := "On 3 May 2024 at 10:00, Ann <ann@example.com> wrote:\n> How many?\n\nTwenty.\n\n> When?\n> By noon?\nOn Monday.\n"
	if got := VisibleText(text, ""); got != "Twenty.\nOn Monday." {
		t.Errorf("shows %q", got)
	}
}

func TestAMailThatWouldVanishIsShownWhole(t *testing.T) {
	for _, s := range []string{
		"> only a quotation\n> of two lines",
		"On 3 May 2024 at 10:00, Ann <ann@example.com> wrote:\n\nall of it unmarked",
		"Sent from my iPhone",
		"--\nAnn",
		"From: Ann <ann@example.com>\nSent: Friday, May 3, 2024\nTo: Bob\nSubject: Boxes\n\nHere they are",
	} {
		if got := VisibleText(s+"\n", ""); got != s {
			t.Errorf("%q\nshows %q", s, got)
		}
	}
}

func TestForwardedTextStays(t *testing.T) {
	for _, s := range []string{
		"Please see below.\n\n---------- Forwarded message ---------\nFrom: Ann <ann@example.com>\nDate: Fri, May 3, 2024\nSubject: Boxes\nTo: <bob@example.com>\n\nTwenty boxes.",
		"Please see below.\n\nBegin forwarded message:\n\n> From: Ann <ann@example.com>\n> Subject: Boxes\n> Date: 3 May 2024\n> To: bob@example.com\n>\n> Twenty boxes.",
		"Bitte lesen.\n\n> Anfang der weitergeleiteten Nachricht:\n>\n> Von: Ann <ann@example.com>\n> Betreff: Kisten\n> Datum: 3. Mai 2024\n>\n> Zwanzig Kisten.",
	} {
		if got := VisibleText(s, ""); got != s {
			t.Errorf("%q\nshows %q", s, got)
		}
	}
}

func TestASnippetIsTheBeginningOnOneLine(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"  Hello,\n\n\tworld  ", 80, "Hello, world"},
		{"Hello, world", 5, "Hello"},
		{"Hello, world", 6, "Hello,"},
		{"Hello, world", 7, "Hello,"},
		{"Hello, world", 8, "Hello, w"},
		{"žluťoučký kůň", 9, "žluťoučký"},
		{"a\u200b\u00a0b", 9, "a b"},
		{"anything", 0, ""},
		{"anything", -1, ""},
		{"", 10, ""},
	} {
		if got := Snippet(c.text, c.n); got != c.want {
			t.Errorf("Snippet(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

// Each of these made a naive reader slow: the guard is only there against a hang.
func TestHostileBodiesAreReadInLinearTime(t *testing.T) {
	for name, unit := range map[string]string{
		"marks": ">", "marked lines": ">\n", "blank lines": "\n", "colons": "a:\n", "rules": "---\n", "ruled paragraphs": "-----\n\n",
		"senders": "From: a@b\n", "starts": "On 2012-01-01 a@b\n", "attributions": "On 2012-01-01 a@b wrote:\n", "addresses": "a@",
		"devices": "Sent from my iPhone\n", "closings": "Regards,\n", "labels": "From: a@b To: ", "subjects": "Subject: a\n\n",
		"framed": "---- x\nFrom: a\n", "blocks": "From: a@b\nTo:\nDate: 1\n", "tags": "<div class=gmail_quote>", "invalid": "\xff",
	} {
		text := strings.Repeat(unit, 1<<16/len(unit))
		for _, got := range []string{VisibleText(text, ""), VisibleText("", text), VisibleText("x", text)} {
			if !utf8.ValidString(got) || len(got) > len(text)*2 {
				t.Errorf("%s: %d bytes made of %d", name, len(got), len(text))
			}
		}
		ForwardedInText(text, "Fwd: x")
	}
}
