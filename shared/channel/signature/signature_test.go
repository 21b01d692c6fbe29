package signature_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// scheme is one way to prove a call, with a call that it accepts.
type scheme struct {
	name   string
	secret string
	header http.Header
	body   []byte
	signed string        // the header that holds the proof
	stamp  string        // the header that holds the time; empty where the scheme has none
	unit   time.Duration // what the time counts
	bodied bool          // the proof covers the body
	check  func(secret string, h http.Header, body []byte, now time.Time) error
}

var sent = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// schemes signs one call by each scheme; the proofs of those that only platforms make were computed apart from this code.
func schemes(t *testing.T) []scheme {
	t.Helper()
	body := []byte(`{"hello":"wörld"}`)
	own, ownSecret := http.Header{}, signature.NewStandardSecret()
	if err := signature.SignStandard(own, ownSecret, "evt_1", body, sent); err != nil {
		t.Fatal(err)
	}
	hub := http.Header{}
	signature.SignHubSpot(hub, "s3cret", "POST", hubAddress, body, sent)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(sent.Unix(), 10)
	return []scheme{
		{
			"meta", "s3cret", headers("X-Hub-Signature-256", "sha256=2e916c12dbc06a8957972abe917f0e7f86157ebc98262f5cde83814dd01df230"), body, "X-Hub-Signature-256", "", 0, true,
			func(s string, h http.Header, b []byte, _ time.Time) error { return signature.Meta(s, h, b) },
		},
		{
			"line", "s3cret", headers("X-Line-Signature", "LpFsEtvAaolXlyq+kX8Of4YVfryYJi9c3oOBTdAd8jA="), body, "X-Line-Signature", "", 0, true,
			func(s string, h http.Header, b []byte, _ time.Time) error { return signature.LINE(s, h, b) },
		},
		{
			"viber", "s3cret", headers("X-Viber-Content-Signature", "2e916c12dbc06a8957972abe917f0e7f86157ebc98262f5cde83814dd01df230"), body, "X-Viber-Content-Signature", "", 0, true,
			func(s string, h http.Header, b []byte, _ time.Time) error { return signature.Viber(s, h, b) },
		},
		{
			"telegram", "s3cret", headers("X-Telegram-Bot-Api-Secret-Token", "s3cret"), body, "X-Telegram-Bot-Api-Secret-Token", "", 0, false,
			func(s string, h http.Header, _ []byte, _ time.Time) error { return signature.Telegram(s, h) },
		},
		{"slack", "s3cret", headers("X-Slack-Signature", "v0=43ca98a54c5e273769f42e1c4a885990a9c785e910e26125c167ab624e987d27", "X-Slack-Request-Timestamp", stamp), body, "X-Slack-Signature", "X-Slack-Request-Timestamp", time.Second, true, signature.Slack},
		{
			"twilio", "s3cret", headers("X-Twilio-Signature", "FhQBRxayjRIL9Vl4eFmwPZsL0G8=", "Content-Type", "application/x-www-form-urlencoded"), []byte("From=%2B1555&Body=hi"), "X-Twilio-Signature", "", 0, true,
			func(s string, h http.Header, b []byte, _ time.Time) error {
				return signature.Twilio(s, twilioAddress, h, b)
			},
		},
		{
			"hubspot", "s3cret", hub, body, "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp", time.Millisecond, true,
			func(s string, h http.Header, b []byte, now time.Time) error {
				return signature.HubSpot(s, "POST", hubAddress, h, b, now)
			},
		},
		{"standard webhooks", ownSecret, own, body, "webhook-signature", "webhook-timestamp", time.Second, true, signature.Standard},
		{"discord", hex.EncodeToString(public), headers("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(private, append([]byte(stamp), body...))), "X-Signature-Timestamp", stamp), body, "X-Signature-Ed25519", "X-Signature-Timestamp", time.Second, true, signature.Discord},
	}
}

const (
	hubAddress    = "https://example.com/hook?to=a%3Ab%26c"
	twilioAddress = "https://example.com/hooks/ch1?x=1"
)

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestEverySchemeTakesAGenuineCallAndNoOther(t *testing.T) {
	for _, s := range schemes(t) {
		t.Run(s.name, func(t *testing.T) {
			if err := s.check(s.secret, s.header, s.body, sent); err != nil {
				t.Fatalf("the genuine call was refused: %v", err)
			}
			refused(t, "a wrong secret", s.check(wrongSecret(s.secret), s.header, s.body, sent))
			refused(t, "an empty secret", s.check("", s.header, s.body, sent))
			refused(t, "no headers", s.check(s.secret, http.Header{}, s.body, sent))
			refused(t, "an empty proof", s.check(s.secret, with(s.header, s.signed, ""), s.body, sent))
			refused(t, "a proof that is none", s.check(s.secret, with(s.header, s.signed, "!"), s.body, sent))
			refused(t, "a proof cut short", s.check(s.secret, with(s.header, s.signed, s.header.Get(s.signed)[:5]), s.body, sent))
			if s.bodied {
				altered := append([]byte(nil), s.body...)
				altered[len(altered)-1] ^= 1
				refused(t, "an altered byte", s.check(s.secret, s.header, altered, sent))
				refused(t, "a longer body", s.check(s.secret, s.header, append(altered, ' '), sent))
			}
		})
	}
}

func TestASignedTimeFarFromOursIsRefused(t *testing.T) {
	for _, s := range schemes(t) {
		if s.stamp == "" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			for _, d := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
				if err := s.check(s.secret, s.header, s.body, sent.Add(d)); err != nil {
					t.Errorf("a call %v away was refused: %v", d, err)
				}
			}
			refused(t, "a stale time", s.check(s.secret, s.header, s.body, sent.Add(5*time.Minute+time.Second)))
			refused(t, "a time to come", s.check(s.secret, s.header, s.body, sent.Add(-5*time.Minute-time.Second)))
			for _, odd := range []string{"", "yesterday", "-1", "9223372036854775807", "99999999999999999999"} {
				refused(t, "the time "+odd, s.check(s.secret, with(s.header, s.stamp, odd), s.body, sent))
			}
			moved := strconv.FormatInt(sent.UnixNano()/int64(s.unit)+1, 10)
			refused(t, "another time than the signed one", s.check(s.secret, with(s.header, s.stamp, moved), s.body, sent))
		})
	}
}

func TestATelegramTokenThatOnlyBeginsLikeOursIsRefused(t *testing.T) {
	for _, token := range []string{"s3cre", "s3cret ", "s3crett", "S3CRET"} {
		refused(t, token, signature.Telegram("s3cret", headers("X-Telegram-Bot-Api-Secret-Token", token)))
	}
}

func TestStandardWebhooksTakesOneGoodSignatureAmongSeveral(t *testing.T) {
	h, secret, body := http.Header{}, signature.NewStandardSecret(), []byte("{}")
	if err := signature.SignStandard(h, secret, "evt_1", body, sent); err != nil {
		t.Fatal(err)
	}
	good := h.Get("webhook-signature")
	h.Set("webhook-signature", "v1,AAAA v1a,xyz "+good)
	if err := signature.Standard(secret, h, body, sent); err != nil {
		t.Errorf("refused: %v", err)
	}
	refused(t, "another version's", signature.Standard(secret, with(h, "webhook-signature", strings.Replace(good, "v1,", "v2,", 1)), body, sent))
	refused(t, "without an id", signature.Standard(secret, with(h, "webhook-id", ""), body, sent))
	refused(t, "with another id", signature.Standard(secret, with(h, "webhook-id", "evt_2"), body, sent))
}

func TestASecretOfAnotherFormSignsNothing(t *testing.T) {
	for _, secret := range []string{"", "plain", "whsec_", "whsec_not base64"} {
		h := http.Header{}
		if err := signature.SignStandard(h, secret, "evt_1", nil, sent); desk.CodeOf(err) != desk.Internal || len(h) != 0 {
			t.Errorf("%q: %v, headers %v", secret, err, h)
		}
		refused(t, secret, signature.Standard(secret, headers("webhook-id", "a", "webhook-timestamp", strconv.FormatInt(sent.Unix(), 10), "webhook-signature", "v1,AAAA"), nil, sent))
	}
	if one, other := signature.NewStandardSecret(), signature.NewStandardSecret(); one == other {
		t.Error("two secrets are the same")
	}
}

func TestTwilioRefusesWhatItCannotProve(t *testing.T) {
	sig := headers("X-Twilio-Signature", "FhQBRxayjRIL9Vl4eFmwPZsL0G8=")
	form := with(sig, "Content-Type", "application/x-www-form-urlencoded")
	refused(t, "JSON without its hash", signature.Twilio("s3cret", twilioAddress, with(sig, "Content-Type", "application/json"), []byte("{}")))
	refused(t, "a broken form", signature.Twilio("s3cret", twilioAddress, form, []byte("From=%zz")))
	refused(t, "a broken address", signature.Twilio("s3cret", "https://exa mple.com:x/%zz", form, []byte("From=1")))
	refused(t, "a wrong hash", signature.Twilio("s3cret", twilioAddress+"&bodySHA256=00", sig, []byte("{}")))
	refused(t, "no scheme", signature.Twilio("s3cret", "example.com", form, nil))
}

func wrongSecret(s string) string {
	if strings.HasPrefix(s, "whsec_") {
		return "whsec_AAAA"
	}
	if len(s) == 64 { // a public key
		return strings.Repeat("0", 64)
	}
	return s + "x"
}

func with(h http.Header, name, value string) http.Header {
	out := h.Clone()
	out.Set(name, value)
	return out
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if desk.CodeOf(err) != desk.Unauthenticated || err == nil {
		t.Errorf("%s: got %v, want a refusal as unauthenticated", what, err)
	}
}
