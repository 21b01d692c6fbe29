package signature

import (
	"crypto/ed25519"
	"encoding/hex"
	"net/http"
	"time"
)

// Discord proves a call of Discord: X-Signature-Ed25519, the hex signature of X-Signature-Timestamp (seconds) and the
// raw body under the application's public key (hex), not further than five minutes from now.
func Discord(publicKey string, h http.Header, body []byte, now time.Time) error {
	value, err := header(publicKey, h, "X-Signature-Ed25519")
	if err != nil {
		return err
	}
	stamp := h.Get("X-Signature-Timestamp")
	if err := fresh(stamp, time.Second, now); err != nil {
		return err
	}
	key, err := hex.DecodeString(publicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return refuse("the application's public key can't be read")
	}
	sig, err := hex.DecodeString(value)
	if err != nil || !ed25519.Verify(key, append([]byte(stamp), body...), sig) {
		return refuse("the signature is wrong")
	}
	return nil
}
