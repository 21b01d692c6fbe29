package mailroom

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// wrap is a message as SNS puts it on a queue.
func wrap(message string) []byte {
	body, err := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": "arn", "Message": message})
	if err != nil {
		return nil
	}
	return body
}

func TestEveryShapeOfTheNoticeIsTheSameMail(t *testing.T) {
	w := newWorld()
	raw := string(w.store(plain, "support@desk.example"))
	var n struct{ Mail, Receipt json.RawMessage }
	if err := json.Unmarshal([]byte(raw), &n); err != nil {
		t.Fatal(err)
	}
	byLambda := `{"Records":[{"eventSource":"aws:ses","ses":{"mail":` + string(n.Mail) + `,"receipt":` + string(n.Receipt) + `}}]}`
	for name, body := range map[string][]byte{"raw": []byte(raw), "SNS": wrap(raw), "Lambda": []byte(byLambda), "Lambda by SNS": wrap(byLambda)} {
		w := newWorld()
		w.store(plain)
		w.must(t, body)
		if e := w.only(t); e.Channel != "a-mail" || e.ID != "ses1" || e.Mail.Verdicts.Spam != "PASS" {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestAMailOfWhichOnlyTheStoreTellsIsReadFromItsHeaders(t *testing.T) {
	for header, want := range map[string][]string{
		"To: Support <support@desk.example>":  {"support@desk.example"},
		"Cc: support@desk.example, x@y.z":     {"support@desk.example"},
		"Delivered-To: support@desk.example":  {"support@desk.example"},
		"To: list@example.org\nReceived: old": {"support@desk.example"},
	} {
		w := newWorld()
		received := "Received: from mx (mx [192.0.2.1]) by inbound-smtp.us-east-1.amazonaws.com with SMTP id x for support@desk.example; Mon, 2 Nov 2026 11:59:59 +0000\n"
		if !strings.Contains(header, "Received") {
			received = ""
		}
		w.objects["late/ses1"] = received + "X-SES-Spam-Verdict: PASS\nFrom: ann@example.org\n" + header + "\n\nhello\n"
		w.must(t, []byte(`{"Records":[{"s3":{"object":{"key":"late%2Fses1"}}}]}`))
		e := w.only(t)
		if !slices.Equal(e.Mail.Recipients, want) || e.Mail.Verdicts != (desk.Verdicts{}) || len(e.Mail.Problems) != 1 && len(e.Mail.Problems) != 2 || !e.At.Equal(noon) {
			t.Errorf("%q: to %q, %+v", header, e.Mail.Recipients, e.Mail)
		}
		if !slices.Equal(w.keys(""), []string{"mail/ses1"}) {
			t.Errorf("the mail lies at %q", w.keys(""))
		}
	}
}

func TestAnAnnouncementThatComesLateFindsTheMailWhereTheSweepPutIt(t *testing.T) {
	w := newWorld()
	body := w.store(plain, "support@desk.example")
	w.objects["late/ses1"] = w.objects["incoming/ses1"]
	delete(w.objects, "incoming/ses1")
	w.must(t, body)
	if w.only(t).Channel != "a-mail" || !slices.Equal(w.keys(""), []string{"mail/ses1"}) {
		t.Errorf("the mail lies at %q", w.keys(""))
	}
}

func TestWhatIsNoNewsIsPassedOver(t *testing.T) {
	for _, body := range []string{
		`{"notificationType":"Received","mail":{"messageId":"AMAZON_SES_SETUP_NOTIFICATION"},"receipt":{"action":{"objectKey":"incoming/AMAZON_SES_SETUP_NOTIFICATION"}}}`,
		`{"Records":[{"s3":{"object":{"key":"incoming/AMAZON_SES_SETUP_NOTIFICATION"}}}]}`,
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`,
		`{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed"}`,
		string(wrap("Successfully validated SNS topic for Amazon SES event publishing.")),
		`{"eventType":"Open","mail":{"messageId":"m"},"open":{}}`,
		`{"eventType":"Subscription","mail":{"messageId":"m"}}`,
	} {
		w := newWorld()
		w.must(t, []byte(body))
		if len(w.letters)+len(w.failures) != 0 {
			t.Errorf("%s: %d letters, failures %+v", body, len(w.letters), w.failures)
		}
	}
}

func TestARecordThatNobodyKnowsIsAFailureWithItsPayload(t *testing.T) {
	for _, body := range []string{
		"", "no JSON", "[]", "{}", `{"Records":[]}`, `{"Type":"Notification","Message":"hello"}`, `{"Type":"SubscriptionConfirmation","SubscribeURL":"https://example.com"}`,
		`{"notificationType":"Received"}`, `{"notificationType":"Received","mail":{"messageId":"m"},"receipt":{"action":{"type":"SNS"}},"content":"From: a"}`,
		`{"Records":[{"s3":{"object":{"key":"uploads/x"}}}]}`, `{"Records":[{"s3":{"object":{"key":"incoming/"}}}]}`, `{"eventType":"Teleported","mail":{"messageId":"m"}}`,
		`{"Records":[{"s3":{"object":{"key":"incoming/%zz"}}}]}`,
	} {
		w := newWorld()
		w.must(t, []byte(body))
		if len(w.failures) != 1 || w.failures[0].Code != desk.Malformed || string(w.failures[0].Payload) != body || w.failures[0].Reason == "" {
			t.Errorf("%s: failures %+v", body, w.failures)
		}
	}
}

func TestALargeRecordIsKeptBesideItsFailure(t *testing.T) {
	w := newWorld()
	body := "{" + strings.Repeat(" ", 150<<10)
	w.must(t, []byte(body))
	if f := w.failures[0]; len(f.Payload) != 0 || f.PayloadKey != "failures/2026-11-02.q1" || w.objects[f.PayloadKey] != body {
		t.Errorf("the failure is %+v, objects %q", f, w.keys(""))
	}
	w.down["RecordFailure"] = errors.New("the table is away")
	if w.record([]byte("x")) == nil {
		t.Error("a failure that could not be kept let the record go")
	}
}

func TestAnIdThatCannotStandInAKeyIsReplaced(t *testing.T) {
	for id, same := range map[string]bool{"d6iitobk75ur44p8": true, "../../x": false, "a b": false, strings.Repeat("x", 300): false} {
		if got := safeID(id); (got == id) != same || got != safeID(id) || unsafeInKey().MatchString(got) {
			t.Errorf("%q became %q", id, got)
		}
	}
}
