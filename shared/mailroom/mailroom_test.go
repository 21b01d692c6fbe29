package mailroom

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAMailIsOneEventWithEverythingThatTheRouterNeeds(t *testing.T) {
	w := newWorld()
	w.must(t, w.store(plain, "Support@Desk.Example"))
	e := w.only(t)
	if e.Channel != "a-mail" || e.Type != desk.InMessage || e.ID != "ses1" || e.Thread != "m1@example.org" || e.Subject != "Where is my order?" || e.Muted {
		t.Errorf("the event is %+v", e)
	}
	if e.From.Value != "ann@example.org" || e.From.Name != "Ann Example" || e.From.Kind != "email" || e.At.Format("15:04:05") != "11:59:58" {
		t.Errorf("it is from %+v at %v", e.From, e.At)
	}
	m := e.Mail
	if m.MessageID != "m1@example.org" || m.Recipient != "support@desk.example" || len(m.To) != 2 || m.Hash == "" || m.Visible != "Hello, where is it?" {
		t.Errorf("the mail's facts are %+v", m)
	}
	if m.Verdicts.DMARC != "FAIL" || m.Verdicts.DMARCPolicy != "reject" || m.Verdicts.Spam != "PASS" {
		t.Errorf("the verdicts are %+v", m.Verdicts)
	}
	if m.RawKey != "mail/ses1" || !strings.Contains(w.objects["mail/ses1"], "Where is my order?") || len(w.keys("incoming/")) != 0 {
		t.Errorf("the raw mail lies at %q of %q", m.RawKey, w.keys(""))
	}
}

func TestTheSameRecordTwiceIsTheSameEventAndTheSameObjects(t *testing.T) {
	w := newWorld()
	body := w.store(withFile, "support@desk.example")
	w.must(t, body)
	keys := w.keys("")
	w.must(t, body) // the queue delivers it once more, after the mail was moved
	w.store(withFile, "support@desk.example")
	w.must(t, body) // the service stores it once more
	if len(w.letters) != 3 || w.letters[0].Dedup != w.letters[1].Dedup || string(w.letters[0].Body) != string(w.letters[2].Body) {
		t.Errorf("the letters differ: %+v", w.letters)
	}
	if !slices.Equal(keys, w.keys("")) || len(w.failures) != 0 {
		t.Errorf("the objects are %q, and were %q", w.keys(""), keys)
	}
}

const withFile = `From: ann@example.org
To: support@desk.example
Subject: files
Message-ID: <m2@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p>See <img src="cid:logo"></p>
--b
Content-Type: image/png; name=logo.png
Content-Disposition: inline
Content-ID: <logo>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="a b.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQ=
--b--
`

func TestAttachmentsGoStraightToTheStore(t *testing.T) {
	w := newWorld()
	w.must(t, w.store(withFile, "support@desk.example"))
	e := w.only(t)
	if len(e.Attachments) != 2 {
		t.Fatalf("the attachments are %+v", e.Attachments)
	}
	logo, pdf := e.Attachments[0], e.Attachments[1]
	if logo.Usage != desk.UsageImage || !logo.Inline || logo.ContentID != "logo" || logo.Key != "parts/ses1/0" || w.objects[logo.Key] != "\x89PNG\r\n\x1a\n" {
		t.Errorf("the picture is %+v", logo)
	}
	if pdf.Name != "a b.pdf" || pdf.Usage != desk.UsageFile || pdf.Size != 8 || pdf.State != desk.PartStored || w.objects["parts/ses1/1"] != "%PDF-1.4" || len(pdf.SHA256) != 64 {
		t.Errorf("the file is %+v", pdf)
	}
	if e.HTMLKey != "texts/ses1.html" || !strings.Contains(w.objects[e.HTMLKey], "cid:logo") {
		t.Errorf("the HTML lies at %q", e.HTMLKey)
	}
}

func TestAttachmentsOfAMailWithAVirusAreRefusedAndTheRawMailIsKept(t *testing.T) {
	w := newWorld()
	w.must(t, []byte(strings.Replace(string(w.store(withFile, "support@desk.example")), `"virusVerdict":{"status":"PASS"}`, `"virusVerdict":{"status":"FAIL"}`, 1)))
	e := w.only(t)
	for _, a := range e.Attachments {
		if a.State != desk.PartRefused || a.Key != "" || a.Reason == "" {
			t.Errorf("an attachment is %+v", a)
		}
	}
	if len(e.Attachments) != 2 || len(w.keys("parts/")) != 0 || len(w.keys("mail/")) != 1 || e.Mail.Verdicts.Virus != "FAIL" {
		t.Errorf("%d attachments, objects %q", len(e.Attachments), w.keys(""))
	}
}

func TestALongTextGoesToTheStoreAndItsBeginningStays(t *testing.T) {
	w := newWorld()
	long := strings.Repeat("Many wörds. ", 5000)
	w.must(t, w.store("From: a@example.org\nContent-Type: text/plain; charset=utf-8\n\n"+long+"\n", "support@desk.example"))
	e := w.only(t)
	if e.TextKey != "texts/ses1.txt" || !strings.HasPrefix(w.objects[e.TextKey], long[:50000]) || !strings.HasPrefix(long, e.Text) || len(e.Text) > 2<<10 || len(e.Text) < 2000 {
		t.Errorf("%d bytes stay, the text lies at %q", len(e.Text), e.TextKey)
	}
}

func TestAnEventIsNeverLargerThanAQueueMessage(t *testing.T) {
	w := newWorld()
	var b strings.Builder
	b.WriteString("From: a@example.org\nMessage-ID: <big@example.org>\nReferences:")
	for range 400 {
		b.WriteString("\n <" + strings.Repeat("r", 800) + "@example.org>")
	}
	b.WriteString("\nTo: x@example.org")
	for range 300 {
		b.WriteString(",\n \"" + strings.Repeat("n", 150) + "\" <" + strings.Repeat("a", 60) + "@" + strings.Repeat("d", 200) + ".example>")
	}
	b.WriteString("\nSubject: Fwd: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n" + strings.Repeat("\x01\x02\x03\x04\x05\n", 40000))
	for range 400 {
		b.WriteString("\n--b\nContent-Disposition: attachment; filename=\"" + strings.Repeat("f", 200) + "\"\n\nx")
	}
	b.WriteString("\n--b--\n")
	w.must(t, w.store(b.String(), "support@desk.example"))
	e := w.only(t)
	if n := len(w.letters[0].Body); n > maxLetter {
		t.Errorf("the letter has %d bytes", n)
	}
	if len(e.Attachments) == 0 || len(e.Mail.Problems) == 0 || len(w.keys("parts/")) != maxParts || e.TextKey == "" {
		t.Errorf("%d attachments, %d parts stored, problems %q", len(e.Attachments), len(w.keys("parts/")), e.Mail.Problems)
	}
}

func TestAMailThatIsNotThereIsTriedAgainAndThenGivenUp(t *testing.T) {
	w := newWorld()
	err := w.record(notice("gone", "support@desk.example"))
	if desk.CodeOf(err) != desk.NotFound || desk.Transient(err) {
		t.Fatalf("the error is %v", err)
	}
	q := desk.QueueMessage{ID: "q1", Body: notice("gone", "support@desk.example"), Tries: 5, SentAt: noon}
	if err := GiveUp[desk.QueueMessage](w.room())(context.Background(), q, err); err != nil {
		t.Fatal(err)
	}
	if len(w.failures) != 1 || w.failures[0].ID != "2026-11-02.q1" || w.failures[0].Stage != "mail" || !strings.Contains(w.failures[0].Reason, "not in the store") || string(w.failures[0].Payload) != string(q.Body) {
		t.Errorf("the failures are %+v", w.failures)
	}
}

func TestAMailThatIsGivenUpIsNotAnnouncedAgain(t *testing.T) {
	w := newWorld()
	q := desk.QueueMessage{ID: "q1", Body: w.store(plain, "support@desk.example"), Tries: 5, SentAt: noon}
	w.down["Copy"] = desk.Refuse(desk.Busy, "The store is away.")
	if err := w.room().giveUp(context.Background(), q, errors.New("a fault")); !desk.Transient(err) {
		t.Errorf("a store that is away: %v", err)
	}
	delete(w.down, "Copy")
	if err := w.room().giveUp(context.Background(), q, errors.New("a fault")); err != nil || !slices.Equal(w.keys(""), []string{"mail/ses1"}) {
		t.Errorf("%v, the mail lies at %q", err, w.keys(""))
	}
	w.must(t, q.Body) // an admin replays the failure
	if len(w.letters) != 1 {
		t.Errorf("%d letters after the replay", len(w.letters))
	}
}

func TestAMailThatBreaksOffIsTriedAgainAndLeavesNoHalfAttachment(t *testing.T) {
	w := newWorld()
	body := w.store(withFile, "support@desk.example")
	for _, w.breaks = range []int{1, 100, 380, 390, 520, 560} {
		err := w.record(body)
		if !desk.Transient(err) || len(w.letters)+len(w.failures) != 0 {
			t.Fatalf("broken after %d: %v, %d letters", w.breaks, err, len(w.letters))
		}
		for key, bytes := range map[string]string{"parts/ses1/0": "\x89PNG\r\n\x1a\n", "parts/ses1/1": "%PDF-1.4"} {
			if got, ok := w.objects[key]; ok && got != bytes {
				t.Errorf("broken after %d: %s holds %q", w.breaks, key, got)
			}
		}
	}
	if w.breaks = 0; w.record(body) != nil || len(w.letters) != 1 || len(w.keys("parts/")) != 2 {
		t.Errorf("%d letters, parts %q", len(w.letters), w.keys("parts/"))
	}
}

func TestWhateverFailsOnTheWayBringsTheRecordBackAndLosesNothing(t *testing.T) {
	away := desk.Refuse(desk.Busy, "It is away.")
	for _, method := range []string{"Config", "Get", "Put", "Copy", "Send", "Delete", "Close"} {
		w := newWorld()
		body := w.store(withFile, "support@desk.example")
		w.down[method] = away
		if err := w.record(body); !errors.Is(err, away) {
			t.Errorf("%s: %v", method, err)
		}
		w.down = map[string]error{}
		if err := w.record(body); err != nil || len(w.letters) == 0 || len(w.keys("mail/")) != 1 || len(w.keys("incoming/")) != 0 {
			t.Errorf("%s, afterwards: %v, %d letters, %q", method, err, len(w.letters), w.keys(""))
		}
	}
}

func TestAMailLeavesTheServicesFolderOnlyWhenItIsOnTheQueue(t *testing.T) {
	w := newWorld()
	body := w.store(plain, "support@desk.example")
	w.down["Send"] = desk.Refuse(desk.Busy, "The queue is away.")
	if err := w.record(body); err == nil || len(w.keys("incoming/")) != 1 {
		t.Errorf("%v, objects %q", err, w.keys(""))
	}
}

func TestThatMailComesInIsNotedOnceAMinuteAndNeverInTheWay(t *testing.T) {
	w := newWorld()
	room := w.room()
	body := w.store(plain, "support@desk.example")
	for range 3 {
		if err := room.handle(t.Context(), desk.QueueMessage{ID: "q1", Body: body, SentAt: noon}); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.came) != 1 || !w.came[0].Equal(noon) {
		t.Errorf("it was noted at %v", w.came)
	}
	w = newWorld()
	w.down["MailCame"] = errors.New("away")
	w.must(t, w.store(plain, "support@desk.example"))
	w.only(t)
}
