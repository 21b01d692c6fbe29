package api

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/desk"
)

// FuzzCustomPost: whatever is posted, it is refused with the fields named, or it is a message that can be filed.
func FuzzCustomPost(f *testing.F) {
	for _, seed := range []string{
		`{"text":"hi","timestamp":"2026-11-24T10:00:00Z","messageDirection":"INCOMING","channelAccountId":"a","senders":[{"name":"Ada","deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"ada"}}],"recipients":[],"attachments":[{"type":"LOCATION","latitude":1,"longitude":2},{"type":"FILE","fileId":7},{"type":"X"}],"integrationThreadId":5}`,
		`{"text":"","timestamp":1764000000000,"messageDirection":"OUTGOING","senders":[],"recipients":[{"deliveryIdentifier":{"type":"HS_EMAIL_ADDRESS","value":"a@b"}}],"attachments":[{"type":"QUICK_REPLIES","quickReplies":[{"value":"x","valueType":"URL"}]}],"preResolvedContacts":{"contacts":[{"contactVid":1}]}}`,
		`{"senders":[null],"recipients":null,"attachments":[null,1,"x",[]],"timestamp":"","associateWithContactId":1e9}`, `{}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte, own bool) {
		x := desk.CustomChannel{ID: "7", Capabilities: desk.CustomAbilities{ThreadingModel: desk.ThreadByIdentifier}}
		if own {
			x.Capabilities.ThreadingModel = desk.ThreadByIntegration
		}
		var b customPost
		err := decodeCustom(body, &b)
		if err == nil {
			var p posted
			if p, err = b.read(x, desk.Channel{ID: "a", Type: "custom:7"}, now); err == nil {
				fileable(t, p)
				return
			}
		}
		var refusal *desk.Error
		if !errors.As(err, &refusal) || refusal.Message == "" || !utf8.ValidString(refusal.Message) {
			t.Errorf("refused without words: %v", err)
		}
	})
}

// fileable holds a message to what the router and the table take.
func fileable(t *testing.T, p posted) {
	t.Helper()
	e := p.event
	if e.Thread == "" || len(e.Thread) > customThreadLimit || e.From.Value == "" || len(e.From.Value) > 200 || e.At.IsZero() || e.At.Year() > 9999 {
		t.Errorf("a message without its parts: %+v", e)
	}
	if !utf8.ValidString(e.Text) || !utf8.ValidString(e.Thread) || !utf8.ValidString(e.From.Name) {
		t.Errorf("a message that is no UTF-8: %+v", e)
	}
	for _, a := range e.Attachments {
		if a.State != desk.PartInline || !json.Valid([]byte(a.Data)) || a.ID == "" || a.Usage == "" {
			t.Errorf("an attachment without its parts: %+v", a)
		}
	}
	if _, err := json.Marshal(e); err != nil {
		t.Errorf("it can't be written down: %v", err)
	}
}
