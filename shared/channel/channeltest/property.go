package channeltest

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/desk"
)

// Hold checks what must hold for whatever body comes in: the same body gives the same events; each has a type, a thread
// and an id that doesn't depend on the channel, within bounds; texts are UTF-8; and one that isn't kept as its payload
// can be stored as JSON.
func (r Replay) Hold(t testing.TB, body []byte) {
	t.Helper()
	got := r.Parse(t, body)
	other := r
	other.Account.Channel = "another"
	if again := other.Parse(t, body); !reflect.DeepEqual(got, again) {
		t.Errorf("another channel, or another try, gives other events:\n%+v\n%+v", got, again)
	}
	for _, e := range got.Events {
		if e.Type == "" || e.ID == "" || e.Thread == "" || e.At.IsZero() {
			t.Errorf("an event without type, id, thread or time: %+v", e)
		}
		if len(e.ID) > 200 || len(e.Thread) > 200 || len(e.MessageID) > 200 || len(e.Target) > 200 || len(e.ReplyTo) > 200 {
			t.Errorf("an id over 200 bytes: %+v", e)
		}
		storable(t, e)
	}
}

func storable(t testing.TB, e desk.Inbound) {
	t.Helper()
	for _, s := range []string{e.ID, e.Thread, e.Text, e.From.Name, e.From.Handle, e.Unsupported, e.Reason} {
		if !utf8.ValidString(s) {
			t.Errorf("a text that is no UTF-8: %q", s)
		}
	}
	e.Payload = nil // raw bytes, which the intake makes storable
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("the event can't be stored: %v", err)
	}
	var back desk.Inbound
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("the stored event can't be read: %v", err)
	}
	if !reflect.DeepEqual(e, back) {
		t.Errorf("the event changes when it is stored:\n%+v\n%+v", e, back)
	}
}
