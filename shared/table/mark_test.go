package table_test

import (
	"context"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAnAddressThatDoesNotWorkIsMarkedOnItsContact(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	by := desk.Audit{Actor: desk.Author{Kind: desk.BySystem}, Action: "contact.create"}
	ann, err := b.CreateContact(ctx, desk.Contact{
		Emails:     []desk.ContactEmail{{Address: "ann@example.org"}, {Address: "ann@work.example"}},
		Identities: []desk.Identity{{Kind: "email", Value: "old@example.org"}},
	}, by)
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range [][2]string{
		{"ANN@example.org", "BOUNCED"},
		{"ann@example.org", "BOUNCED"},
		{"ann@work.example", "BOUNCED"},
		{"ann@work.example", "COMPLAINED"},
		{"ann@work.example", "BOUNCED"},
		{"old@example.org", "BOUNCED"},
		{"nobody@example.org", "BOUNCED"},
	} {
		if err := b.MarkAddress(ctx, mark[0], mark[1]); err != nil {
			t.Fatalf("%v: %v", mark, err)
		}
	}
	got, err := b.Contact(ctx, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []desk.ContactEmail{{Address: "ann@example.org", State: "BOUNCED"}, {Address: "ann@work.example", State: "COMPLAINED"}, {Address: "old@example.org", State: "BOUNCED"}}
	if len(got.Emails) != 3 || got.Emails[0] != want[0] || got.Emails[1] != want[1] || got.Emails[2] != want[2] {
		t.Errorf("the addresses are %+v", got.Emails)
	}
}

func TestADelayIsToldOnAMessageThatWasSentAndOnNoOther(t *testing.T) {
	b := newBench(t)
	m := b.sent(t, "42", "p1")
	b.told(t, "p1", desk.StatusNews{State: desk.Sent, Detail: "The server is busy."})
	if got := b.state(t, m.ID(), desk.Sent); got.Status.Detail != "The server is busy." {
		t.Errorf("told %q", got.Status.Detail)
	}
	b.told(t, "p1", desk.StatusNews{State: desk.Delivered})
	b.told(t, "p1", desk.StatusNews{State: desk.Sent, Detail: "The server is still busy."})
	if got := b.state(t, m.ID(), desk.Delivered); got.Status.Detail != "" {
		t.Errorf("after delivery it tells %q", got.Status.Detail)
	}
}
