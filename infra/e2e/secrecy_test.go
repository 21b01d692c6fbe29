package e2e

import (
	"encoding/base64"
	"fmt"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

// TestTheLogHoldsNoSecretNoTextAndNoAddress sends messages and mails in and out, well and badly, and then reads all that
// the run and its functions have logged at INFO and above.
func TestTheLogHoldsNoSecretNoTextAndNoAddress(t *testing.T) {
	s := running(t)
	b := connect(t, s, s.inbox(t, "HELP_DESK"), nil)
	const person, said, written, answer = "Zebediah Quillfeather", "my-secret-parcel-77123", "my-secret-mail-88123", "our-secret-answer-99123"

	b.write(t, 31, person, said)
	c := b.conversation(t, person).str("id")
	for _, kind := range []string{"500", "400", "403", "drop", "garbage"} { // what goes wrong is told in the log, without these
		b.Fail(botapi.Fault{Method: "sendMessage", Kind: kind})
		s.reply(t, c, answer+" "+kind)
	}
	s.state(t, time.Minute, c, s.reply(t, c, answer).str("id"), "SENT")
	b.postAs(t, b.update(31, person, said), "a-wrong-secret-66123")
	s.call(t, "POST", "/v1/channels", object{"type": "telegram", "inboxId": "inbox", "credentials": object{"botToken": "999:refused-token-55123"}, "settings": object{"apiBase": "http://127.0.0.1:1"}})

	mail := "From: Quentin <quentin-44123@example.com>\r\nTo: inbox@loket.test\r\nSubject: " + written + "\r\nMessage-ID: <secrecy-33123@example.com>\r\n\r\n" + written + "\r\n"
	if err := smtp.SendMail(s.SMTP, nil, "quentin-44123@example.com", []string{"inbox@loket.test"}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	var id string
	eventually(t, time.Minute, func() error {
		for _, c := range s.must(t, 200, "GET", "/v1/conversations?view=open&limit=100&inboxId=inbox", nil).list("results") {
			if c.str("subject") == written {
				id = c.str("id")
				return nil
			}
		}
		return fmt.Errorf("the mail is not there")
	})
	s.state(t, time.Minute, id, s.reply(t, id, answer).str("id"), "SENT")

	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil || !strings.Contains(string(log), "router") {
		t.Fatal("there is no log of the functions", err)
	}
	_, secretPart, _ := strings.Cut(b.token, ":")
	for name, secret := range map[string]string{
		"the bot's token": secretPart, "its webhook's secret": b.secret, "the administrator's key": strings.SplitN(s.key, "_", 3)[2],
		"a wrong secret": "66123", "a refused token": "55123", "the message's text": said, "the mail's text": written, "the answer's text": answer,
		"a person's name": "Quillfeather", "a mail address": "quentin-44123", "a mail's id": "secrecy-33123", "a chat's id": fmt.Sprint(b.id(31)),
	} {
		for form, text := range map[string]string{"as it is": secret, "in base64": base64.StdEncoding.EncodeToString([]byte(secret)), "in an address": url.QueryEscape(secret)} {
			if i := strings.Index(string(log), text); i >= 0 {
				line := string(log[strings.LastIndex(string(log[:i]), "\n")+1 : i])
				t.Errorf("%s is in the log %s, after %q", name, form, line[max(0, len(line)-300):])
			}
		}
	}
}
