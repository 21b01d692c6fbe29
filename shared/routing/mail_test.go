package routing

import (
	"slices"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

// known makes a conversation with people in it, found by a mail id.
func (w *world) known(id desk.ConversationID, inbox desk.InboxID, alias string, people ...string) {
	w.heads[id] = desk.Conversation{ID: id, Inbox: inbox}
	w.people[id] = people
	w.found[alias] = id.Message("K1")
}

func TestAMailJoinsByTheFirstEvidenceThatProvesItself(t *testing.T) {
	type test struct {
		name  string
		setup func(*world, *desk.Inbound)
		join  desk.ConversationID
		why   string
	}
	cases := []test{
		{"a valid token, whoever sends it", func(w *world, e *desk.Inbound) {
			w.known("C1", "ib", "<x>")
			w.tokens["tok"] = "C1"
			e.Mail.Tokens = []string{"tok"}
		}, "C1", "joined by reply token"},
		{"a token before ids", func(w *world, e *desk.Inbound) {
			w.known("C1", "ib", "<x>")
			w.known("C2", "ib", "<m0@example.com>", "ada@example.com")
			w.tokens["tok"] = "C1"
			e.Mail.Tokens, e.Mail.InReplyTo = []string{"tok"}, []string{"m0@example.com"}
		}, "C1", "joined by reply token"},
		{"a forged token is noted and ignored", func(w *world, e *desk.Inbound) {
			e.Mail.Tokens = []string{"forged"}
		}, "", ""},
		{"In-Reply-To of a participant", func(w *world, e *desk.Inbound) {
			w.known("C2", "ib", "<m0@example.com>", "ada@example.com")
			e.Mail.InReplyTo = []string{"m0@example.com"}
		}, "C2", "joined by In-Reply-To"},
		{"the newest of the References", func(w *world, e *desk.Inbound) {
			w.known("C1", "ib", "<old@example.com>", "ada@example.com")
			w.known("C2", "ib", "<new@example.com>", "ada@example.com")
			e.Mail.References = []string{"old@example.com", "new@example.com"}
		}, "C2", "joined by References"},
		{"a stranger with the same In-Reply-To", func(w *world, e *desk.Inbound) {
			w.known("C2", "ib", "<m0@example.com>", "somebody@example.com")
			e.Mail.InReplyTo = []string{"m0@example.com"}
		}, "", "a conversation of its own: In-Reply-To names another one, but the sender takes no part in it"},
		{"a teammate", func(w *world, e *desk.Inbound) {
			w.known("C2", "ib", "<m0@example.com>", "somebody@example.com")
			e.From.Value, e.Mail.InReplyTo = "agent@example.com", []string{"m0@example.com"}
		}, "C2", "joined by In-Reply-To"},
		{"a conversation of another inbox", func(w *world, e *desk.Inbound) {
			w.known("C2", "other", "<m0@example.com>", "ada@example.com")
			e.Mail.InReplyTo = []string{"m0@example.com"}
		}, "", ""},
		{"an empty id matches nothing", func(w *world, e *desk.Inbound) {
			w.known("C2", "ib", "<>", "ada@example.com")
			e.Mail.InReplyTo, e.Mail.References = []string{""}, []string{""}
		}, "", ""},
		{"Outlook's thread index", func(w *world, e *desk.Inbound) {
			w.known("C3", "ib", "thread-index:0102", "ada@example.com")
			e.Mail.ThreadIdx = "0102"
		}, "C3", "joined by Outlook's thread index"},
		{"the ticket number of a participant", func(w *world, e *desk.Inbound) {
			w.known("C4", "ib", "<x>", "ada@example.com")
			w.tickets[1042] = desk.Ticket{Conversation: "C4"}
			e.Subject = "Re: Broken [#1042]"
		}, "C4", "joined by the ticket number in the subject"},
		{"the ticket number of a stranger", func(w *world, e *desk.Inbound) {
			w.known("C4", "ib", "<x>", "somebody@example.com")
			w.tickets[1042] = desk.Ticket{Conversation: "C4"}
			e.Subject = "Re: Broken [#1042]"
		}, "", "a conversation of its own: the ticket number in the subject names another one, but the sender takes no part in it"},
		{"mail that its domain disowns joins by no id", func(w *world, e *desk.Inbound) {
			w.known("C2", "ib", "<m0@example.com>", "ada@example.com")
			e.Mail.InReplyTo = []string{"m0@example.com"}
			e.Mail.Verdicts = desk.Verdicts{DMARC: "FAIL", DMARCPolicy: "reject"}
		}, "", "filtered: the sender's domain says that it did not send this"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w, e := newWorld(), letterFrom("ada@example.com")
			c.setup(w, &e)
			if err := w.route(t, e); err != nil {
				t.Fatal(err)
			}
			f := w.only(t)
			if f.Join != c.join || f.Message.JoinedBy != c.why {
				t.Errorf("joined %q because %q", f.Join, f.Message.JoinedBy)
			}
			if f.OnlyParticipants != (c.join == "") {
				t.Errorf("the thread value alone would count: %v", !f.OnlyParticipants)
			}
			if c.name == "a forged token is noted and ignored" && len(f.Message.Mail.Problems) != 1 {
				t.Errorf("the problems are %q", f.Message.Mail.Problems)
			}
		})
	}
}

func TestASecondCopyInOneInboxAddsItsRecipientOnly(t *testing.T) {
	w := newWorld()
	if err := w.route(t, letterFrom("ada@example.com")); err != nil {
		t.Fatal(err)
	}
	second := letterFrom("ada@example.com")
	second.ID, second.Mail.Recipient = "ses2", "support@loket.test"
	if err := w.route(t, second); err != nil {
		t.Fatal(err)
	}
	if len(w.filed) != 1 || !slices.Equal(w.recipients, []string{"support@loket.test"}) {
		t.Errorf("%d filed, recipients %q", len(w.filed), w.recipients)
	}
}

func TestASecondCopyWaitsWhileTheFirstIsBeingFiled(t *testing.T) {
	w := newWorld()
	w.copies["ibh1"] = "ses0"
	if err := w.route(t, letterFrom("ada@example.com")); !desk.Transient(err) {
		t.Errorf("the error is %v", err)
	}
}

func TestRoleSendersAreFilteredUnlessAllowedOrKnown(t *testing.T) {
	filteredWith := func(change func(*world), from string) bool {
		w := newWorld()
		change(w)
		if err := w.route(t, letterFrom(from)); err != nil {
			t.Fatal(err)
		}
		return w.only(t).Place == desk.Filtered
	}
	none := func(*world) {}
	allow := func(what string) func(*world) {
		return func(w *world) {
			inbox := w.cfg.Inboxes["ib"]
			inbox.Spam.Allow = []string{what}
			w.cfg.Inboxes["ib"] = inbox
		}
	}
	for from, want := range map[string]bool{
		"marketing@example.org": true, "NEWS+eu@example.org": true, "info@example.org": false, "noreply@example.org": false, "marketeer@example.org": false,
	} {
		if got := filteredWith(none, from); got != want {
			t.Errorf("%s filtered: %v", from, got)
		}
	}
	if filteredWith(allow("@example.org"), "sales@example.org") || filteredWith(allow("sales@example.org"), "sales@example.org") {
		t.Error("an allowed sender was filtered")
	}
	if filteredWith(func(w *world) { w.contacts["sales@example.org"] = "c1" }, "sales@example.org") {
		t.Error("a known contact was filtered")
	}
	if filteredWith(func(w *world) {
		inbox := w.cfg.Inboxes["ib"]
		inbox.Spam.RoleAddresses = false
		w.cfg.Inboxes["ib"] = inbox
	}, "sales@example.org") {
		t.Error("filtered though the inbox doesn't want that")
	}
}

func TestSpamAndVirusesAreKeptInTheFilteredPlaceWithTheReason(t *testing.T) {
	for _, v := range []desk.Verdicts{{Spam: "FAIL"}, {Virus: "FAIL"}} {
		w, e := newWorld(), letterFrom("ada@example.com")
		e.Mail.Verdicts = v
		if err := w.route(t, e); err != nil {
			t.Fatal(err)
		}
		if f := w.only(t); f.Place != desk.Filtered || f.Work != "" || !strings.HasPrefix(f.Message.JoinedBy, "filtered: ") {
			t.Errorf("%+v was filed in %s because %q", v, f.Place, f.Message.JoinedBy)
		}
	}
}

func TestTheContactOfAForwardedMailIsItsOriginalSenderUnlessSwitchedOff(t *testing.T) {
	w, e := newWorld(), letterFrom("colleague@example.com")
	e.Mail.Forwarded = &desk.Forward{From: desk.Address{Name: "Grace", Address: "Grace@Example.org"}}
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	f := w.only(t)
	if f.Identities[0].Value != "grace@example.org" || f.Contact.Name != "Grace" || !f.Contact.Unverified || f.From.Value != "colleague@example.com" {
		t.Errorf("filed as %+v", f)
	}
	w = newWorld()
	ch := w.cfg.Channels["mail"]
	ch.Sender.KeepForwarder = true
	w.cfg.Channels["mail"] = ch
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	if f := w.only(t); f.Identities[0].Value != "colleague@example.com" {
		t.Errorf("filed under %q", f.Identities[0].Value)
	}
}

func TestOurOwnAddressesTakeNoPart(t *testing.T) {
	w, e := newWorld(), letterFrom("ada@example.com")
	e.Mail.To = []desk.Address{{Address: "Help@example.com"}, {Address: "inbox@loket.test"}, {Address: "reply+x.y@loket.test"}, {Address: "Bob@example.org"}}
	e.Mail.Cc = []desk.Address{{Address: "bob@example.org"}, {Address: ""}}
	if err := w.route(t, e); err != nil {
		t.Fatal(err)
	}
	if got := w.only(t).Takers; !slices.Equal(got, []string{"ada@example.com", "bob@example.org"}) {
		t.Errorf("who takes part: %q", got)
	}
}
