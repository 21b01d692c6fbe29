package mime

import (
	"strings"
	"testing"
)

// reportForm is one way in which mail servers word a report, and what it says.
type reportForm struct {
	name string
	mail string
	want Recipient // the diagnostic is what it must hold
}

var reportForms = []reportForm{
	{
		"a list of failed addresses with the server's words below",
		`From: Mail Delivery System <mailer-daemon@mx.example.net>
To: me@example.com
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. The following address(es) failed:

  gone@example.org
    host mx.example.org [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<gone@example.org>:
    550 5.1.1 <gone@example.org>: mailbox unavailable

------ This is a copy of the message, including all the headers. ------

Return-path: <me@example.com>
Message-ID: <orig@example.com>

hello
`,
		Recipient{"gone@example.org", "failed", "5.1.1", "550 5.1.1 <gone@example.org>: mailbox unavailable"},
	},
	{
		"an address and the reason on one line, wrapped",
		`From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender

I'm sorry to have to inform you that your message could not be delivered.
For further assistance, please contact <postmaster@mx.example.net>

<gone@example.org>: host mx.example.org[192.0.2.7] said: 554 5.7.1 Message
    refused by policy (in reply to end of DATA command)

Received: by mx.example.net
Message-ID: <orig@example.com>
`,
		Recipient{"gone@example.org", "failed", "5.7.1", "said: 554 5.7.1 Message refused by policy"},
	},
	{
		"an address alone, its explanation in another paragraph",
		`From: Mail Delivery Subsystem <mailer-daemon@example.net>
Subject: Delivery Status Notification (Failure)

Delivery to the following recipient failed permanently:

     gone@example.org

Technical details of permanent failure:
The error that the other server returned was:
552 5.2.2 The mailbox is full

----- Original message -----

Received: by mx.example.net
Message-ID: <orig@example.com>
`,
		Recipient{"gone@example.org", "failed", "5.2.2", "552 5.2.2 The mailbox is full"},
	},
	{
		"bullets",
		`From: Mail Delivery System <daemon@mx.example.net>
Subject: Delivery status notification

Delivery to the following recipients failed permanently:

   * gone@example.org

Technical details:

RCPT host 192.0.2.7: 553 5.3.0 <gone@example.org>... No such user here
`,
		Recipient{"gone@example.org", "failed", "5.3.0", "553 5.3.0"},
	},
	{
		"an error in brackets inside a sentence",
		`From: mailer-daemon
Subject: There was an error sending your mail

We had trouble delivering your message.

Server <mx.example.org> rejected recipient <gone@example.org> (error following RCPT). It said: [550 5.1.1 User unknown]
`,
		Recipient{"gone@example.org", "failed", "5.1.1", "[550 5.1.1 User unknown]"},
	},
	{
		"a form of the groupware kind",
		`Return-Path: <>
From: System Administrator <postmaster@example.net>
To: me@example.com
Subject: Undeliverable: hello

Your message

  To:      gone@example.org
  Subject: hello
  Sent:    Mon, 2 Jun 2025 10:00:00 +0200

did not reach the following recipient(s):

gone@example.org on Mon, 2 Jun 2025 10:00:05 +0200
    The recipient name is not recognized
`,
		Recipient{"gone@example.org", "failed", "5.1.1", "The recipient name is not recognized"},
	},
	{
		"a session, in which the sender is refused",
		`From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>
To: me@example.com
Subject: Returned mail: see transcript for details

   ----- The following addresses had permanent fatal errors -----
<gone@example.org>
    (reason: 550 Unauthenticated senders not allowed)

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> MAIL From:<me@example.com> SIZE=378
<<< 550 Unauthenticated senders not allowed
554 5.0.0 Service unavailable
`,
		Recipient{"gone@example.org", "failed", "5.0.0", "550 Unauthenticated senders not allowed"},
	},
	{
		"a code in parentheses",
		`Return-Path: <>
From: MAILER-DAEMON@mx.example.net
Subject: failure notice

I'm afraid I wasn't able to deliver your message to the following addresses.

<gone@example.org>:
Sorry, I couldn't find any host by that name. (#5.1.2)

--- Enclosed is a copy of the message.
`,
		Recipient{"gone@example.org", "failed", "5.1.2", "couldn't find any host"},
	},
	{
		"a full mailbox in plain words from an address that sends no mail",
		`Return-Path: <>
From: no-reply@example.net
Subject: Mail
Content-Type: multipart/mixed; boundary=b

--b

Your mail sent on: Mon, 2 Jun 2025 10:00:00 +0200
     Could not be delivered to: <gone@example.org>
     As their mailbox is full.
--b
Content-Type: message/rfc822

Message-ID: <orig@example.com>

hello
--b--
`,
		Recipient{"gone@example.org", "failed", "5.2.2", "mailbox is full"},
	},
	{
		"a warning of a delay",
		`From: Mailer Daemon <MAILER-DAEMON@mx.example.net>
Subject: Delivery status notification: delayed

A message is delayed for more than 4 hours for the following
list of recipients:

gone@example.org: 421 4.7.0 try again later

You DO NOT NEED to re-send the message.
`,
		Recipient{"gone@example.org", "delayed", "4.7.0", "421 4.7.0 try again later"},
	},
	{
		"Japanese",
		`Return-Path: <>
From: Postmaster@example.net
Subject: Mail System Error - Returned Mail
Content-Type: text/plain; charset=utf-8

次のあて先へのメッセージはエラーのため送信できませんでした。

    Recipient: <gone@example.org>
    >>> RCPT TO:<gone@example.org>
    <<< 550 <gone@example.org>: User unknown
`,
		Recipient{"gone@example.org", "failed", "5.1.1", "550 <gone@example.org>: User unknown"},
	},
	{
		"Russian",
		`Return-Path: <>
From: mailer-daemon@example.net
Subject: Ваше сообщение не доставлено. Mail failure.
Content-Type: text/plain; charset=utf-8

К сожалению, Ваше письмо не может быть доставлено:

  gone@example.org
    SMTP error from remote mail server after RCPT TO:
    host mx.example.org [192.0.2.7]: 550 5.7.1 no
`,
		Recipient{"gone@example.org", "failed", "5.7.1", "550 5.7.1 no"},
	},
	{
		"German, as HTML only",
		`From: Mail Delivery System <mailer-daemon@example.net>
Subject: Unzustellbar: Anfrage
Content-Type: text/html; charset=utf-8

<p>Ihre Nachricht konnte nicht zugestellt werden.</p>
<p>gone@example.org<br>550 5.4.1 Zugriff verweigert</p>
`,
		Recipient{"gone@example.org", "failed", "5.4.1", "550 5.4.1 Zugriff verweigert"},
	},
}

func TestReportsAreReadInTheFormsThatServersUse(t *testing.T) {
	for _, f := range reportForms {
		m := ReadBytes([]byte(f.mail), Limits{})
		if m.Bounce == nil || len(m.Bounce.Recipients) != 1 {
			t.Errorf("%s: %+v", f.name, m.Bounce)
			continue
		}
		got := m.Bounce.Recipients[0]
		if got.Address != f.want.Address || got.Action != f.want.Action || got.Status != f.want.Status || !strings.Contains(got.Diagnostic, f.want.Diagnostic) {
			t.Errorf("%s:\n     %+v\n not %+v", f.name, got, f.want)
		}
		if strings.Contains(f.mail, "<orig@example.com>") && m.Bounce.OriginalMessageID != "orig@example.com" {
			t.Errorf("%s: the original is %q", f.name, m.Bounce.OriginalMessageID)
		}
	}
}

func TestTheSameReportFromAPersonIsNoBounce(t *testing.T) {
	for _, f := range reportForms {
		_, body, _ := strings.Cut(f.mail, "\n\n")
		mail := "From: Anna <anna@example.com>\nTo: help@example.net\nSubject: What does this mean?\n\nHello, I got this:\n\n> " + strings.ReplaceAll(body, "\n", "\n> ")
		if m := ReadBytes([]byte(mail), Limits{}); m.Bounce != nil {
			t.Errorf("%s, quoted by a person, is taken for a bounce", f.name)
		}
	}
}

func TestSeveralRecipientsHaveEachTheirOwnReason(t *testing.T) {
	m := ReadBytes([]byte(`From: MAILER-DAEMON@mx.example.net
Subject: failure notice

I wasn't able to deliver your message to the following addresses.

<one@example.org>:
550 5.1.1 unknown

<two@example.org>:
452 4.2.2 full

<three@example.org>:
User unknown

<one@example.org>:
again
`), Limits{})
	if m.Bounce == nil || len(m.Bounce.Recipients) != 3 {
		t.Fatalf("the bounce is %+v", m.Bounce)
	}
	for i, want := range []Recipient{
		{"one@example.org", "failed", "5.1.1", "550 5.1.1 unknown"},
		{"two@example.org", "failed", "4.2.2", "452 4.2.2 full"},
		{"three@example.org", "failed", "5.1.1", "User unknown"},
	} {
		if got := m.Bounce.Recipients[i]; got != want {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
}
