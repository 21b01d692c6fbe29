package mailroom

import (
	"slices"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

const (
	inbox = "inbox@desk.example" // of the first inbox, whose channel is "inbox-mail"
	sales = "sales@desk.example"
)

// begun is an office with a conversation that Ann began, and one answer of ours to her and to Carl.
func begun(t *testing.T) (o *office, c desk.ConversationID, own, wire string) {
	t.Helper()
	o = newOffice(t)
	c = conversation(o.send(t, mail{id: "m1@ann.example", from: "ann@ann.example", to: []string{inbox}, subject: "Order"})["inbox-mail"])
	own, wire = o.answer(t, c, "0100-out", "ann@ann.example", "carl@ann.example")
	return o, c, own, wire
}

func TestAnAnswerJoinsByWhatItProves(t *testing.T) {
	o, c, own, wire := begun(t)
	token := "reply+" + tokenOf(c) + "@desk.example"
	for name, x := range map[string]struct {
		m    mail
		join string // why it joined; empty for a conversation of its own
	}{
		"by its token":                           {mail{from: "new@private.example", to: []string{token}}, "reply token"},
		"by its token in capitals":               {mail{from: "new@private.example", to: []string{strings.ToUpper(token)}}, "reply token"},
		"by its token beside another address":    {mail{from: "new2@private.example", to: []string{token, inbox}}, "reply token"},
		"by the id on the wire":                  {mail{from: "ann@ann.example", to: []string{inbox}, header: "In-Reply-To: <" + wire + ">\n"}, "In-Reply-To"},
		"by our own id":                          {mail{from: "ANN@ann.example", to: []string{inbox}, header: "References: <x@y.z> <" + own + ">\n"}, "References"},
		"by her own id":                          {mail{from: "ann@ann.example", to: []string{inbox}, header: "In-Reply-To: <m1@ann.example>\n"}, "In-Reply-To"},
		"somebody in copy":                       {mail{from: "Carl <carl@ann.example>", to: []string{inbox}, header: "References: <" + wire + ">\n"}, "References"},
		"a teammate":                             {mail{from: "agent@company.example", to: []string{inbox}, header: "In-Reply-To: <" + wire + ">\n"}, "In-Reply-To"},
		"a stranger who names the id":            {mail{from: "eve@evil.example", to: []string{inbox}, header: "In-Reply-To: <" + wire + ">\nReferences: <" + own + ">\n"}, ""},
		"the same subject":                       {mail{from: "eve2@evil.example", to: []string{inbox}, subject: "Re: Order"}, ""},
		"her own subject and no proof":           {mail{from: "ann@ann.example", to: []string{inbox}, subject: "Re: Order"}, ""},
		"a forged token":                         {mail{from: "eve3@evil.example", to: []string{inbox, strings.Replace(token, ".", ".a", 1)}}, ""},
		"a truncated token":                      {mail{from: "eve4@evil.example", to: []string{inbox, "reply+" + tokenOf(c)[:30] + "@desk.example"}}, ""},
		"a token of another desk":                {mail{from: "eve5@evil.example", to: []string{inbox, "reply+" + tokenOf(c) + "@other.example"}}, ""},
		"a token that is only written in the To": {mail{from: "eve6@evil.example", to: []string{inbox}, header: "To: " + token + "\n"}, ""},
		"to another inbox":                       {mail{from: "ann@ann.example", to: []string{sales}, header: "In-Reply-To: <" + wire + ">\n"}, ""},
		"an empty id":                            {mail{from: "ann@ann.example", to: []string{inbox}, header: "In-Reply-To: <>\nReferences:\n"}, ""},
	} {
		at := o.send(t, x.m)
		if len(at) != 1 {
			t.Errorf("%s lies at %v", name, at)
			continue
		}
		for _, id := range at {
			why := o.why(t, id)
			if joined := conversation(id) == c; joined != (x.join != "") || x.join != "" && !strings.Contains(why, x.join) {
				t.Errorf("%s: joined %v, %q", name, joined, why)
			}
		}
	}
}

func TestAStrangersConversationIsLinkedToTheOneThatItNames(t *testing.T) {
	o, c, _, wire := begun(t)
	id := o.send(t, mail{from: "eve@evil.example", to: []string{inbox}, header: "In-Reply-To: <" + wire + ">\n"})["inbox-mail"]
	head, err := o.table.Conversation(t.Context(), conversation(id))
	if err != nil || head.Previous != c || !strings.Contains(o.why(t, id), "takes no part") {
		t.Errorf("%v, it follows %q: %q", err, head.Previous, o.why(t, id))
	}
}

func TestWhoeverAnsweredByATokenTakesPartFromThenOn(t *testing.T) {
	o, c, _, wire := begun(t)
	o.send(t, mail{from: "ann@private.example", to: []string{"reply+" + tokenOf(c) + "@desk.example"}, header: "Cc: dora@ann.example\n"})
	for _, from := range []string{"ann@private.example", "dora@ann.example"} {
		if id := o.send(t, mail{from: from, to: []string{inbox}, header: "References: <" + wire + ">\n"})["inbox-mail"]; conversation(id) != c {
			t.Errorf("%s did not join: %q", from, o.why(t, id))
		}
	}
}

func TestTheSameMailTwiceIsOneMessage(t *testing.T) {
	o := newOffice(t)
	m := mail{id: "m1@ann.example", from: "ann@ann.example", to: []string{inbox}}
	first := o.receive(t, "ses1", m)["inbox-mail"]
	if again := o.receive(t, "ses1", m)["inbox-mail"]; again != first {
		t.Errorf("the service's second delivery lies at %s, the first at %s", again, first)
	}
	messages, _, err := o.table.Messages(t.Context(), conversation(first), "", "", 50)
	if err != nil || len(messages) != 1 {
		t.Errorf("%v, %d messages", err, len(messages))
	}
}

func TestASecondCopyInOneInboxAddsItsAddressAndAnotherInboxHasItsOwn(t *testing.T) {
	o := newOffice(t)
	m := mail{id: "m1@ann.example", from: "ann@ann.example", to: []string{inbox}, header: "To: list@ann.example\n", text: "the same"}
	first := o.send(t, m)["inbox-mail"]
	m.to = []string{"inbox+list@desk.example"}
	if at := o.send(t, m); len(at) != 0 {
		t.Errorf("the copy lies at %v", at)
	}
	got, err := o.table.Message(t.Context(), first)
	if want := []string{inbox, "inbox+list@desk.example"}; err != nil || !slices.Equal(got.Mail.Recipients, want) {
		t.Errorf("%v, it came to %q", err, got.Mail.Recipients)
	}
	m.to = []string{sales}
	if at := o.send(t, m); len(at) != 1 || conversation(at["sales-mail"]) == conversation(first) {
		t.Errorf("the other inbox's lies at %v", at)
	}
	m.to, m.text = []string{inbox}, "another body under the same id"
	if at := o.send(t, m); len(at) != 1 || at["inbox-mail"] == first {
		t.Errorf("another mail of the same id lies at %v", at)
	}
}

func TestOneMailToTwoInboxesIsAConversationInEach(t *testing.T) {
	o := newOffice(t)
	at := o.send(t, mail{id: "m1@ann.example", from: "ann@ann.example", to: []string{inbox, sales}})
	if len(at) != 2 || conversation(at["inbox-mail"]) == conversation(at["sales-mail"]) {
		t.Errorf("it lies at %v", at)
	}
}

func TestAReportOfAFailedMailFailsItAndMarksTheAddress(t *testing.T) {
	o, c, own, _ := begun(t)
	o.objects["incoming/ses-dsn"] = report("5.1.1", "Reply-To: <reply+"+tokenOf(c)+"@desk.example>\nX-Loket-Message: "+own)
	o.objects["incoming/ses-dsn"] = strings.ReplaceAll(strings.ReplaceAll(o.objects["incoming/ses-dsn"], "ann@example.org", "ann@ann.example"), "\n", "\r\n")
	id := o.work(t, notice("ses-dsn", inbox), "ses-dsn")["inbox-mail"]
	if conversation(id) != c {
		t.Errorf("the report lies at %s: %q", id, o.why(t, id))
	}
	messages, _, err := o.table.Messages(t.Context(), c, "", "", 50)
	if err != nil || len(messages) != 3 || messages[1].Status.State != desk.Failed || !strings.Contains(messages[1].Status.Detail, "user unknown") || !messages[2].Muted {
		t.Fatalf("%v, the messages are %+v", err, messages)
	}
	who, err := o.table.ContactOf(t.Context(), desk.Identity{Kind: email, Value: "ann@ann.example"})
	if err != nil {
		t.Fatal(err)
	}
	contact, err := o.table.Contact(t.Context(), who)
	if err != nil || contact.Emails[0].State != "BOUNCED" {
		t.Errorf("%v, the contact is %+v", err, contact)
	}
}

func TestNewsOfTheServiceMovesTheMessageOfAnAnswer(t *testing.T) {
	o, c, _, _ := begun(t)
	delay := `{"notificationType":"DeliveryDelay","mail":{"messageId":"0100-out"},"deliveryDelay":{"delayedRecipients":[{"emailAddress":"ann@ann.example","diagnosticCode":"smtp; 421 busy"}]}}`
	state := func() desk.Status {
		messages, _, err := o.table.Messages(t.Context(), c, "", "", 50)
		if err != nil || len(messages) < 2 {
			t.Fatalf("%v, %d messages", err, len(messages))
		}
		return messages[1].Status
	}
	o.work(t, []byte(delay), "n1")
	if got := state(); got.State != desk.Sent || !strings.Contains(got.Detail, "421 busy") {
		t.Errorf("after a delay it is %+v", got)
	}
	o.work(t, []byte(strings.NewReplacer("DeliveryDelay", "Delivery", "deliveryDelay", "delivery", `"delayedRecipients":[{"emailAddress":"ann@ann.example","diagnosticCode":"smtp; 421 busy"}]`, `"recipients":["ann@ann.example"]`).Replace(delay)), "n2")
	if got := state(); got.State != desk.Delivered {
		t.Errorf("after delivery it is %+v", got)
	}
}
