package api

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// cursors makes positions in lists opaque and signs them, so that nobody reads beyond their list by making one up.
type cursors struct{ sealer Sealer }

const cursorPurpose = "cursor"

// signed is how many bytes of the signature a cursor carries.
const signed = 16

// make is the cursor of a position in a list; nil when the list is at its end. list names the list and its filters.
func (c cursors) make(ctx context.Context, list, position string) (*string, error) {
	if position == "" {
		return nil, nil //nolint:nilnil // no cursor is the end of the list
	}
	mac, err := c.sealer.HMAC(ctx, cursorPurpose, []byte(list+"\n"+position))
	if err != nil {
		return nil, err
	}
	s := encode([]byte(position)) + "." + encode(mac[:signed])
	return &s, nil
}

// read is the position in a list that a cursor stands for; an empty cursor is the list's beginning.
func (c cursors) read(ctx context.Context, list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	bad := desk.Refuse(desk.Malformed, "The cursor is not one of this list's. Begin without ?after=.")
	text, signature, _ := strings.Cut(cursor, ".")
	position, err := base64.RawURLEncoding.DecodeString(text)
	mac, err2 := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || err2 != nil || len(mac) != signed || len(position) == 0 {
		return "", bad
	}
	ok, err := c.sealer.Verify(ctx, cursorPurpose, []byte(list+"\n"+string(position)), mac)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", bad
	}
	return string(position), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// page makes the answer of a list.
func page[T any](ctx context.Context, a *API, list string, results []T, position string) (*reply[listOf[T]], error) {
	next, err := a.cursors.make(ctx, list, position)
	if results == nil {
		results = []T{}
	}
	return &reply[listOf[T]]{listOf[T]{results, next}}, err
}
