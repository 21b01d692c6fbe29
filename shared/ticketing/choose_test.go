package ticketing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// rule changes the rule of the world's channel.
func (w *world) rule(change func(*desk.Channel)) {
	ch := w.cfg.Channels["ch1"]
	change(&ch)
	w.cfg.Channels["ch1"] = ch
}

// person changes somebody.
func (w *world) person(id desk.UserID, change func(*desk.User)) {
	u := w.cfg.Users[id]
	change(&u)
	w.cfg.Users[id] = u
}

// loaded gives somebody open conversations to begin with.
func (w *world) loaded(id desk.UserID, convs ...desk.ConversationID) {
	p := w.people[id]
	p.Load = append(p.Load, convs...)
	w.people[id] = p
}

// whose opens a new conversation and says whom it went to, and what was said of the others.
func (w *world) whose(t *testing.T, id desk.ConversationID) (desk.UserID, map[desk.UserID]desk.Skip) {
	t.Helper()
	w.begin(id, "ch1")
	w.open(t, id)
	skipped := map[desk.UserID]desk.Skip{}
	for _, c := range w.told[id] {
		if c.Why != nil {
			for _, x := range c.Why.Considered {
				skipped[x.User] = x.Skipped
			}
		}
	}
	return w.convs[id].Assignee, skipped
}

func TestWhoeverHasTheLeastOpenWorkIsNextAndThenWhoseTurnIsLongestAgo(t *testing.T) {
	w := newWorld()
	w.available("ada", "bob", "zoe")
	w.loaded("ada", "x1", "x2")
	var got []desk.UserID
	for _, id := range []desk.ConversationID{"c1", "c2", "c3", "c4", "c5", "c6", "c7"} {
		who, _ := w.whose(t, id)
		got = append(got, who)
	}
	if !slices.Equal(got, []desk.UserID{"bob", "zoe", "bob", "zoe", "ada", "bob", "zoe"}) {
		t.Errorf("given to %v", got)
	}
}

func TestNobodyIsGivenMoreThanTheyTake(t *testing.T) {
	w := newWorld()
	w.available("ada", "bob")
	w.person("ada", func(u *desk.User) { u.Capacity = 1 })
	w.person("bob", func(u *desk.User) { u.Capacity = 2 })
	for _, id := range []desk.ConversationID{"c1", "c2", "c3"} {
		if who, _ := w.whose(t, id); who == "" {
			t.Fatalf("%s went to nobody", id)
		}
	}
	who, skipped := w.whose(t, "c4")
	if who != "" || skipped["ada"] != desk.SkipCapacity || skipped["bob"] != desk.SkipCapacity || skipped["zoe"] != desk.SkipAway || skipped["eve"] != desk.SkipRole {
		t.Errorf("given to %q, skipped %v", who, skipped)
	}
	if line := w.lines[desk.Pool("ch1")]; len(line) != 1 || line[0].Conversation != "c4" {
		t.Errorf("in line: %v", line)
	}
	w.loaded("bob")
	p := w.people["bob"]
	p.Load = p.Load[:1]
	w.people["bob"] = p
	w.drain(t, "bob")
	if got := w.convs["c4"].Assignee; got != "bob" || len(w.lines[desk.Pool("ch1")]) != 0 {
		t.Errorf("bob has room: %q, %v", got, w.lines)
	}
}

func TestOnlyMembersOfTheInboxWhoMayBeAssignedAreGivenAnything(t *testing.T) {
	w := newWorld()
	w.available("ada", "bob", "zoe", "eve")
	box := w.cfg.Inboxes["help"]
	box.Access = desk.Access{UserIDs: []desk.UserID{"zoe", "eve"}}
	w.cfg.Inboxes["help"] = box
	who, skipped := w.whose(t, "c1")
	if who != "zoe" || skipped["ada"] != desk.SkipInbox || skipped["eve"] != desk.SkipRole {
		t.Errorf("given to %q, skipped %v", who, skipped)
	}
	w.person("zoe", func(u *desk.User) { u.Active = false })
	if who, skipped := w.whose(t, "c2"); who != "" || skipped["zoe"] != desk.SkipGone {
		t.Errorf("given to %q, skipped %v", who, skipped)
	}
}

func TestTheOwnerOfTheContactGetsItOrItWaitsForThem(t *testing.T) {
	w := newWorld()
	w.contacts = map[desk.ContactID]desk.Contact{"k1": {ID: "k1", Owner: "out"}}
	w.rule(func(ch *desk.Channel) {
		ch.Routing = desk.Routing{Assign: desk.AssignContactOwner, OnlyAvailable: true, UserIDs: []desk.UserID{"ada"}}
	})
	w.available("ada", "bob")
	if who, skipped := w.whose(t, "c1"); who != "" || skipped["out"] != desk.SkipAway {
		t.Errorf("given to %q, skipped %v", who, skipped)
	}
	w.available("out")
	w.drain(t, "bob")
	if got := w.convs["c1"].Assignee; got != "" {
		t.Errorf("what waits for the owner went to %q", got)
	}
	w.drain(t, "out")
	if got := w.convs["c1"].Assignee; got != "out" {
		t.Errorf("the owner is there: %q", got)
	}
	if who, _ := w.whose(t, "c2"); who != "out" {
		t.Errorf("given to %q", who)
	}
	w.contacts["k1"] = desk.Contact{ID: "k1"}
	if who, _ := w.whose(t, "c3"); who != "ada" {
		t.Errorf("nobody owns the contact, and ada is named beside: %q", who)
	}
	w.rule(func(ch *desk.Channel) { ch.Routing.UserIDs = nil })
	if who, _ := w.whose(t, "c4"); who != "" || len(w.lines[desk.Pool("ch1")]) != 0 {
		t.Errorf("given to %q, in line %v", who, w.lines)
	}
	w.contacts["k1"] = desk.Contact{ID: "k1", Owner: "eve"} // may not be assigned
	if who, _ := w.whose(t, "c5"); who != "" {
		t.Errorf("given to %q", who)
	}
	w.contacts["k1"] = desk.Contact{ID: "k1", Owner: "bob"}
	w.rule(func(ch *desk.Channel) { ch.Routing.OnlyAvailable = false })
	w.people["bob"] = desk.Presence{}
	if who, _ := w.whose(t, "c6"); who != "bob" {
		t.Errorf("regardless of availability: %q", who)
	}
}

// skilled makes the world's channel go by skills: French for those who greet in it.
func skilled(w *world, fallback desk.Fallback) {
	w.rule(func(ch *desk.Channel) { ch.Routing = desk.Routing{Assign: desk.AssignSkills, OnlyAvailable: true} })
	w.cfg.Skills = map[string]desk.Skill{"fr": {ID: "fr", Name: "French"}}
	w.cfg.SkillRules = map[string]desk.SkillRule{"r": {
		ID: "r", Name: "Bonjour", Skills: []string{"fr"}, Fallback: fallback,
		When: []desk.Condition{{Property: desk.PropertyContactName, Values: []string{"Jean"}}},
	}}
	w.contacts = map[desk.ContactID]desk.Contact{"k1": {ID: "k1", Name: "Jean"}}
	w.person("zoe", func(u *desk.User) { u.Skills = []string{"fr"} })
}

func TestAConversationThatNeedsASkillWaitsForItWhileOthersPassIt(t *testing.T) {
	w := newWorld()
	skilled(w, desk.FallbackWait)
	w.available("ada")
	who, skipped := w.whose(t, "c1")
	if who != "" || skipped["ada"] != desk.SkipSkill || skipped["zoe"] != desk.SkipAway {
		t.Errorf("given to %q, skipped %v", who, skipped)
	}
	if why := w.told["c1"][0].Why.Rule; !strings.Contains(why, "Bonjour") || !strings.Contains(why, "French") {
		t.Errorf("the rule is told as %q", why)
	}
	w.person("ada", func(u *desk.User) { u.Capacity = 1 })
	w.loaded("ada", "x")
	w.begin("c2", "ch1")
	c := w.convs["c2"]
	c.Contact = ""
	w.convs["c2"] = c
	w.open(t, "c2") // ada is full: it waits behind the first
	w.people["ada"] = desk.Presence{Available: true, Version: 9}
	w.drain(t, "ada")
	if w.convs["c1"].Assignee != "" || w.convs["c2"].Assignee != "ada" {
		t.Errorf("the first went to %q, the second to %q", w.convs["c1"].Assignee, w.convs["c2"].Assignee)
	}
	w.people["ada"] = desk.Presence{Available: true, Version: 10}
	w.person("ada", func(u *desk.User) { u.Skills = []string{"fr"} })
	w.drain(t, "ada") // she learned it
	if got := w.convs["c1"].Assignee; got != "ada" {
		t.Errorf("the first went to %q", got)
	}
}

func TestWithAFallbackAnybodyTakesWhatNobodySkilledIsThereFor(t *testing.T) {
	w := newWorld()
	skilled(w, desk.FallbackAnybody)
	w.available("ada")
	if who, _ := w.whose(t, "c1"); who != "ada" {
		t.Errorf("given to %q", who)
	}
	w.available("zoe")
	w.loaded("zoe", "x1", "x2", "x3")
	if who, _ := w.whose(t, "c2"); who != "zoe" {
		t.Errorf("somebody skilled is there: %q", who)
	}
	w.cfg.SkillRules = nil
	if who, _ := w.whose(t, "c3"); who != "ada" {
		t.Errorf("no rule fits: %q", who)
	}
}

func TestWorkingHoursDecideWhoIsThere(t *testing.T) {
	w := newWorld() // a Sunday at noon
	w.cfg.Hours = map[string]desk.Hours{
		"sunday": {Zone: "Asia/Tokyo", Week: []desk.Shift{{Day: time.Sunday, From: 20 * 60, To: 23 * 60}}},
		"monday": {Zone: "Asia/Tokyo", Week: []desk.Shift{{Day: time.Monday, From: 20 * 60, To: 23 * 60}}},
	}
	w.person("ada", func(u *desk.User) { u.Hours = "monday" })
	w.person("bob", func(u *desk.User) { u.Hours = "sunday" })
	if who, skipped := w.whose(t, "c1"); who != "bob" || skipped["ada"] != desk.SkipAway {
		t.Errorf("given to %q, skipped %v", who, skipped)
	}
}

func TestWhatComesBackStaysWithWhoeverHadItUnlessTheyHaveNoRoom(t *testing.T) {
	w := newWorld()
	w.available("ada", "bob")
	w.person("ada", func(u *desk.User) { u.Capacity = 1 })
	for _, c := range []struct {
		id     desk.ConversationID
		byHand bool
		load   []desk.ConversationID
		away   bool
		want   desk.UserID
	}{
		{"c1", false, nil, false, "ada"},
		{"c2", false, []desk.ConversationID{"x"}, false, "bob"},
		{"c3", true, []desk.ConversationID{"x"}, false, "ada"},
		{"c4", false, nil, true, "bob"},
	} {
		w.people["ada"] = desk.Presence{Available: !c.away, Load: c.load, Version: 3}
		w.begin(c.id, "ch1")
		conv := w.convs[c.id]
		conv.Assignee, conv.ByHand = "ada", c.byHand
		w.convs[c.id] = conv
		w.open(t, c.id)
		if got := w.convs[c.id].Assignee; got != c.want {
			t.Errorf("%+v: it is with %q", c, got)
		}
		if p := w.people[c.want]; !slices.Contains(p.Load, c.id) {
			t.Errorf("%+v: it doesn't count to their load %v", c, p.Load)
		}
	}
	w.begin("c5", "ch1")
	conv := w.convs["c5"]
	conv.ByHand = true // a person left it to nobody
	w.convs["c5"] = conv
	w.open(t, "c5")
	if got := w.convs["c5"].Assignee; got != "" || len(w.lines[desk.Pool("ch1")]) != 0 {
		t.Errorf("what a person decided was undone: %q", got)
	}
}

func TestWhatSomebodyHadWhoLeftIsTakenOffThem(t *testing.T) {
	w := newWorld()
	w.available("ada")
	for _, id := range []desk.ConversationID{"c1", "c2"} {
		w.whose(t, id)
	}
	p := w.people["ada"]
	p.Load, p.Work = p.Load[:1], "drain:1" // what the load missed is found by the list
	w.people["ada"] = p
	w.person("ada", func(u *desk.User) { u.Active = false })
	w.drain(t, "ada")
	for _, id := range []desk.ConversationID{"c1", "c2"} {
		if c := w.convs[id]; c.Assignee != "" || c.Work == "" {
			t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(w.drained, []string{"ada drain:1"}) {
		t.Errorf("drained: %v", w.drained)
	}
}

func TestWhoeverJustLeftIsLookedAtOnceMoreWhenEveryProcessKnows(t *testing.T) {
	w := newWorld()
	w.person("ada", func(u *desk.User) { u.Active = false })
	w.people["ada"] = desk.Presence{Work: fmt.Sprint("drain:", w.now.UnixMilli())}
	err := w.handle(t, desk.TicketJob{Kind: desk.JobDrain, User: "ada"})
	if !desk.Transient(err) || desk.WaitOf(err) != spread || len(w.drained) != 0 {
		t.Errorf("%v, drained %v", err, w.drained)
	}
	w.now = w.now.Add(spread)
	w.drain(t, "ada")
	if len(w.drained) != 1 {
		t.Errorf("drained: %v", w.drained)
	}
}

func TestSomebodyWhoWasJustMadeFitIsFoundByTheSecondLook(t *testing.T) {
	w := newWorld()
	w.available("out")
	w.stale = &desk.Config{}
	*w.stale = *w.cfg
	w.stale.Channels = map[desk.ChannelID]desk.Channel{"ch1": w.cfg.Channels["ch1"]}
	w.rule(func(ch *desk.Channel) { ch.Routing.UserIDs = []desk.UserID{"out"} })
	if who, _ := w.whose(t, "c1"); who != "out" {
		t.Errorf("given to %q", who)
	}
}

func TestAChangeOfTheSetUpHasAllLinesLookedAt(t *testing.T) {
	w := newWorld()
	w.contacts = map[desk.ContactID]desk.Contact{"k1": {ID: "k1", Owner: "out"}}
	w.whose(t, "c1")
	w.rule(func(ch *desk.Channel) { ch.Routing = desk.Routing{Assign: desk.AssignContactOwner} })
	w.drain(t, desk.Everybody)
	if got := w.convs["c1"].Assignee; got != "out" {
		t.Errorf("by the new rule it is the owner's: %q", got)
	}
	w.rule(func(ch *desk.Channel) { ch.Routing.OnlyAvailable = true })
	w.whose(t, "c2")
	w.rule(func(ch *desk.Channel) { ch.Routing.Assign = desk.AssignNobody })
	w.available("out")
	w.drain(t, desk.Everybody)
	if got := w.convs["c2"].Assignee; got != "" {
		t.Errorf("nobody is to have it: %q", got)
	}
}
