package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"net/mail"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// setup is what a channel's set-up says under a label.
func setup(ch object, label string) string {
	for _, v := range ch.list("setup") {
		if v.str("label") == label {
			return v.str("value")
		}
	}
	return ""
}

func TestAnAddressOfTheCompanyIsConnectedByItsCodeAndThenSends(t *testing.T) {
	s := running(t)
	inbox, fallback := s.desk(t, "INBOX")
	own := "help-" + strings.ToLower(rand.Text()) + "@example.com"
	at := "/v1/channels/" + s.must(t, 201, "POST", "/v1/channels", object{"type": "email", "inboxId": inbox, "settings": object{"address": own}}).str("id")
	s.must(t, 409, "POST", "/v1/channels", object{"type": "email", "inboxId": inbox, "settings": object{"address": own}})
	s.must(t, 200, "POST", at+"/verification", object{})
	sent := s.outbox(t, own)
	body, err := io.ReadAll(sent.Body)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`\b\d{8}\b`).Find(body)
	if from, err := mail.ParseAddress(sent.Header.Get("From")); err != nil || from.Address != fallback || sent.Header.Get("Auto-Submitted") == "" || code == nil {
		t.Fatalf("the mail with the code is %v: %s", sent.Header, body)
	}
	if got := s.must(t, 200, "POST", at+"/verification", object{"code": string(code)}); got.str("state") != "VERIFIED" {
		t.Fatalf("%v", got)
	}
	s.sendTo(t, letter{from: "Ada <ada@example.com>", to: own, subject: "Forwarded here", id: newID(), body: "hello"}, fallback)
	c := s.waitOpen(t, time.Minute, inbox, 1)[0]
	eventually(t, 30*time.Second, func() error {
		if ch := s.must(t, 200, "GET", at, nil); !strings.HasPrefix(setup(ch, "Forwarding seen"), "Yes") {
			return fmt.Errorf("the channel says %v", ch["setup"])
		}
		return nil
	})
	words := "From the own address " + rand.Text()
	time.Sleep(4 * time.Second) // until then a function may still know the set-up as it was
	s.reply(t, c.str("id"), words)
	if from, err := mail.ParseAddress(s.outbox(t, words).Header.Get("From")); err != nil || from.Address != own {
		t.Errorf("the answer is from %v, %v", from, err)
	}
}

// samples are every third mail of the corpus, no two alike, few enough for a busy machine.
func samples(t *testing.T) [][]byte {
	t.Helper()
	root := "../../../shared/corpus/mime"
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpus is not here")
	}
	var all [][]byte
	seen, n := map[string]bool{}, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".eml", ".raw", ".txt"}, filepath.Ext(path)) {
			return err
		}
		if n++; n%3 != 0 || len(all) == 60 {
			return nil
		}
		raw, err := os.ReadFile(path)
		m, unreadable := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil || unreadable != nil || len(raw) > 1<<20 || m.Header.Get("From") == "" {
			return err
		}
		if id := m.Header.Get("Message-ID"); id == "" || !seen[id] {
			seen[id] = true
			all = append(all, append([]byte("X-Sample: "+rand.Text()+"\r\n"), raw...))
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d samples, %v", len(all), err)
	}
	return all
}

func TestTheCorpusComesInWithNothingLostAndNothingTwice(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	all := samples(t)
	for _, raw := range all {
		if err := smtp.SendMail(s.SMTP, nil, "sender@example.net", []string{address}, raw); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (n int) {
		seen := map[string]bool{}
		for _, view := range []string{"open", "closed", "filtered", "trash"} {
			for _, c := range s.must(t, 200, "GET", "/v1/conversations?limit=100&view="+view+"&inboxId="+inbox, nil).list("results") {
				if seen[c.str("id")] {
					continue
				}
				seen[c.str("id")] = true
				for _, m := range s.thread(t, c.str("id")) {
					if m.str("kind") == "MESSAGE" && m.str("direction") == "INCOMING" {
						n++
					}
				}
			}
		}
		return n
	}
	eventually(t, 4*time.Minute, func() error {
		if n := count(); n < len(all) {
			return fmt.Errorf("%d of %d mails are here", n, len(all))
		}
		return nil
	})
	time.Sleep(5 * time.Second)
	if n := count(); n != len(all) {
		t.Errorf("%d mails became %d messages", len(all), n)
	}
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil || bytes.Contains(log, []byte("panic:")) || bytes.Contains(log, []byte("Runtime.ExitError")) {
		t.Errorf("a function broke down: %v", err)
	}
}
