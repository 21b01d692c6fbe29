package mail

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	netmail "net/mail"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

// post is a running sender, its client, and what it tells.
type post struct {
	*Server
	client *sesv2.Client
	dir    string
	events chan event
	log    *house
}

func sending(t *testing.T, change func(*OutOptions)) *post {
	t.Helper()
	p := &post{dir: t.TempDir(), events: make(chan event, 100), log: &house{}}
	o := OutOptions{OutboxDir: p.dir, Log: p.log, Events: func(_ context.Context, b []byte) error {
		var e event
		if err := json.Unmarshal(b, &e); err != nil {
			return err
		}
		p.events <- e
		return nil
	}}
	if change != nil {
		change(&o)
	}
	var err error
	if p.Server, err = StartOut(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	p.client = sesv2.New(sesv2.Options{
		Region: "us-east-1", BaseEndpoint: &p.Endpoint, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
	return p
}

func (p *post) next(t *testing.T) event {
	t.Helper()
	select {
	case e := <-p.events:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
		return event{}
	}
}

func (p *post) read(t *testing.T, name string) (mail string, about sent) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := os.ReadFile(filepath.Join(p.dir, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(j, &about); err != nil {
		t.Fatal(err)
	}
	return string(b), about
}

func raw(mail string, to ...string) *sesv2.SendEmailInput {
	in := &sesv2.SendEmailInput{Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte(mail)}}}
	if len(to) > 0 {
		in.Destination = &types.Destination{ToAddresses: to}
	}
	return in
}

const outMail = "From: \"Loket\" <help@loket.test>\r\nTo: \"Jane\" <jane@example.com>\r\nBcc: hidden@example.com\r\nSubject: Hello\r\nMessage-ID: <own@loket.test>\r\nDate: Tue, 2 Jan 2024 10:00:00 +0000\r\n" +
	"References: <a@x>\r\n <b@x>\r\nX-SES-CONFIGURATION-SET: set\r\nAuto-Submitted: auto-replied\r\n\r\nBody\r\n"

func TestASentMailIsInTheOutboxWithSESsOwnIdAndDate(t *testing.T) {
	p := sending(t, nil)
	in := raw(outMail, "Jane <jane@example.com>")
	in.Destination.BccAddresses = []string{"hidden@example.com"}
	in.EmailTags = []types.MessageTag{{Name: aws.String("key"), Value: aws.String("01ARZ3")}}
	out, err := p.client.SendEmail(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	mail, about := p.read(t, "000001")
	want := sent{*out.MessageId, "help@loket.test", []string{"jane@example.com", "hidden@example.com"}, map[string]string{"key": "01ARZ3"}}
	if !reflect.DeepEqual(about, want) {
		t.Errorf("about it: %+v", about)
	}
	if !strings.HasPrefix(*out.MessageId, "0100") || !strings.HasSuffix(*out.MessageId, "-000000") || len(*out.MessageId) != 60 {
		t.Errorf("id %q", *out.MessageId)
	}
	m, err := netmail.ReadMessage(strings.NewReader(mail))
	if err != nil {
		t.Fatal(err)
	}
	if id := m.Header["Message-Id"]; len(id) != 1 || id[0] != "<"+*out.MessageId+"@email.amazonses.com>" {
		t.Errorf("Message-ID %q", id)
	}
	if date, err := m.Header.Date(); err != nil || time.Since(date).Abs() > time.Minute || len(m.Header["Date"]) != 1 {
		t.Errorf("Date %q", m.Header["Date"])
	}
	for _, gone := range []string{"Bcc", "X-Ses-Configuration-Set"} {
		if m.Header.Get(gone) != "" {
			t.Errorf("%s is still there", gone)
		}
	}
	if m.Header.Get("References") != "<a@x> <b@x>" || m.Header.Get("Auto-Submitted") != "auto-replied" {
		t.Errorf("headers %v", m.Header)
	}
	if b, err := io.ReadAll(m.Body); err != nil || string(b) != "Body\r\n" {
		t.Errorf("body %q, %v", b, err)
	}
	checkSent(t, p.next(t), *out.MessageId)
	if e := p.next(t); e.EventType != "Delivery" || e.Delivery.SMTPResponse == "" || len(e.Delivery.Recipients) != 2 {
		t.Errorf("event %+v", e)
	}
}

func checkSent(t *testing.T, e event, id string) {
	t.Helper()
	if e.EventType != "Send" || e.Send == nil || e.Mail.MessageID != id || e.Mail.Source != "help@loket.test" || e.Mail.CommonHeaders.MessageID != id ||
		e.Mail.CommonHeaders.Subject != "Hello" || len(e.Mail.Destination) != 2 || e.Mail.Headers.first("Message-ID") != "<own@loket.test>" {
		t.Errorf("event %+v", e)
	}
	if tags := e.Mail.Tags; !reflect.DeepEqual(tags["key"], []string{"01ARZ3"}) || !reflect.DeepEqual(tags["ses:configuration-set"], []string{"set"}) || tags["ses:from-domain"][0] != "loket.test" {
		t.Errorf("tags %v", tags)
	}
}

func TestOtherRegionsNameThemselvesInTheId(t *testing.T) {
	p := sending(t, func(o *OutOptions) { o.Region = "eu-west-1" })
	out, err := p.client.SendEmail(t.Context(), raw(outMail))
	if err != nil {
		t.Fatal(err)
	}
	mail, about := p.read(t, "000001")
	if !strings.Contains(mail, "\r\nMessage-ID: <"+*out.MessageId+"@eu-west-1.amazonses.com>\r\n") {
		t.Error(mail)
	}
	if !reflect.DeepEqual(about.To, []string{"jane@example.com", "hidden@example.com"}) {
		t.Errorf("without a destination it goes to %q", about.To)
	}
}

func TestTheOutboxCountsOnAfterARestart(t *testing.T) {
	p := sending(t, nil)
	for range 2 {
		if _, err := p.client.SendEmail(t.Context(), raw(outMail)); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	dir := p.dir
	p = sending(t, func(o *OutOptions) { o.OutboxDir = dir })
	if _, err := p.client.SendEmail(t.Context(), raw(outMail)); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(found) != 6 || filepath.Base(found[4]) != "000003.eml" {
		t.Errorf("%q, %v", found, err)
	}
}

func TestTheSimulatorsAddressesYieldTheirEvents(t *testing.T) {
	p := sending(t, nil)
	_, err := p.client.SendEmail(t.Context(), raw(outMail, "bounce+x@simulator.amazonses.com", "suppressionlist@simulator.amazonses.com",
		"complaint@simulator.amazonses.com", "success@simulator.amazonses.com", "bounce@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 5 {
		e := p.next(t)
		line := e.EventType
		switch {
		case e.Bounce != nil:
			r := e.Bounce.BouncedRecipients[0]
			line += " " + e.Bounce.BounceType + " " + e.Bounce.BounceSubType + " " + r.EmailAddress + " " + r.Status
		case e.Complaint != nil:
			line += " " + e.Complaint.ComplaintFeedbackType + " " + e.Complaint.ComplainedRecipients[0].EmailAddress
		case e.Delivery != nil:
			line += " " + strings.Join(e.Delivery.Recipients, " ")
		}
		got = append(got, line)
	}
	want := []string{
		"Send", "Delivery complaint@simulator.amazonses.com success@simulator.amazonses.com bounce@example.com",
		"Bounce Permanent General bounce+x@simulator.amazonses.com 5.1.1", "Bounce Permanent Suppressed suppressionlist@simulator.amazonses.com 5.1.1",
		"Complaint abuse complaint@simulator.amazonses.com",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAnInfectedMailIsAcceptedAndThenRejected(t *testing.T) {
	p := sending(t, nil)
	virus := `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
	if _, err := p.client.SendEmail(t.Context(), raw(outMail+virus)); err != nil {
		t.Fatal(err)
	}
	if e := p.next(t); e.EventType != "Send" {
		t.Errorf("event %+v", e)
	}
	if e := p.next(t); e.EventType != "Reject" || e.Reject.Reason != "Bad content" {
		t.Errorf("event %+v", e)
	}
	if found, _ := filepath.Glob(filepath.Join(p.dir, "*")); len(found) > 0 {
		t.Errorf("it was sent: %q", found)
	}
}

func TestTheCallsOwnAddressesFillInWhatARawMailLacks(t *testing.T) {
	p := sending(t, nil)
	in := raw("Subject: s\r\nX-SES-MESSAGE-TAGS: a=1, b=2\r\n\r\n", "a@example.com")
	in.FromEmailAddress, in.ReplyToAddresses, in.ConfigurationSetName = aws.String("Help <help@loket.test>"), []string{"r1@loket.test", "r2@loket.test"}, aws.String("set")
	if _, err := p.client.SendEmail(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	mail, about := p.read(t, "000001")
	if !strings.Contains(mail, "\r\nFrom: Help <help@loket.test>\r\nReply-To: r1@loket.test,\r\n r2@loket.test\r\n") || strings.Contains(mail, "X-SES-MESSAGE") {
		t.Error(mail)
	}
	if about.From != "help@loket.test" || about.Tags["a"] != "1" || about.Tags["b"] != "2" {
		t.Errorf("%+v", about)
	}
}

func TestTheRelayGetsTheMailAndItsRefusalIsABounce(t *testing.T) {
	h, in := receiving(t, nil)
	p := sending(t, func(o *OutOptions) { o.Relay = in.Addr })
	if _, err := p.client.SendEmail(t.Context(), raw(outMail, "someone@loket.test")); err != nil {
		t.Fatal(err)
	}
	if e := p.next(t); e.EventType != "Send" {
		t.Errorf("event %+v", e)
	}
	if e := p.next(t); e.EventType != "Delivery" {
		t.Errorf("event %+v", e)
	}
	mail, _ := p.read(t, "000001")
	if n := h.arrived(t); n.Mail.Source != "help@loket.test" || !strings.HasSuffix(h.objects[n.Receipt.Action.ObjectKey], mail) {
		t.Errorf("relayed %+v", n)
	}
	if _, err := p.client.SendEmail(t.Context(), raw(outMail, "someone@example.com")); err != nil {
		t.Fatal(err)
	}
	p.next(t)
	if e := p.next(t); e.EventType != "Bounce" || !strings.HasPrefix(e.Bounce.BouncedRecipients[0].DiagnosticCode, "smtp; 550 ") {
		t.Errorf("event %+v", e)
	}
	in.Close()
	if _, err := p.client.SendEmail(t.Context(), raw(outMail, "someone@loket.test")); err != nil {
		t.Fatal(err)
	}
	p.next(t)
	p.next(t)
	p.Close()
	if !strings.Contains(p.log.log.String(), "did not take it") {
		t.Errorf("logged %q", p.log.log.String())
	}
}

func TestAnEventThatIsNotTakenIsToldAgain(t *testing.T) {
	tries := make(chan int, 10)
	n := 0
	p := sending(t, func(o *OutOptions) {
		o.Events = func(context.Context, []byte) error {
			n++
			tries <- n
			if n < 3 {
				return errors.New("no queue")
			}
			return nil
		}
	})
	if _, err := p.client.SendEmail(t.Context(), raw(outMail)); err != nil {
		t.Fatal(err)
	}
	for want := range 4 {
		select {
		case got := <-tries:
			if got != want+1 {
				t.Fatalf("try %d", got)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it gave up")
		}
	}
}

func TestClosingEndsEventsThatNobodyTakes(t *testing.T) {
	p := sending(t, func(o *OutOptions) {
		o.Events = func(context.Context, []byte) error { return errors.New("never") }
	})
	if _, err := p.client.SendEmail(t.Context(), raw(outMail)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if !strings.Contains(p.log.log.String(), "is lost") {
		t.Errorf("logged %q", p.log.log.String())
	}
}

func TestTheAccountAndItsIdentitiesAreToldOf(t *testing.T) {
	p := sending(t, nil)
	account, err := p.client.GetAccount(t.Context(), &sesv2.GetAccountInput{})
	if err != nil || !account.SendingEnabled || account.SendQuota == nil {
		t.Errorf("%+v, %v", account, err)
	}
	for _, name := range []string{"loket.test", "help@loket.test"} {
		id, err := p.client.GetEmailIdentity(t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: &name})
		if err != nil || !id.VerifiedForSendingStatus {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	_, err = p.client.GetEmailIdentity(t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String("x.invalid")})
	var missing *types.NotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
	_, err = p.client.GetSuppressedDestination(t.Context(), &sesv2.GetSuppressedDestinationInput{EmailAddress: aws.String("a@example.com")})
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

func TestAnOutboxThatCannotBeWrittenIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(file, "x")} {
		if _, err := StartOut(OutOptions{OutboxDir: dir}); err == nil {
			t.Errorf("%q was taken", dir)
		}
	}
	p := sending(t, nil)
	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	_, err := p.client.SendEmail(t.Context(), raw(outMail))
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InternalServiceErrorException" {
		t.Errorf("got %v", err)
	}
	if _, err := StartOut(OutOptions{Addr: p.Addr, OutboxDir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a busy port: %v", err)
	}
}
