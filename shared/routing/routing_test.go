package routing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAChatMessageIsFiledUnderItsSendersThread(t *testing.T) {
	w := newWorld()
	w.found["42:0"] = "C1-K1"
	e := chat("  hello\n\nthere ")
	e.ReplyTo = "42:0"
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	f := w.only(t)
	if f.Ext != "42:1" || f.Thread != "42" || f.Inbox != "ib" || f.Contact.Name != "Ada" || f.Identities[0].Value != "42" {
		t.Errorf("filed as %+v", f)
	}
	if f.Preview != "hello there" || f.Message.Text != "  hello\n\nthere " || f.Message.InReplyTo != "C1-K1" || f.Work != "" {
		t.Errorf("the message is %+v, preview %q, work %q", f.Message, f.Preview, f.Work)
	}
}

func TestAHelpDesksMessageLeavesWorkForTheTicketFunction(t *testing.T) {
	w := newWorld()
	inbox := w.cfg.Inboxes["ib"]
	inbox.Kind = desk.HelpDesk
	w.cfg.Inboxes["ib"] = inbox
	if err := w.route(t, chat("hi")); err != nil {
		t.Fatal(err)
	}
	if f := w.only(t); f.Work != "open" {
		t.Errorf("the work is %q", f.Work)
	}
}

func TestWhatCannotBeReadBecomesAFailureWithItsPayload(t *testing.T) {
	w := newWorld()
	if err := w.router().Route(context.Background(), desk.QueueMessage{ID: "q9", Body: []byte("{not json"), Tries: 2}); err != nil {
		t.Fatal(err)
	}
	e := chat("")
	e.Type, e.Reason, e.PayloadKey = desk.InUnparsed, "The update has no message.", "raw/1"
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	e = chat("x")
	e.Type = "telepathy"
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	e.Type = desk.InStatus
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	if len(w.failures) != 4 || len(w.filed) != 0 || w.counted != 4 {
		t.Fatalf("%d failures, %d filed", len(w.failures), len(w.filed))
	}
	if f := w.failures[0]; string(f.Payload) != "{not json" || f.Tries != 2 || f.Stage != "inbound" {
		t.Errorf("the first failure is %+v", f)
	}
	if f := w.failures[1]; f.Reason != "The update has no message." || f.PayloadKey != "raw/1" || f.Code != desk.Malformed {
		t.Errorf("the second failure is %+v", f)
	}
	if f := w.failures[2]; !strings.Contains(f.Reason, "telepathy") {
		t.Errorf("the third failure is %+v", f)
	}
}

func TestAnUnknownChannelIsLookedForFreshAndThenFails(t *testing.T) {
	w := newWorld()
	known := *w.cfg
	w.cfg = &desk.Config{}
	w.fresh = &known
	if err := w.route(t, chat("hi")); err != nil || len(w.filed) != 1 {
		t.Errorf("a channel that was just made: %v, %d filed", err, len(w.filed))
	}
	e := chat("hi")
	e.Channel = "gone"
	if err := w.route(t, e); err != nil || len(w.failures) != 1 || w.failures[0].Code != desk.NotFound {
		t.Errorf("a channel that is gone: %v, %+v", err, w.failures)
	}
}

func TestATableThatIsAwayBringsTheEventBack(t *testing.T) {
	w := newWorld()
	w.broken = desk.Refuse(desk.Busy, "The table is busy; try again.")
	if err := w.route(t, chat("hi")); !desk.Transient(err) {
		t.Errorf("the error is %v", err)
	}
	if len(w.failures) != 0 {
		t.Errorf("it was called a failure")
	}
}

func TestGivingUpKeepsTheEventAndSaysWhyWithoutItsCause(t *testing.T) {
	w := newWorld()
	cause := desk.Refuse(desk.Internal, "The table refused to write.").Because(errors.New("secret detail"))
	if err := w.router().GiveUp(context.Background(), desk.QueueMessage{ID: "q1", Body: []byte(`{"ch":"tg","type":"message"}`), Tries: 5}, cause); err != nil {
		t.Fatal(err)
	}
	if err := w.router().GiveUp(context.Background(), desk.QueueMessage{ID: "q2", Body: []byte(`{}`), Tries: 5}, errors.New("a fault")); err != nil {
		t.Fatal(err)
	}
	if f := w.failures[0]; f.Reason != "The table refused to write." || f.Channel != "tg" || f.Tries != 5 {
		t.Errorf("the failure is %+v", f)
	}
	if f := w.failures[1]; strings.Contains(f.Reason, "a fault") || f.Code != desk.Internal {
		t.Errorf("the failure is %+v", f)
	}
}

func TestAnEditFindsItsMessageAndAnEditOfAnUnknownOneIsFiled(t *testing.T) {
	w := newWorld()
	w.found["42:1"] = "C1-K1"
	e := chat("better")
	e.Type, e.Target = desk.InEdit, "42:1"
	if err := w.route(t, e); err != nil || len(w.filed) != 0 || w.edits[0] != "42:1=better" {
		t.Errorf("%v, filed %d, edits %q", err, len(w.filed), w.edits)
	}
	e.Target, e.MessageID = "42:7", ""
	if err := w.route(t, e); err != nil || len(w.filed) != 1 || w.filed[0].Ext != "42:7" {
		t.Errorf("an edit of an unknown message: %v, %+v", err, w.filed)
	}
}

func TestNewsAboutAMessageThatIsNotHereChangesNothing(t *testing.T) {
	w := newWorld()
	for _, kind := range []desk.InboundType{desk.InDelete, desk.InReaction} {
		e := chat("👍")
		e.Type, e.Target = kind, "42:99"
		if err := w.route(t, e); err != nil || len(w.filed)+len(w.failures) != 0 {
			t.Errorf("%s: %v", kind, err)
		}
	}
	w.found["42:99"] = "C1-K1"
	e := chat("👍")
	e.Type, e.Target = desk.InReaction, "42:99"
	if err := w.route(t, e); err != nil || len(w.edits) != 1 {
		t.Errorf("a reaction: %v, %q", err, w.edits)
	}
}

func TestTheEchoOfAMessageOfOursIsNeverAContactsMessage(t *testing.T) {
	w := newWorld()
	w.found["42:5"] = "C1-K9"
	e := chat("our own words")
	e.Type, e.MessageID = desk.InEcho, "42:5"
	if err := w.route(t, e); err != nil || len(w.filed) != 0 || len(w.statuses) != 1 {
		t.Fatalf("our own echo: %v, %d filed", err, len(w.filed))
	}
	e.MessageID = "42:6"
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	if f := w.only(t); f.Message.Direction != desk.Outgoing || !f.Muted || f.Message.Status.State != desk.Sent {
		t.Errorf("a reply written elsewhere was filed as %+v", f.Message)
	}
}

func TestABlockIsToldInTheThreadOnlyWhereThereIsOne(t *testing.T) {
	w := newWorld()
	e := chat("")
	e.Type = desk.InBlocked
	if err := w.route(t, e); err != nil || len(w.filed) != 0 {
		t.Fatalf("without a thread: %v, %d filed", err, len(w.filed))
	}
	w.threads["42"] = "C1"
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	if f := w.only(t); f.Message.Kind != desk.KindEvent || f.Message.Change.What != "blocked" || !f.Muted {
		t.Errorf("filed as %+v", f.Message)
	}
}

func TestAPreviewSaysWhatAMessageHoldsOnOneLineOfWholeCharacters(t *testing.T) {
	long := strings.Repeat("ä", 500)
	cases := map[string]desk.Inbound{
		"":                            {Text: " \n\t "},
		"Picture":                     {Attachments: []desk.Attachment{{Usage: desk.UsageImage}}},
		"File a.pdf":                  {Attachments: []desk.Attachment{{Usage: desk.UsageFile, Name: "a.pdf"}}},
		"A poll":                      {Unsupported: "A poll"},
		"Only a subject":              {Subject: "Only a subject"},
		"visible":                     {Text: "visible\n> quoted", Mail: &desk.MailFacts{Visible: "visible"}},
		"a b":                         {Text: "a\x80 \n b"},
		strings.Repeat("ä", 58) + "…": {Text: long},
	}
	for want, e := range cases {
		got := Preview(e)
		if got != want || len(got) > previewBytes {
			t.Errorf("preview %q, want %q", got, want)
		}
	}
}

func TestAStatusReachesTheTable(t *testing.T) {
	w := newWorld()
	e := chat("")
	e.Type, e.Target, e.Status = desk.InStatus, "42:3", &desk.StatusNews{State: desk.Read, At: time.Now()}
	if err := w.route(t, e); err != nil || len(w.statuses) != 1 || w.statuses[0].State != desk.Read {
		t.Errorf("%v, %+v", err, w.statuses)
	}
}

func TestABouncedAddressIsMarkedOnlyOnWhoTakesPart(t *testing.T) {
	w := newWorld()
	w.people["C1"] = []string{"ann@example.com"}
	w.found["ses-1"] = "C1-K1"
	news := func(recipient string, n desk.StatusNews) {
		t.Helper()
		n.State, n.Recipient = desk.Failed, recipient
		e := desk.Inbound{Channel: "mail", Type: desk.InStatus, ID: "n" + recipient, Target: "ses-1", Status: &n}
		if err := w.route(t, e); err != nil {
			t.Fatal(err)
		}
	}
	news("ann@example.com", desk.StatusNews{})
	news("ann@example.com", desk.StatusNews{Hard: true, Key: "C1-K1"})
	news("ann@example.com", desk.StatusNews{Complained: true})
	news("victim@example.com", desk.StatusNews{Hard: true})
	news("ann@example.com", desk.StatusNews{Hard: true, Key: "C2-K1"})
	if want := []string{"ann@example.com BOUNCED", "ann@example.com COMPLAINED"}; !slices.Equal(w.marks, want) {
		t.Errorf("marked %q, want %q", w.marks, want)
	}
	if len(w.statuses) != 5 {
		t.Errorf("%d statuses were told", len(w.statuses))
	}
}
