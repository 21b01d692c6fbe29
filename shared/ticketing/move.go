package ticketing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// The bounds of one step of a job: what is left is the next one's.
const (
	perStep  = 100
	stepTime = 10 * time.Second
	// settled is how long after a channel was moved the last process knows: until then its new conversations may still
	// begin in the inbox where it was.
	settled = 15 * time.Second
	// mostErrors bounds how many errors a job keeps.
	mostErrors = 20
)

// moveViews are the lists of an inbox, in the order in which they are moved.
func moveViews() []desk.View {
	return []desk.View{
		desk.ViewUnassigned, desk.ViewAssigned, desk.ViewBot, desk.ViewSent, desk.ViewClosed, desk.ViewFiltered, desk.ViewTrash,
	}
}

// step does the next step of a job and saves how far it came. A step that was done before finds the job further on; one
// that was cut short is done again and moves nothing twice.
func (s *Stage) step(ctx context.Context, id string) error {
	j, err := s.Jobs.Job(ctx, id)
	if err != nil || j.State != desk.JobRunning {
		return ignoreGone(err)
	}
	if j.Kind != desk.JobMoveChannel {
		j.State, j.Errors = desk.JobFailed, append(j.Errors, "Nobody knows how to do the job "+j.Kind+".")
	} else if err := s.moveStep(ctx, &j); err != nil {
		return err
	}
	if j.State != desk.JobRunning {
		j.Ended = s.Now()
	}
	if _, err = s.Jobs.SaveJob(ctx, j); conflict(err) {
		return nil // another did the step as well; whoever saved first goes on
	}
	return err
}

// moveStep moves the next conversations of a channel. It first counts them all, then goes through the lists round after
// round until a whole round, begun when everybody knew of the move, finds nothing more.
func (s *Stage) moveStep(ctx context.Context, j *desk.Job) error {
	if j.Step == "" {
		return s.count(ctx, j)
	}
	views := moveViews()
	at := slices.Index(views, desk.View(j.Step))
	ids, next, err := s.Jobs.ChannelConversations(ctx, j.From, j.Channel, desk.View(j.Step), j.After, perStep)
	if err != nil {
		return err
	}
	end := s.Now().Add(stepTime)
	for _, id := range ids {
		if s.Now().After(end) { // the rest is found again from where this step began
			return nil
		}
		if err := s.moveOne(ctx, j, id); err != nil {
			return err
		}
	}
	switch {
	case next != "":
		j.After = next
	case at+1 < len(views):
		j.Step, j.After = string(views[at+1]), ""
	case j.Found == 0 && !j.Round.Before(j.Begun.Add(settled)):
		j.State, j.Total = desk.JobDone, j.Done
	case j.Found == 0 && s.Now().Before(j.Begun.Add(settled)):
		return desk.Refuse(desk.Busy, "A message that is just coming in may still have to be moved.").After(j.Begun.Add(settled).Sub(s.Now()))
	default:
		s.round(j)
	}
	return nil
}

// round begins to go through the lists.
func (s *Stage) round(j *desk.Job) {
	j.Step, j.After, j.Found, j.Round = string(moveViews()[0]), "", 0, s.Now()
}

// moveOne moves one conversation. One that can't be moved is told in the job and holds up no other.
func (s *Stage) moveOne(ctx context.Context, j *desk.Job, id desk.ConversationID) error {
	moved, err := s.Jobs.MoveConversation(ctx, id, j.To, j.By)
	switch {
	case desk.CodeOf(err) == desk.NotFound && err != nil:
		return nil
	case err != nil && desk.Transient(err):
		return err
	case err != nil:
		if len(j.Errors) < mostErrors {
			j.Errors = append(j.Errors, fmt.Sprintf("The conversation %s could not be moved: %s", id, desk.Reason(err)))
		}
		return nil
	}
	if moved {
		j.Done++
		j.Found++
		j.Total = max(j.Total, j.Done)
	}
	return nil
}

// count is a job's first step: how many there are.
func (s *Stage) count(ctx context.Context, j *desk.Job) error {
	j.Total = 0
	for _, v := range moveViews() {
		after := ""
		for {
			ids, next, err := s.Jobs.ChannelConversations(ctx, j.From, j.Channel, v, after, 1000)
			if err != nil {
				return err
			}
			j.Total += len(ids)
			if after = next; after == "" {
				break
			}
		}
	}
	s.round(j)
	return nil
}
