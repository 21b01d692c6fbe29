package api

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Job is background work.
type Job struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" example:"channel.move"`
	State     string     `json:"state" enum:"RUNNING,DONE,FAILED"`
	Done      int        `json:"done"`
	Total     int        `json:"total" doc:"How much there is to do; 0 until that was counted."`
	Errors    []string   `json:"errors" nullable:"false"`
	CreatedAt time.Time  `json:"createdAt"`
	EndedAt   *time.Time `json:"endedAt"`
}

func (a *API) jobCalls(b *book) {
	on(b, "readJob", func(ctx context.Context, _ *caller, in *ByID) (*reply[Job], error) {
		j, err := a.Desk.Job(ctx, in.ID)
		return &reply[Job]{Job{
			j.ID, j.Kind, string(j.State), j.Done, j.Total, append([]string{}, j.Errors...), j.Begun.UTC(), moment(j.Ended),
		}}, err
	})
}

// moveChannel puts a channel into another inbox. Its history stays where it is, or follows by a job.
func (a *API) moveChannel(ctx context.Context, who *caller, cfg *desk.Config, x desk.Channel, to string, history bool) (desk.Channel, string, error) {
	if !who.may(desk.PermAdmin) {
		return x, "", desk.Refuse(desk.Forbidden, "Moving a channel to another inbox needs the permission admin, which you don't have.")
	}
	target, there := cfg.Inboxes[desk.InboxID(to)]
	switch {
	case !there:
		return x, "", desk.RefuseField("inboxId", "there is no such inbox")
	case x.Fallback:
		return x, "", desk.RefuseField("inboxId", "an inbox is born with this channel and keeps it")
	}
	j := desk.Job{
		ID: a.Desk.NewID(), Kind: desk.JobMoveChannel, State: desk.JobRunning, By: who.author(), Begun: a.Now(),
		Channel: x.ID, From: x.Inbox, To: target.ID,
	}
	x.Inbox = target.ID
	by := who.audit("channel.move", string(x.ID), x.Name+" to "+target.Name)
	if !history {
		x, err := a.Desk.SaveChannel(ctx, x, by)
		return x, "", err
	}
	x, err := a.Desk.MoveChannel(ctx, x, j, by)
	return x, j.ID, err
}
