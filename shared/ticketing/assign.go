package ticketing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/loket-desk/loket/shared/desk"
)

// assign chooses, among the people whom the channel's rule names, the one whose last turn is longest ago; nobody when
// nobody is there. Only those who may be assigned are looked at, and only available ones where the rule says so.
func (s *Stage) assign(ctx context.Context, cfg *desk.Config, ch desk.Channel, o *desk.Opening) error {
	pool := cfg.Pool(ch.Routing)
	ids := make([]desk.UserID, len(pool))
	for i, u := range pool {
		ids[i] = u.ID
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return nil
	}
	people, err := s.People.Presences(ctx, ids)
	if err != nil {
		return err
	}
	if ch.Routing.OnlyAvailable {
		now := s.Now()
		people = slices.DeleteFunc(people, func(p desk.Presence) bool { return !p.Free(now) })
	}
	if len(people) == 0 {
		return nil
	}
	next := slices.MinFunc(people, func(a, b desk.Presence) int {
		return cmp.Or(a.LastGiven.Compare(b.LastGiven), cmp.Compare(a.User, b.User))
	})
	o.Assignee, o.Presence = next.User, next
	o.Changes = append(o.Changes, desk.Change{What: "assigned", To: string(next.User), Note: words(cfg, ch, next.User, len(people))})
	return nil
}

// words say which rule chose whom.
func words(cfg *desk.Config, ch desk.Channel, id desk.UserID, among int) string {
	who := "the people named"
	if ch.Routing.OnlyAvailable {
		who = "the available people named"
	}
	return fmt.Sprintf("Assigned to %s by the rule of the channel %s: next in turn among %s (%d).", cfg.Users[id].Name, ch.Name, who, among)
}

// page is how many of a line are looked at together.
const page = 25

// drain gives out what waits in the lines that a person who became available serves, oldest first.
func (s *Stage) drain(ctx context.Context, id desk.UserID) error {
	who, err := s.People.Presence(ctx, id)
	if err != nil {
		return err
	}
	if who.Free(s.Now()) {
		cfg, err := s.Setup.Config(ctx)
		if err != nil {
			return err
		}
		for _, ch := range served(cfg, id) {
			if err := s.drainLine(ctx, cfg, ch); err != nil {
				return err
			}
		}
	}
	if who.Work == "" {
		return nil
	}
	return s.People.Drained(ctx, id, who.Work)
}

// served are the channels whose rule names a person, in a fixed order.
func served(cfg *desk.Config, id desk.UserID) []desk.Channel {
	var out []desk.Channel
	for _, ch := range cfg.Channels {
		if ch.Deleted || ch.Routing.Assign != desk.AssignSpecific {
			continue
		}
		if slices.ContainsFunc(cfg.Pool(ch.Routing), func(u desk.User) bool { return u.ID == id }) {
			out = append(out, ch)
		}
	}
	slices.SortFunc(out, func(a, b desk.Channel) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// drainLine gives out a channel's line until it is empty or nobody is left. A conversation that is just being opened
// brings the job back: its own job may have looked before the person came.
func (s *Stage) drainLine(ctx context.Context, cfg *desk.Config, ch desk.Channel) error {
	pool, after, later := desk.Pool(ch.ID), "", false
	for {
		line, err := s.Line.Waiting(ctx, pool, after, page)
		if err != nil {
			return err
		}
		for _, w := range line {
			after = w.Position
			given, opening, err := s.give(ctx, cfg, ch, w.Conversation)
			if err != nil {
				return err
			}
			later = later || opening
			if opening {
				continue
			}
			if !given {
				return nil
			}
			if err := s.Line.EndWait(ctx, pool, w); err != nil {
				return err
			}
		}
		if len(line) < page {
			break
		}
	}
	if later {
		return desk.Refuse(desk.Busy, "A conversation in the line is just being opened.")
	}
	return nil
}

// give assigns a waiting conversation. given: it needs no place in line any more; opening: its own job is still to come.
func (s *Stage) give(ctx context.Context, cfg *desk.Config, ch desk.Channel, id desk.ConversationID) (given, opening bool, err error) {
	for range rounds {
		conv, err := s.Desk.Conversation(ctx, id)
		if err != nil {
			return true, false, ignoreGone(err)
		}
		if !live(conv) || !unassigned(conv) {
			return true, false, nil
		}
		if conv.Work != "" {
			return false, true, nil
		}
		o := desk.Opening{Conversation: conv, Number: conv.Ticket}
		if err := s.assign(ctx, cfg, ch, &o); err != nil || o.Assignee == "" {
			return false, false, err
		}
		if conv.Ticket != 0 {
			if err := s.ticket(ctx, cfg, ch, &o); err != nil {
				return false, false, err
			}
		}
		if err := s.Desk.OpenConversation(ctx, o); !conflict(err) {
			return true, false, ignoreGone(err)
		}
	}
	return false, false, contended()
}
