package secret

import (
	"context"
	"encoding/base32"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// tokens are lower case, since some mail servers lower-case addresses, and upper case is read alike.
var tokens = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tokenMAC is how many bytes of the signature a reply token carries: 80 bits, 16 characters.
const tokenMAC = 10

const replyPurpose = "reply-token"

// ReplyToken is what stands after "reply+" in the address that answers to a conversation's mail go to: the
// conversation's id and a signature, in lower case.
func (s *Sealer) ReplyToken(ctx context.Context, id desk.ConversationID) (string, error) {
	name := strings.ToLower(string(id))
	mac, err := s.HMAC(ctx, replyPurpose, []byte(name))
	if err != nil {
		return "", err
	}
	return name + "." + tokens.EncodeToString(mac[:tokenMAC]), nil
}

// OpenReplyToken says which conversation a reply token names; valid is false for one that we did not make.
func (s *Sealer) OpenReplyToken(ctx context.Context, token string) (id desk.ConversationID, valid bool, err error) {
	name, sum, ok := strings.Cut(strings.ToLower(token), ".")
	mac, decodeErr := tokens.DecodeString(sum)
	if !ok || decodeErr != nil || len(mac) != tokenMAC {
		return "", false, nil
	}
	valid, err = s.Verify(ctx, replyPurpose, []byte(name), mac)
	if err != nil || !valid {
		return "", false, err
	}
	return desk.ConversationID(strings.ToUpper(name)), true, nil
}
