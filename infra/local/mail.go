package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/loket-desk/loket/infra/local/mail"
)

const (
	mailDomain   = "loket.test"
	mailFunction = "mail"      // its queue hears of mail, in and out
	mailPrefix   = "incoming/" // of the objects that SES's receipt rule stores
	mailTopic    = "ses-events"
)

// mailQueue is the address of the queue that feeds the mail function, "" where the template has none.
func (r *runner) mailQueue() string {
	for _, f := range r.template.Functions {
		if f.Name == mailFunction && len(f.Queues) > 0 {
			return r.names[f.Queues[0].Queue][""]
		}
	}
	return ""
}

// startSending answers SES's SendEmail. What SES tells of a mail goes to the mail queue as its topic would put it there.
func (r *runner) startSending() error {
	if r.endpoints.SES = r.given("SESV2"); r.endpoints.SES != "" {
		return nil
	}
	s, err := mail.StartOut(mail.OutOptions{
		OutboxDir: r.outbox(), Region: region, Relay: r.o.relay,
		Events: func(ctx context.Context, event []byte) error {
			return r.toMailQueue(ctx, mail.WrapSNS(mailTopic, event))
		},
	})
	if err != nil {
		return err
	}
	r.endpoints.SES = s.Endpoint
	r.onClose(stageServers, func(context.Context) { _ = s.Close() })
	return nil
}

// startMail takes mail by SMTP, as SES does: the mail becomes an object, and its receipt a message on the mail queue.
func (r *runner) startMail(context.Context) error {
	if r.mailQueue() == "" || len(r.template.Buckets) == 0 {
		return nil
	}
	bucket := r.names[r.template.Buckets[0].ID][""]
	s, err := mail.StartIn(mail.InOptions{
		Addr: r.o.smtp, Domain: mailDomain, Region: region, Bucket: bucket, Prefix: mailPrefix, Notify: r.toMailQueue,
		Store: func(ctx context.Context, key string, raw io.Reader) error { return r.storeMail(ctx, bucket, key, raw) },
	})
	if err != nil {
		return fmt.Errorf("incoming mail: %w", err)
	}
	r.smtp = s.Addr
	r.onClose(stageSources, func(context.Context) { _ = s.Close() })
	return nil
}

func (r *runner) toMailQueue(ctx context.Context, body []byte) error {
	queue := r.mailQueue()
	if queue == "" {
		return errors.New("the template has no queue for mail")
	}
	_, err := r.clients.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String(string(body))})
	return err
}

// storeMail reads the mail into memory once: a signed upload needs its length and hash beforehand.
func (r *runner) storeMail(ctx context.Context, bucket, key string, raw io.Reader) error {
	text, err := io.ReadAll(raw)
	if err != nil {
		return err
	}
	_, err = r.clients.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(text)})
	return err
}
