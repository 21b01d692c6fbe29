package ticketing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
	"github.com/loket-desk/loket/shared/ticketing"
)

// office is a small desk on a real table, whose days a property test makes up: three people with room for one, two and any
// number, of whom two speak French; a help desk where the first two answer; a plain inbox where skills decide; and a
// channel whose conversations go to the owner of the contact.
type office struct {
	*table.Table
	t     *rapid.T
	tt    *testing.T
	name  string
	now   time.Time
	convs map[string]desk.ConversationID // by channel and customer: the newest
	all   map[desk.ConversationID]bool
	step  int
}

var (
	staff    = []desk.UserID{"ada", "bob", "cem"}
	channels = []desk.ChannelID{"help", "skill", "owned"}
)

func openOffice(rt *rapid.T, tt *testing.T) *office {
	o := &office{
		t: rt, tt: tt, name: tabletest.Create(tt), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
		convs: map[string]desk.ConversationID{}, all: map[desk.ConversationID]bool{},
	}
	o.Table = o.process()
	ctx := context.Background()
	o.must(o.SaveInbox(ctx, desk.Inbox{ID: "desk", Kind: desk.HelpDesk, Slug: "desk", Access: desk.Access{Everyone: true}}, desk.Audit{}))
	o.must(o.SaveInbox(ctx, desk.Inbox{ID: "plain", Kind: desk.PlainInbox, Slug: "plain", Access: desk.Access{UserIDs: []desk.UserID{"bob", "cem"}}}, desk.Audit{}))
	o.must(o.SaveRole(ctx, desk.Role{ID: "agent", Permissions: []desk.Permission{desk.PermBeAssigned}}, desk.Audit{}))
	o.must(o.SavePipeline(ctx, desk.Pipeline{ID: "p1", Stages: []desk.Stage{
		{ID: "new", State: desk.StageOpen}, {ID: "wait", State: desk.StageWaiting}, {ID: "done", State: desk.StageClosed},
	}}, desk.Audit{}))
	for i, id := range staff {
		u := desk.User{ID: id, Name: string(id), Email: string(id) + "@example.com", Role: "agent", Active: true, Capacity: (i + 1) % 3}
		if id != "ada" {
			u.Skills = []string{"french"}
		}
		o.must(o.SaveUser(ctx, u, desk.Audit{}))
	}
	o.must(o.SaveSkillRule(ctx, desk.SkillRule{
		ID: "r", Name: "French", Skills: []string{"french"}, Fallback: desk.FallbackWait,
		When: []desk.Condition{{Property: desk.PropertyText, Contains: true, Values: []string{"bonjour"}}},
	}, desk.Audit{}))
	for id, r := range map[desk.ChannelID]desk.Routing{
		"help":  {Assign: desk.AssignSpecific, UserIDs: []desk.UserID{"ada", "bob"}, OnlyAvailable: true},
		"skill": {Assign: desk.AssignSkills, OnlyAvailable: true},
		"owned": {Assign: desk.AssignContactOwner, OnlyAvailable: true},
	} {
		inbox := desk.InboxID("plain")
		if id != "skill" {
			inbox = "desk"
		}
		o.must(o.SaveChannel(ctx, desk.Channel{ID: id, Type: "telegram", Name: string(id), Inbox: inbox, Active: true, Routing: r}, desk.Audit{}))
	}
	return o
}

func (o *office) clock() time.Time { return o.now }

func (o *office) process() *table.Table {
	return table.NewAt(tabletest.Client(o.tt, nil), o.name, o.clock)
}

func (o *office) must(_ any, err error) {
	if err != nil {
		o.t.Fatal(err)
	}
}

// writes has a customer write: the router files it, through a process that may be ended on the way, and comes back.
func (o *office) writes(ch desk.ChannelID, customer, text string, cut int) {
	ctx := context.Background()
	who := desk.Identity{Kind: "telegram", Value: string(ch) + customer}
	filing := func(tb *table.Table) desk.Filing {
		cfg, err := tb.Config(ctx)
		if err != nil {
			cfg = &desk.Config{}
		}
		c := cfg.Channels[ch]
		return desk.Filing{
			Channel: ch, Inbox: c.Inbox, Ext: fmt.Sprint("m", o.step), Thread: who.Value, From: who, Identities: []desk.Identity{who}, Place: desk.InInbox,
			Contact: desk.Contact{Name: customer, Owner: desk.UserID(customer)}, Preview: text, Work: desk.WorkOpen, Reopen: desk.ReopenRule{Policy: desk.Reopen},
			Message: desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming, Channel: ch, Text: text},
			Choose: func(ctx context.Context, conv desk.Conversation) (desk.Given, bool, error) {
				return ticketing.On(tb, o.clock).Choose(ctx, cfg, c, conv)
			},
		}
	}
	if cut > 0 {
		dies := tabletest.NewCut(o.tt, o.name, o.clock, &tabletest.Cut{After: cut})
		_, _ = dies.FileInbound(ctx, filing(dies)) // the process is ended: nobody hears its error
	}
	filed, err := o.FileInbound(ctx, filing(o.Table))
	if err != nil {
		o.t.Fatal(err)
	}
	o.convs[who.Value], o.all[filed.Conversation] = filed.Conversation, true
}

// acts has an agent change a conversation.
func (o *office) acts(id desk.ConversationID, what string, to desk.UserID) {
	_, err := o.AmendWithTicket(context.Background(), id, "", desk.Author{Kind: desk.ByUser, ID: "eve"}, func(c *desk.Conversation, _ *desk.Ticket) ([]desk.Change, error) {
		switch what {
		case "close":
			if c.State == desk.Closed {
				return nil, nil
			}
			c.State, c.ClosedAt, c.Waiting = desk.Closed, o.now, time.Time{}
			return []desk.Change{{What: "closed", To: string(desk.Closed)}}, nil
		case "reopen":
			if c.State == desk.Open {
				return nil, nil
			}
			c.State, c.ClosedAt = desk.Open, time.Time{}
			return []desk.Change{{What: "reopened", To: string(desk.Open)}}, nil
		}
		if c.Assignee == to {
			return nil, nil
		}
		was := c.Assignee
		c.Assignee, c.ByHand = to, true
		return []desk.Change{{What: "assigned", From: string(was), To: string(to)}}, nil
	})
	o.must(nil, err)
}

// jobs are the marks in the table, as the dispatcher turns them into jobs.
func (o *office) jobs() []desk.TicketJob {
	stale, err := o.StaleWork(context.Background(), o.now.Add(24*time.Hour), 200)
	o.must(nil, err)
	var out []desk.TicketJob
	for _, w := range stale {
		pk, _, _ := strings.Cut(w.Item, "/")
		_, id, _ := strings.Cut(pk, "#")
		switch desk.WorkVerb(w.Work) {
		case desk.WorkOpen:
			out = append(out, desk.TicketJob{Kind: desk.JobOpen, Conversation: desk.ConversationID(id)})
		case desk.WorkDrain:
			out = append(out, desk.TicketJob{Kind: desk.JobDrain, User: desk.UserID(id)})
		}
	}
	return out
}

func (o *office) does(tb *table.Table, job desk.TicketJob) error {
	body, err := json.Marshal(job)
	o.must(nil, err)
	return ticketing.On(tb, o.clock).Handle(context.Background(), body)
}

// settle does all the work there is, each piece twice, as a queue may deliver it.
func (o *office) settle() {
	for range 60 {
		o.now = o.now.Add(time.Second)
		jobs := o.jobs()
		if len(jobs) == 0 {
			return
		}
		for _, job := range jobs {
			for range 2 {
				if err := o.does(o.Table, job); err != nil && !desk.Transient(err) {
					o.t.Fatalf("%+v: %v", job, err)
				}
			}
		}
	}
	o.t.Fatalf("the work never ends: %+v", o.jobs())
}

// check holds what is to be true whenever all work is done.
func (o *office) check() {
	ctx := context.Background()
	cfg, err := o.Fresh(ctx)
	o.must(nil, err)
	load, byRule := map[desk.UserID][]desk.ConversationID{}, map[desk.UserID]int{}
	var vacant []desk.Conversation
	for _, id := range slices.Sorted(maps.Keys(o.all)) {
		c, err := o.Conversation(ctx, id)
		o.must(nil, err)
		o.tells(c)
		if k, err := o.Ticket(ctx, id.TicketID()); c.Inbox == "desk" && (err != nil || k.Number != c.Ticket || k.Conversation != id) {
			o.t.Fatalf("%s of the help desk has ticket %d: %+v, %v", id, c.Ticket, k, err)
		}
		who := c.Counted()
		switch {
		case who != "":
			load[who] = append(load[who], id)
			if !c.ByHand {
				byRule[who]++
				if skip := cfg.MayBeGiven(cfg.Users[who], c.Inbox); skip != "" && skip != desk.SkipGone {
					o.t.Fatalf("%s was given to %s, who may not: %s", id, who, skip)
				}
			}
			if !cfg.Users[who].Active {
				o.t.Fatalf("%s is still with %s, who has left", id, who)
			}
		case c.State == desk.Open && !c.ByHand:
			vacant = append(vacant, c)
		}
	}
	for _, u := range cfg.Users {
		p, err := o.Presence(ctx, u.ID)
		o.must(nil, err)
		if !slices.Equal(p.Load, load[u.ID]) {
			o.t.Fatalf("%s has %v, and their load says %v", u.ID, load[u.ID], p.Load)
		}
		if u.Capacity > 0 && byRule[u.ID] > u.Capacity {
			o.t.Fatalf("%s takes %d, and was given %d", u.ID, u.Capacity, byRule[u.ID])
		}
		for _, c := range vacant {
			if o.fit(cfg, c, u, p) {
				o.t.Fatalf("%s waits while %s is free (%+v)", c.ID, u.ID, p)
			}
		}
	}
}

// fit says independently of the product whether a person could be given a conversation.
func (o *office) fit(cfg *desk.Config, c desk.Conversation, u desk.User, p desk.Presence) bool {
	if !u.Active || !p.Available || u.Capacity > 0 && len(p.Load) >= u.Capacity {
		return false
	}
	switch c.Channel {
	case "help":
		return u.ID == "ada" || u.ID == "bob"
	case "skill":
		return u.ID != "ada" && (!strings.Contains(c.Preview, "bonjour") || slices.Contains(u.Skills, "french"))
	}
	return c.Name == string(u.ID)
}

// tells holds that the thread's events lead to what the conversation is.
func (o *office) tells(c desk.Conversation) {
	all, more, err := o.Messages(context.Background(), c.ID, "", "", 500)
	o.must(nil, err)
	if more {
		o.t.Fatal("the thread is too long for this test")
	}
	who, state, tickets := "", string(desk.Open), 0
	for _, m := range all {
		if m.Change == nil {
			continue
		}
		switch m.Change.What {
		case "assigned":
			who = m.Change.To
		case "closed", "reopened":
			state = m.Change.To
		case "ticket":
			if strings.Contains(m.Change.Note, "created") {
				tickets++
			}
		}
	}
	if who != string(c.Assignee) || state != string(c.State) || (c.Ticket != 0) != (tickets == 1) || tickets > 1 {
		o.t.Fatalf("%s is %s with %q and ticket %d; the thread tells %s, %q and %d tickets", c.ID, c.State, c.Assignee, c.Ticket, state, who, tickets)
	}
}

// day does one thing that may happen on a day.
func (o *office) day(rt *rapid.T) {
	o.step++
	o.now = o.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
	ctx := context.Background()
	who := rapid.SampledFrom(staff).Draw(rt, "who")
	known := slices.Sorted(maps.Values(o.convs))
	what := rapid.SampledFrom([]string{"write", "write", "write", "switch", "switch", "work", "work", "close", "close", "assign", "reopen", "answer", "people"}).Draw(rt, "what")
	if len(known) == 0 && slices.Contains([]string{"close", "assign", "reopen", "answer"}, what) {
		what = "write"
	}
	switch what {
	case "write":
		cut := max(0, rapid.IntRange(-6, 14).Draw(rt, "cut"))
		text := rapid.SampledFrom([]string{"hello", "bonjour"}).Draw(rt, "text")
		o.writes(rapid.SampledFrom(channels).Draw(rt, "channel"), string(who), text, cut)
	case "switch":
		o.must(o.SetAvailability(ctx, who, rapid.Bool().Draw(rt, "on"), time.Time{}))
	case "work":
		if jobs := o.jobs(); len(jobs) > 0 {
			job := rapid.SampledFrom(jobs).Draw(rt, "job")
			cut := &tabletest.Cut{After: rapid.IntRange(0, 12).Draw(rt, "cut"), Answered: rapid.Bool().Draw(rt, "answered")}
			_ = o.does(tabletest.NewCut(o.tt, o.name, o.clock, cut), job) // the process may have been ended
		}
	case "answer":
		id := rapid.SampledFrom(known).Draw(rt, "conv")
		_, _, err := o.AppendOutgoing(ctx, desk.NewOutgoing{Conversation: id, Message: desk.Message{Kind: desk.KindMessage, Text: "hi"}, Preview: "hi"})
		o.must(nil, err)
	case "people":
		cfg, err := o.Fresh(ctx)
		o.must(nil, err)
		u := cfg.Users[who]
		u.Active, u.Capacity = rapid.IntRange(0, 3).Draw(rt, "active") > 0, rapid.IntRange(0, 2).Draw(rt, "capacity")
		if u.Capacity > 0 { // nobody who has more is given less than that: what they have stays theirs
			p, err := o.Presence(ctx, who)
			o.must(nil, err)
			u.Capacity = max(u.Capacity, len(p.Load))
		}
		o.must(o.SaveUser(ctx, u, desk.Audit{}))
	default:
		o.acts(rapid.SampledFrom(known).Draw(rt, "conv"), what, rapid.SampledFrom(append([]desk.UserID{""}, o.active()...)).Draw(rt, "to"))
	}
}

// active are the people whom an agent can choose.
func (o *office) active() []desk.UserID {
	cfg, err := o.Fresh(context.Background())
	o.must(nil, err)
	return slices.DeleteFunc(slices.Clone(staff), func(id desk.UserID) bool { return !cfg.Users[id].Active })
}

func TestWhateverHappensEveryConversationIsWithWhoeverShouldHaveItOnceTheWorkIsDone(t *testing.T) {
	begun := time.Now()
	days := 0
	rapid.Check(t, func(rt *rapid.T) {
		if time.Since(begun) > 40*time.Second { // enough for one run; each has other days
			return
		}
		o := openOffice(rt, t)
		for range rapid.IntRange(1, 3).Draw(rt, "days") {
			for range rapid.IntRange(3, 10).Draw(rt, "steps") {
				o.day(rt)
			}
			o.now = o.now.Add(10 * time.Second)
			o.settle()
			o.check()
			days++
		}
	})
	t.Logf("%d days", days)
}
