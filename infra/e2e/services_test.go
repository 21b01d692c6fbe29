package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/local/mail"
	"github.com/loket-desk/loket/infra/local/objects"
)

// startServices starts S3 and SES as the local run does itself otherwise, here behind proxies.
func (s *stack) startServices() error {
	files, err := objects.Start(objects.Options{AccessKey: "local", SecretKey: "local"})
	if err != nil {
		return err
	}
	if s.files, err = newProxy(files.Endpoint, s); err != nil {
		return err
	}
	out, err := mail.StartOut(mail.OutOptions{OutboxDir: filepath.Join(s.dir, "outbox"), Region: "us-east-1", Events: s.tellOfMail})
	if err != nil {
		return err
	}
	s.mailer, err = newProxy(out.Endpoint, s)
	return err
}

// tellOfMail puts what SES tells of a mail on the mail queue, as its topic does.
func (s *stack) tellOfMail(ctx context.Context, event []byte) error {
	body := mustJSON(object{"QueueUrl": s.Queues["MailQueue"], "MessageBody": string(mail.WrapSNS("ses-events", event))})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.queues.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the queue answered %d", resp.StatusCode)
	}
	return nil
}

func TestMailWaitsWhileItsStoreRefuses(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	heal := s.files.add(func(q *seen) *verdict {
		if q.Op == http.MethodGet && strings.Contains(q.Path, "/incoming/") {
			return &verdict{status: 503, body: "<Error><Code>SlowDown</Code></Error>"}
		}
		return nil
	})
	s.sendTo(t, letter{from: "ada@example.com", to: address, subject: "Store", id: newID(), body: "hello"}, address)
	time.Sleep(6 * time.Second)
	s.waitOpen(t, time.Second, inbox, 0)
	heal()
	s.waitOpen(t, 4*time.Minute, inbox, 1)
}

func TestAThrottledMailServiceDelaysAnAnswerAndSendsItOnce(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	s.sendTo(t, letter{from: "ada@example.com", to: address, subject: "Throttle", id: newID(), body: "hello"}, address)
	c := s.waitOpen(t, time.Minute, inbox, 1)[0].str("id")
	refusals := 0
	heal := s.mailer.add(func(q *seen) *verdict {
		if q.Op != http.MethodPost || refusals >= 2 {
			return nil
		}
		refusals++
		return &verdict{status: 429, body: `{"__type":"TooManyRequestsException","message":"slow down"}`}
	})
	defer heal()
	m := s.reply(t, c, "an answer in time")
	s.state(t, 3*time.Minute, c, m.str("id"), "DELIVERED")
}
