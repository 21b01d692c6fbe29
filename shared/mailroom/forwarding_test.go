package mailroom

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const gmailAsks = `From: Gmail Team <forwarding-noreply@google.com>
To: support@desk.example
Subject: (#712345678) Gmail Forwarding Confirmation - Receive Mail from help@example.com

help@example.com has requested to automatically forward mail to your email
address support@desk.example.
Confirmation code: 712345678

To allow this, please click the link below to confirm the request:

https://mail-settings.google.com/mail/vf-%5BANGjdJ_x%5D-abc

If you click the link and it appears to be broken, copy it. To cancel:

https://mail-settings.google.com/mail/uf-%5BANGjdJ_x%5D-abc
Learn more: https://support.google.com/mail/answer/184973
`

func TestAForwardingServicesDemandReachesTheChannelThatItIsAbout(t *testing.T) {
	for name, c := range map[string]struct{ mail, channel, holds, code string }{
		"gmail":        {gmailAsks, "a-own", "https://mail-settings.google.com/mail/vf-", "712345678"},
		"outlook":      {"From: no-reply@microsoft.com\nTo: support@desk.example\nSubject: Confirm forwarding\n\nOpen https://outlook.live.com/verify?x=1 please\n", "a-mail", "https://outlook.live.com/verify?x=1", ""},
		"yahoo":        {"From: noreply@cc.yahoo.com\nTo: support@desk.example\nSubject: Verify your forwarding address\n\nYour code is 443322\n", "a-mail", "443322", "443322"},
		"forged":       {gmailAsks, "", "", ""},
		"from another": {strings.Replace(gmailAsks, "forwarding-noreply@google.com", "forwarding-noreply@google.com.evil.example", 1), "", "", ""},
		"to another":   {"From: no-reply@microsoft.com\nTo: support@desk.example\nSubject: Forwarding\n\nhttps://evil.example/?live.com\n", "", "", ""},
		"a newsletter": {"From: noreply@yahoo.com\nTo: support@desk.example\nSubject: News\n\nhttps://yahoo.com/news/1\n", "", "", ""},
	} {
		w := newWorld()
		body := string(w.store(c.mail, "support@desk.example"))
		if name != "forged" {
			body = strings.Replace(body, `"dmarcVerdict":{"status":"FAIL"}`, `"dmarcVerdict":{"status":"PASS"}`, 1)
		}
		w.must(t, []byte(body))
		if len(w.letters) != 1 {
			t.Errorf("%s: the mail itself became %d events", name, len(w.letters))
		}
		if w.confirmIn != c.channel || !strings.Contains(w.confirm, c.holds) || !strings.Contains(w.confirm, c.code) || (c.channel == "") != (w.confirm == "") {
			t.Errorf("%s: %s is told %q", name, w.confirmIn, w.confirm)
		}
		if strings.Contains(w.confirm, "/uf-") || strings.Contains(w.confirm, "evil") {
			t.Errorf("%s: the wrong link in %q", name, w.confirm)
		}
	}
}

func TestAForwardingThatWorksIsNotedOnceAnHour(t *testing.T) {
	w := newWorld()
	room := w.room()
	now := noon
	room.Now = func() time.Time { return now }
	came := func() { room.noteForwarded(t.Context(), "a-own") }
	w.down["NoteForwarded"] = errors.New("away")
	came()
	delete(w.down, "NoteForwarded")
	came()
	came()
	if len(w.forwarded) != 2 {
		t.Errorf("noted %d times", len(w.forwarded))
	}
	now = now.Add(time.Hour)
	if came(); len(w.forwarded) != 3 {
		t.Errorf("an hour later it is noted %d times", len(w.forwarded))
	}
	other := newWorld()
	other.must(t, other.store("From: ann@example.org\nTo: help@example.com\n\nhello\n", "support@desk.example"))
	if len(other.forwarded) != 1 || other.forwarded[0] != "a-own" {
		t.Errorf("a forwarded mail told of %q", other.forwarded)
	}
	direct := newWorld()
	direct.must(t, direct.store("From: ann@example.org\nTo: support@desk.example\n\nhello\n", "support@desk.example"))
	if len(direct.forwarded) != 0 {
		t.Errorf("a mail that nobody forwarded told of %q", direct.forwarded)
	}
}
