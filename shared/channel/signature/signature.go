// Package signature proves that a webhook call comes from the platform it claims to come from, and signs our own.
//
// Every function is pure: a secret, what came, and the time. All compare decoded bytes in constant time over the raw
// body, and all refuse an empty secret: a channel without its secret must take nothing, instead of everything.
// A refusal is a desk.Error with code unauthenticated.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Tolerance is how far a signed time may lie from ours, in either direction.
const Tolerance = 5 * time.Minute

// Meta proves a call of WhatsApp, Messenger or Instagram: X-Hub-Signature-256, "sha256=" and the hex HMAC-SHA256 of the
// raw body under the app secret.
func Meta(secret string, h http.Header, body []byte) error {
	value, err := header(secret, h, "X-Hub-Signature-256")
	if err != nil {
		return err
	}
	digits, ok := strings.CutPrefix(value, "sha256=")
	if !ok {
		return refuse("the signature is not of the form sha256=…")
	}
	return sameHex(digits, mac256([]byte(secret), body))
}

// LINE proves a call of LINE: x-line-signature, the base64 HMAC-SHA256 of the raw body under the channel secret.
func LINE(secret string, h http.Header, body []byte) error {
	value, err := header(secret, h, "X-Line-Signature")
	if err != nil {
		return err
	}
	return sameBase64(value, mac256([]byte(secret), body))
}

// Viber proves a call of Viber: X-Viber-Content-Signature, the hex HMAC-SHA256 of the raw body under the auth token.
func Viber(secret string, h http.Header, body []byte) error {
	value, err := header(secret, h, "X-Viber-Content-Signature")
	if err != nil {
		return err
	}
	return sameHex(value, mac256([]byte(secret), body))
}

// Telegram proves a call of Telegram: X-Telegram-Bot-Api-Secret-Token equals the secret that was set with the webhook.
// It is no signature: only the secret's length could be learned from the time it takes, and that is no secret.
func Telegram(secret string, h http.Header) error {
	value, err := header(secret, h, "X-Telegram-Bot-Api-Secret-Token")
	if err != nil {
		return err
	}
	return same([]byte(value), []byte(secret))
}

// Slack proves a call of Slack: X-Slack-Signature, "v0=" and the hex HMAC-SHA256 of `v0:<time>:<raw body>` under the
// signing secret, not older or newer than five minutes by X-Slack-Request-Timestamp (seconds).
func Slack(secret string, h http.Header, body []byte, now time.Time) error {
	value, err := header(secret, h, "X-Slack-Signature")
	if err != nil {
		return err
	}
	stamp := h.Get("X-Slack-Request-Timestamp")
	if err := fresh(stamp, time.Second, now); err != nil {
		return err
	}
	digits, ok := strings.CutPrefix(value, "v0=")
	if !ok {
		return refuse("the signature is not of the form v0=…")
	}
	return sameHex(digits, mac256([]byte(secret), []byte("v0:"+stamp+":"), body))
}

// header is a signature header's value. The secret is looked at first, so that no path leads around it.
func header(secret string, h http.Header, name string) (string, error) {
	if secret == "" {
		return "", refuse("the channel has no secret to prove the call with")
	}
	value := h.Get(name)
	if value == "" {
		return "", refuse("the header " + name + " is missing")
	}
	return value, nil
}

// fresh refuses a time, counted in units since 1970, that is further than Tolerance from now.
func fresh(stamp string, unit time.Duration, now time.Time) error {
	n, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refuse("the signed time is missing or no number")
	}
	// Compared as numbers, since a duration overflows at 292 years and the stamp may be anything.
	nowUnits, reach := now.UnixNano()/int64(unit), int64(Tolerance/unit)
	if n < nowUnits-reach || n > nowUnits+reach {
		return refuse("the signed time is more than five minutes away from ours")
	}
	return nil
}

func mac256(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

func sameHex(got string, want []byte) error {
	b, err := hex.DecodeString(got)
	if err != nil {
		return refuse("the signature is not hexadecimal")
	}
	return same(b, want)
}

func sameBase64(got string, want []byte) error {
	b, err := base64.StdEncoding.DecodeString(got)
	if err != nil {
		return refuse("the signature is not base64")
	}
	return same(b, want)
}

func same(got, want []byte) error {
	if !hmac.Equal(got, want) {
		return refuse("the signature is wrong")
	}
	return nil
}

func refuse(why string) error { return desk.Refuse(desk.Unauthenticated, why) }
