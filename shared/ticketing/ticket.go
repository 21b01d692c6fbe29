package ticketing

import (
	"context"
	"strconv"

	"github.com/loket-desk/loket/shared/desk"
)

// ticket gives the conversation its ticket where its channel wants one, and opens again one that was closed. The ticket's
// owner is the conversation's, unless somebody gave it another.
func (s *Stage) ticket(ctx context.Context, cfg *desk.Config, ch desk.Channel, o *desk.Opening) error {
	conv := o.Conversation
	if conv.Ticket == 0 && !cfg.WantsTicket(ch) {
		return nil
	}
	owner := conv.Assignee
	if o.Assignee != "" || o.Release {
		owner = o.Assignee
	}
	k, err := s.stored(ctx, cfg, ch, conv, owner)
	if err != nil || k.Conversation != conv.ID { // deleted, or detached
		return ignoreGone(err)
	}
	if conv.Ticket == 0 {
		o.Number = k.Number
		o.Changes = append(o.Changes, desk.TicketCreated(k.Number))
	}
	changed := false
	if conv.Ticket != 0 && !k.ClosedAt.IsZero() && !conv.Waiting.IsZero() {
		if p, ok := cfg.Pipelines[k.Pipeline]; ok {
			if err := k.Move(p, p.First(desk.StageOpen).ID, s.Now()); err == nil {
				n := "#" + strconv.FormatInt(k.Number, 10)
				o.Changes = append(o.Changes, desk.Change{What: "ticket", To: n, Note: "Ticket " + n + " is open again."})
				changed = true
			}
		}
	}
	announced := conv.Ticket != 0 // before that, an owner was only what an earlier try decided
	if k.Owner != owner && (!announced || k.Owner == "" || o.Release && k.Owner == conv.Assignee) {
		k.Owner, changed = owner, true
	}
	if announced && !changed {
		changed = s.turn(cfg, conv, &k, o)
	}
	if changed {
		o.Ticket = &k
	}
	return nil
}

// stored is the conversation's ticket: the one it has, or a new one. NotFound when the one it had was deleted.
func (s *Stage) stored(ctx context.Context, cfg *desk.Config, ch desk.Channel, conv desk.Conversation, owner desk.UserID) (desk.Ticket, error) {
	if conv.Ticket != 0 {
		return s.Tickets.Ticket(ctx, conv.ID.TicketID())
	}
	fresh := cfg.NewTicket(conv, ch, s.Now())
	fresh.Owner = owner
	if p, known := cfg.Pipelines[fresh.Pipeline]; known && conv.State == desk.Closed && p.First(desk.StageClosed).State == desk.StageClosed {
		if err := fresh.Move(p, p.First(desk.StageClosed).ID, s.Now()); err != nil {
			return fresh, err
		}
	}
	k, _, err := s.Tickets.PutTicket(ctx, fresh)
	return k, err
}

// turn moves an open ticket by who wrote last: to where it waits for the contact, or for us.
func (s *Stage) turn(cfg *desk.Config, conv desk.Conversation, k *desk.Ticket, o *desk.Opening) bool {
	p, known := cfg.Pipelines[k.Pipeline]
	if !known || !k.ClosedAt.IsZero() {
		return false
	}
	to := k.Stage
	switch {
	case !conv.Waiting.IsZero():
		to = p.AfterMessage(k.Stage)
	case conv.LastOut > conv.LastIn:
		to = p.AfterReply(k.Stage)
	}
	if to == k.Stage || k.Move(p, to, s.Now()) != nil {
		return false
	}
	stage, _ := p.Stage(to)
	n := "#" + strconv.FormatInt(k.Number, 10)
	o.Changes = append(o.Changes, desk.Change{What: "ticket", To: n, Note: "Ticket " + n + ": " + stage.Name + "."})
	return true
}
