package mime

import (
	"reflect"
	"strings"
	"testing"
)

const returned = "Return-Path: <me@example.com>\nReceived: by mx.example.net\nFrom: me@example.com\nTo: gone@example.org\nSubject: hello\nMessage-ID: <orig@example.com>\n\nhello there\n"

func TestAMachineReadableReportIsRead(t *testing.T) {
	m := ReadBytes([]byte("From: MAILER-DAEMON@example.net\nSubject: Undelivered\n"+multi("report; report-type=delivery-status", plainPart,
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; gone@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such\n user\n\nOriginal-Recipient: rfc822;late@example.org\nAction: delayed\nStatus: 4.4.1 (no answer)\n",
		"Content-Type: message/rfc822\n\n"+returned)), Limits{})
	want := []Recipient{{"gone@example.org", "failed", "5.1.1", "550 5.1.1 No such user"}, {"late@example.org", "delayed", "4.4.1", ""}}
	if m.Bounce == nil || !reflect.DeepEqual(m.Bounce.Recipients, want) {
		t.Fatalf("the bounce is %+v", m.Bounce)
	}
	if m.Bounce.OriginalMessageID != "orig@example.com" || m.Bounce.Original.Get("Subject") != "hello" {
		t.Errorf("the original is %q %v", m.Bounce.OriginalMessageID, m.Bounce.Original)
	}
	if m.Auto.Kind != AutoBounce {
		t.Errorf("its kind is %q", m.Auto.Kind)
	}
}

func TestTheServersOwnCodeIsBelievedBeforeAGeneralOne(t *testing.T) {
	for _, c := range []struct{ status, diagnostic, want string }{
		{"5.0.0", "550 5.7.26 not accepted", "5.7.26"},
		{"5.1.1", "550 5.7.1 blocked", "5.7.1"},
		{"5.1.1", "see rule 5.7.1", "5.1.1"},
		{"5.0.0", "550 #5.1.0 Address rejected.", "5.1.0"},
		{"4.5.0", "550 5.5.0 refused", "5.5.0"},
		{"5.0.0", "550-'5.2.2 full'", "5.2.2"},
		{"5.1.1", "550 no such user", "5.1.1"},
		{"", "550 no such user", "5.1.1"},
		{"", "552 over quota", "5.2.2"},
		{"", "450 try later", "4.0.0"},
		{"", "Host not found", "5.1.2"},
		{"", "Connection timed out", "4.4.1"},
		{"", "something else", ""},
	} {
		m := ReadBytes([]byte(multi("report", plainPart, "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@example.org\nAction: failed\nStatus: "+c.status+"\nDiagnostic-Code: smtp; "+c.diagnostic)), Limits{})
		if m.Bounce == nil || len(m.Bounce.Recipients) != 1 || m.Bounce.Recipients[0].Status != c.want {
			t.Errorf("%q with %q gives %+v, not %q", c.status, c.diagnostic, m.Bounce, c.want)
		}
	}
}

func TestReportsInTextAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		subject, text string
		want          Recipient
	}{
		"an address, then the reason": {
			"failure notice", "I wasn't able to deliver your message.\n\n<gone@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 No such user\n\n--- Below this line is a copy.\n\n" + returned,
			Recipient{"gone@example.org", "failed", "5.1.1", "192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 No such user"},
		},
		"an indented address": {
			"Mail delivery failed: returning message to sender", "could not be delivered to one or more recipients:\n\n  gone@example.org\n    retry timeout exceeded\n\n------ This is a copy\n\n" + returned,
			Recipient{"gone@example.org", "failed", "4.4.7", "retry timeout exceeded"},
		},
		"the address at the end of a line": {
			"Delivery failure", "Unable to deliver message to: <gone@example.org>\nmx.example.org said: 552 mailbox full\n",
			Recipient{"gone@example.org", "failed", "5.2.2", "mx.example.org said: 552 mailbox full"},
		},
		"a session": {
			"Returned mail: User unknown", "   ----- Transcript of session follows -----\n>>> RCPT To:<gone@example.org>\n<<< 550 5.1.1 <gone@example.org>... User unknown\n",
			Recipient{"gone@example.org", "failed", "5.1.1", "<<< 550 5.1.1 <gone@example.org>... User unknown"},
		},
		"fields in the text": {
			"Undeliverable", "Technical report:\n\nReporting-MTA: dns; x\n\nAction: failed\nFinal-Recipient: rfc822; gone@example.org\nStatus: 5.2.1\nDiagnostic-Code: smtp; 550 5.2.1 disabled\n",
			Recipient{"gone@example.org", "failed", "5.2.1", "550 5.2.1 disabled"},
		},
		"a warning": {
			"Delivery Status Notification (Delay)", "This is a warning message only. Delivery to the following recipient has been delayed:\n\n     gone@example.org\n\nThe error was: 450 4.2.2 full\n",
			Recipient{"gone@example.org", "delayed", "4.2.2", "The error was: 450 4.2.2 full"},
		},
		"nothing but the mail itself": {
			"Undelivered Mail", "Your mail could not be delivered.\n\n" + returned,
			Recipient{"gone@example.org", "failed", "", ""},
		},
	} {
		mail := "From: Mail Delivery System <MAILER-DAEMON@mx.example.com>\nTo: me@example.com\nSubject: " + c.subject + "\n\n" + c.text
		m := ReadBytes([]byte(mail), Limits{})
		if m.Bounce == nil || len(m.Bounce.Recipients) != 1 {
			t.Errorf("%s: %+v", name, m.Bounce)
			continue
		}
		got := m.Bounce.Recipients[0]
		if name == "nothing but the mail itself" {
			got.Diagnostic = ""
		}
		if got != c.want {
			t.Errorf("%s:\n     %+v\n not %+v", name, got, c.want)
		}
		if strings.Contains(c.text, "orig@") && m.Bounce.OriginalMessageID != "orig@example.com" {
			t.Errorf("%s: the original is %q", name, m.Bounce.OriginalMessageID)
		}
	}
}

func TestFailedRecipientsInTheHeaderAreBelieved(t *testing.T) {
	m := ReadBytes([]byte("From: x@example.com\nX-Failed-Recipients: a@example.org, b@example.org\n\n  a@example.org\n    550 5.1.1 unknown\n\n  b@example.org\n    552 5.2.2 full\n"), Limits{})
	want := []Recipient{{"a@example.org", "failed", "5.1.1", "550 5.1.1 unknown"}, {"b@example.org", "failed", "5.2.2", "552 5.2.2 full"}}
	if m.Bounce == nil || !reflect.DeepEqual(m.Bounce.Recipients, want) {
		t.Errorf("the bounce is %+v", m.Bounce)
	}
}

func TestAComplaintIsReadAndIsNoFailure(t *testing.T) {
	report := "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x\nVersion: 1\nOriginal-Rcpt-To: <gone@example.org>\nOriginal-Rcpt-To: gone@example.org"
	m := ReadBytes([]byte("From: fbl@example.net\n"+multi("report; report-type=feedback-report", plainPart, report, "Content-Type: message/rfc822\n\n"+returned)), Limits{})
	want := &Bounce{Recipients: []Recipient{{"gone@example.org", "complained", "", "abuse"}}, OriginalMessageID: "orig@example.com", Feedback: "abuse"}
	if m.Bounce == nil {
		t.Fatal("it is no complaint")
	}
	m.Bounce.Original = nil
	if !reflect.DeepEqual(m.Bounce, want) {
		t.Errorf("the complaint is %+v", m.Bounce)
	}
	m = ReadBytes([]byte(multi("report", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse", "Content-Type: message/rfc822\n\n"+returned)), Limits{})
	if m.Bounce == nil || len(m.Bounce.Recipients) != 1 || m.Bounce.Recipients[0].Address != "gone@example.org" {
		t.Errorf("without a recipient: %+v", m.Bounce)
	}
}

func TestTheOriginalsHeadersAreFoundHoweverTheyAreReturned(t *testing.T) {
	status := "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; gone@example.org\nAction: failed\nStatus: 5.1.1"
	for name, part := range map[string]string{
		"as a mail":           "Content-Type: message/rfc822\n\n" + returned,
		"as headers":          "Content-Type: text/rfc822-headers\n\n" + returned,
		"as a part's headers": strings.TrimSpace(returned),
		"in the text":         "\n" + returned,
	} {
		m := ReadBytes([]byte("From: MAILER-DAEMON\n"+multi("report", plainPart, status, part)), Limits{})
		if m.Bounce == nil || m.Bounce.OriginalMessageID != "orig@example.com" {
			t.Errorf("%s: %+v", name, m.Bounce)
		}
	}
}

func TestAReportInsideAReportIsRead(t *testing.T) {
	inner := "Return-Path: <>\nFrom: MAILER-DAEMON@inner.example\nTo: admin@example.com\nSubject: Undelivered Mail\nContent-Type: multipart/report; boundary=i\n\n--i\n\ncould not be delivered\n--i\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; gone@example.org\nAction: failed\nStatus: 5.1.1\n--i--\n"
	m := ReadBytes([]byte("From: MAILER-DAEMON@outer.example\nSubject: Undelivered Mail\n\nA message could not be delivered. Contact support@outer.example\n\n"+inner), Limits{})
	if m.Bounce == nil || len(m.Bounce.Recipients) != 1 || m.Bounce.Recipients[0].Address != "gone@example.org" || m.Bounce.Recipients[0].Status != "5.1.1" {
		t.Errorf("the bounce is %+v", m.Bounce)
	}
}

func TestAPersonsMailIsNoBounce(t *testing.T) {
	for name, mail := range map[string]string{
		"a complaint in words":       "From: anna@example.com\nSubject: mail problem\n\nMy mail to you could not be delivered, it said 550 5.1.1 user unknown.",
		"a forwarded bounce":         "From: anna@example.com\nSubject: Fwd: Undelivered Mail Returned to Sender\n" + multi("mixed", "\nWhat is this? could not be delivered", "Content-Type: message/rfc822\n\n"+returned),
		"an answer to a bounce":      "From: anna@example.com\nSubject: Re: Mail delivery failed\n\n> 550 5.1.1 user unknown\nwhat now?",
		"a null return path":         "Return-Path: <>\nFrom: anna@example.com\nSubject: hello\n\nhi",
		"an out-of-office note":      "Return-Path: <>\nFrom: anna@example.com\nAuto-Submitted: auto-replied\nSubject: Automatic reply: hello\n\nI am away. Mail is not being read until Monday.",
		"a postmaster who writes":    "From: postmaster@example.com\nSubject: our meeting\n\nShall we say 10:00?",
		"a daemon's other mail":      "From: MAILER-DAEMON@example.com\nSubject: statistics\n\n12 mails were delivered yesterday.",
		"a parcel that was not sent": "From: shop@example.com\nSubject: Delivery status of your parcel\n\nYour parcel could not be delivered to 550 Main Street.",
	} {
		if m := ReadBytes([]byte(mail), Limits{}); m.Bounce != nil {
			t.Errorf("%s is taken for a bounce: %+v", name, m.Bounce)
		}
	}
}

func TestCodesAreToldFromOtherNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"550 no": "550", "(550-x": "550", "said: 421, later": "421", "port 465 used": "", "in 500 seconds": "", "192.0.2.550": "", "id 550abc": "", "$550 ": "", "1550 ": "", "459": "",
	} {
		if got := replyCode(in); got != want {
			t.Errorf("%q holds the reply %q, not %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"5.1.1": "5.1.1", "#5.1.1)": "5.1.1", "x 4.7.26.": "4.7.26", "192.5.1.1": "", "5.1.1.1": "", "Exim 4.86.2": "", "v5.1.1": "", "5.1.1beta": "", "2.0.0 ok": "2.0.0", "5.9.1": "",
	} {
		if got := firstStatus(in + "\n"); got != want {
			t.Errorf("%q holds the status %q, not %q", in, got, want)
		}
	}
}

func TestHostileReportsCostNoMoreThanTheirSize(t *testing.T) {
	for _, piece := range []string{"a@b ", "<a@b>:\n", "5.1.1 ", "550 ", "Final-Recipient: rfc822; a@b\n\n", "@", "Received: x\n", "x: y\n"} {
		inTime(t, func() {
			text := strings.Repeat(piece, 2<<20/len(piece))
			m := ReadBytes([]byte("From: MAILER-DAEMON\nSubject: Undelivered\n\ncould not be delivered\n"+text), Limits{})
			if m.Bounce != nil && len(m.Bounce.Recipients) > maxRecipients {
				t.Errorf("%q repeated gives %d recipients", piece, len(m.Bounce.Recipients))
			}
			ReadBytes([]byte(multi("report", "Content-Type: message/delivery-status\n\n"+text)), Limits{})
		})
	}
}
