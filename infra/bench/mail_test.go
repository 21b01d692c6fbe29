package main

import (
	"bytes"
	"io"
	"os/exec"
	"testing"

	"github.com/loket-desk/loket/shared/mime"
)

func TestTheMeasuredMailsAreWhatTheySay(t *testing.T) {
	mail := mailOf(40<<10, 10<<10)
	if len(mail) < 48<<10 || len(mail) > 54<<10 {
		t.Errorf("the mail of 50 KB has %d bytes", len(mail))
	}
	m, err := mime.Read(bytes.NewReader(mail), nil, mime.Limits{})
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Name != "plan.png" || len(m.Text) < 5000 || len(m.HTML) < 10000 {
		t.Errorf("it was read as %d files, %d bytes of text, %d of HTML, %v", len(m.Attachments), len(m.Text), len(m.HTML), err)
	}
	if n := bytes.Count(nestedMail(100), []byte("multipart/mixed")); n != 100 {
		t.Errorf("%d nested parts", n)
	}
	siblings, err := mime.Read(bytes.NewReader(siblingMail(10)), nil, mime.Limits{})
	if err != nil || siblings.Text == "" {
		t.Errorf("siblings were read as %+v, %v", siblings, err)
	}
}

func TestAProgramsPeakIsSeen(t *testing.T) {
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if kb, err := b.peakOf(exec.Command("sh", "-c", "x=$(head -c 30000000 /dev/zero | tr '\\0' a); sleep 0.1; : ${#x}")); err != nil || kb < 25_000 {
		t.Errorf("a shell that held 30 MB was seen with %d KB, %v", kb, err)
	}
	if _, err := b.peakOf(exec.Command("sh", "-c", "exit 3")); err == nil {
		t.Error("a program that failed is no error")
	}
	if _, err := b.peakOf(exec.Command("/no/such/program")); err == nil {
		t.Error("a program that isn't there was run")
	}
}
