package ticketing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAConversationOfAHelpDeskHasOneTicketWithItsDefaults(t *testing.T) {
	w := newWorld()
	ch := w.cfg.Channels["ch1"]
	ch.Ticket = desk.TicketDefaults{Priority: desk.High, Properties: map[string]string{"area": "billing"}}
	w.cfg.Channels["ch1"] = ch
	w.begin("c1", "ch1")
	w.open(t, "c1", "c1")
	k := w.tickets["c1"]
	if k.Number != 1 || k.Pipeline != "p1" || k.Stage != "new" || k.Priority != desk.High || k.Properties["area"] != "billing" ||
		k.Name != "hello" || k.Source != "telegram" || k.Contact != "k1" || k.Conversation != "c1" || k.Inbox != "help" {
		t.Errorf("the ticket is %+v", k)
	}
	if c := w.convs["c1"]; c.Ticket != 1 || c.Work != "" {
		t.Errorf("the conversation is %+v", c)
	}
	if told := w.told["c1"]; len(told) != 2 || told[0].What != "waiting" || told[1].Note != "Ticket #1 was created." {
		t.Errorf("the thread tells %v", told)
	}
}

func TestTheChannelsOwnPipelineAndStageAreUsedAndTheSubjectNamesTheTicket(t *testing.T) {
	w := newWorld()
	w.cfg.Pipelines["p0"] = desk.Pipeline{ID: "p0", Stages: []desk.Stage{{ID: "x", State: desk.StageWaiting}, {ID: "y", State: desk.StageOpen}}}
	w.begin("c1", "ch1")
	c := w.convs["c1"]
	c.Subject = "Refund"
	w.convs["c1"] = c
	w.open(t, "c1")
	if k := w.tickets["c1"]; k.Pipeline != "p0" || k.Stage != "y" || k.Name != "Refund" {
		t.Errorf("without a choice: %+v", k)
	}
	ch := w.cfg.Channels["ch1"]
	ch.Ticket = desk.TicketDefaults{Pipeline: "p1", Stage: "wait"}
	w.cfg.Channels["ch1"] = ch
	w.begin("c2", "ch1")
	w.open(t, "c2")
	if k := w.tickets["c2"]; k.Pipeline != "p1" || k.Stage != "wait" {
		t.Errorf("with a choice: %+v", k)
	}
}

func TestAConversationOfAPlainInboxHasATicketOnlyWhereItsChannelSaysSo(t *testing.T) {
	w := newWorld()
	w.begin("c1", "ch2")
	w.open(t, "c1")
	if len(w.tickets) != 0 || w.convs["c1"].Work != "" || len(w.told["c1"]) != 0 {
		t.Errorf("tickets %v, told %v", w.tickets, w.told)
	}
	ch := w.cfg.Channels["ch2"]
	ch.Ticket.Create = true
	w.cfg.Channels["ch2"] = ch
	w.begin("c2", "ch2")
	w.open(t, "c2")
	if len(w.tickets) != 1 {
		t.Errorf("tickets %v", w.tickets)
	}
}

func TestAReopenedConversationOpensItsTicketAgain(t *testing.T) {
	w := newWorld()
	w.begin("c1", "ch1")
	w.open(t, "c1")
	k := w.tickets["c1"]
	if err := k.Move(w.cfg.Pipelines["p1"], "done", w.now); err != nil || k.ClosedAt.IsZero() {
		t.Fatal(err)
	}
	w.tickets["c1"] = k
	c := w.convs["c1"]
	c.Work = "open:2"
	w.convs["c1"] = c
	w.open(t, "c1")
	k = w.tickets["c1"]
	if k.Stage != "new" || !k.ClosedAt.IsZero() || k.Number != 1 {
		t.Errorf("the ticket is %+v", k)
	}
	if told := w.told["c1"]; told[len(told)-1].Note != "Ticket #1 is open again." {
		t.Errorf("the thread tells %v", told)
	}
}

func TestATicketThatWasDeletedIsNoReasonToStop(t *testing.T) {
	w := newWorld()
	w.begin("c1", "ch1")
	c := w.convs["c1"]
	c.Ticket = 9
	w.convs["c1"] = c
	w.open(t, "c1")
	if w.convs["c1"].Work != "" {
		t.Error("the work is not done")
	}
}

func TestWhatWasClosedBeforeItsTicketCameHasAClosedOne(t *testing.T) {
	w := newWorld()
	w.available("ada")
	w.begin("c1", "ch1")
	c := w.convs["c1"]
	c.State = desk.Closed
	w.convs["c1"] = c
	w.open(t, "c1", "c1")
	if c := w.convs["c1"]; c.Work != "" || c.Assignee != "" || c.Ticket != 1 || w.tickets["c1"].Stage != "done" || w.tickets["c1"].ClosedAt.IsZero() {
		t.Errorf("the conversation is %+v, its ticket %+v", c, w.tickets["c1"])
	}
}

func TestWorkIsOnlyTakenOffAConversationThatIsNotOpenInItsInbox(t *testing.T) {
	for name, change := range map[string]func(*desk.Conversation){
		"trashed":                       func(c *desk.Conversation) { c.Place = desk.Trash },
		"filtered":                      func(c *desk.Conversation) { c.Place = desk.Filtered },
		"merged":                        func(c *desk.Conversation) { c.Into = "c0" },
		"of a channel that was deleted": func(c *desk.Conversation) { c.Channel = "gone" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.available("ada")
			w.begin("c1", "ch1")
			c := w.convs["c1"]
			change(&c)
			w.convs["c1"] = c
			w.open(t, "c1")
			if c := w.convs["c1"]; c.Work != "" || c.Assignee != "" || len(w.tickets) != 0 {
				t.Errorf("the conversation is %+v, tickets %v", c, w.tickets)
			}
		})
	}
}

func TestWorkGoesRoundAmongThoseWhoAreAvailable(t *testing.T) {
	w := newWorld()
	w.available("ada", "bob", "eve", "zoe", "out")
	got := map[desk.UserID]int{}
	var order []desk.UserID
	for i := range 7 {
		id := desk.ConversationID(fmt.Sprint("c", i))
		w.begin(id, "ch1")
		w.open(t, id)
		got[w.convs[id].Assignee]++
		order = append(order, w.convs[id].Assignee)
	}
	if got["ada"] != 3 || got["bob"] != 2 || got["zoe"] != 2 || order[0] != "ada" || order[3] != "ada" {
		t.Errorf("given to %v", order)
	}
	told := w.told["c1"]
	if told[0].What != "assigned" || told[0].To != "bob" || !strings.Contains(told[0].Note, "Bob") || !strings.Contains(told[0].Note, "Bot") {
		t.Errorf("the thread tells %v", told)
	}
	if w.tickets["c1"].Owner != "bob" {
		t.Error("the ticket's owner is not the conversation's")
	}
}

func TestNobodyIsGivenWorkWhoIsAwayUnlessTheRuleSaysSo(t *testing.T) {
	w := newWorld()
	w.available("bob")
	p := w.people["bob"]
	p.Until = w.now.Add(-time.Minute) // the switch fell back
	w.people["bob"] = p
	w.begin("c1", "ch1")
	w.open(t, "c1")
	if c := w.convs["c1"]; c.Assignee != "" || c.Ticket != 1 || w.tickets["c1"].Owner != "" {
		t.Errorf("the conversation is %+v", c)
	}
	ch := w.cfg.Channels["ch1"]
	ch.Routing.OnlyAvailable = false
	w.cfg.Channels["ch1"] = ch
	w.begin("c2", "ch1")
	w.open(t, "c2")
	if got := w.convs["c2"].Assignee; got != "ada" {
		t.Errorf("given to %q", got)
	}
}

func TestAHumansAssignmentBeatsAnAutomaticOne(t *testing.T) {
	w := newWorld()
	w.available("ada")
	w.begin("c1", "ch1")
	w.between = func() {
		c := w.convs["c1"]
		c.Assignee, c.ByHand = "out", true
		w.convs["c1"] = c
	}
	w.open(t, "c1")
	if c := w.convs["c1"]; c.Assignee != "out" || c.Ticket != 1 || c.Work != "" {
		t.Errorf("the conversation is %+v", c)
	}
	if w.numbers != 1 || w.tickets["c1"].Owner != "out" || len(w.people["ada"].Load) > 0 {
		t.Errorf("%d tickets, ada has %v", w.numbers, w.people["ada"].Load)
	}
}

func TestTheTurnIsTakenAnewWhenSomebodyWasGivenWorkMeanwhile(t *testing.T) {
	w := newWorld()
	w.available("ada", "bob")
	w.begin("c1", "ch1")
	w.between = func() {
		p := w.people["ada"]
		p.LastGiven, p.Version = w.now, p.Version+1
		w.people["ada"] = p
	}
	w.open(t, "c1")
	if got := w.convs["c1"].Assignee; got != "bob" || w.openings != 2 {
		t.Errorf("given to %q in %d tries", got, w.openings)
	}
}

func TestWhatWaitsIsGivenOutOldestFirstWhenSomebodyComes(t *testing.T) {
	w := newWorld()
	ids := []desk.ConversationID{"z", "y", "x"}
	for _, id := range ids {
		w.begin(id, "ch1")
		w.open(t, id)
	}
	if len(w.lines[desk.Pool("ch1")]) != 3 {
		t.Fatalf("in line: %v", w.lines)
	}
	w.available("bob")
	p := w.people["bob"]
	p.Work = "drain:1"
	w.people["bob"] = p
	w.drain(t, "bob")
	if got := w.people["bob"].Load; !slices.Equal(got, ids) {
		t.Errorf("bob was given %v", got)
	}
	if len(w.lines[desk.Pool("ch1")]) != 0 || len(w.drained) != 1 || w.drained[0] != "bob drain:1" {
		t.Errorf("in line: %v, done %v", w.lines, w.drained)
	}
	if w.tickets["z"].Owner != "bob" || w.tickets["z"].Version != 2 {
		t.Errorf("the ticket is %+v", w.tickets["z"])
	}
}

func TestALongLineIsDrainedToItsEnd(t *testing.T) {
	w := newWorld()
	for i := range 60 {
		id := desk.ConversationID(fmt.Sprintf("c%02d", i))
		w.begin(id, "ch1")
		w.open(t, id)
	}
	w.available("ada", "bob")
	w.drain(t, "bob")
	if a, b := len(w.people["ada"].Load), len(w.people["bob"].Load); a+b != 60 || a != b {
		t.Errorf("ada was given %d, bob %d", a, b)
	}
}

func TestThoseInLineWhoNeedNobodyAnyMoreLeaveIt(t *testing.T) {
	w := newWorld()
	for _, id := range []desk.ConversationID{"gone", "closed", "taken", "waits"} {
		w.begin(id, "ch1")
		w.open(t, id)
	}
	delete(w.convs, "gone")
	c := w.convs["closed"]
	c.State = desk.Closed
	w.convs["closed"] = c
	c = w.convs["taken"]
	c.Assignee = "out"
	w.convs["taken"] = c
	w.available("zoe")
	w.drain(t, "zoe")
	if got := w.people["zoe"].Load; !slices.Equal(got, []desk.ConversationID{"waits"}) || len(w.lines[desk.Pool("ch1")]) != 0 {
		t.Errorf("zoe was given %v, in line %v", got, w.lines)
	}
}

func TestNobodyMissesSomebodyWhoComesWhileAConversationIsOpened(t *testing.T) {
	w := newWorld()
	w.begin("c1", "ch1")
	w.looked = func() { w.available("ada") } // after the first look, before the line is joined
	w.open(t, "c1")
	if got := w.convs["c1"].Assignee; got != "ada" {
		t.Errorf("given to %q", got)
	}
	w = newWorld()
	w.begin("c1", "ch1")
	w.between = func() { // after the second look: the drain comes first
		w.available("ada")
		if err := w.handle(t, desk.TicketJob{Kind: desk.JobDrain, User: "ada"}); !desk.Transient(err) {
			t.Errorf("the drain is done although a conversation is just being opened: %v", err)
		}
	}
	w.open(t, "c1")
	w.drain(t, "ada")
	if got := w.convs["c1"].Assignee; got != "ada" {
		t.Errorf("given to %q", got)
	}
}

func TestSomebodyWhoLeftAgainOrServesNoLineIsGivenNothing(t *testing.T) {
	w := newWorld()
	w.begin("c1", "ch1")
	w.open(t, "c1")
	w.drain(t, "ada")
	w.available("out", "eve")
	w.drain(t, "out")
	w.drain(t, "eve")
	if c := w.convs["c1"]; c.Assignee != "" || len(w.drained) != 0 {
		t.Errorf("given to %q, done %v", c.Assignee, w.drained)
	}
}

func TestAChannelThatIsNewToThisProcessGivesItsTickets(t *testing.T) {
	w := newWorld()
	w.stale = &desk.Config{}
	w.begin("c1", "ch1")
	w.open(t, "c1")
	if w.convs["c1"].Ticket != 1 {
		t.Error("no ticket")
	}
}

func TestAConversationThatIsGoneOrDoneIsNoError(t *testing.T) {
	w := newWorld()
	w.open(t, "nobody")
	w.begin("c1", "ch1")
	c := w.convs["c1"]
	c.Work = ""
	w.convs["c1"] = c
	w.open(t, "c1")
	if w.openings != 0 {
		t.Errorf("%d writes", w.openings)
	}
}

func TestTroubleBringsTheJobBackAndGarbageIsRefused(t *testing.T) {
	w := newWorld()
	w.down = desk.Refuse(desk.Busy, "The table is busy; try again.")
	if err := w.handle(t, desk.TicketJob{Kind: desk.JobOpen, Conversation: "c1"}); !errors.Is(err, w.down) {
		t.Errorf("the table is away: %v", err)
	}
	s := New(Options{})
	if err := s.Handle(t.Context(), []byte("{")); desk.CodeOf(err) != desk.Malformed {
		t.Errorf("unreadable: %v", err)
	}
	if err := s.Handle(t.Context(), []byte(`{"kind":"dance"}`)); desk.CodeOf(err) != desk.Unsupported {
		t.Errorf("unknown: %v", err)
	}
}

func TestADecisionThatNeverHoldsComesBackWithOneTicket(t *testing.T) {
	w := newWorld()
	w.available("ada")
	w.begin("c1", "ch1")
	w.contended = true
	if err := w.handle(t, desk.TicketJob{Kind: desk.JobOpen, Conversation: "c1"}); !desk.Transient(err) {
		t.Errorf("the job: %v", err)
	}
	if len(w.tickets) != 1 || w.openings != rounds {
		t.Errorf("%d tickets, %d tries", len(w.tickets), w.openings)
	}
	w.contended = false
	w.open(t, "c1")
	if c := w.convs["c1"]; c.Ticket != 1 || c.Assignee != "ada" || w.tickets["c1"].Owner != "ada" {
		t.Errorf("the conversation is %+v", c)
	}
}

func TestADrainThatNeverHoldsComesBack(t *testing.T) {
	w := newWorld()
	w.begin("c1", "ch1")
	w.open(t, "c1")
	w.available("ada")
	w.contended = true
	if err := w.handle(t, desk.TicketJob{Kind: desk.JobDrain, User: "ada"}); !desk.Transient(err) || len(w.lines[desk.Pool("ch1")]) != 1 {
		t.Errorf("the job: %v, in line %v", err, w.lines)
	}
}
