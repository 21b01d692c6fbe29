package mime

import (
	"strings"
	"testing"
	"time"
)

// clientMails are mails as the common programs send them, with what a reader of the conversation must get.
var clientMails = []struct {
	client, mail string
	check        func(t *testing.T, m *Mail)
}{
	{
		"a web mail's answer with a picture in the text",
		`MIME-Version: 1.0
References: <a@loket.example> <b@mail.example.com>
In-Reply-To: <b@mail.example.com>
From: =?UTF-8?Q?Ren=C3=A9e_L=C3=A9vy?= <renee@example.com>
Date: Mon, 2 Jun 2025 10:00:00 -0700
Message-ID: <CAF+x=y_z@mail.example.com>
Subject: =?UTF-8?Q?Re=3A_Commande_n=C2=B0_1042?=
To: Support <help@loket.example>
Content-Type: multipart/related; boundary="000000000000aa"

--000000000000aa
Content-Type: multipart/alternative; boundary="000000000000ab"

--000000000000ab
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

Voil=C3=A0 la photo :

[image: cass=C3=A9.jpg]

--000000000000ab
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<div dir=3D"ltr">Voil=C3=A0 la photo=C2=A0:<br><img src=3D"cid:ii_1"></div>

--000000000000ab--
--000000000000aa
Content-Type: image/jpeg; name="=?UTF-8?Q?cass=C3=A9=2Ejpg?="
Content-Disposition: inline; filename="=?UTF-8?Q?cass=C3=A9=2Ejpg?="
Content-Transfer-Encoding: base64
Content-ID: <ii_1>
X-Attachment-Id: ii_1

/9j/4AAQ
--000000000000aa--
`,
		func(t *testing.T, m *Mail) {
			want(t, "subject", m.Subject, "Re: Commande n° 1042")
			want(t, "sender", m.From[0].Name, "Renée Lévy")
			want(t, "text", m.Text, "Voilà la photo :\n\n[image: cassé.jpg]\n")
			want(t, "html", m.HTML, "<div dir=\"ltr\">Voilà la photo\u00a0:<br><img src=\"cid:ii_1\"></div>\n")
			want(t, "root of the thread", m.References[0], "a@loket.example")
			want(t, "picture", shape(m)[strings.Index(shape(m), " | "):], " | inline image/jpeg cassé.jpg 6")
			want(t, "its id", m.Attachments[0].ContentID, "ii_1")
		},
	},
	{
		"a desktop program that writes HTML behind a file",
		`From: Anna <anna@example.com>
Content-Type: multipart/alternative; boundary="Apple-Mail=_1"
Mime-Version: 1.0 (Mac OS X Mail 16.0)
Subject: Files
Date: Mon, 2 Jun 2025 10:00:00 +0200
To: help@loket.example

--Apple-Mail=_1
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
	charset=us-ascii

Please see the file.

And answer.
--Apple-Mail=_1
Content-Type: multipart/mixed;
	boundary="Apple-Mail=_2"

--Apple-Mail=_2
Content-Type: text/html;
	charset=us-ascii

<html><body>Please see the file.</body></html>
--Apple-Mail=_2
Content-Disposition: inline;
	filename=contract.pdf
Content-Type: application/pdf;
	x-unix-mode=0644;
	name="contract.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--Apple-Mail=_2
Content-Type: text/html;
	charset=us-ascii

<html><body>And answer.</body></html>
--Apple-Mail=_2--

--Apple-Mail=_1--
`,
		func(t *testing.T, m *Mail) {
			want(t, "text", m.Text, "Please see the file.\n\nAnd answer.")
			want(t, "html", m.HTML, "<html><body>Please see the file.</body></html>\n<html><body>And answer.</body></html>")
			want(t, "file", m.Attachments[0].Name, "contract.pdf")
		},
	},
	{
		"an office program with its own thread index and file format",
		`From: "Weber, Karl" <karl.weber@example.de>
To: "help@loket.example" <help@loket.example>
Subject: =?iso-8859-1?Q?AW:_R=FCckfrage?=
Thread-Topic: =?iso-8859-1?Q?R=FCckfrage?=
Thread-Index: AQHb04yk3Jc8v5m0Z0qk1nq1Q2qYobQ=
Date: Mon, 2 Jun 2025 08:00:00 +0000
Message-ID: <AM0PR01MB1234@AM0PR01MB1234.eurprd01.prod.example.com>
Accept-Language: de-DE
X-MS-Has-Attach: yes
Content-Type: multipart/mixed;
	boundary="_004_AM0PR01MB1234_"
MIME-Version: 1.0

--_004_AM0PR01MB1234_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Sch=F6ne Gr=FC=DFe

--_004_AM0PR01MB1234_
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: binary

x
--_004_AM0PR01MB1234_
Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document;
	name="=?iso-8859-1?Q?=DCbersicht.docx?="
Content-Description: =?iso-8859-1?Q?=DCbersicht.docx?=
Content-Disposition: attachment;
	filename="=?iso-8859-1?Q?=DCbersicht.docx?="; size=4;
	creation-date="Mon, 02 Jun 2025 07:59:00 GMT"
Content-Transfer-Encoding: base64

UEsDBA==

--_004_AM0PR01MB1234_--
`,
		func(t *testing.T, m *Mail) {
			want(t, "subject", m.Subject, "AW: Rückfrage")
			want(t, "sender", m.From[0].Name, "Weber, Karl")
			want(t, "text", m.Text, "Schöne Grüße\n")
			want(t, "thread", m.ThreadIndex, "dc973cbf99b4674aa4d67ab5436a98a1")
			want(t, "first file", m.Attachments[0].Name, "winmail.dat")
			want(t, "second file", m.Attachments[1].Name, "Übersicht.docx")
		},
	},
	{
		"a free program with flowed text and its name continued over lines",
		`Message-ID: <6a1f@example.com>
Date: Mon, 2 Jun 2025 10:00:00 +0200
MIME-Version: 1.0
To: help@loket.example
From: Jan <jan@example.cz>
Subject: dotaz
Content-Type: multipart/mixed; boundary="------------oRaP"

This is a multi-part message in MIME format.
--------------oRaP
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

Dobrý den, posílám smlouvu, o které jsme mluvili, a prosím o brzkou 
odpověď.

> Původní 
> zpráva

--------------oRaP
Content-Type: application/pdf;
 name="=?UTF-8?Q?p=C5=99=C3=ADli=C5=A1_dlouh=C3=BD_n=C3=A1zev_souboru=2Ep?=
 =?UTF-8?Q?df?="
Content-Disposition: attachment;
 filename*0*=UTF-8''%70%C5%99%C3%AD%6C%69%C5%A1%20%64%6C%6F%75%68%C3;
 filename*1*=%BD%20%6E%C3%A1%7A%65%76%20%73%6F%75%62%6F%72%75%2E%70%64%66
Content-Transfer-Encoding: base64

JVBERg==

--------------oRaP--
`,
		func(t *testing.T, m *Mail) {
			want(t, "text", m.Text, "Dobrý den, posílám smlouvu, o které jsme mluvili, a prosím o brzkou odpověď.\n\n> Původní zpráva\n")
			want(t, "file", m.Attachments[0].Name, "příliš dlouhý název souboru.pdf")
		},
	},
	{
		"a Japanese telephone",
		"From: =?ISO-2022-JP?B?GyRCOzNFRBsoQiAbJEJCQE86GyhC?= <taro@example.jp>\nTo: help@loket.example\nSubject: =?ISO-2022-JP?B?GyRCQ21KODNORyckTiQqNGokJBsoQg==?=\nDate: Mon, 2 Jun 2025 10:00:00 +0900 (JST)\n" +
			"MIME-Version: 1.0\nContent-Type: text/plain; charset=\"ISO-2022-JP\"\nContent-Transfer-Encoding: 7bit\n\n\x1b$BCmJ83NG'$r$*4j$$$7$^$9!#\x1b(B\n",
		func(t *testing.T, m *Mail) {
			want(t, "sender", m.From[0].Name, "山田 太郎")
			want(t, "subject", m.Subject, "注文確認のお願い")
			want(t, "text", m.Text, "注文確認をお願いします。\n")
		},
	},
	{
		"a web form that knows no MIME",
		"From: www@example.com\nTo: help@loket.example\nSubject: Anfrage \xfcber das Formular\nDate: Mon Jun  2 10:00:00 2025\n\nName: M\xfcller\nNachricht: Wann kommt die Ware?\n",
		func(t *testing.T, m *Mail) {
			want(t, "subject", m.Subject, "Anfrage über das Formular")
			want(t, "text", m.Text, "Name: Müller\nNachricht: Wann kommt die Ware?\n")
			want(t, "date", m.Date.Format(time.RFC3339), "2025-06-02T10:00:00Z")
		},
	},
	{
		"a mailing list that adds its footer",
		`From: Anna <anna@example.com>
To: talk@lists.example.org
List-Id: Talk <talk.lists.example.org>
Subject: [Talk] hello
Content-Type: multipart/mixed; boundary="===1=="

--===1==
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=utf-8

Hello all
--inner
Content-Type: text/html; charset=utf-8

<p>Hello all</p>
--inner--
--===1==
Content-Type: text/plain; charset="us-ascii"
Content-Disposition: inline

_______
Talk mailing list
--===1==--
`,
		func(t *testing.T, m *Mail) {
			want(t, "text", m.Text, "Hello all\n_______\nTalk mailing list")
			want(t, "html", m.HTML, "<p>Hello all</p>\n<p>_______<br>\nTalk mailing list</p>")
			want(t, "kind", m.Auto.Kind, AutoList)
		},
	},
	{
		"an invitation",
		`From: Anna <anna@example.com>
To: help@loket.example
Subject: Meeting
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain

Shall we meet?
--a
Content-Type: text/calendar; charset="UTF-8"; method=REQUEST
Content-Transfer-Encoding: 7bit

BEGIN:VCALENDAR
END:VCALENDAR
--a--
--m
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"

BEGIN:VCALENDAR
END:VCALENDAR
--m--
`,
		func(t *testing.T, m *Mail) {
			want(t, "parts", shape(m), `text "Shall we meet?" html "" | attachment text/calendar  29 | attachment application/ics invite.ics 29`)
			want(t, "the same bytes", m.Attachments[0].SHA256, m.Attachments[1].SHA256)
		},
	},
}

func want(t *testing.T, what, got, expected string) {
	t.Helper()
	if got != expected {
		t.Errorf("%s: %q, not %q", what, got, expected)
	}
}

func TestMailsOfTheCommonProgramsAreRead(t *testing.T) {
	for _, c := range clientMails {
		t.Run(c.client, func(t *testing.T) {
			m := ReadBytes([]byte(c.mail), Limits{})
			checkSound(t, c.client, m)
			if m.Bounce != nil || m.Truncated != "" {
				t.Errorf("bounce %v, truncated %q", m.Bounce, m.Truncated)
			}
			c.check(t, m)
		})
	}
}

func TestMailsOfTheCommonProgramsAreTheSameWithNetworkLineEnds(t *testing.T) {
	for _, c := range clientMails {
		lf := ReadBytes([]byte(c.mail), Limits{})
		crlf := ReadBytes([]byte(strings.ReplaceAll(c.mail, "\n", "\r\n")), Limits{})
		if lf.Text != crlf.Text || lf.HTML != crlf.HTML || lf.Subject != crlf.Subject || len(lf.Attachments) != len(crlf.Attachments) {
			t.Errorf("%s: %s\nwith CRLF: %s", c.client, shape(lf), shape(crlf))
		}
	}
}

func TestAMailCutOffAnywhereIsReadAsFarAsItGoes(t *testing.T) {
	for _, c := range clientMails {
		for n := 0; n <= len(c.mail); n += 7 {
			m := ReadBytes([]byte(c.mail[:n]), Limits{})
			checkSound(t, c.client, m)
		}
	}
}
