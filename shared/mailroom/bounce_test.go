package mailroom

import (
	"slices"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// report is a delivery report about a mail of ours, whose returned fields are given.
func report(status, returned string) string {
	return `From: MAILER-DAEMON@mx.example.org
To: support@desk.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <dsn1@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ann@example.org
Action: failed
Status: ` + status + `
Diagnostic-Code: smtp; 550 user unknown

--b
Content-Type: text/rfc822-headers

From: Support <support@desk.example>
To: ann@example.org
Subject: Re: Where is my order?
` + returned + `

--b--
`
}

const returnedToken = "Reply-To: Support\n <reply+GOOD@desk.example>\nMessage-ID: <ses-out-1@email.amazonses.com>\nX-Loket-Message:\n 01m87rf40214qs9h6caj8ax8xk-01m87rf4kqn9b9408dkx7b0s05@desk.example"

func (w *world) knowOwn() {
	w.tokens["good"] = ownConversation
	w.heads[ownConversation] = desk.Conversation{Channel: "a-own", Inbox: "a"}
}

func TestAReportThatReturnsOurReplyAddressGoesToItsConversation(t *testing.T) {
	w := newWorld()
	w.knowOwn()
	w.must(t, w.store(report("5.1.1", returnedToken), "support@desk.example"))
	all := w.events(t)
	if len(all) != 2 || len(w.failures) != 0 {
		t.Fatalf("the events are %+v, failures %+v", all, w.failures)
	}
	mail, news := all[0], all[1]
	if mail.Channel != "a-own" || !mail.Muted || !slices.Equal(mail.Mail.Tokens, []string{"good"}) || mail.Mail.Recipient != "support@desk.example" || mail.Mail.Bounce == nil {
		t.Errorf("the report is %+v, %+v", mail, mail.Mail)
	}
	n := news.Status
	if news.Type != desk.InStatus || news.Channel != "a-own" || n == nil || string(n.Key) != ownKey || n.State != desk.Failed || !n.Hard ||
		n.Recipient != "ann@example.org" || n.Detail != "ann@example.org can't be reached: 550 user unknown" {
		t.Errorf("the news is %+v, %+v", news, n)
	}
}

func TestAReportWithoutProofMovesOnlyAMessageThatItsInboxKnows(t *testing.T) {
	w := newWorld()
	w.knowOwn()
	returned := strings.ReplaceAll(returnedToken, "GOOD", "forged")
	w.found["a-own ses-out-1"] = ownKey
	w.must(t, w.store(report("5.1.1", returned), "support@desk.example"))
	all := w.events(t)
	if len(all) != 2 || all[0].Channel != "a-mail" || len(all[0].Mail.Tokens) != 0 || !all[0].Muted {
		t.Fatalf("the events are %+v", all)
	}
	if n := all[1]; n.Channel != "a-own" || n.Target != "ses-out-1" || n.Status.Key != "" {
		t.Errorf("the news is %+v", n)
	}
	w = newWorld() // sent to another inbox, which doesn't know the message
	w.found["a-own ses-out-1"] = ownKey
	w.must(t, w.store(report("5.1.1", returned), "sales@desk.example"))
	if e := w.only(t); e.Channel != "b-mail" || !e.Muted {
		t.Errorf("the event is %+v", e)
	}
}

func TestAReportOfAnotherConversationsMessageMovesNothing(t *testing.T) {
	w := newWorld()
	w.knowOwn()
	w.tokens["good"] = "01M87RF40214QS9H6CAJ8AX8XX"
	w.heads["01M87RF40214QS9H6CAJ8AX8XX"] = desk.Conversation{Channel: "a-own", Inbox: "a"}
	w.must(t, w.store(report("5.1.1", returnedToken), "support@desk.example"))
	if e := w.only(t); e.Type != desk.InMessage {
		t.Errorf("the event is %+v", e)
	}
}

func TestOnlyAnAddressThatNeverWorksIsHard(t *testing.T) {
	for status, want := range map[string]bool{"5.1.1": true, "5.0.0": true, "5.1.10": true, "5.2.1": true, "5.2.2": false, "5.7.1": false, "4.2.2": false, "": false} {
		if hard(status) != want {
			t.Errorf("%q is hard: %v", status, !want)
		}
	}
	w := newWorld()
	w.knowOwn()
	w.must(t, w.store(strings.Replace(report("4.4.1", returnedToken), "Action: failed", "Action: delayed", 1), "support@desk.example"))
	all := w.events(t)
	if len(all) != 2 || all[1].Status.State != desk.Sent || all[1].Status.Hard || !strings.Contains(all[1].Status.Detail, "goes on trying") {
		t.Errorf("a delay: %+v", all)
	}
}

func TestAutomaticMailIsMuted(t *testing.T) {
	for header, muted := range map[string]bool{
		"X: y":                         false,
		"Auto-Submitted: auto-replied": true,
		"Auto-Submitted: no":           false,
		"Precedence: bulk":             true,
		"List-Id: <news.example.org>":  true,
		"List-Id: Help <help.example.com>\nPrecedence: list":                                  false, // the group's own list, which hands customers' mail on
		"List-Post: <mailto:help@example.com>\nList-Id: <x.example.com>":                      false,
		"X-Loket-Message: 01m87rf40214qs9h6caj8ax8xk-01m87rf4kqn9b9408dkx7b0s05@desk.ex":      false,
		"X-Loket-Message: 01m87rf40214qs9h6caj8ax8xk-01m87rf4kqn9b9408dkx7b0s05@DESK.example": true,
	} {
		w := newWorld()
		w.must(t, w.store("From: ann@example.org\nTo: help@example.com\n"+header+"\n\nhello\n", "help@example.com"))
		if e := w.only(t); e.Muted != muted {
			t.Errorf("%q: muted %v, auto %q", header, e.Muted, e.Mail.Auto)
		}
	}
}

func TestMailFromOurOwnAddressesIsMutedUnlessAPersonForwardsIt(t *testing.T) {
	for from, muted := range map[string]bool{"support@desk.example": true, "HELP@example.com": true, "ann@example.com": false} {
		w := newWorld()
		w.must(t, w.store("From: "+from+"\n\nhello\n", "support@desk.example"))
		if e := w.only(t); e.Muted != muted || muted && e.Mail.Auto != "loop" {
			t.Errorf("%s: muted %v, auto %q", from, e.Muted, e.Mail.Auto)
		}
	}
	w := newWorld()
	w.must(t, w.store("From: help@example.com\nSubject: Fwd: Question\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\nDate: Mon, 2 Nov 2026 at 10:00\nSubject: Question\nTo: <help@example.com>\n\nWhere?\n", "support@desk.example"))
	if e := w.only(t); e.Muted || e.Mail.Forwarded == nil || e.Mail.Forwarded.From.Address != "bob@example.org" {
		t.Errorf("a forward: %+v", e.Mail)
	}
}

func TestTheSenderIsFromElseSenderElseTheEnvelope(t *testing.T) {
	for head, want := range map[string]string{
		"From: A <a@example.org>, b@example.org": "a@example.org",
		"Sender: s@example.org":                  "s@example.org",
		"From: Nobody\nSender: s@example.org":    "s@example.org",
		"Subject: x":                             "bounces@example.org",
	} {
		w := newWorld()
		w.must(t, w.store(head+"\n\nhello\n", "support@desk.example"))
		if e := w.only(t); e.From.Value != want {
			t.Errorf("%q is from %q", head, e.From.Value)
		}
	}
	w := newWorld()
	w.must(t, []byte(strings.Replace(string(w.store("From: The System\n\nhello\n", "support@desk.example")), "bounces@example.org", "", 1)))
	if e := w.only(t); e.From.Value != "unknown-sender@mail.invalid" || e.From.Name != "The System" || e.Thread == "" {
		t.Errorf("a mail of nobody is from %+v", e.From)
	}
}

func TestTheThreadIsTheOldestIDThatTheMailNames(t *testing.T) {
	for head, want := range map[string]string{
		"Message-ID: <m@x.example>\nIn-Reply-To: <i@x.example>\nReferences: <r1@x.example> <r2@x.example>": "r1@x.example",
		"Message-ID: <m@x.example>\nIn-Reply-To: <i@x.example>":                                            "i@x.example",
		"Message-ID: <m@x.example>": "m@x.example",
	} {
		w := newWorld()
		w.must(t, w.store(head+"\nFrom: a@example.org\n\nhello\n", "support@desk.example"))
		if e := w.only(t); e.Thread != want {
			t.Errorf("%q has the thread %q", head, e.Thread)
		}
	}
}

func TestCopiesOfAMailHaveOneHashAndOthersHaveNot(t *testing.T) {
	hashOf := func(mail string) string {
		w := newWorld()
		w.must(t, w.store(mail, "support@desk.example"))
		return w.only(t).Mail.Hash
	}
	first := hashOf(plain)
	if again := hashOf("Received: by a list\nList-Id: <l.example.org>\n" + plain); again != first {
		t.Error("the copy by a list has another hash")
	}
	for _, other := range []string{
		strings.Replace(plain, "where is it?", "where is she?", 1), strings.Replace(plain, "m1@", "m2@", 1), strings.Replace(plain, "Ann@", "Eve@", 1),
		strings.Replace(plain, "Message-ID: <m1@example.org>\n", "", 1),
	} {
		if hashOf(other) == first {
			t.Errorf("another mail has the same hash:\n%s", other)
		}
	}
	bare := strings.Replace(plain, "Message-ID: <m1@example.org>\n", "", 1)
	if hashOf(bare) == hashOf(strings.Replace(bare, "11:59:00", "11:59:01", 1)) {
		t.Error("two mails without an id have one hash, although their dates differ")
	}
}
