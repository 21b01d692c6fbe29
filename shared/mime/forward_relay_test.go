package mime

import (
	"strings"
	"testing"
)

// mailOf reads a mail written with bare line feeds.
func mailOf(t *testing.T, mail string) *Mail {
	t.Helper()
	m, err := Read(strings.NewReader(strings.ReplaceAll(mail, "\n", "\r\n")), Discard{}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const attachedMail = `Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

%NOTE%
--b
Content-Type: message/rfc822

From: Ann Smith <ann@example.com>
To: bob@example.org
Subject: Boxes
Date: Fri, 3 May 2024 10:00:00 +0200

Twenty boxes.
--b--
`

func TestAnAttachedMailIsTheForwardedOne(t *testing.T) {
	for _, head := range []string{"Subject: Fwd: other\n", "Subject: about Boxes\n", "Subject: see attached\n"} {
		m := mailOf(t, "From: Bob <bob@example.org>\nTo: support@example.net\n"+head+strings.Replace(attachedMail, "%NOTE%", "Please see.", 1))
		f := FindForwarded(m)
		if f == nil || f.From != (Address{"Ann Smith", "ann@example.com"}) || f.Subject != "Boxes" || f.Text != "Twenty boxes." ||
			f.Note != "Please see." || f.Date != "Fri, 3 May 2024 10:00:00 +0200" || len(f.To) != 1 {
			t.Errorf("%s is %+v", head, f)
		}
	}
}

func TestAMailThatOnlyAttachesAnotherIsNoForward(t *testing.T) {
	long := strings.Repeat("This mail has much to say of its own. ", 10)
	for _, c := range []struct{ subject, note string }{{"Re: Boxes", "Yes."}, {"Our contract", long}} {
		m := mailOf(t, "From: bob@example.org\nSubject: "+c.subject+"\n"+strings.Replace(attachedMail, "%NOTE%", c.note, 1))
		if f := FindForwarded(m); f != nil {
			t.Errorf("%s is a forward from %+v", c.subject, f.From)
		}
	}
}

func TestADigestIsNoForward(t *testing.T) {
	one := "--b\nContent-Type: message/rfc822\n\nFrom: ann@example.com\nSubject: one\n\nx\n"
	m := mailOf(t, "From: list@example.org\nSubject: Digest of May\nContent-Type: multipart/digest; boundary=b\n\n"+one+one+"--b--\n")
	if f := FindForwarded(m); len(m.Embedded) != 2 || f != nil {
		t.Errorf("%d attached mails are a forward from %+v", len(m.Embedded), f)
	}
}

func TestARelaysFieldsNameTheOriginalSender(t *testing.T) {
	from := "From: 'Ann' via Support <support@example.net>\nTo: support@example.net\nSubject: Boxes\n"
	for _, c := range []struct{ head, name, addr string }{
		{from + "X-Original-Sender: ann@example.com\nX-Original-From: Ann Smith <ann@example.com>\n", "Ann Smith", "ann@example.com"},
		{from + "X-Forwarded-For: ann@example.com\n", "", "ann@example.com"},
		{from + "X-Google-Original-From: Ann Smith <ann@example.com>\n", "Ann Smith", "ann@example.com"},
		{from + "Resent-From: Ann Smith <ann@example.com>\n", "Ann Smith", "ann@example.com"},
		{from + "X-Forwarded-For: ann@example.com\nX-Original-Sender: other@example.com\nReply-To: Ann <ann@example.com>\n", "Ann", "ann@example.com"},
	} {
		f := FindForwarded(mailOf(t, c.head+"\nTwenty boxes.\n"))
		if f == nil || f.From != (Address{c.name, c.addr}) || f.Text != "Twenty boxes." || f.Subject != "Boxes" {
			t.Errorf("%s\nis %+v", c.head, f)
		}
	}
}

func TestARelaysFieldsThatNameNobodyElseAreNoForward(t *testing.T) {
	for _, head := range []string{
		"From: ann@example.com\nX-Original-Sender: ANN@example.com\n",
		"From: ann@example.com\nX-Forwarded-For: team@example.net inbox@example.org\nX-Forwarded-To: inbox@example.org\n",
		"From: ann@example.com\nX-Forwarded-For: team@example.net\nX-Forwarded-To: inbox@example.org\n",
		"From: ann@example.com\nTo: team@example.net\nResent-From: bob@example.net\n",
		"From: bob@example.net\nTo: team@example.net\nResent-From: carol@example.net\n",
		"From: ann@example.com\nX-Original-Sender: nobody\n",
		"From: ann@example.com\nX-Original-Sender:\n",
	} {
		if f := FindForwarded(mailOf(t, head+"Subject: Boxes\n\nTwenty boxes.\n")); f != nil {
			t.Errorf("%s\nis a forward from %+v", head, f.From)
		}
	}
}

func TestAForwardThatIsOnlyInHTMLIsFound(t *testing.T) {
	for name, page := range map[string]string{
		"Gmail":       `<div dir="ltr">Please see.<br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <strong>Ann Smith</strong> <span>&lt;<a href="mailto:ann@example.com">ann@example.com</a>&gt;</span><br>Date: Fri, 3 May 2024 at 10:00<br>Subject: Boxes<br>To: &lt;<a href="mailto:bob@example.org">bob@example.org</a>&gt;<br></div><br>Twenty boxes.</div></div>`,
		"Outlook":     `<div>Please see.</div><hr><div id="divRplyFwdMsg"><font><b>From:</b> Ann Smith &lt;ann@example.com&gt;<br><b>Sent:</b> Friday, May 3, 2024 10:00<br><b>To:</b> bob@example.org &lt;bob@example.org&gt;<br><b>Subject:</b> Boxes</font></div><div>Twenty boxes.</div>`,
		"Word":        `<p>Please see.</p><div style="border-top:solid"><p><b>From:</b> Ann Smith [mailto:ann@example.com] <br><b>Sent:</b> Friday, May 3, 2024 10:00<br><b>To:</b> Bob<br><b>Subject:</b> Boxes</p></div><p>Twenty boxes.</p>`,
		"Thunderbird": `<p>Please see.</p><div class="moz-forward-container"><br>-------- Forwarded Message --------<table class="moz-email-headers-table"><tbody><tr><th>Subject: </th><td>Boxes</td></tr><tr><th>Date: </th><td>Fri, 3 May 2024 10:00:00 +0200</td></tr><tr><th>From: </th><td>Ann Smith <a href="mailto:ann@example.com">&lt;ann@example.com&gt;</a></td></tr><tr><th>To: </th><td>bob@example.org</td></tr></tbody></table><br>Twenty boxes.</div>`,
		"Apple Mail":  `<body>Please see.<div><br><blockquote type="cite"><div>Begin forwarded message:</div><br><div><b>From: </b>Ann Smith &lt;<a href="mailto:ann@example.com">ann@example.com</a>&gt;<br></div><div><b>Subject: </b>Boxes<br></div><div><b>Date: </b>3 May 2024 at 10:00<br></div><div><b>To: </b>bob@example.org<br></div><br><div>Twenty boxes.</div></blockquote></div></body>`,
	} {
		f := FindForwarded(mailOf(t, "From: bob@example.org\nSubject: Fwd: Boxes\nContent-Type: text/html; charset=utf-8\n\n"+page+"\n"))
		if f == nil || f.From != (Address{"Ann Smith", "ann@example.com"}) || f.Subject != "Boxes" || f.Text != "Twenty boxes." || f.Note != "Please see." || f.Date == "" {
			t.Errorf("%s is %+v", name, f)
		}
	}
}

func TestABounceIsNoForward(t *testing.T) {
	m := mailOf(t, "From: bob@example.org\nSubject: Fwd: x\n\n---------- Forwarded message ---------\n"+forwardBlock+"\n")
	m.Bounce = &Bounce{}
	if f := FindForwarded(m); f != nil {
		t.Errorf("is a forward from %+v", f.From)
	}
}
