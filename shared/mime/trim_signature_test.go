package mime

import (
	"strings"
	"testing"
)

func TestASignatureIsHidden(t *testing.T) {
	for _, s := range []string{
		"-- \nAnn Smith\nExample Ltd", "--\nAnn", "__\nAnn", "---\nAnn\nExample Ltd\n+1 555 0100",
		"_______________________________________________\nlist mailing list\nlist@example.com",
		"Best regards,\nAnn Smith", "Kind regards\n\nAnn\nExample Ltd", "Regards,\nAnn",
	} {
		if got := VisibleText("It works now.\n\n"+s+"\n", ""); got != "It works now." {
			t.Errorf("%q\nshows %q", s, got)
		}
	}
}

func TestTheLineOfATelephoneOrProgramIsHidden(t *testing.T) {
	for _, s := range []string{
		"Sent from my iPhone", "Sent from my Samsung Galaxy smartphone.", "Sent from Yahoo Mail for iPhone", "(sent from my mobile)",
		"Sent via BlackBerry from T-Mobile", "Sent with Proton Mail secure email.", "Sent from my iPhone, please excuse typos",
		"Sent from Mail<https://go.example.com/fwlink> for Windows", "Get Outlook for iOS<https://aka.example.com/o0ukef>",
		"Get Outlook for Android", "Outlook für Android herunterladen", "Von meinem iPhone gesendet", "Gesendet von Mail für Windows",
		"Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.", "Envoyé de mon iPhone",
		"Envoyé depuis mon téléphone Orange", "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone",
		"Verstuurd vanaf mijn iPhone", "Skickat från min iPhone", "Sendt fra min iPhone", "Lähetetty iPhonesta", "Wysłane z iPhone'a",
		"Odesláno z iPhonu", "Отправлено с iPhone", "Надіслано з iPhone", "Trimis de pe iPhone-ul meu", "iPhone'umdan gönderildi",
		"iPhoneから送信", "从我的iPhone发送", "나의 iPhone에서 보냄", "Sent from a magnificent torch of pixels",
	} {
		if got := VisibleText("It works now.\n\n"+s+"\n", ""); got != "It works now." {
			t.Errorf("%q\nshows %q", s, got)
		}
		if got := VisibleText("It works now.\n\n"+s+"\n\nOn 3 May 2024, Ann <ann@example.com> wrote:\n> Does it?\n", ""); got != "It works now." {
			t.Errorf("%q above a quotation\nshows %q", s, got)
		}
	}
}

func TestWhatOnlyLooksLikeASignatureStays(t *testing.T) {
	for _, s := range []string{
		"I sent the phone back yesterday.", "Sent my iPhone back on Monday.", "Das Handy wurde gestern gesendet.",
		"Sent from the warehouse, it took three days, and then it broke.",
		"-- first point\n-- second point", "Items\n-----\nboxes", "a | b\n--------\n1 | 2",
		"With regards to the boxes, they are here.", "As regards time, noon is fine.",
		"Cheers 🎉\nAnn",
	} {
		if got := VisibleText("Hello,\n\n"+s+"\n", ""); got != "Hello,\n\n"+s {
			t.Errorf("%q\nshows %q", s, got)
		}
	}
}

func TestARuleAboveALongTextIsNoSignature(t *testing.T) {
	text := "Hello,\n\n---"
	for range maxSignature + 1 {
		text += "\nanother line of the report"
	}
	if got := VisibleText(text, ""); got != text {
		t.Errorf("shows %q", got)
	}
}

func TestARuleThatHasDividedPartsIsNoSignature(t *testing.T) {
	part := strings.Repeat("a line of the news\n", 8) + "\n---\n\n"
	text := part + part + part + "the end of the news"
	if got := VisibleText(text, ""); got != text {
		t.Errorf("shows %q", got)
	}
}

func TestAClosingAboveAQuotationIsPartOfTheAnswer(t *testing.T) {
	if got := VisibleText("Yes.\n\nRegards,\nAnn\n\n> Shall I?", ""); got != "Yes.\n\nRegards,\nAnn" {
		t.Errorf("shows %q", got)
	}
}

func TestAnAnswerBelowTheLineOfATelephoneStays(t *testing.T) {
	if got := VisibleText("Sent from my iPhone\n\nIt works now.", ""); got != "It works now." {
		t.Errorf("shows %q", got)
	}
}
