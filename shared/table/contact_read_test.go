package table_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func mailOf(a string) desk.Identity { return desk.Identity{Kind: "email", Value: a} }

func contactWith(address string) desk.Contact {
	return desk.Contact{Name: "Ann", Emails: []desk.ContactEmail{{Address: address}}}
}

func TestAContactMadeByHandIsFoundByTheirAddress(t *testing.T) {
	tb := newStack(t)
	c, err := tb.CreateContact(t.Context(), contactWith("ann@example.com"), byTest)
	if err != nil || c.ID == "" || c.Version != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	if id, err := tb.ContactOf(t.Context(), mailOf("ann@example.com")); id != c.ID || err != nil {
		t.Errorf("%s, %v", id, err)
	}
	if _, err := tb.CreateContact(t.Context(), c, byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the same contact again: %v", err)
	}
	c.ID = "other"
	if _, err := tb.CreateContact(t.Context(), c, byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the same address again: %v", err)
	}
	if _, err := tb.Contact(t.Context(), "other"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a refused contact is half there: %v", err)
	}
}

func TestWhoWroteBeforeTheyWereAddedKeepsTheirContact(t *testing.T) {
	tb := newStack(t)
	who := mailOf("ann@example.com")
	filed, err := tb.FileInbound(t.Context(), desk.Filing{
		Channel: "c1", Inbox: "inbox", Ext: "m1", Thread: "t1", From: who, Identities: []desk.Identity{who}, Place: desk.InInbox,
		Message: desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tb.CreateContact(t.Context(), contactWith("ann@example.com"), byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("a second contact of one address: %v", err)
	}
	c, err := tb.Conversation(t.Context(), filed.Conversation)
	if id, err2 := tb.ContactOf(t.Context(), who); err != nil || err2 != nil || id != c.Contact {
		t.Errorf("%s and %s, %v, %v", id, c.Contact, err, err2)
	}
}

func TestIdentitiesFollowAChangeOfAContact(t *testing.T) {
	tb := newStack(t)
	c, err := tb.CreateContact(t.Context(), contactWith("ann@example.com"), byTest)
	if err != nil {
		t.Fatal(err)
	}
	c, err = tb.ChangeContact(t.Context(), c.ID, byTest, func(c *desk.Contact) error {
		c.Identities = []desk.Identity{mailOf("ann@example.org"), {Kind: "telegram", Value: "7"}}
		return nil
	})
	if err != nil || c.Version != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, who := range c.Identities {
		if id, err := tb.ContactOf(t.Context(), who); id != c.ID || err != nil {
			t.Errorf("%v leads to %q, %v", who, id, err)
		}
	}
	if _, err := tb.ContactOf(t.Context(), mailOf("ann@example.com")); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("the old address: %v", err)
	}
	other, err := tb.CreateContact(t.Context(), contactWith("bob@example.com"), byTest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tb.ChangeContact(t.Context(), other.ID, byTest, func(c *desk.Contact) error {
		c.Identities = append(c.Identities, mailOf("ann@example.org"))
		return nil
	})
	if desk.CodeOf(err) != desk.Conflict {
		t.Errorf("somebody else's address: %v", err)
	}
}

func TestAChangeOfAContactThatChangesNothingOrIsRefusedWritesNothing(t *testing.T) {
	tb := newStack(t)
	c, err := tb.CreateContact(t.Context(), contactWith("ann@example.com"), byTest)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := tb.ChangeContact(t.Context(), c.ID, byTest, func(*desk.Contact) error { return nil }); err != nil || same.Version != 1 {
		t.Errorf("%+v, %v", same, err)
	}
	no := desk.RefuseField("name", "no")
	if _, err := tb.ChangeContact(t.Context(), c.ID, byTest, func(*desk.Contact) error { return no }); desk.CodeOf(err) != desk.Invalid {
		t.Errorf("%v", err)
	}
	if _, err := tb.ChangeContact(t.Context(), "none", byTest, func(*desk.Contact) error { return nil }); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("%v", err)
	}
}

func TestWhatIsLargerThanAnItemIsRefusedInWords(t *testing.T) {
	tb := newStack(t)
	large := map[string]string{"note": strings.Repeat("x", 500<<10)}
	if _, err := tb.CreateContact(t.Context(), desk.Contact{Name: "Ann", Properties: large}, byTest); desk.CodeOf(err) != desk.TooLarge {
		t.Errorf("a contact: %v", err)
	}
	if _, _, err := tb.PutTicket(t.Context(), desk.Ticket{Name: "Lamp", Pipeline: "support", Properties: large}); desk.CodeOf(err) != desk.TooLarge {
		t.Errorf("a ticket: %v", err)
	}
	c, err := tb.CreateContact(t.Context(), contactWith("ann@example.com"), byTest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tb.ChangeContact(t.Context(), c.ID, byTest, func(c *desk.Contact) error {
		c.Properties = large
		return nil
	})
	if desk.CodeOf(err) != desk.TooLarge {
		t.Errorf("a change: %v", err)
	}
}

func TestManyChangesOfOneContactAtOnceAreAllMade(t *testing.T) {
	tb := newStack(t)
	c, err := tb.CreateContact(t.Context(), contactWith("ann@example.com"), byTest)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			_, err := tb.beside().ChangeContact(t.Context(), c.ID, byTest, func(c *desk.Contact) error {
				c.Phones = append(c.Phones, fmt.Sprint("+3120000", i))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if c, err = tb.Contact(t.Context(), c.ID); err != nil || len(c.Phones) != 4 || c.Version != 5 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestContactsAreListedNewestFirst(t *testing.T) {
	tb := newStack(t)
	for i := range 5 {
		c := desk.Contact{Name: fmt.Sprint(i), CreatedAt: tb.clk.now().Add(time.Duration(i) * time.Second)}
		if _, err := tb.CreateContact(t.Context(), c, byTest); err != nil {
			t.Fatal(err)
		}
	}
	got, after := "", ""
	for range 4 {
		page, next, err := tb.ListContacts(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got += c.Name
		}
		if after = next; after == "" {
			break
		}
	}
	if got != "43210" || after != "" {
		t.Errorf("listed %s", got)
	}
}

func TestAnAmendedConversationIsToldAndARepeatedAnswerIsFound(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	filed, err := tb.FileInbound(ctx, desk.Filing{
		Channel: "c1", Inbox: "inbox", Ext: "m1", Thread: "t1", From: mailOf("a"), Identities: []desk.Identity{mailOf("a")}, Place: desk.InInbox,
		Message: desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming},
	})
	if err != nil {
		t.Fatal(err)
	}
	act := func(c *desk.Conversation) ([]desk.Change, error) {
		c.Subject = "x"
		return []desk.Change{{What: "renamed", To: "x"}}, nil
	}
	if c, err := tb.AmendConversation(ctx, filed.Conversation, "s1", byTest.Actor, act); err != nil || c.Subject != "x" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := tb.AmendConversation(ctx, filed.Conversation, "s0", byTest.Actor, act); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("an old token: %v", err)
	}
	r := desk.Request{Caller: "k", Route: "r", Key: "1", Hash: "h"}
	if _, before, err := tb.WrittenBefore(ctx, r); before || err != nil {
		t.Errorf("%v, %v", before, err)
	}
	m, _, err := tb.AppendOutgoing(ctx, desk.NewOutgoing{Conversation: filed.Conversation, Request: &r, Message: desk.Message{Kind: desk.KindMessage}})
	if err != nil {
		t.Fatal(err)
	}
	if again, before, err := tb.WrittenBefore(ctx, r); !before || err != nil || again.Key != m.Key {
		t.Errorf("%+v %v %v", again, before, err)
	}
	r.Hash = "other"
	if _, _, err := tb.WrittenBefore(ctx, r); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("another body: %v", err)
	}
}
