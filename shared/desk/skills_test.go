package desk

import "testing"

func TestTheFirstRuleWhoseConditionsAllHoldSaysTheSkills(t *testing.T) {
	c := &Config{SkillRules: map[string]SkillRule{
		"b": {ID: "b", Position: 2, Skills: []string{"any"}},
		"a": {ID: "a", Position: 1, Skills: []string{"french"}, When: []Condition{
			{Property: PropertyContactEmail, Contains: true, Values: []string{"@EXAMPLE.FR", "@example.be"}},
			{Property: PropertyChannelType, Values: []string{"email"}},
		}},
		"c": {ID: "c", Position: 0, Skills: []string{"gold"}, When: []Condition{{Property: "contact.properties.tier", Values: []string{"Gold"}}}},
	}}
	mail := Channel{ID: "ch", Type: "email"}
	of := func(address, tier string) Contact {
		k := Contact{Name: "Ann", Company: "Acme", Phones: []string{"+31"}, Emails: []ContactEmail{{Address: address}}}
		if tier != "" {
			k.Properties = map[string]string{"tier": tier}
		}
		return k
	}
	for _, x := range []struct {
		ch   Channel
		of   Contact
		want string
	}{
		{mail, of("ann@example.fr", ""), "a"},
		{mail, of("ann@example.be", "silver"), "a"},
		{mail, of("ann@example.fr", "gold"), "c"},
		{Channel{Type: "telegram"}, of("ann@example.fr", ""), "b"},
		{mail, Contact{}, "b"},
	} {
		if r, fits := c.SkillRule(Conversation{}, x.ch, x.of); !fits || r.ID != x.want {
			t.Errorf("%+v: %s %v, want %s", x.of, r.ID, fits, x.want)
		}
	}
	conv := Conversation{Inbox: "i", Subject: "Refund please", Preview: "where is it"}
	for property, value := range map[string]string{
		PropertyChannel: "ch", PropertyChannelType: "EMAIL", PropertyInbox: "i", PropertySubject: "refund please", PropertyText: "Where is it",
		PropertyContactName: "ann", PropertyContactCompany: "acme", PropertyContactPhone: "+31",
	} {
		r := SkillRule{When: []Condition{{Property: property, Values: []string{value}}}}
		if !r.fits(conv, mail, of("x@example.com", "")) {
			t.Errorf("%s is not %s", property, value)
		}
		if r.When[0].Values[0] = "x"; r.fits(conv, mail, of("x@example.com", "")) {
			t.Errorf("%s is x", property)
		}
	}
	if !(User{Skills: []string{"a", "b"}}).HasSkills([]string{"b"}) || (User{Skills: []string{"a"}}).HasSkills([]string{"a", "b"}) {
		t.Error("skills are not all looked for")
	}
}

func TestATicketGoesToAHelpDeskOfItsInboxsChoiceElseTheFirst(t *testing.T) {
	c := &Config{Inboxes: map[InboxID]Inbox{
		"a": {ID: "a"}, "b": {ID: "b", Options: InboxOption{KeepTickets: true}}, "c": {ID: "c", Options: InboxOption{HelpDesk: "y"}},
		"d": {ID: "d", Options: InboxOption{HelpDesk: "a"}}, "x": {ID: "x", Kind: HelpDesk}, "y": {ID: "y", Kind: HelpDesk},
	}}
	for from, want := range map[InboxID]InboxID{"a": "x", "b": "", "c": "y", "d": "x", "x": ""} {
		if to, moves := c.HelpDeskOf(from); to != want || moves != (want != "") {
			t.Errorf("from %s: %s %v, want %s", from, to, moves, want)
		}
	}
	if _, moves := (&Config{Inboxes: map[InboxID]Inbox{"a": {ID: "a"}}}).HelpDeskOf("a"); moves {
		t.Error("there is no help desk")
	}
}

func TestAStageFollowsWhoWroteLast(t *testing.T) {
	p := Pipeline{Stages: []Stage{{ID: "new", State: StageOpen}, {ID: "wait", State: StageWaiting}, {ID: "us", State: StageOpen}, {ID: "done", State: StageClosed}}}
	if p.AfterReply("new") != "wait" || p.AfterReply("us") != "wait" || p.AfterReply("done") != "done" || p.AfterReply("gone") != "gone" {
		t.Error("after an answer")
	}
	if p.AfterMessage("wait") != "us" || p.AfterMessage("new") != "new" || p.AfterMessage("done") != "done" {
		t.Error("after a message")
	}
	short := Pipeline{Stages: []Stage{{ID: "open", State: StageOpen}, {ID: "done", State: StageClosed}}}
	if short.AfterReply("open") != "open" {
		t.Error("a pipeline that doesn't wait")
	}
	two := Pipeline{Stages: []Stage{{ID: "open", State: StageOpen}, {ID: "wait", State: StageWaiting}}}
	if two.AfterMessage("wait") != "open" {
		t.Error("back to the only open stage")
	}
}
