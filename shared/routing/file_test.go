package routing

import (
	"errors"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAMessageIsFiledInLineByTheSameSteps(t *testing.T) {
	w := newWorld()
	e := chat("hello")
	e.Answers, e.ReplyTo = "C1-K1", "p1"
	e.Custom = &desk.MessageCustom{Senders: []desk.CustomParty{{Value: "42"}}}
	if _, err := w.router().File(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	f := w.only(t)
	if f.Message.InReplyTo != "C1-K1" || f.Message.ReplyTo != "p1" || f.Message.Custom == nil || f.Thread != "42" || f.Message.Direction != desk.Incoming {
		t.Errorf("filed %+v", f)
	}
	e.Channel = "gone"
	if _, err := w.router().File(t.Context(), e); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a channel that is gone: %v", err)
	}
	w.broken = errors.New("down")
	if _, err := w.router().File(t.Context(), chat("x")); !errors.Is(err, w.broken) {
		t.Errorf("a table that is down: %v", err)
	}
}

func TestAReplySentElsewhereIsFiledAsOurs(t *testing.T) {
	w := newWorld()
	e := chat("by phone")
	e.Type, e.Custom = desk.InEcho, &desk.MessageCustom{Senders: []desk.CustomParty{{Name: "Bob", Value: "desk"}}}
	if _, err := w.router().File(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	f := w.only(t)
	if f.Message.Direction != desk.Outgoing || f.Message.Author.Name != "Bob" || f.Message.Author.Kind != desk.ByIntegration || f.Message.Status.State != desk.Sent || !f.Muted || f.Work != "" {
		t.Errorf("filed %+v", f)
	}
}

func TestAttachmentsWithoutTextArePreviewedInWords(t *testing.T) {
	for usage, want := range map[desk.Usage]string{desk.UsageQuickReplies: "Quick replies", desk.UsageHeader: "Header", desk.UsageSocial: "From a post", desk.UsageUnsupported: "Unsupported content"} {
		e := chat("")
		e.Attachments = []desk.Attachment{{Usage: usage}}
		if got := Preview(e); got != want {
			t.Errorf("%s: %q", usage, got)
		}
	}
}
