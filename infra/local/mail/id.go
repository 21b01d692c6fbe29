package mail

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func uuid() string {
	b := randomBytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// sentID is the id of a sent mail: a place and a time in hex, a UUID, a counter.
func sentID(region string, at time.Time) string {
	place := 0x0102
	if region == "us-east-1" {
		place = 0x0100
	}
	return fmt.Sprintf("%04x%012x-%s-000000", place, at.UnixMilli(), uuid())
}

// receivedID is the id of a received mail: forty of the characters 0–9 and a–v.
func receivedID() string {
	return strings.ToLower(base32.HexEncoding.EncodeToString(randomBytes(25)))
}

// wireID is what stands as Message-ID in a sent mail.
func wireID(region, id string) string {
	if region == "us-east-1" {
		region = "email"
	}
	return "<" + id + "@" + region + ".amazonses.com>"
}
