package signature_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/signature"
)

// vector is one published call and the proof that must be accepted with it.
type vector struct {
	From      string            `json:"from"`
	Secret    string            `json:"secret"`
	Token     string            `json:"token"`
	PublicKey string            `json:"public_key"`
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URI       string            `json:"uri"`
	URL       string            `json:"url"`
	Timestamp string            `json:"timestamp"`
	Params    map[string]string `json:"params"`
	Form      string            `json:"form"`
	Body      string            `json:"body"`
	Header    string            `json:"header"`
}

func TestThePublishedVectorsAreAccepted(t *testing.T) {
	raw, err := os.ReadFile(channeltest.Corpus(t, "channels/signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for name, check := range vectorChecks() {
		var vectors []vector
		if err := json.Unmarshal(all[name], &vectors); err != nil || len(vectors) == 0 {
			t.Errorf("%s: no vectors (%v)", name, err)
		}
		for i, v := range vectors {
			if err := check(v); err != nil {
				t.Errorf("%s %d (%s): %v", name, i, v.From, err)
			}
		}
	}
}

func vectorChecks() map[string]func(vector) error {
	return map[string]func(vector) error{
		"meta_hub_sha256": func(v vector) error {
			return signature.Meta(v.Secret, headers("X-Hub-Signature-256", v.Header), []byte(v.Body))
		},
		"slack_v0": func(v vector) error {
			h := headers("X-Slack-Signature", v.Header, "X-Slack-Request-Timestamp", v.Timestamp)
			return signature.Slack(v.Secret, h, []byte(v.Body), seconds(v.Timestamp))
		},
		"line": func(v vector) error {
			return signature.LINE(v.Secret, headers("X-Line-Signature", v.Header), []byte(v.Body))
		},
		"viber": func(v vector) error {
			return signature.Viber(v.Secret, headers("X-Viber-Content-Signature", v.Header), []byte(v.Body))
		},
		"twilio": func(v vector) error {
			h, body := headers("X-Twilio-Signature", v.Header), v.Body
			if body == "" {
				h.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
				body = v.form()
			}
			return signature.Twilio(v.Token, v.URL, h, []byte(body))
		},
		"hubspot_v3": func(v vector) error {
			ms, _ := strconv.ParseInt(v.Timestamp, 10, 64)
			h := headers("X-HubSpot-Signature-v3", v.Header, "X-HubSpot-Request-Timestamp", v.Timestamp)
			return signature.HubSpot(v.Secret, v.Method, v.URI, h, []byte(v.Body), time.UnixMilli(ms))
		},
		"standard_webhooks": func(v vector) error {
			h := headers("webhook-id", v.ID, "webhook-timestamp", v.Timestamp, "webhook-signature", v.Header)
			return signature.Standard(v.Secret, h, []byte(v.Body), seconds(v.Timestamp))
		},
		"discord_ed25519": func(v vector) error {
			h := headers("X-Signature-Ed25519", v.Header, "X-Signature-Timestamp", v.Timestamp)
			return signature.Discord(v.PublicKey, h, []byte(v.Body), seconds(v.Timestamp))
		},
	}
}

func TestOurSignaturesAreThePublishedOnes(t *testing.T) {
	h := http.Header{}
	signature.SignHubSpot(h, "client-secret", "POST", "https://www.example.com/webhook_uri", []byte(`{"type":"OUTGOING_CHANNEL_MESSAGE_CREATED"}`), time.UnixMilli(1732237200000))
	if got := h.Get("X-HubSpot-Signature-v3"); got != "aXDkk+TAd6gQphnujc1cCHI83rfT4O7K+6tz+BR8QDc=" {
		t.Errorf("HubSpot's v3: %s", got)
	}
	h = http.Header{}
	if err := signature.SignStandard(h, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0)); err != nil {
		t.Fatal(err)
	}
	if got := h.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("Standard Webhooks: %s", got)
	}
}

func (v vector) form() string {
	if v.Form != "" {
		return v.Form
	}
	form := url.Values{}
	for name, value := range v.Params {
		form.Set(name, value)
	}
	return form.Encode()
}

func seconds(stamp string) time.Time {
	n, _ := strconv.ParseInt(stamp, 10, 64)
	return time.Unix(n, 0)
}
