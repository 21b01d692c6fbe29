package ticketing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// choice is what a channel's rule finds for a conversation.
type choice struct {
	given  desk.Presence // of whom it goes to
	ok     bool          // somebody was found
	change desk.Change   // what the thread tells of it
	pool   string        // whose line it waits in when nobody was found; empty where it waits for nobody
	away   desk.UserID   // the contact's owner, where the rule is to give it to them and they are not there
	idle   bool          // somebody whom the rule names takes work, if not this: looking further down the line makes sense
}

// need is what a conversation asks of a person.
type need struct {
	skills []string
	not    desk.UserID // it was taken back from them
}

// circle is whom a rule looks at for one conversation, and how that is said.
type circle struct {
	users []desk.User
	need  need
	owner desk.UserID
	or    bool   // where nobody has the skills and is there, anybody else of them will do
	pool  string // the line to wait in
	rule  string
}

// choose finds whom a conversation goes to by its channel's rule: of those who are fit for it, whoever has the least open
// work, and of those whose last turn is longest ago. It looks at the people as they are now, and changes nothing.
func (s *Stage) choose(ctx context.Context, cfg *desk.Config, ch desk.Channel, conv desk.Conversation, not desk.UserID) (choice, error) {
	of, err := s.circle(ctx, cfg, ch, conv)
	if err != nil || len(of.users) == 0 {
		return choice{pool: of.pool}, err
	}
	slices.SortFunc(of.users, func(a, b desk.User) int { return cmp.Compare(a.ID, b.ID) })
	if slices.ContainsFunc(of.users, func(u desk.User) bool { return u.ID != not && cfg.MayBeGiven(u, conv.Inbox) == "" }) {
		of.need.not = not // there is somebody else
	}
	people, err := s.presences(ctx, of.users)
	if err != nil {
		return choice{}, err
	}
	found := s.pick(cfg, ch, conv, of, people)
	if !found.ok && of.or && found.idle {
		of.need.skills = nil
		of.rule += "; nobody who has the skills is there, so anybody else"
		found = s.pick(cfg, ch, conv, of, people)
	}
	found.pool = of.pool
	if of.owner != "" && !cfg.Available(of.users[0], people[0], s.Now()) {
		found.away = of.owner
	}
	return found, nil
}

func (s *Stage) presences(ctx context.Context, users []desk.User) ([]desk.Presence, error) {
	ids := make([]desk.UserID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return s.People.Presences(ctx, ids)
}

// pick looks at each of a circle, and takes the one whose turn it is.
func (s *Stage) pick(cfg *desk.Config, ch desk.Channel, conv desk.Conversation, of circle, people []desk.Presence) choice {
	var out choice
	why := &desk.Why{Rule: of.rule}
	best := -1
	for i, p := range people {
		skip := s.skip(cfg, ch, conv, of.need, of.users[i], p)
		out.idle = out.idle || s.free(cfg, ch, of.users[i], p)
		if skip == "" {
			skip = desk.SkipTurn
			if best < 0 || sooner(p, people[best]) {
				best = i
			}
		}
		why.Considered = append(why.Considered, desk.Considered{User: p.User, Skipped: skip})
	}
	what := "waiting"
	if best >= 0 {
		out.ok, out.given, what = true, people[best], "assigned"
		why.Considered[best].Skipped = ""
		why.Considered[0], why.Considered[best] = why.Considered[best], why.Considered[0]
	}
	if n := len(why.Considered); n > desk.MostConsidered {
		why.Considered, why.More = why.Considered[:desk.MostConsidered], n-desk.MostConsidered
	}
	out.change = desk.Change{What: what, To: string(out.given.User), Why: why}
	return out
}

// sooner reports whether it is a's turn before b's.
func sooner(a, b desk.Presence) bool {
	return cmp.Or(cmp.Compare(len(a.Load), len(b.Load)), a.LastGiven.Compare(b.LastGiven), cmp.Compare(a.User, b.User)) < 0
}

// skip says why a person can't be given a conversation; empty when they can.
func (s *Stage) skip(cfg *desk.Config, ch desk.Channel, conv desk.Conversation, n need, u desk.User, p desk.Presence) desk.Skip {
	if why := cfg.MayBeGiven(u, conv.Inbox); why != "" {
		return why
	}
	switch {
	case !u.HasSkills(n.skills):
		return desk.SkipSkill
	case ch.Routing.OnlyAvailable && !cfg.Available(u, p, s.Now()):
		return desk.SkipAway
	case full(u, p) && !slices.Contains(p.Load, conv.ID):
		return desk.SkipCapacity
	case n.not != "" && n.not == u.ID:
		return desk.SkipBack
	}
	return ""
}

func full(u desk.User, p desk.Presence) bool { return u.Capacity > 0 && len(p.Load) >= u.Capacity }

// free reports whether somebody takes work of a channel at all, whatever it asks for.
func (s *Stage) free(cfg *desk.Config, ch desk.Channel, u desk.User, p desk.Presence) bool {
	return cfg.Can(u, desk.PermBeAssigned) && !full(u, p) && (!ch.Routing.OnlyAvailable || cfg.Available(u, p, s.Now()))
}

// circle is whom the channel's rule looks at for a conversation.
func (s *Stage) circle(ctx context.Context, cfg *desk.Config, ch desk.Channel, conv desk.Conversation) (circle, error) {
	out := circle{users: cfg.Named(ch.Routing), pool: desk.Pool(ch.ID), rule: "the people named by the channel " + ch.Name}
	switch ch.Routing.Assign {
	case desk.AssignSpecific:
		return out, nil
	case desk.AssignSkills:
		return s.skilled(ctx, cfg, ch, conv, out)
	case desk.AssignContactOwner:
		return s.owner(ctx, cfg, conv, out)
	}
	return circle{}, nil
}

// owner narrows a circle to the owner of the conversation's contact. Where there is none who may be assigned, the people
// whom the channel names beside it take the conversation, or nobody.
func (s *Stage) owner(ctx context.Context, cfg *desk.Config, conv desk.Conversation, out circle) (circle, error) {
	c, err := s.contact(ctx, conv.Contact)
	if err != nil {
		return circle{}, err
	}
	if u, known := cfg.Users[c.Owner]; known && cfg.MayBeGiven(u, conv.Inbox) == "" {
		return circle{users: []desk.User{u}, owner: u.ID, pool: desk.OwnerPool(u.ID), rule: "the contact's owner"}, nil
	}
	if len(out.users) == 0 {
		return circle{}, nil
	}
	out.rule += ", since the contact has no owner who can be assigned"
	return out, nil
}

// skilled narrows a circle to those who have what the first fitting rule about skills asks for. A channel that names
// nobody means everybody who works in the inbox.
func (s *Stage) skilled(ctx context.Context, cfg *desk.Config, ch desk.Channel, conv desk.Conversation, out circle) (circle, error) {
	if len(ch.Routing.UserIDs)+len(ch.Routing.TeamIDs) == 0 {
		out.users, out.rule = nil, "everybody in the inbox "+cfg.Inboxes[conv.Inbox].Name
		for _, u := range cfg.Users {
			if cfg.MayBeGiven(u, conv.Inbox) == "" {
				out.users = append(out.users, u)
			}
		}
	}
	var of desk.Contact
	for _, r := range cfg.SkillRules {
		if r.OfContact() {
			var err error
			if of, err = s.contact(ctx, conv.Contact); err != nil {
				return circle{}, err
			}
			break
		}
	}
	r, fits := cfg.SkillRule(conv, ch, of)
	if !fits {
		out.rule += "; no rule about skills fits"
		return out, nil
	}
	out.need.skills, out.or = r.Skills, r.Fallback == desk.FallbackAnybody
	out.rule = fmt.Sprintf("the rule %q needs %s of %s", r.Name, skillNames(cfg, r.Skills), out.rule)
	return out, nil
}

func skillNames(cfg *desk.Config, ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = cmp.Or(cfg.Skills[id].Name, id)
	}
	return strings.Join(names, ", ")
}

// contact is a conversation's; an empty one when it has none or it is gone.
func (s *Stage) contact(ctx context.Context, id desk.ContactID) (desk.Contact, error) {
	if id == "" {
		return desk.Contact{}, nil
	}
	c, err := s.Contacts.Contact(ctx, id)
	return c, ignoreGone(err)
}

// apply makes a choice part of an opening.
func (c choice) apply(cfg *desk.Config, ch desk.Channel, o *desk.Opening) {
	if c.change.Why == nil {
		return
	}
	change := c.change
	change.Note = words(cfg, c)
	if !c.ok {
		o.Changes = append(o.Changes, change)
		return
	}
	o.Assignee, o.Presence, o.TakeBack = c.given.User, c.given, timeout(ch)
	o.Changes = append(o.Changes, change)
}

func timeout(ch desk.Channel) time.Duration { return time.Duration(ch.Routing.TakeBack) * time.Minute }

// words say in a thread which rule chose whom.
func words(cfg *desk.Config, c choice) string {
	if !c.ok {
		return "Waits until somebody is free: " + c.change.Why.Rule + "."
	}
	return fmt.Sprintf("Assigned to %s, next in turn: %s.", name(cfg, c.given.User), c.change.Why.Rule)
}

func name(cfg *desk.Config, id desk.UserID) string {
	return cmp.Or(cfg.Users[id].Name, "somebody who left")
}

// skipWords say why somebody was not given a conversation.
func skipWords(s desk.Skip) string {
	switch s {
	case desk.SkipGone:
		return "does not work here any more"
	case desk.SkipRole:
		return "may not be assigned automatically"
	case desk.SkipInbox:
		return "is no member of the inbox"
	case desk.SkipAway:
		return "is away"
	case desk.SkipCapacity:
		return "has as many open conversations as they take"
	}
	return "is not next in turn"
}

// Choose decides for a conversation that is about to begin whom it goes to at once; ok is false when to nobody yet, and
// its job decides: also where it is to be told to somebody who is away.
func (s *Stage) Choose(ctx context.Context, cfg *desk.Config, ch desk.Channel, conv desk.Conversation) (g desk.Given, ok bool, err error) {
	found, err := s.choose(ctx, cfg, ch, conv, "")
	if err != nil || !found.ok || found.away != "" {
		return desk.Given{}, false, err
	}
	change := found.change
	change.Note = words(cfg, found)
	return desk.Given{Presence: found.given, Change: change, TakeBack: timeout(ch), Done: !cfg.WantsTicket(ch)}, true, nil
}
