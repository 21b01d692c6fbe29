package main

import (
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

const letter = "From: Ann <ann@example.com>\r\nTo: help@loket.test\r\nSubject: Hello\r\n\r\nMy lamp is broken.\r\n"

func (s *stack) mailIn(t *testing.T) {
	if err := smtp.SendMail(s.smtp, nil, "ann@example.com", []string{"help@loket.test"}, []byte(letter)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the receipt", func() bool { return len(s.holding(t, "mail", "Received")) > 0 })
	list, err := s.clients.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(s.names["Bucket"][""]), Prefix: aws.String("incoming/")})
	if err != nil || len(list.Contents) != 1 {
		t.Fatalf("the bucket has %v, %v", list, err)
	}
	if body := strings.Join(s.holding(t, "mail", "Received")[0].Bodies, ""); !strings.Contains(body, *list.Contents[0].Key) {
		t.Errorf("the receipt does not name the object %s: %s", *list.Contents[0].Key, body)
	}
}

func (s *stack) mailOut(t *testing.T) {
	client := sesv2.New(sesv2.Options{Region: region, BaseEndpoint: &s.endpoints.SES, Credentials: s.clients.s3.Options().Credentials})
	_, err := client.SendEmail(t.Context(), &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("help@loket.test"), Destination: &types.Destination{ToAddresses: []string{"bounce@simulator.amazonses.com"}},
		Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte("From: help@loket.test\r\nTo: bounce@simulator.amazonses.com\r\nSubject: Re\r\n\r\nHello.\r\n")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the bounce", func() bool { return len(s.holding(t, "mail", "Bounce")) > 0 })
	files, err := os.ReadDir(s.outbox())
	if err != nil || len(files) != 2 {
		t.Fatalf("the outbox has %v, %v", files, err)
	}
	if text, err := os.ReadFile(filepath.Join(s.outbox(), files[0].Name())); err != nil || !strings.Contains(string(text), "Hello.") {
		t.Errorf("the mail sent is %q, %v", text, err)
	}
}
