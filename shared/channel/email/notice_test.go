package email_test

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func TestAMailToAColleagueIsAutomaticAndIsAnsweredNowhere(t *testing.T) {
	p := &post{}
	m := desk.Message{
		Conversation: desk.NoticeLog("C1"), Key: "K1", Kind: desk.KindEvent, Direction: desk.Outgoing, Channel: "a-mail", To: []desk.Address{{Address: "bob@example.com"}},
		Subject: "Ada wrote", Author: desk.Author{Kind: desk.BySystem, Name: "Loket"}, Change: &desk.Change{What: desk.OwnerTold},
	}
	got, r := send(t, p, account(), channel.Outgoing{Key: m.ID(), Message: m, Text: "She wrote."})
	if r.Outcome != channel.Accepted || got.Subject != "Ada wrote" || len(got.ReplyTo) != 0 || got.Headers.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("%+v: reply to %v, %s", r, got.ReplyTo, got.Headers.Get("Auto-Submitted"))
	}
}
