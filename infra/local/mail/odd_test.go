package mail

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

// talk sends lines at once, without waiting for answers, and returns all answers.
func talk(t *testing.T, addr, lines string) []string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, lines); err != nil {
		t.Fatal(err)
	}
	var answers []string
	for r := bufio.NewScanner(c); r.Scan(); {
		if line := r.Text(); len(line) > 3 && line[3] == ' ' {
			answers = append(answers, line)
		}
	}
	return answers
}

func TestPipelinedMailsWithOddBytesAreKeptAsTheyCame(t *testing.T) {
	h, s := receiving(t, nil)
	odd := "Subject: \xff\x00raw\r\nFrom: nobody\r\nnot a field\r\nTo: k\u00e4se@loket.test\r\n\r\nNUL \x00, 8 bit \xe9, lone \r and \n, and none at the end"
	answers := talk(t, s.Addr, "EHLO client\r\nMAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<k\u00e4se@loket.test>\r\nDATA\r\n"+odd+"\r\n.\r\n"+
		"MAIL FROM:<b@example.com>\r\nRCPT TO:<x@loket.test>\r\nRCPT TO:<y@example.com>\r\nDATA\r\n\r\n.\r\nQUIT\r\n")
	want := []string{"220", "250", "250", "250", "354", "250", "250", "250", "550", "354", "250", "221"}
	for i, a := range answers {
		if i >= len(want) || !strings.HasPrefix(a, want[i]) {
			t.Fatalf("answers %q", answers)
		}
	}
	if len(h.bodies) != 2 || len(h.objects) != 2 {
		t.Fatalf("%d bodies, %d objects; %q", len(h.bodies), len(h.objects), answers)
	}
	h.bodies = h.bodies[:1]
	n := h.arrived(t)
	if stored := h.objects[n.Receipt.Action.ObjectKey]; !strings.HasSuffix(stored, odd+"\r\n") || !strings.HasPrefix(stored, "Return-Path: <>\r\n") {
		t.Errorf("stored %q", stored)
	}
	if n.Mail.Source != "" || n.Receipt.Recipients[0] != "k\u00e4se@loket.test" || n.Mail.CommonHeaders.From[0] != "nobody" || !strings.HasSuffix(n.Mail.CommonHeaders.Subject, "\x00raw") {
		t.Errorf("notice %+v", n)
	}
}

func TestEndlessHeadersAreStoredWholeAndAnnouncedInPart(t *testing.T) {
	h, s := receiving(t, nil)
	mail := "Subject: many\r\n" + strings.Repeat("X-Header: some value\r\n", 100_000) + "\r\nbody\r\n"
	if err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"a@loket.test"}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	n := h.arrived(t)
	size := 0
	for _, f := range n.Mail.Headers {
		size += len(f.Name) + len(f.Value)
	}
	if !n.Mail.HeadersTruncated || size > maxHeaders || size < maxHeaders-100 || n.Mail.CommonHeaders.Subject != "many" {
		t.Errorf("truncated %v, %d bytes of headers, %q", n.Mail.HeadersTruncated, size, n.Mail.CommonHeaders.Subject)
	}
	if !strings.HasSuffix(h.objects[n.Receipt.Action.ObjectKey], mail) {
		t.Error("the mail is not stored whole")
	}
}

func TestALargeMailIsStoredWhileItComesIn(t *testing.T) {
	begun := make(chan struct{})
	h, s := receiving(t, func(o *InOptions) {
		store := o.Store
		o.Store = func(ctx context.Context, key string, raw io.Reader) error {
			r := bufio.NewReader(raw)
			if _, err := r.Peek(1); err != nil {
				return err
			}
			close(begun)
			return store(ctx, key, r)
		}
	})
	c, err := smtp.Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := errors.Join(c.Mail("a@example.com"), c.Rcpt("a@loket.test")); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 78) + "\r\n"
	if _, err := io.WriteString(w, sample+strings.Repeat(line, 1000)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-begun:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is stored before the mail ends")
	}
	if _, err := io.WriteString(w, strings.Repeat(line, 1000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := h.arrived(t); !strings.HasSuffix(h.objects[n.Receipt.Action.ObjectKey], strings.Repeat(line, 2000)) {
		t.Error("the mail is not stored whole")
	}
}

func TestAMailCutShortIsNotAnnounced(t *testing.T) {
	h, s := receiving(t, nil)
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<a@loket.test>\r\nDATA\r\n"+sample+"half"); err != nil {
		t.Fatal(err)
	}
	c.(*net.TCPConn).CloseWrite()
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Fatal(err)
	}
	s.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.bodies)+len(h.objects) > 0 {
		t.Errorf("%d announced, %d stored", len(h.bodies), len(h.objects))
	}
}
