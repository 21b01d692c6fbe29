package channel_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
)

func TestAVerificationCodeIsEightDigitsThatItsSeedDecides(t *testing.T) {
	sum := func(_ context.Context, purpose string, data []byte) ([]byte, error) {
		s := sha256.Sum256(append([]byte(purpose), data...))
		return s[:], nil
	}
	seen := map[string]bool{}
	for _, seed := range []string{"a", "b", "c", "a"} {
		code, err := channel.VerificationCode(t.Context(), sum, seed)
		if err != nil || len(code) != 8 {
			t.Errorf("%q, %v", code, err)
		}
		seen[code] = true
	}
	if len(seen) != 3 {
		t.Errorf("three seeds made %d codes", len(seen))
	}
	down := func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("away") }
	if _, err := channel.VerificationCode(t.Context(), down, "a"); err == nil {
		t.Error("a code was made without a key")
	}
}
