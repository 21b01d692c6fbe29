package mime

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// mailOf50KB is an ordinary mail: text and HTML as quoted-printable, and a picture, 50 KB in all.
func mailOf50KB() []byte {
	var b bytes.Buffer
	b.WriteString("Return-Path: <anna@example.com>\r\n")
	for i := range 8 {
		fmt.Fprintf(&b, "Received: from mx%d.example.com (mx%d.example.com [192.0.2.%d])\r\n\tby mail.example.net with ESMTPS id %d\r\n\tfor <help@example.net>; Mon, 2 Jun 2025 10:0%d:00 +0200\r\n", i, i, i, i, i)
	}
	b.WriteString("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\r\n\tbh=" + strings.Repeat("A", 44) + ";\r\n\tb=" + strings.Repeat("Q", 200) + "\r\n")
	b.WriteString("From: =?utf-8?Q?Anna_M=C3=BCller?= <anna@example.com>\r\nTo: Help <help@example.net>, \"Doe, John\" <john@example.net>\r\n")
	b.WriteString("Subject: =?utf-8?B?UsO8Y2tmcmFnZSB6dXIgUmVjaG51bmc=?=\r\nDate: Mon, 2 Jun 2025 10:00:00 +0200\r\nMessage-ID: <1@example.com>\r\nIn-Reply-To: <0@example.net>\r\nReferences: <a@example.net> <0@example.net>\r\n")
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n")
	b.WriteString("--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	for range 60 {
		b.WriteString("Guten Tag, die Rechnung f=C3=BCr Mai ist noch nicht bei uns angekommen. =\r\n\r\n")
	}
	b.WriteString("--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	for range 180 {
		b.WriteString("<p style=3D\"margin:0\">Die Rechnung f=C3=BCr Mai ist noch nicht da.</p>=\r\n\r\n")
	}
	b.WriteString("--inner--\r\n--outer\r\nContent-Type: image/png; name=\"plan.png\"\r\nContent-Disposition: attachment; filename=\"plan.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	data := bytes.Repeat([]byte{1, 2, 3, 250, 251, 7, 19}, 8000)
	line := base64.StdEncoding.EncodeToString(data)
	for b.Len() < 50<<10 {
		b.WriteString(line[:76] + "\r\n")
	}
	b.WriteString("\r\n--outer--\r\n")
	return b.Bytes()
}

func BenchmarkReadA50KBMail(b *testing.B) {
	mail := mailOf50KB()
	b.SetBytes(int64(len(mail)))
	b.ReportAllocs()
	for b.Loop() {
		if m, err := Read(bytes.NewReader(mail), nil, Limits{}); err != nil || len(m.Attachments) != 1 {
			b.Fatal(err, m)
		}
	}
}
