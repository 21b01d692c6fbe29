package channel

import (
	"context"
	"encoding/binary"
	"fmt"
)

// CodeGap stands in a message where its mail has the code: a thread is read by more people than the mailbox.
const CodeGap = "[the code stands in the mail only]"

// codes is how many codes there are: eight digits.
const codes = 100_000_000

// VerificationCode is the code that proves access to a mail address, made of a seed under the stack's key.
func VerificationCode(ctx context.Context, hmac func(ctx context.Context, purpose string, data []byte) ([]byte, error), seed string) (string, error) {
	mac, err := hmac(ctx, "the code that verifies a mail address", []byte(seed))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(mac[:8])%codes), nil
}
