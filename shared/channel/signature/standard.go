package signature

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

const secretPrefix = "whsec_"

// Standard proves a call that is signed by Standard Webhooks: `webhook-signature` holds one or more `v1,<base64>` of
// the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<raw body>`, not further than five minutes from now.
// The secret is "whsec_" and the key in base64.
func Standard(secret string, h http.Header, body []byte, now time.Time) error {
	value, err := header(secret, h, "webhook-signature")
	if err != nil {
		return err
	}
	id, stamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	if id == "" {
		return refuse("the header webhook-id is missing")
	}
	if err := fresh(stamp, time.Second, now); err != nil {
		return err
	}
	key, err := standardKey(secret)
	if err != nil {
		return err
	}
	want := standardMAC(key, id, stamp, body)
	for _, one := range strings.Fields(value) {
		if coded, ok := strings.CutPrefix(one, "v1,"); ok && sameBase64(coded, want) == nil {
			return nil
		}
	}
	return refuse("the signature is wrong")
}

// SignStandard sets the three headers of Standard Webhooks on a call of ours. The id is the event's, the same on every
// try. A secret that is none of ours is refused with desk.Internal.
func SignStandard(h http.Header, secret, id string, body []byte, now time.Time) error {
	key, err := standardKey(secret)
	if err != nil {
		return desk.Refuse(desk.Internal, "the webhook's secret can't be read").Because(err)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(standardMAC(key, id, stamp, body)))
	return nil
}

// NewStandardSecret makes a secret of 256 random bits in the form that Standard Webhooks gives it.
func NewStandardSecret() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return secretPrefix + base64.StdEncoding.EncodeToString(key[:])
}

func standardKey(secret string) ([]byte, error) {
	coded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, refuse("the webhook's secret has not the form whsec_…")
	}
	key, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || len(key) == 0 {
		return nil, refuse("the webhook's secret is empty or not base64")
	}
	return key, nil
}

func standardMAC(key []byte, id, stamp string, body []byte) []byte {
	return mac256(key, []byte(id+"."+stamp+"."), body)
}
