package mail

import (
	"encoding/json"
	"testing"
	"time"
)

func TestAnEnvelopeHoldsTheMessageAsItIs(t *testing.T) {
	for _, c := range []struct{ topic, message, arn, subject string }{
		{"events", `{"eventType":"Bounce","a":"<b> & c"}`, "arn:aws:sns:us-east-1:000000000000:events", "Amazon SES Email Event Notification"},
		{"arn:aws:sns:eu-west-1:123456789012:in", `{"notificationType":"Received"}`, "arn:aws:sns:eu-west-1:123456789012:in", "Amazon SES Email Receipt Notification"},
		{"events", `no JSON`, "arn:aws:sns:us-east-1:000000000000:events", "Amazon SES Email Event Notification"},
	} {
		var e envelope
		if err := json.Unmarshal(WrapSNS(c.topic, []byte(c.message)), &e); err != nil {
			t.Fatal(err)
		}
		if e.Type != "Notification" || e.Message != c.message || e.TopicArn != c.arn || e.Subject != c.subject {
			t.Errorf("%+v", e)
		}
		if _, err := time.Parse(stampFormat, e.Timestamp); err != nil {
			t.Error(err)
		}
	}
}
