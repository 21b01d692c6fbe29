package api

import (
	"context"

	"github.com/loket-desk/loket/shared/desk"
)

// deleteUser removes a person: first they can't act any more, then their open conversations become unassigned (S131),
// then they are gone. Ended in mid-work it is done to its end by calling it again.
func (a *API) deleteUser(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
	u, err := change(ctx, a, who, func(cfg *desk.Config) (desk.User, error) {
		u, err := userOf(cfg, in.ID)
		if err != nil {
			return u, err
		}
		if err := who.mayTouch(cfg, u); err != nil {
			return u, err
		}
		if u.ID == who.user.ID {
			return u, desk.Refuse(desk.Conflict, "You can't remove yourself; somebody else has to.")
		}
		if err := keepsAnAdmin(cfg, u); err != nil || !u.Active {
			return u, err
		}
		u.Active = false
		return a.Desk.SaveUser(ctx, u, desk.Audit{})
	})
	if err != nil {
		return nil, err
	}
	if err := a.unassign(ctx, who, u.Body.ID); err != nil {
		return nil, err
	}
	return remove(ctx, a, who, func(cfg *desk.Config) error {
		u, err := userOf(cfg, in.ID)
		if err != nil {
			return err
		}
		return a.Desk.RemoveUser(ctx, u, who.audit("user.delete", in.ID, u.Email))
	})
}

// unassign takes a person off all their open conversations that the list knows; it may lag, and what it missed is found by
// the ticket function, which hears of every change of a person.
func (a *API) unassign(ctx context.Context, who *caller, id desk.UserID) error {
	q := desk.ConversationQuery{Assignee: id, Mine: true, Limit: 100}
	for {
		page, err := a.Desk.ListConversations(ctx, q)
		if err != nil {
			return err
		}
		for _, c := range page.Conversations {
			if err := a.Desk.Unassign(ctx, c.ID, id, who.author(), "The assignee was removed."); err != nil {
				return err
			}
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}
