package mailroom

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// channels are the channels of the events, in order.
func (w *world) channels(t *testing.T) []desk.ChannelID {
	t.Helper()
	var out []desk.ChannelID
	for _, e := range w.events(t) {
		out = append(out, e.Channel)
	}
	return out
}

func TestEachAddressLeadsToItsInbox(t *testing.T) {
	for to, want := range map[string][]desk.ChannelID{
		"support@desk.example":                                            {"a-mail"},
		"SUPPORT+orders@DESK.example":                                     {"a-mail"},
		"support@desk.example support+x@desk.example":                     {"a-mail"},
		"sales@desk.example support@desk.example":                         {"a-mail", "b-mail"},
		"help@example.com":                                                {"a-own"},
		"HELP+1@example.com":                                              {"a-own"},
		"support@desk.example help@example.com":                           {"a-own"},
		"sales@desk.example help@example.com x@desk.example":              {"a-own", "b-mail"},
		"reply+good@desk.example":                                         {"b-mail"},
		"Reply+GOOD@desk.example support@desk.example":                    {"a-mail", "b-mail"},
		"reply+own@desk.example support@desk.example":                     {"a-own"},
		"reply+moved@desk.example":                                        {"a-own"},
		"reply+chat@desk.example":                                         {"a-mail"},
		"reply+deleted@desk.example":                                      {"b-mail"},
		"reply+forged@desk.example support@desk.example":                  {"a-mail"},
		"support@desk.example.evil.example nobody support@other.example":  nil,
		"reply+forged@desk.example":                                       nil,
		"reply+purged@desk.example":                                       nil,
		"reply+good@other.example":                                        nil,
		"supportx@desk.example":                                           nil,
		"support%other@desk.example support@@desk.example reply@desk.exa": nil,
	} {
		w := newWorld()
		w.tokens = map[string]desk.ConversationID{"good": "C1", "own": "C2", "moved": "C3", "chat": "C4", "deleted": "C5", "purged": "C6"}
		w.heads = map[desk.ConversationID]desk.Conversation{
			"C1": {Channel: "b-mail", Inbox: "b"}, "C2": {Channel: "a-own", Inbox: "a"}, "C3": {Channel: "a-own", Inbox: "b"},
			"C4": {Channel: "a-chat", Inbox: "a"}, "C5": {Channel: "gone", Inbox: "b"},
		}
		w.must(t, w.store(plain, strings.Fields(to)...))
		if got := w.channels(t); !slices.Equal(got, want) {
			t.Errorf("%s led to %q, want %q", to, got, want)
		}
		if failed := len(w.failures) == 1; failed != (want == nil) {
			t.Errorf("%s: failures %+v", to, w.failures)
		}
		if len(w.keys("mail/")) != 1 || len(w.keys("incoming/")) != 0 {
			t.Errorf("%s: the mail lies at %q", to, w.keys(""))
		}
	}
}

func TestTwoAddressesOfOneInboxAreOneEventThatNamesBoth(t *testing.T) {
	w := newWorld()
	w.tokens["good"], w.heads["C1"] = "C1", desk.Conversation{Channel: "a-mail", Inbox: "a"}
	w.must(t, w.store(plain, "support@desk.example", "reply+good@desk.example", "reply+forged@desk.example", "nobody@desk.example"))
	m := w.only(t).Mail
	if want := []string{"support@desk.example", "reply+good@desk.example"}; !slices.Equal(m.Recipients, want) || m.Recipient != want[0] {
		t.Errorf("it came to %q", m.Recipients)
	}
	if !slices.Equal(m.Tokens, []string{"good", "forged"}) {
		t.Errorf("the tokens are %q", m.Tokens)
	}
	if len(m.Problems) != 1 || !strings.Contains(m.Problems[0], "nobody@desk.example") {
		t.Errorf("the problems are %q", m.Problems)
	}
}

func TestATokenOfOneInboxIsNotShownToAnother(t *testing.T) {
	w := newWorld()
	w.tokens["good"], w.heads["C1"] = "C1", desk.Conversation{Channel: "a-mail", Inbox: "a"}
	w.must(t, w.store(plain, "reply+good@desk.example", "sales@desk.example"))
	all := w.events(t)
	if len(all) != 2 || !slices.Equal(all[0].Mail.Tokens, []string{"good"}) || len(all[1].Mail.Tokens) != 0 || all[1].Mail.Recipient != "sales@desk.example" {
		t.Errorf("the events are %+v", all)
	}
}

func TestMailForwardedFromAConnectedAddressComesInByItsChannel(t *testing.T) {
	for header, want := range map[string]desk.ChannelID{
		"To: help@example.com":                                              "a-own",
		"To: x@example.org\nCc: Help <HELP@example.com>":                    "a-own",
		"To: x@example.org\nDelivered-To: help@example.com":                 "a-own",
		"To: x@example.org\nX-Forwarded-For: help@example.com fwd@desk.ex":  "a-own",
		"To: x@example.org\nX-Original-To: <help@example.com>":              "a-own",
		"To: help@example.com, support@desk.example":                        "a-mail",
		"To: x@example.org":                                                 "a-mail",
		"To: x@example.org\nX-Forwarded-For: 192.0.2.1\nDelivered-To: help": "a-mail",
	} {
		w := newWorld()
		w.must(t, w.store("From: ann@example.org\n"+header+"\n\nhello\n", "support@desk.example"))
		if e := w.only(t); e.Channel != want {
			t.Errorf("%q came in by %s", header, e.Channel)
		}
	}
	w := newWorld() // the own address belongs to another inbox
	w.must(t, w.store("From: ann@example.org\nTo: help@example.com\n\nhello\n", "sales@desk.example"))
	if e := w.only(t); e.Channel != "b-mail" {
		t.Errorf("another inbox's address took it: %s", e.Channel)
	}
}

func TestMailToAChannelThatIsOffIsCountedAndNotFiled(t *testing.T) {
	w := newWorld()
	off := w.cfg.Channels["a-mail"]
	off.Active = false
	w.cfg.Channels["a-mail"] = off
	w.must(t, w.store(plain, "support@desk.example"))
	if len(w.letters)+len(w.failures) != 0 || w.counted[CountOff] != 1 || len(w.keys("mail/")) != 1 {
		t.Errorf("%d letters, %d failures, counted %v", len(w.letters), len(w.failures), w.counted)
	}
	w.must(t, w.store(plain, "support@desk.example", "sales@desk.example"))
	if got := w.channels(t); !slices.Equal(got, []desk.ChannelID{"b-mail"}) {
		t.Errorf("the other inbox: %q", got)
	}
}

func TestAnInboxThatWasJustMadeGetsItsMail(t *testing.T) {
	w := newWorld()
	w.cfg = &desk.Config{}
	w.must(t, w.store(plain, "support@desk.example"))
	if e := w.only(t); e.Channel != "a-mail" {
		t.Errorf("it came in by %s", e.Channel)
	}
}

func TestMailThatBelongsToNothingIsOneFailureThatCanBeReplayed(t *testing.T) {
	w := newWorld()
	w.must(t, w.store(plain, "nobody@desk.example", "neither@desk.example"))
	if len(w.failures) != 1 {
		t.Fatalf("the failures are %+v", w.failures)
	}
	f := w.failures[0]
	if f.Stage != "mail" || f.Code != desk.NotFound || f.PayloadKey != "mail/ses1" || !strings.Contains(f.Reason, "nobody@desk.example, neither@desk.example") || !strings.Contains(f.Reason, "bounces@example.org") {
		t.Errorf("the failure is %+v", f)
	}
	in := w.cfg.Inboxes["a"]
	in.Slug = "nobody"
	w.cfg.Inboxes["a"] = in // the admin makes the inbox and replays
	w.must(t, f.Payload)
	e := w.events(t)
	if len(e) != 1 || e[0].Channel != "a-mail" || e[0].Mail.Verdicts.DMARCPolicy != "reject" || e[0].At.IsZero() {
		t.Errorf("after the replay: %+v", e)
	}
	if !json.Valid(f.Payload) || len(w.failures) != 1 {
		t.Errorf("the payload is %s", f.Payload)
	}
}

func TestAForgedReplyAddressSaysSoAndKeepsTheMail(t *testing.T) {
	w := newWorld()
	w.must(t, w.store(plain, "reply+forged@desk.example"))
	if len(w.failures) != 1 || !strings.Contains(w.failures[0].Reason, "token") || len(w.keys("mail/")) != 1 {
		t.Errorf("the failures are %+v", w.failures)
	}
}

func TestWhatCannotBeLookedUpNowBringsTheMailBack(t *testing.T) {
	for _, method := range []string{"OpenReplyToken", "Conversation", "Fresh"} {
		w := newWorld()
		w.tokens["good"], w.heads["C1"] = "C1", desk.Conversation{Channel: "a-mail", Inbox: "a"}
		w.down[method] = desk.Refuse(desk.Busy, "It is away.")
		body := w.store(plain, "reply+good@desk.example", "nobody@desk.example")
		if err := w.record(body); !desk.Transient(err) || len(w.letters)+len(w.failures) != 0 || len(w.keys("incoming/")) != 1 {
			t.Errorf("%s: %v, %d letters", method, err, len(w.letters))
		}
	}
}
