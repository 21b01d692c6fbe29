package ticketing

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// page is how many of a line are looked at together.
const page = 25

// drain gives out what waits for a person, oldest first; for Everybody, all that waits. What somebody has who doesn't work
// here any more is given to others.
func (s *Stage) drain(ctx context.Context, id desk.UserID) error {
	who, err := s.People.Presence(ctx, id)
	if err != nil {
		return err
	}
	cfg, err := s.Setup.Fresh(ctx) // a change of the set-up may be why we are here
	if err != nil {
		return err
	}
	u, known := cfg.Users[id]
	switch {
	case id == desk.Everybody:
		err = s.drainLines(ctx, cfg, func(desk.Channel) bool { return true }, slices.Sorted(maps.Keys(cfg.Users)))
	case !known || !u.Active:
		if err = s.dismiss(ctx, who, cmp.Or(u.Name, "Whoever had it")); err == nil {
			err = s.known(who.Work)
		}
	case cfg.Can(u, desk.PermBeAssigned):
		err = s.drainLines(ctx, cfg, func(ch desk.Channel) bool { return serves(cfg, ch, u) }, []desk.UserID{id})
	}
	if err != nil || who.Work == "" {
		return err
	}
	return s.People.Drained(ctx, id, who.Work)
}

// spread is how long a process may take to hear of a change of the set-up, and somewhat more.
const spread = 5 * time.Second

// known asks for one more look at a change that some process may not have heard of: it may still give something to
// somebody who has just left.
func (s *Stage) known(work string) error {
	_, at, _ := strings.Cut(desk.WorkBase(work), ":")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil // no mark: nothing is new
	}
	if age := s.Now().Sub(time.UnixMilli(ms)); age < spread {
		return desk.Refuse(desk.Busy, "Not everybody may know of the change yet.").After(spread - age)
	}
	return nil
}

// serves reports whether the rule of a channel may give its conversations to a person.
func serves(cfg *desk.Config, ch desk.Channel, u desk.User) bool {
	everybody := ch.Routing.Assign == desk.AssignSkills && len(ch.Routing.UserIDs)+len(ch.Routing.TeamIDs) == 0
	named := everybody || slices.ContainsFunc(cfg.Pool(ch.Routing), func(x desk.User) bool { return x.ID == u.ID })
	return named && cfg.MayBeGiven(u, ch.Inbox) == ""
}

// drainLines gives out the lines of the channels that are wanted, in a fixed order, and of the contacts of owners.
func (s *Stage) drainLines(ctx context.Context, cfg *desk.Config, wanted func(desk.Channel) bool, owners []desk.UserID) error {
	var pools []string
	owned := false
	for _, id := range slices.Sorted(maps.Keys(cfg.Channels)) {
		ch := cfg.Channels[id]
		owned = owned || ch.Routing.Assign == desk.AssignContactOwner
		if !ch.Deleted && ch.WantsAssignee() && wanted(ch) {
			pools = append(pools, desk.Pool(ch.ID))
		}
	}
	for _, id := range owners {
		if owned {
			pools = append(pools, desk.OwnerPool(id))
		}
	}
	later := false
	for _, pool := range pools {
		again, err := s.drainLine(ctx, cfg, pool)
		if err != nil {
			return err
		}
		later = later || again
	}
	if later {
		return desk.Refuse(desk.Busy, "A conversation in the line is just being opened.")
	}
	return nil
}

// drainLine gives out a line until it is empty or nobody is left who takes work. again: a conversation in it is just being
// opened, and its own job may have looked before the person came.
func (s *Stage) drainLine(ctx context.Context, cfg *desk.Config, pool string) (again bool, err error) {
	after := ""
	for {
		line, err := s.Line.Waiting(ctx, pool, after, page)
		if err != nil {
			return again, err
		}
		for _, w := range line {
			after = w.Position
			got, err := s.give(ctx, cfg, pool, w)
			if err != nil {
				return again, err
			}
			switch got {
			case placeKept:
				return again, nil
			case placeOpening:
				again = true
			case placeLeft:
				if err := s.Line.EndWait(ctx, pool, w); err != nil {
					return again, err
				}
			}
		}
		if len(line) < page {
			return again, nil
		}
	}
}

// placed is what becomes of a place in line.
type placed int

const (
	placeLeft    placed = iota // it is not needed any more
	placePassed                // nobody for this one, but somebody may be for one behind it
	placeKept                  // nobody is there for this one nor any behind it
	placeOpening               // its own job is still to come
)

// give assigns a waiting conversation where somebody is there for it.
func (s *Stage) give(ctx context.Context, cfg *desk.Config, pool string, w desk.Waiting) (placed, error) {
	for range rounds {
		conv, err := s.Desk.Conversation(ctx, w.Conversation)
		if err != nil {
			return placeLeft, ignoreGone(err)
		}
		ch, ok := cfg.Channel(conv.Channel)
		if !ok || !live(conv) || !unassigned(conv) {
			return placeLeft, nil
		}
		if conv.Work != "" {
			return placeOpening, nil
		}
		found, err := s.choose(ctx, cfg, ch, conv, w.Not)
		if err != nil {
			return placeKept, err
		}
		if !found.ok {
			return s.stays(ctx, pool, conv, w, found)
		}
		o := desk.Opening{Conversation: conv, Number: conv.Ticket}
		found.apply(cfg, ch, &o)
		if conv.Ticket != 0 {
			if err := s.ticket(ctx, cfg, ch, &o); err != nil {
				return placeKept, err
			}
		}
		if err := s.Desk.OpenConversation(ctx, o); !conflict(err) {
			return placeLeft, ignoreGone(err)
		}
	}
	return placeKept, contended()
}

// stays is what becomes of the place of a conversation for which nobody was found: its rule may have changed, so that it
// waits in another line, or for nobody.
func (s *Stage) stays(ctx context.Context, pool string, conv desk.Conversation, w desk.Waiting, found choice) (placed, error) {
	switch {
	case found.pool == pool && !found.idle:
		return placeKept, nil
	case found.pool == pool:
		return placePassed, nil
	case found.pool == "":
		return placeLeft, nil
	}
	return placeLeft, s.Line.Wait(ctx, found.pool, conv, w.Not)
}

// dismiss takes somebody off all they have: what counts to their load, and what an index knows besides.
func (s *Stage) dismiss(ctx context.Context, who desk.Presence, name string) error {
	by, note := desk.Author{Kind: desk.BySystem}, name+" does not work here any more."
	for _, id := range who.Load {
		if err := s.Desk.Unassign(ctx, id, who.User, by, note); err != nil {
			return err
		}
	}
	q := desk.ConversationQuery{Assignee: who.User, Mine: true, Limit: 100}
	for {
		found, err := s.Desk.ListConversations(ctx, q)
		if err != nil {
			return err
		}
		for _, c := range found.Conversations {
			if err := s.Desk.Unassign(ctx, c.ID, who.User, by, note); err != nil {
				return err
			}
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// takeBack takes an automatic assignment back when its time is over and nobody has answered since, and gives it to
// somebody else.
func (s *Stage) takeBack(ctx context.Context, id desk.ConversationID) error {
	due, err := s.Reminders.TakeBack(ctx, id)
	if err != nil {
		return ignoreGone(err)
	}
	if s.Now().Before(due.At) { // this job was done before, and the next one has its time
		return nil
	}
	for range rounds {
		conv, err := s.Desk.Conversation(ctx, id)
		if err != nil {
			return ignoreGone(err)
		}
		if !live(conv) || conv.Assignee != due.User || conv.ByHand || conv.LastOut != due.LastOut {
			return s.Reminders.TookBack(ctx, due)
		}
		if conv.Work != "" {
			return desk.Refuse(desk.Busy, "The conversation is just being opened.")
		}
		cfg, ch, ok, err := s.channel(ctx, conv.Channel)
		if err != nil {
			return err
		}
		if !ok || !ch.WantsAssignee() {
			return s.Reminders.TookBack(ctx, due)
		}
		o := desk.Opening{Conversation: conv, Number: conv.Ticket, Release: true, Changes: []desk.Change{{
			What: "assigned", From: string(due.User), Note: "Taken back from " + name(cfg, due.User) + ": nothing happened in time.",
		}}}
		if err := s.place(ctx, cfg, ch, &o, due.User); err != nil {
			return err
		}
		if o.Assignee == due.User { // there is nobody else
			return s.Reminders.TookBack(ctx, due)
		}
		if err := s.disown(ctx, due.User, &o); err != nil {
			return err
		}
		if err := s.Desk.OpenConversation(ctx, o); !conflict(err) {
			if err != nil {
				return ignoreGone(err)
			}
			return s.Reminders.TookBack(ctx, due)
		}
	}
	return contended()
}

// disown makes the conversation's ticket go the way of its conversation.
func (s *Stage) disown(ctx context.Context, from desk.UserID, o *desk.Opening) error {
	if o.Number == 0 {
		return nil
	}
	k, err := s.Tickets.Ticket(ctx, o.Conversation.ID.TicketID())
	if err != nil || k.Owner != from {
		return ignoreGone(err)
	}
	k.Owner, o.Ticket = o.Assignee, &k
	return nil
}
