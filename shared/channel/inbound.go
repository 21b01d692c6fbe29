package channel

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/desk"
)

// Time reads a platform's time: seconds since 1970 or, from 10^12 on, milliseconds. One that is missing, before 1970 or
// beyond any calendar is the time we got it, since an event without a usable time must still be filed.
func Time(n int64, now time.Time) time.Time {
	at := time.Unix(n, 0)
	if n >= 1e12 {
		at = time.UnixMilli(n)
	}
	if n <= 0 || at.Year() > 9999 {
		at = now
	}
	return at.UTC()
}

// Clean makes a text safe to store: NUL bytes are removed, bytes that are no UTF-8 replaced. Everything else stays as
// it was written, spaces at the ends included.
func Clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// Unparsed makes the event for a genuine body, or an item in one, that can't be read: it becomes a failure, with the
// reason in words and the bytes as they came. The same bytes again are the same event.
func Unparsed(body []byte, reason string, now time.Time) desk.Inbound {
	return desk.Inbound{
		Type:    desk.InUnparsed,
		ID:      "unparsed:" + desk.Derive(string(body)),
		Thread:  "unparsed",
		At:      now.UTC(),
		Payload: body,
		Reason:  reason,
	}
}

// Unreadable says in words why JSON could not be read, without the names of our types.
func Unreadable(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		if kind.Field == "" {
			return "it is of the wrong kind: " + kind.Value
		}
		return fmt.Sprintf("the field %q is of the wrong kind: %s", kind.Field, kind.Value)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it is no JSON (at byte %d: %s)", syntax.Offset, syntax.Error())
	}
	return "it is no JSON"
}
