package intake_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/intake"
)

func receive(t *testing.T, w *world, id desk.ChannelID, r channel.Request) error {
	t.Helper()
	a, err := w.stage().Receive(context.Background(), id, r)
	if err == nil && a.Status != http.StatusOK {
		t.Errorf("answered %d", a.Status)
	}
	return err
}

func TestAGenuineMessageIsQueuedInNormalForm(t *testing.T) {
	w := newWorld()
	if err := receive(t, w, "on", genuine(text("Where is my parcel?"))); err != nil {
		t.Fatal(err)
	}
	events := w.events(t)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Channel != "on" || e.Type != desk.InMessage || e.Text != "Where is my parcel?" || e.Thread != "5" || e.From.Name != "Ada" {
		t.Errorf("got %+v", e)
	}
}

func TestACallThatProvesNothingIsRefusedAndLeavesNothing(t *testing.T) {
	for name, header := range map[string]http.Header{
		"wrong":   {"X-Telegram-Bot-Api-Secret-Token": {"guess"}},
		"missing": {},
	} {
		w := newWorld()
		r := genuine(text("x"))
		r.Header = header
		if err := receive(t, w, "on", r); desk.CodeOf(err) != desk.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
		if len(w.letters) != 0 || len(w.objects) != 0 {
			t.Errorf("%s: something was kept", name)
		}
	}
}

func TestAnAddressWithoutAChannelIsNotFound(t *testing.T) {
	for _, id := range []desk.ChannelID{"nobody", "gone", "mail", ""} {
		w := newWorld()
		if err := receive(t, w, id, genuine(text("x"))); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("%q: %v", id, err)
		}
		if w.freshes != 1 {
			t.Errorf("%q: the fresh set-up was read %d times", id, w.freshes)
		}
	}
}

func TestAChannelThatWasJustConnectedTakesItsFirstMessage(t *testing.T) {
	w := newWorld()
	w.change(telegramChannel("new", true))
	if err := receive(t, w, "new", genuine(text("x"))); err != nil || len(w.letters) != 1 {
		t.Errorf("%v, %d letters", err, len(w.letters))
	}
}

func TestANewSecretHoldsAtOnce(t *testing.T) {
	w := newWorld()
	ch := telegramChannel("on", true)
	ch.Sealed = map[string]string{"botToken": "sealed:123456:abcdefgh", "webhookSecret": "sealed:rotated"}
	w.change(ch)
	r := genuine(text("x"))
	r.Header = http.Header{"X-Telegram-Bot-Api-Secret-Token": {"rotated"}}
	if err := receive(t, w, "on", r); err != nil || len(w.letters) != 1 {
		t.Errorf("%v, %d letters", err, len(w.letters))
	}
}

func TestAChannelThatIsOffAnswersWellAndTakesNothing(t *testing.T) {
	w := newWorld()
	if err := receive(t, w, "off", genuine(text("x"))); err != nil {
		t.Fatal(err)
	}
	if len(w.letters) != 0 || len(w.objects) != 0 || w.counts[intake.CountOff] != 1 {
		t.Errorf("letters %d, counts %v", len(w.letters), w.counts)
	}
	r := genuine(text("x"))
	r.Header = http.Header{}
	if err := receive(t, w, "off", r); desk.CodeOf(err) != desk.Unauthenticated {
		t.Errorf("a call that proves nothing: %v", err)
	}
}

func TestAChannelThatWasJustSwitchedOnLosesNothing(t *testing.T) {
	w := newWorld()
	w.change(telegramChannel("off", true))
	if err := receive(t, w, "off", genuine(text("x"))); err != nil || len(w.letters) != 1 {
		t.Errorf("%v, %d letters", err, len(w.letters))
	}
}

func TestMessagesOfAGroupAreCountedAndLeftAside(t *testing.T) {
	w := newWorld()
	body := `{"update_id":1,"message":{"message_id":7,"date":1795341000,"chat":{"id":-5,"type":"group"},"text":"x"}}`
	if err := receive(t, w, "on", genuine(body)); err != nil || len(w.letters) != 0 || w.counts[intake.CountIgnored] != 1 {
		t.Errorf("%v, %d letters, %v", err, len(w.letters), w.counts)
	}
}

func TestWhateverIsNotConfirmedMakesThePlatformTryAgain(t *testing.T) {
	away := errors.New("away")
	for name, spoil := range map[string]func(*world){
		"queue":  func(w *world) { w.queueErr = away },
		"set-up": func(w *world) { w.setupErr = away },
		"seals":  func(w *world) { w.sealErr = away },
		"store":  func(w *world) { w.objectErr = away },
	} {
		w := newWorld()
		spoil(w)
		err := receive(t, w, "on", genuine(text(string(make([]byte, 40000))+longText(40000))))
		if desk.CodeOf(err) != desk.Busy || !errors.Is(err, away) {
			t.Errorf("%s: %v", name, err)
		}
		if len(w.letters) != 0 {
			t.Errorf("%s: a letter was sent", name)
		}
	}
}

func TestCredentialsAreOpenedOnceAVersion(t *testing.T) {
	w := newWorld()
	s := w.stage()
	for range 3 {
		if _, err := s.Receive(context.Background(), "on", genuine(text("x"))); err != nil {
			t.Fatal(err)
		}
	}
	if w.opens != 2 {
		t.Errorf("opened %d times, want once for each of two credentials", w.opens)
	}
	w.change(telegramChannel("on", true))
	w.cached = w.fresh
	if _, err := s.Receive(context.Background(), "on", genuine(text("x"))); err != nil || w.opens != 4 {
		t.Errorf("after a change: %v, opened %d times", err, w.opens)
	}
}

func TestTheSameCallTwiceMakesTheSameLetters(t *testing.T) {
	w := newWorld()
	for range 2 {
		if err := receive(t, w, "on", genuine(text(longText(40000)))); err != nil {
			t.Fatal(err)
		}
	}
	a, b := w.letters[0], w.letters[1]
	if a.Dedup != b.Dedup || a.Group != b.Group || string(a.Body) != string(b.Body) || len(w.objects) != 1 {
		t.Errorf("they differ, or leave %d objects", len(w.objects))
	}
}

func TestAnItemGoesToTheChannelOfItsAccount(t *testing.T) {
	w := newWorld()
	w.cached.Channels["m1"] = manyChannel("m1", "page1", "app", true)
	w.cached.Channels["m2"] = manyChannel("m2", "page2", "app", true)
	w.cached.Channels["m3"] = manyChannel("m3", "page3", "another app", true)
	w.cached.Channels["m4"] = manyChannel("m4", "page4", "app", false)
	item := func(account string) string {
		return `{"acct":"` + account + `","type":"message","id":"of ` + account + `","thread":"t","at":"2026-11-22T09:00:00Z","from":{"kind":"k","value":"v"},"raw":{"of":"` + account + `"}}`
	}
	body := "[" + item("page1") + "," + item("page2") + "," + item("page3") + "," + item("page4") + "," + item("page5") + "," + item("") + "]"
	r := channel.Request{Method: "POST", Header: http.Header{"Secret": {"app"}}, Body: []byte(body)}
	if err := receive(t, w, "m1", r); err != nil {
		t.Fatal(err)
	}
	got := map[string]desk.Inbound{}
	for _, e := range w.events(t) {
		got[e.Account] = e
	}
	if len(got) != 5 || w.counts[intake.CountOff] != 1 {
		t.Fatalf("%d events, %v", len(got), w.counts)
	}
	for account, ch := range map[string]desk.ChannelID{"page1": "m1", "page2": "m2", "": "m1"} {
		if e := got[account]; e.Type != desk.InMessage || e.Channel != ch {
			t.Errorf("%q came to %q as %q", account, e.Channel, e.Type)
		}
	}
	for _, account := range []string{"page3", "page5"} {
		if e := got[account]; e.Type != desk.InUnparsed || e.Channel != "m1" || string(e.Payload) != `{"of":"`+account+`"}` {
			t.Errorf("%q became %+v", account, e)
		}
	}
}

func TestItemsOfStrangersInOneCallAreFailuresOfTheirOwn(t *testing.T) {
	w := newWorld()
	w.cached.Channels["m1"] = manyChannel("m1", "page1", "app", true)
	body := `[{"acct":"x","type":"message","id":"1","thread":"t"},{"acct":"x","type":"message","id":"2","thread":"t"}]`
	if err := receive(t, w, "m1", channel.Request{Method: "POST", Header: http.Header{"Secret": {"app"}}, Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	events := w.events(t)
	if len(events) != 2 || events[0].ID == events[1].ID || string(events[0].Payload) != body {
		t.Errorf("got %+v", events)
	}
}
