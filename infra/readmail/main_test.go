package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// printed runs the command's work on files and gives its lines, taken apart.
func printed(t *testing.T, read func(io.Reader) (*output, error), files ...string) (lines []map[string]any, failed bool) {
	t.Helper()
	var out bytes.Buffer
	failed = printAll(&out, files, read)
	for line := range strings.Lines(out.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("not a JSON object on one line: %v\n%s", err, line)
		}
		lines = append(lines, fields)
	}
	return lines, failed
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneMail = `From: Anna <anna@example.com>
To: help@example.net
Subject: A <question>
Date: Mon, 2 Jun 2025 10:00:00 +0200
Message-ID: <1@example.com>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Grüße & "Fragen"

On Mon, 1 Jun 2025 at 09:00, Help <help@example.net> wrote:
> What is it?
--b
Content-Disposition: attachment; filename=a.bin
Content-Transfer-Encoding: base64

AAEC
--b--
`

func TestEachMailIsOneLineInTheOrderOfTheArguments(t *testing.T) {
	first := file(t, "1.eml", oneMail)
	second := file(t, "2.eml", "From: b@example.com\nSubject: second\n\nhi\n")
	lines, failed := printed(t, readMail, second, first, second)
	if failed || len(lines) != 3 {
		t.Fatalf("failed %v, %d lines", failed, len(lines))
	}
	for i, want := range []string{"second", "A <question>", "second"} {
		if lines[i]["subject"] != want {
			t.Errorf("line %d is of %q", i, lines[i]["subject"])
		}
	}
}

func TestAMailsFieldsAreAllThere(t *testing.T) {
	lines, _ := printed(t, readMail, file(t, "1.eml", oneMail))
	got := lines[0]
	for name, want := range map[string]any{
		"date": "2025-06-02T10:00:00+02:00", "messageId": "1@example.com", "html": "", "visibleText": "Grüße & \"Fragen\"",
		"text": "Grüße & \"Fragen\"\n\nOn Mon, 1 Jun 2025 at 09:00, Help <help@example.net> wrote:\n> What is it?", "bounce": nil, "forwarded": nil,
	} {
		if got[name] != want {
			t.Errorf("%s is %q, not %q", name, got[name], want)
		}
	}
	from := got["from"].([]any)[0].(map[string]any)
	if from["name"] != "Anna" || from["address"] != "anna@example.com" {
		t.Errorf("from is %v", from)
	}
	a := got["attachments"].([]any)[0].(map[string]any)
	if a["name"] != "a.bin" || a["size"] != 3.0 || a["disposition"] != "attachment" || a["sha256"] != "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc" {
		t.Errorf("the attachment is %v", a)
	}
	for _, name := range []string{"to", "cc", "replyTo", "inReplyTo", "references", "problems"} {
		if _, ok := got[name].([]any); !ok {
			t.Errorf("%s is no list: %v", name, got[name])
		}
	}
}

func TestABouncesRecipientsArePrinted(t *testing.T) {
	mail := "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: failure notice\n\nI wasn't able to deliver your message.\n\n<gone@example.org>:\n550 5.1.1 No such user\n\nReturn-Path: <me@example.com>\nMessage-ID: <7@example.com>\n"
	lines, _ := printed(t, readMail, file(t, "b.eml", mail))
	b := lines[0]["bounce"].(map[string]any)
	r := b["recipients"].([]any)[0].(map[string]any)
	if b["originalMessageId"] != "7@example.com" || r["address"] != "gone@example.org" || r["status"] != "5.1.1" || r["action"] != "failed" {
		t.Errorf("the bounce is %v", b)
	}
	if kind := lines[0]["auto"].(map[string]any)["kind"]; kind != "bounce" {
		t.Errorf("its kind is %v", kind)
	}
}

func TestABareBodyIsTrimmedAndTakenApartBySubject(t *testing.T) {
	body := file(t, "body.txt", "See below.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Carl <carl@example.org>\r\nDate: Mon, 2 Jun 2025 at 09:00\r\nSubject: Broken\r\nTo: <anna@example.com>\r\n\r\nIt broke.\r\n")
	read := func(r io.Reader) (*output, error) { return readBody(r, "Fwd: Broken") }
	lines, _ := printed(t, read, body)
	f, ok := lines[0]["forwarded"].(map[string]any)
	if !ok || f["from"].(map[string]any)["address"] != "carl@example.org" || f["subject"] != "Broken" || f["text"] != "It broke." {
		t.Errorf("the forward is %v", lines[0]["forwarded"])
	}
}

func TestAnAbsentFileFailsAndTheOthersArePrinted(t *testing.T) {
	lines, failed := printed(t, readMail, filepath.Join(t.TempDir(), "none.eml"), file(t, "1.eml", oneMail))
	if !failed || len(lines) != 1 {
		t.Errorf("failed %v, %d lines", failed, len(lines))
	}
}

func TestALongTextIsWrittenInPiecesBetweenCharacters(t *testing.T) {
	long := strings.Repeat("ä\"\n<", chunk)
	var out bytes.Buffer
	if err := (&output{Text: long}).writeTo(&out); err != nil {
		t.Fatal(err)
	}
	var got struct{ Text string }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Text != long {
		t.Errorf("the text came back changed (%v)", err)
	}
	if bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Error("it is more than one line")
	}
}

// A full disk refuses after a number of writes.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left--; d.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestAnOutputThatCantBeWrittenIsAFailure(t *testing.T) {
	path := file(t, "1.eml", oneMail)
	for writes := range 10 {
		if !printAll(&fullDisk{left: writes}, []string{path}, readMail) {
			t.Errorf("a disk full after %d writes went unnoticed", writes)
		}
	}
}
