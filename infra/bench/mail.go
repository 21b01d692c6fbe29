package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/loket-desk/loket/infra/bench/probe"
	"github.com/loket-desk/loket/shared/mime"
)

// mails measures the reader of mails by itself.
func (b *bench) mails() error {
	quick, err := readingTime(mailOf(40<<10, 10<<10))
	if err != nil {
		return err
	}
	b.add(limited("mail.50k_ms", ms(quick), "ms", "a mail of 50 KB in two texts and a file; the fastest of ten rounds"))
	if err := b.largeMail(); err != nil {
		return err
	}
	nested, err := timed(nestedMail(20_000))
	if err != nil {
		return err
	}
	siblings, err := timed(siblingMail(100_000))
	if err != nil {
		return err
	}
	b.add(limited("mime.nested_s", max(nested, siblings).Seconds(), "s", fmt.Sprintf("20,000 nested parts %.3f s, 100,000 siblings %.3f s", nested.Seconds(), siblings.Seconds())))
	return nil
}

// readingTime is how long a mail takes to be read, in the fastest of ten rounds.
func readingTime(mail []byte) (time.Duration, error) {
	const rounds, reads = 10, 100
	fastest := time.Duration(0)
	for range rounds {
		begun := time.Now()
		for range reads {
			if _, err := mime.Read(bytes.NewReader(mail), nil, mime.Limits{}); err != nil {
				return 0, err
			}
		}
		if took := time.Since(begun) / reads; fastest == 0 || took < fastest {
			fastest = took
		}
	}
	return fastest, nil
}

func timed(mail []byte) (time.Duration, error) {
	begun := time.Now()
	_, err := mime.Read(bytes.NewReader(mail), nil, mime.Limits{})
	return time.Since(begun), err
}

// largeMail runs the reader as a program on a mail of 25 MB and watches its memory.
func (b *bench) largeMail() error {
	path := filepath.Join(b.dir, "large.eml")
	if err := os.WriteFile(path, mailOf(100<<10, 25<<20), 0o600); err != nil {
		return err
	}
	reader := filepath.Join(b.dir, "readmail")
	if err := b.goBuild("-o", reader, "./infra/readmail"); err != nil {
		return err
	}
	peak, err := b.peakOf(exec.CommandContext(b.ctx, reader, path))
	if err != nil {
		return err
	}
	b.add(limited("mail.25m_rss_mb", float64(peak)/1024, "MB", "the reader alone, attachments hashed and dropped"))
	return nil
}

// peakOf runs a command to its end and gives the most memory that it was seen to hold, in KB: the kernel's own peak,
// looked at all the time, since it is gone with the process.
func (b *bench) peakOf(cmd *exec.Cmd) (peak int, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err == nil && peak == 0 {
				err = fmt.Errorf("%s ended before its memory was read", cmd.Path)
			}
			return peak, err
		default:
		}
		if kb, err := probe.PeakKB(cmd.Process.Pid); err == nil {
			peak = kb
		}
		time.Sleep(500 * time.Microsecond)
	}
}

// mailOf is a mail of a plain and an HTML text, of about as many bytes as texts says together, and a file of about as many
// as it takes to make base64 lines of the size given.
func mailOf(texts, file int) []byte {
	var m bytes.Buffer
	m.WriteString("From: =?utf-8?Q?Anna_M=C3=BCller?= <anna@example.com>\r\nTo: Help <help@loket.test>\r\nSubject: =?utf-8?B?UsO8Y2tmcmFnZQ==?=\r\n" +
		"Date: Mon, 2 Jun 2025 10:00:00 +0200\r\nMessage-ID: <1@example.com>\r\nReferences: <a@example.net> <b@example.net>\r\n")
	for i := range 8 {
		fmt.Fprintf(&m, "Received: from mx%d.example.com (mx%d.example.com [192.0.2.%d]) by mail.example.net with ESMTPS id %d;\r\n\tMon, 2 Jun 2025 10:00:00 +0200\r\n", i, i, i, i)
	}
	m.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n")
	part := func(kind, line string, size int) {
		m.WriteString("--inner\r\nContent-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		m.WriteString(strings.Repeat(line, size/len(line)))
	}
	part("plain", "Guten Tag, die Rechnung f=C3=BCr Mai ist noch nicht bei uns angekommen. =\r\n\r\n", texts/4)
	part("html", "<p style=3D\"margin:0\">Die Rechnung f=C3=BCr Mai ist noch nicht da.</p>=\r\n\r\n", texts*3/4)
	m.WriteString("--inner--\r\n--outer\r\nContent-Type: image/png; name=\"plan.png\"\r\nContent-Disposition: attachment; filename=\"plan.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := strings.Repeat("AQID+vsHEw8vPU5t", 4) + "aGVsbG8gYWdh\r\n"
	m.WriteString(strings.Repeat(line, file/len(line)))
	m.WriteString("--outer--\r\n")
	return m.Bytes()
}

// nestedMail is a mail of so many parts, each within the one before.
func nestedMail(depth int) []byte {
	var m bytes.Buffer
	m.WriteString("From: a@example.com\r\nMIME-Version: 1.0\r\n")
	for i := range depth {
		fmt.Fprintf(&m, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	m.WriteString("Content-Type: text/plain\r\n\r\nhello\r\n")
	return m.Bytes()
}

// siblingMail is a mail of so many parts beside each other.
func siblingMail(n int) []byte {
	return []byte("From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		strings.Repeat("--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n", n) + "--b--\r\n")
}
