package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// house is the rest of the product: it keeps what the server hands on, and refuses when told to.
type house struct {
	mu          sync.Mutex
	objects     map[string]string
	bodies      [][]byte
	log         bytes.Buffer
	storeFails  error
	notifyFails error
}

func (h *house) store(_ context.Context, key string, raw io.Reader) error {
	b, err := io.ReadAll(raw)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err = errors.Join(err, h.storeFails); err == nil {
		h.objects[key] = string(b)
	}
	return err
}

func (h *house) notify(_ context.Context, body []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.notifyFails != nil {
		return h.notifyFails
	}
	h.bodies = append(h.bodies, body)
	return nil
}

func (h *house) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(b)
}

func receiving(t *testing.T, change func(*InOptions)) (*house, *Server) {
	t.Helper()
	h := &house{objects: map[string]string{}}
	o := InOptions{Domain: "loket.test", Bucket: "box", Prefix: "incoming/", Store: h.store, Notify: h.notify, Log: h}
	if change != nil {
		change(&o)
	}
	s, err := StartIn(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return h, s
}

// arrived is the one notification of a house, taken out of its envelope.
func (h *house) arrived(t *testing.T) notice {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.bodies) != 1 {
		t.Fatalf("%d notifications", len(h.bodies))
	}
	var e envelope
	if err := json.Unmarshal(h.bodies[0], &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "Notification" || e.Subject != "Amazon SES Email Receipt Notification" || !strings.HasPrefix(e.TopicArn, "arn:aws:sns:") || len(e.MessageId) != 36 {
		t.Errorf("envelope %+v", e)
	}
	var n notice
	if err := json.Unmarshal([]byte(e.Message), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

const sample = "From: \"Jane Doe\" <jane@example.com>\r\nTo: Support <help@loket.test>, else@example.org\r\nCc: boss@example.com\r\nSubject: =?utf-8?q?K=C3=A4se?=\r\n" +
	"X-Folded: one\r\n\ttwo\r\nDate: Tue, 2 Jan 2024 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n.starts with a dot\r\n"

func TestAMailIsStoredAndAnnouncedAsSESDoes(t *testing.T) {
	h, s := receiving(t, nil)
	if err := smtp.SendMail(s.Addr, nil, "bounces@example.com", []string{"help@loket.test", "Sales@LOKET.test", "help@loket.test"}, []byte(sample)); err != nil {
		t.Fatal(err)
	}
	n := h.arrived(t)
	key := n.Receipt.Action.ObjectKey
	if len(n.Mail.MessageID) != 40 || key != "incoming/"+n.Mail.MessageID {
		t.Errorf("id %q, key %q", n.Mail.MessageID, key)
	}
	stored := h.objects[key]
	above, found := strings.CutSuffix(stored, sample)
	if !found || !strings.HasPrefix(above, "Return-Path: <bounces@example.com>\r\nReceived: from localhost (") ||
		!strings.Contains(above, " with SMTP id "+n.Mail.MessageID+" for help@loket.test; ") || !strings.Contains(above, "\r\nX-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\n") ||
		!strings.Contains(above, "spf=pass") || len(h.objects) != 1 {
		t.Errorf("stored %d objects, this one as\n%s", len(h.objects), stored)
	}
	if !strings.Contains(h.log.String(), key) {
		t.Errorf("logged %q", h.log.String())
	}
	checkNotice(t, n)
}

func checkNotice(t *testing.T, n notice) {
	t.Helper()
	pass := verdict{"PASS"}
	if n.NotificationType != "Received" || n.Mail.Source != "bounces@example.com" || n.Mail.HeadersTruncated ||
		!reflect.DeepEqual(n.Mail.Destination, []string{"help@loket.test", "else@example.org", "boss@example.com"}) ||
		!reflect.DeepEqual(n.Receipt.Recipients, []string{"help@loket.test", "Sales@LOKET.test"}) {
		t.Errorf("notice %+v", n)
	}
	if r := n.Receipt; r.SpamVerdict != pass || r.VirusVerdict != pass || r.SPFVerdict != pass || r.DKIMVerdict != pass || r.DMARCVerdict != pass || r.DMARCPolicy != "" ||
		r.Action.Type != "S3" || r.Action.BucketName != "box" || r.Action.ObjectKeyPrefix != "incoming/" {
		t.Errorf("receipt %+v", r)
	}
	want := commonHeaders{
		ReturnPath: "bounces@example.com", From: []string{"Jane Doe <jane@example.com>"}, To: []string{"Support <help@loket.test>", "else@example.org"},
		Cc: []string{"boss@example.com"}, Date: "Tue, 2 Jan 2024 10:00:00 +0000", MessageID: "<1@example.com>", Subject: "Käse",
	}
	if !reflect.DeepEqual(n.Mail.CommonHeaders, want) {
		t.Errorf("common headers %+v", n.Mail.CommonHeaders)
	}
	if got := n.Mail.Headers.first("X-Folded"); got != "one two" || n.Mail.Headers[0].Name != "Return-Path" {
		t.Errorf("headers %v", n.Mail.Headers)
	}
	if _, err := time.Parse(stampFormat, n.Mail.Timestamp); err != nil {
		t.Error(err)
	}
}

func TestTheNotificationHasTheFieldsOfARealOne(t *testing.T) {
	real := realNotice(t)
	h, s := receiving(t, nil)
	mail := "From: a@example.com\r\nTo: b@loket.test\r\nCc: c@example.com\r\nDate: x\r\nSubject: s\r\nMessage-ID: <1@x>\r\nAuthentication-Results: x; dmarc=fail (p=reject)\r\n\r\n"
	if err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"b@loket.test"}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	var ours map[string]any
	if err := json.Unmarshal(toJSON(h.arrived(t)), &ours); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"mail", "receipt"} {
		have, _ := ours[part].(map[string]any)
		for name, value := range real[part].(map[string]any) {
			if reflect.TypeOf(have[name]) != reflect.TypeOf(value) {
				t.Errorf("%s.%s is %T, not %T", part, name, have[name], value)
			}
		}
	}
}

// realNotice reads a captured notification beside the project.
func realNotice(t *testing.T) map[string]any {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash("../../../../shared/corpus/aws/ses-sns-event.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the corpus of captured events is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Records []struct{ SES map[string]any }
	}
	if err := json.Unmarshal(b, &in); err != nil || len(in.Records) != 1 {
		t.Fatal(err)
	}
	return in.Records[0].SES
}

func TestOnlyAddressesOfTheDomainAreTaken(t *testing.T) {
	h, s := receiving(t, nil)
	for _, to := range []string{"a@example.com", "a@sub.loket.test", "a@xloket.test", "a@loket.test.example.com"} {
		err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{to}, []byte(sample))
		var refused *textproto.Error
		if !errors.As(err, &refused) || refused.Code != 550 {
			t.Errorf("%s: %v", to, err)
		}
	}
	if len(h.objects)+len(h.bodies) > 0 {
		t.Error("something was kept")
	}
}

func TestVerdictsAreThoseThatATestMailStates(t *testing.T) {
	for _, c := range []struct {
		headers string
		want    [5]string
		policy  string
	}{
		{"", [5]string{"PASS", "PASS", "PASS", "PASS", "PASS"}, ""},
		{"X-SES-Spam-Verdict: FAIL\r\nX-SES-Virus-Verdict: gray\r\n", [5]string{"FAIL", "GRAY", "PASS", "PASS", "PASS"}, ""},
		{"X-SES-Spam-Verdict: DISABLED\r\nX-SES-Virus-Verdict: maybe\r\n", [5]string{"DISABLED", "PASS", "PASS", "PASS", "PASS"}, ""},
		{"Authentication-Results: mx; spf=softfail; dkim=none;\r\n dmarc=fail (p=REJECT dis=none)\r\n", [5]string{"PASS", "PASS", "GRAY", "GRAY", "FAIL"}, "reject"},
		{"Authentication-Results: mx; spf=fail; dkim=permerror; dmarc=fail (policy=quarantine)\r\n", [5]string{"PASS", "PASS", "FAIL", "PROCESSING_FAILED", "FAIL"}, "quarantine"},
		{"Authentication-Results: mx; dmarc=fail\r\n", [5]string{"PASS", "PASS", "PASS", "PASS", "FAIL"}, "none"},
	} {
		h, s := receiving(t, nil)
		if err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"a@loket.test"}, []byte(c.headers+sample)); err != nil {
			t.Fatal(err)
		}
		r := h.arrived(t).Receipt
		got := [5]string{r.SpamVerdict.Status, r.VirusVerdict.Status, r.SPFVerdict.Status, r.DKIMVerdict.Status, r.DMARCVerdict.Status}
		if got != c.want || r.DMARCPolicy != c.policy {
			t.Errorf("%q: %v, policy %q", c.headers, got, r.DMARCPolicy)
		}
	}
}

func TestAMailThatCannotBeKeptOrAnnouncedIsAskedForAgain(t *testing.T) {
	for name, fail := range map[string]func(*house){
		"store":  func(h *house) { h.storeFails = errors.New("no bucket") },
		"notify": func(h *house) { h.notifyFails = errors.New("no queue") },
	} {
		h, s := receiving(t, nil)
		fail(h)
		err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"a@loket.test"}, []byte(sample))
		var refused *textproto.Error
		if !errors.As(err, &refused) || refused.Code != 451 || len(h.bodies) > 0 {
			t.Errorf("%s: %v, %d announced", name, err, len(h.bodies))
		}
		if !strings.Contains(h.log.String(), fmt.Sprint(errors.Join(h.storeFails, h.notifyFails))) {
			t.Errorf("%s: the cause is not logged: %q", name, h.log.String())
		}
	}
	h, s := receiving(t, func(o *InOptions) {
		o.Store = func(context.Context, string, io.Reader) error { return nil } // reads nothing and is content
	})
	err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"a@loket.test"}, []byte(sample+strings.Repeat("line\r\n", 10000)))
	var refused *textproto.Error
	if !errors.As(err, &refused) || refused.Code != 451 || len(h.bodies) > 0 {
		t.Errorf("half a mail: %v, %d announced", err, len(h.bodies))
	}
}

func TestAMailMayBeAsLargeAsTheLimitAndNoLarger(t *testing.T) {
	const limit = 200_000
	h, s := receiving(t, func(o *InOptions) { o.MaxBytes = limit })
	body := func(n int) []byte {
		return []byte(sample + strings.Repeat("x", n-len(sample)-2) + "\r\n")
	}
	if err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"a@loket.test"}, body(limit)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if n := h.arrived(t); !strings.HasSuffix(h.objects[n.Receipt.Action.ObjectKey], string(body(limit))) {
		t.Error("the mail is not whole")
	}
	err := smtp.SendMail(s.Addr, nil, "a@example.com", []string{"a@loket.test"}, body(limit+1))
	var refused *textproto.Error
	if !errors.As(err, &refused) || refused.Code != 552 || len(h.objects) != 1 {
		t.Errorf("past the limit: %v, %d objects", err, len(h.objects))
	}
}

func TestAServerClosedAtOnceEnds(t *testing.T) {
	for range 50 {
		_, s := receiving(t, nil)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Close()
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("it never ends")
		}
	}
}

func TestAMailServerWithoutADomainIsRefused(t *testing.T) {
	if _, err := StartIn(InOptions{}); err == nil {
		t.Error("it started")
	}
	_, s := receiving(t, nil)
	_, err := StartIn(InOptions{Addr: s.Addr, Domain: "x", Store: (&house{}).store, Notify: (&house{}).notify})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a busy port: %v", err)
	}
	if got := printable("a\r\nX: é"); got != "aX:" {
		t.Errorf("%q", got)
	}
}
