package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// letter is a mail as somebody sends it.
type letter struct {
	from, to, subject, id string
	headers               []string
	body                  string
	attachment            []byte
}

func (l letter) raw() []byte {
	var b strings.Builder
	head := append([]string{"From: " + l.from, "To: " + l.to, "Subject: " + l.subject, "Message-ID: <" + l.id + ">", "Date: " + time.Now().Format(time.RFC1123Z), "MIME-Version: 1.0"}, l.headers...)
	if l.attachment == nil {
		return []byte(strings.Join(append(head, "Content-Type: text/plain; charset=utf-8", "", l.body), "\r\n") + "\r\n")
	}
	b.WriteString(strings.Join(append(head, `Content-Type: multipart/mixed; boundary="b"`, "", "--b", "Content-Type: text/plain; charset=utf-8", "", l.body, "--b",
		"Content-Type: application/octet-stream", `Content-Disposition: attachment; filename="data.bin"`, "Content-Transfer-Encoding: base64", "", ""), "\r\n"))
	text := base64.StdEncoding.EncodeToString(l.attachment)
	for len(text) > 0 {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	b.WriteString("--b--\r\n")
	return []byte(b.String())
}

// sendTo sends a letter to envelope recipients by SMTP.
func (s *stack) sendTo(t *testing.T, l letter, recipients ...string) {
	t.Helper()
	address, err := mail.ParseAddress(l.from)
	if err != nil {
		t.Fatal(err)
	}
	if err := smtp.SendMail(s.SMTP, nil, address.Address, recipients, l.raw()); err != nil {
		t.Fatalf("sending a mail: %v", err)
	}
}

// desk is an inbox of a test's own, with its fallback address.
func (s *stack) desk(t *testing.T, kind string) (id, address string) {
	t.Helper()
	id = s.inbox(t, kind)
	return id, s.must(t, 200, "GET", "/v1/inboxes/"+id, nil).str("fallbackAddress")
}

// open are the open conversations of an inbox.
func (s *stack) opened(t *testing.T, inbox string) []object {
	t.Helper()
	return s.must(t, 200, "GET", "/v1/conversations?limit=100&view=open&inboxId="+inbox, nil).list("results")
}

// waitOpen waits until an inbox has n open conversations.
func (s *stack) waitOpen(t *testing.T, within time.Duration, inbox string, n int) []object {
	t.Helper()
	var all []object
	eventually(t, within, func() error {
		if all = s.opened(t, inbox); len(all) != n {
			return fmt.Errorf("%d open conversations, want %d", len(all), n)
		}
		return nil
	})
	return all
}

// outbox finds the sent mail whose text holds some words.
func (s *stack) outbox(t *testing.T, words string) *mail.Message {
	t.Helper()
	var found *mail.Message
	eventually(t, 30*time.Second, func() error {
		files, _ := filepath.Glob(filepath.Join(s.dir, "outbox", "*.eml"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err == nil && bytes.Contains(b, []byte(words)) {
				found, err = mail.ReadMessage(bytes.NewReader(b))
				return err
			}
		}
		return fmt.Errorf("no sent mail says %q", words)
	})
	return found
}

func newID() string { return strings.ToLower(rand.Text()) + "@example.com" }

func TestAMailBecomesATicketAndItsAnswersJoinByEvidenceOnly(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "HELP_DESK")
	ada := "ada." + newID() // nobody whom another test knows
	first := letter{from: "Ada <" + ada + ">", to: address, subject: "It broke", id: newID(), body: "Hello,\r\nit broke."}
	s.sendTo(t, first, address)
	c := s.waitOpen(t, time.Minute, inbox, 1)[0]
	eventually(t, 30*time.Second, func() error {
		if c = s.must(t, 200, "GET", "/v1/conversations/"+c.str("id"), nil); c.at("ticket") == nil {
			return fmt.Errorf("no ticket: %v", c)
		}
		return nil
	})
	if c.str("subject") != "It broke" || c.str("contact", "name") != "Ada" {
		t.Errorf("the conversation says %v", c)
	}
	words := "Turn it off " + rand.Text()
	m := s.reply(t, c.str("id"), words)
	sent := s.outbox(t, words)
	if got := sent.Header.Get("In-Reply-To"); got != "<"+first.id+">" || !strings.Contains(sent.Header.Get("References"), first.id) {
		t.Errorf("In-Reply-To %q, References %q", got, sent.Header.Get("References"))
	}
	s.state(t, time.Minute, c.str("id"), m.str("id"), "DELIVERED")

	token, err := mail.ParseAddress(sent.Header.Get("Reply-To"))
	if err != nil || !strings.HasPrefix(token.Address, "reply+") {
		t.Fatalf("Reply-To is %q", sent.Header.Get("Reply-To"))
	}
	s.sendTo(t, letter{from: "ada@example.org", to: token.Address, subject: "Re: It broke", id: newID(), body: "by token"}, strings.ToUpper(token.Address[:5])+token.Address[5:])
	s.sendTo(t, letter{from: ada, to: address, subject: "other", id: newID(), headers: []string{"References: <x@example.com> " + sent.Header.Get("Message-ID")}, body: "by references"}, address)
	eventually(t, time.Minute, func() error {
		got := s.texts(t, c.str("id"))
		if all := strings.Join(got, "|"); len(got) != 4 || !strings.Contains(all, "by token") || !strings.Contains(all, "by references") {
			return fmt.Errorf("the thread holds %q", got)
		}
		return nil
	})
	stranger := letter{from: "eve@example.net", to: address, subject: "Re: It broke", id: newID(), headers: []string{"In-Reply-To: <" + first.id + ">"}, body: "let me in"}
	s.sendTo(t, stranger, address)
	s.waitOpen(t, time.Minute, inbox, 2)
	if got := s.texts(t, c.str("id")); len(got) != 4 {
		t.Errorf("a stranger's mail joined: %q", got)
	}
}

func TestALargeMailKeepsItsAttachmentByteForByte(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	data := make([]byte, 18<<20) // 25 MB as a mail
	_, _ = rand.Read(data)
	s.sendTo(t, letter{from: "ada@example.com", to: address, subject: "Large", id: newID(), body: "see the file", attachment: data}, address)
	c := s.waitOpen(t, 2*time.Minute, inbox, 1)[0]
	parts := s.thread(t, c.str("id"))[0].list("attachments")
	if len(parts) != 1 || parts[0].str("name") != "data.bin" {
		t.Fatalf("the attachments are %v", parts)
	}
	resp, err := http.Get(parts[0].str("url"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !bytes.Equal(got, data) {
		t.Errorf("%d, %d bytes, %v: not what was sent", resp.StatusCode, len(got), err)
	}
}

func TestOneMailToTwoInboxesIsTwoAndTheSameMailTwiceIsOne(t *testing.T) {
	s := running(t)
	a, toA := s.desk(t, "INBOX")
	b, toB := s.desk(t, "INBOX")
	remove := s.queues.add(func(q *seen) *verdict {
		if q.Op == "SendMessage" || q.Op == "SendMessageBatch" {
			q.Body = doubled(q.Body)
		}
		return nil
	})
	defer remove()
	l := letter{from: "ada@example.com", to: toA + ", " + toB, subject: "Both", id: newID(), body: "hello both"}
	s.sendTo(t, l, toA, toB)
	one, two := s.waitOpen(t, time.Minute, a, 1)[0], s.waitOpen(t, time.Minute, b, 1)[0]
	s.sendTo(t, l, toA) // another delivery of the same mail
	time.Sleep(5 * time.Second)
	for _, c := range []object{one, two} {
		if got := s.texts(t, c.str("id")); len(got) != 1 {
			t.Errorf("a thread holds %q", got)
		}
	}
	s.waitOpen(t, time.Second, a, 1)
}

func TestMailToNobodyIsKeptAsAFailureWithItsReason(t *testing.T) {
	s := running(t)
	nobody := "nobody-" + strings.ToLower(rand.Text()) + "@loket.test"
	s.sendTo(t, letter{from: "ada@example.com", to: nobody, subject: "x", id: newID(), body: "x"}, nobody)
	eventually(t, time.Minute, func() error {
		for _, f := range s.must(t, 200, "GET", "/v1/failures?limit=100", nil).list("results") {
			if strings.Contains(f.str("reason"), nobody) || strings.Contains(mustJSON(f["payload"]), nobody) {
				return nil
			}
		}
		return fmt.Errorf("no failure tells of it")
	})
}
