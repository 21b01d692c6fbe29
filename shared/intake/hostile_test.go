package intake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func longText(n int) string { return strings.Repeat("0123456789", n/10) }

// only takes one call and gives back the one event that it made.
func only(t *testing.T, w *world, body string) desk.Inbound {
	t.Helper()
	if err := receive(t, w, "on", genuine(body)); err != nil {
		t.Fatal(err)
	}
	events := w.events(t)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	return events[0]
}

func TestALongTextGoesToTheStoreWhole(t *testing.T) {
	for name, s := range map[string]string{
		"ASCII": longText(40000), "a megabyte of emoji": strings.Repeat("😀", 1<<18), "quotes": strings.Repeat(`"`, 33000),
		"control characters": strings.Repeat("\x01", 33000), "brackets": strings.Repeat("<", 33000),
	} {
		w := newWorld()
		e := only(t, w, text(s))
		if string(w.objects[e.TextKey]) != s || !strings.HasPrefix(s, e.Text) || e.Text == "" || len(e.Text) > 2048 || !utf8.ValidString(e.Text) {
			t.Errorf("%s: kept %d bytes, stored %d of %d", name, len(e.Text), len(w.objects[e.TextKey]), len(s))
		}
	}
}

func TestATextThatFitsStaysWithTheEvent(t *testing.T) {
	for _, s := range []string{"   ", " \n spaces at both ends \t", longText(32000), strings.Repeat("<", 32000)} {
		w := newWorld()
		if e := only(t, w, text(s)); e.Text != s || e.TextKey != "" || len(w.objects) != 0 {
			t.Errorf("%.20q: kept %d bytes of %d, key %q", s, len(e.Text), len(s), e.TextKey)
		}
	}
}

func TestATextWhoseEscapesOutgrowAMessageGoesToTheStoreToo(t *testing.T) {
	w := newWorld()
	w.cached.Channels["m1"] = manyChannel("m1", "page1", "app", true)
	// 32,000 control characters make 192,000 bytes; the payload beside them is below its own bound.
	e := desk.Inbound{
		Type: desk.InMessage, ID: "1", Thread: "t", Text: strings.Repeat("\x01", 32000), Unsupported: "odd",
		Payload: json.RawMessage(`"` + strings.Repeat(`\u0001`, 5000) + `"`), Attachments: make([]desk.Attachment, 300),
	}
	for i := range e.Attachments {
		e.Attachments[i] = desk.Attachment{ID: fmt.Sprint(i), Name: strings.Repeat("n", 100)}
	}
	got := fromMany(t, w, e)
	if got.TextKey == "" || got.PayloadKey == "" || len(got.Attachments) != 300 || string(w.objects[got.TextKey]) != e.Text {
		t.Errorf("text key %q, payload key %q", got.TextKey, got.PayloadKey)
	}
}

func TestAnItemThatNothingMakesSmallIsAFailureWithAllOfIt(t *testing.T) {
	w := newWorld()
	w.cached.Channels["m1"] = manyChannel("m1", "page1", "app", true)
	e := desk.Inbound{Type: desk.InMessage, ID: "1", Thread: "t", Text: "hello"}
	for i := range 5000 {
		e.Attachments = append(e.Attachments, desk.Attachment{ID: fmt.Sprint(i), Name: strings.Repeat("n", 100)})
	}
	got := fromMany(t, w, e)
	var kept desk.Inbound
	if err := json.Unmarshal(w.objects[got.PayloadKey], &kept); err != nil || len(kept.Attachments) != 5000 || kept.Text != "hello" {
		t.Errorf("the store has not all of it: %v", err)
	}
	if got.Type != desk.InUnparsed || got.Channel != "m1" || got.Reason == "" {
		t.Errorf("got %+v", got)
	}
}

// fromMany takes a call whose item is the event itself.
func fromMany(t *testing.T, w *world, e desk.Inbound) desk.Inbound {
	t.Helper()
	raw, err := json.Marshal([]desk.Inbound{e})
	if err != nil {
		t.Fatal(err)
	}
	r := genuine(string(raw))
	r.Header.Set("Secret", "app")
	if err := receive(t, w, "m1", r); err != nil {
		t.Fatal(err)
	}
	return w.events(t)[0]
}

func TestNULBytesAndBrokenUTF8AreCleaned(t *testing.T) {
	w := newWorld()
	e := only(t, w, "{\"update_id\":1,\"message\":{\"message_id\":7,\"date\":1,\"from\":{\"id\":5,\"first_name\":\"A\\u0000da\"},\"chat\":{\"id\":5,\"type\":\"private\"},\"text\":\"a\\u0000b\xffc\\ud800d\"}}")
	if e.Text != "ab\uFFFDc\uFFFDd" || e.From.Name != "Ada" {
		t.Errorf("text %q, name %q", e.Text, e.From.Name)
	}
}

func TestANameOfAMegabyteIsCutOnAWholeCharacter(t *testing.T) {
	w := newWorld()
	body := strings.Replace(text("hi"), "Ada", strings.Repeat("é😀", 200000), 1)
	e := only(t, w, body)
	if len(e.From.Name) > 300 || len(e.From.Name) < 290 || !utf8.ValidString(e.From.Name) || e.Text != "hi" {
		t.Errorf("the name has %d bytes", len(e.From.Name))
	}
}

func TestAGenuineBodyThatIsNoUpdateBecomesAFailureWithItsBytes(t *testing.T) {
	for name, body := range map[string]string{
		"text":                  "hello <b>there</b>",
		"nothing":               "",
		"half an object":        `{"update_id":1,"mess`,
		"a wrong kind":          `{"update_id":1,"message":{"chat":"x"}}`,
		"an unknown kind":       `{"update_id":1,"wish":{"granted":true}}`,
		"broken UTF-8":          "\xff\xfe\x00",
		"large text":            longText(200000),
		"large JSON":            `{"x":"` + longText(200000) + `"}`,
		"deep, beyond the cap":  `{"update_id":1,"x":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`,
		"deeper than Go reads":  strings.Repeat("[", 20000),
		"five million brackets": strings.Repeat(`{"a":[`, 850000),
		"ten megabytes":         longText(10 << 20),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			e := only(t, w, body)
			if e.Type != desk.InUnparsed || e.Channel != "on" || e.ID == "" || e.Reason == "" {
				t.Errorf("got %.300s", fmt.Sprintf("%+v", e))
			}
			if kept := payload(t, w, e); kept != body {
				t.Errorf("kept %d bytes of %d", len(kept), len(body))
			}
		})
	}
}

// payload is what was kept of a body: in the store, as JSON, or as text in a JSON string.
func payload(t *testing.T, w *world, e desk.Inbound) string {
	t.Helper()
	if e.PayloadKey != "" {
		return string(w.objects[e.PayloadKey])
	}
	var s string
	if json.Unmarshal(e.Payload, &s) == nil {
		return s
	}
	return string(e.Payload)
}

func TestJSONAtTheCapIsTakenWithBracketsInStringsNotCounted(t *testing.T) {
	nested := strings.Repeat("[", 98) + strings.Repeat("]", 98)
	body := strings.Replace(text(strings.Repeat(`[{\"`, 500)), `"update_id":1,`, `"update_id":1,"x":`+nested+`,`, 1)
	w := newWorld()
	if e := only(t, w, body); e.Type != desk.InMessage {
		t.Errorf("became %s: %s", e.Type, e.Reason)
	}
}

func TestALargeUnsupportedMessageKeepsItsPayloadInTheStore(t *testing.T) {
	w := newWorld()
	body := `{"update_id":1,"message":{"message_id":7,"date":1,"chat":{"id":5,"type":"private"},"poll":{"question":"` + longText(50000) + `"}}}`
	e := only(t, w, body)
	if e.Type != desk.InMessage || e.Unsupported == "" || !strings.Contains(string(w.objects[e.PayloadKey]), longText(50000)) {
		t.Errorf("got %.300s", fmt.Sprintf("%+v", e))
	}
}

func TestATimeBeyondAnyCalendarIsReplacedByOurs(t *testing.T) {
	w := newWorld()
	w.kinds["odd"] = channel.Kind{Channel: odd{}}
	w.cached.Channels["odd"] = desk.Channel{ID: "odd", Type: "odd", Active: true}
	if err := receive(t, w, "odd", channel.Request{Method: "POST"}); err != nil {
		t.Fatal(err)
	}
	e := w.events(t)[0]
	if !e.At.Equal(now) || !e.Status.At.Equal(now) || !e.Status.UpTo.Equal(now) || len(e.Status.Detail) != 1000 {
		t.Errorf("got %v and %+v", e.At, e.Status)
	}
	if a := e.Attachments[0]; a.Data != "" || a.State != desk.PartRefused || a.Reason == "" || a.Name != "x" {
		t.Errorf("an attachment's data of 20,000 bytes became %+v", a)
	}
}

// odd is a channel whose parser trusts what it gets.
type odd struct{ channel.Channel }

func (odd) Receive(channel.Account, channel.Request) (channel.Received, error) {
	never := now.AddDate(90000, 0, 0)
	return channel.Received{Events: []desk.Inbound{{
		Type: desk.InStatus, ID: "1", Thread: "t", At: never, Status: &desk.StatusNews{State: desk.Sent, At: never, UpTo: never, Detail: longText(2000)},
		Attachments: []desk.Attachment{{ID: "0", Name: "\x00x", State: desk.PartInline, Data: longText(20000)}},
		From:        desk.Party{Also: []desk.Identity{{Kind: "k", Value: "a\x00b"}}},
	}}}, nil
}
