package signature

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	hubSpotSignature = "X-HubSpot-Signature-v3"
	hubSpotTime      = "X-HubSpot-Request-Timestamp"
)

// HubSpot proves a call that is signed as HubSpot's v3: X-HubSpot-Signature-v3, the base64 HMAC-SHA256 of method,
// address, raw body and X-HubSpot-Request-Timestamp (milliseconds), not further than five minutes from now.
func HubSpot(secret, method, address string, h http.Header, body []byte, now time.Time) error {
	value, err := header(secret, h, hubSpotSignature)
	if err != nil {
		return err
	}
	stamp := h.Get(hubSpotTime)
	if err := fresh(stamp, time.Millisecond, now); err != nil {
		return err
	}
	return sameBase64(value, hubSpotMAC(secret, method, address, stamp, body))
}

// SignHubSpot sets the two headers of HubSpot's v3 signature on a call of ours.
func SignHubSpot(h http.Header, secret, method, address string, body []byte, now time.Time) {
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	h.Set(hubSpotTime, stamp)
	h.Set(hubSpotSignature, base64.StdEncoding.EncodeToString(hubSpotMAC(secret, method, address, stamp, body)))
}

func hubSpotMAC(secret, method, address, stamp string, body []byte) []byte {
	return mac256([]byte(secret), []byte(method+hubSpotDecoded(address)), body, []byte(stamp))
}

// hubSpotDecoded decodes the escapes that the scheme says are decoded before signing, and no others: an escape of
// anything else stays as it was written.
func hubSpotDecoded(address string) string {
	const escapes = "%3A:%2F/%3F?%40@%21!%24$%27'%28(%29)%2A*%2C,%3B;"
	if !strings.Contains(address, "%") {
		return address
	}
	var pairs []string
	for i := 0; i < len(escapes); i += 4 {
		upper, plain := escapes[i:i+3], escapes[i+3:i+4]
		pairs = append(pairs, upper, plain, strings.ToLower(upper), plain)
	}
	return strings.NewReplacer(pairs...).Replace(address)
}
