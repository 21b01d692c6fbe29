package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Depths tells how full a queue is.
type Depths interface {
	Depth(ctx context.Context, queue string) (desk.QueueDepth, error)
}

// Vitals are what the stages noted of themselves, and how many failures are kept.
type Vitals interface {
	Signs(ctx context.Context) (desk.Signs, error)
	CountFailures(ctx context.Context, most int) (int, error)
}

// Health is how the stack is doing.
type Health struct {
	State     string          `json:"state" enum:"OK,ATTENTION" doc:"ATTENTION when problems names something."`
	Problems  []string        `json:"problems" nullable:"false" doc:"What needs somebody, in words." example:"Something has waited in the queue outbound since 10:05 UTC."`
	Queues    []QueueHealth   `json:"queues" nullable:"false"`
	Failures  int             `json:"failures" doc:"How many events could not be processed; 1000 stands for that many or more."`
	Channels  []ChannelStatus `json:"channels" nullable:"false"`
	LastMail  *time.Time      `json:"lastMailAt" doc:"When a mail came in last, to the minute."`
	LastSweep *time.Time      `json:"lastSweepAt" doc:"When the work of every minute was last done to its end."`
	Swept     string          `json:"lastSweep" doc:"What it did; empty when there was nothing to do."`
}

// QueueHealth is how full a queue is. SQS's figures lag by up to a minute.
type QueueHealth struct {
	Name         string     `json:"name" enum:"inbound,tickets,outbound,mail"`
	Waiting      int        `json:"waiting"`
	Working      int        `json:"working" doc:"Being worked on, or to be tried again in a while."`
	DeadLetters  int        `json:"deadLetters" doc:"What crashed its function every time; the sweep makes failures of it."`
	WaitingSince *time.Time `json:"waitingSince" doc:"Since when something waited at every look; one look in five minutes."`
}

// ChannelStatus is a channel's health, as its last look found it.
type ChannelStatus struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Type   string        `json:"type" example:"telegram"`
	Active bool          `json:"active"`
	Health ChannelHealth `json:"health"`
}

const (
	failuresCounted = 1000
	sweepLate       = 5 * time.Minute
	waitLate        = 15 * time.Minute
)

func (a *API) healthCalls(b *book) {
	on(b, "health", func(ctx context.Context, who *caller, _ *struct{}) (*reply[Health], error) {
		h, err := a.health(ctx, who.cfg)
		return &reply[Health]{h}, err
	})
}

func (a *API) health(ctx context.Context, cfg *desk.Config) (Health, error) {
	signs, err := a.Desk.Signs(ctx)
	if err != nil {
		return Health{}, err
	}
	h := Health{State: "OK", Problems: []string{}, LastMail: moment(signs.Mail), LastSweep: moment(signs.Swept), Swept: signs.Note}
	if h.Failures, err = a.Desk.CountFailures(ctx, failuresCounted); err != nil {
		return Health{}, err
	}
	if h.Queues, err = a.queues(ctx, signs); err != nil {
		return Health{}, err
	}
	h.Channels = a.channelStates(cfg)
	h.Problems = append(h.Problems, a.troubles(h)...)
	if len(h.Problems) > 0 {
		h.State = "ATTENTION"
	}
	return h, nil
}

func (a *API) queues(ctx context.Context, signs desk.Signs) ([]QueueHealth, error) {
	var out []QueueHealth
	for _, name := range []string{desk.QueueInbound, desk.QueueTickets, desk.QueueOutbound, desk.QueueMail} {
		live, err := a.Queues.Depth(ctx, name)
		if err != nil {
			return nil, err
		}
		dead, err := a.Dead.Depth(ctx, name)
		if err != nil {
			return nil, err
		}
		q := QueueHealth{Name: name, Waiting: live.Waiting, Working: live.Working + live.Delayed, DeadLetters: dead.Waiting + dead.Working}
		if live.Waiting > 0 {
			q.WaitingSince = moment(signs.Waiting[name])
		}
		out = append(out, q)
	}
	return out, nil
}

// channelStates are all channels that were not deleted, the ones in trouble first.
func (a *API) channelStates(cfg *desk.Config) []ChannelStatus {
	out := []ChannelStatus{}
	for id := range cfg.Channels {
		ch, live := cfg.Channel(id)
		if !live {
			continue
		}
		shown := a.showChannel(ch, nil)
		out = append(out, ChannelStatus{shown.ID, shown.Name, shown.Type, shown.Active, shown.Health})
	}
	slices.SortFunc(out, func(x, y ChannelStatus) int {
		if d := rank(x) - rank(y); d != 0 {
			return d
		}
		return strings.Compare(x.ID, y.ID)
	})
	return out
}

func rank(c ChannelStatus) int {
	return slices.Index([]string{"BROKEN", "WARNING", "UNKNOWN", "OK"}, c.Health.State)
}

// troubles says what needs somebody.
func (a *API) troubles(h Health) []string {
	var out []string
	now := a.Now()
	if h.LastSweep == nil || now.Sub(*h.LastSweep) > sweepLate {
		out = append(out, "The work of every minute was not done to its end for over five minutes: see the sweeper's log.")
	}
	for _, q := range h.Queues {
		if q.WaitingSince != nil && now.Sub(*q.WaitingSince) > waitLate {
			out = append(out, fmt.Sprintf("Something has waited in the queue %s since %s UTC.", q.Name, q.WaitingSince.UTC().Format("15:04")))
		}
		if q.DeadLetters > 0 {
			out = append(out, fmt.Sprintf("%d messages of the queue %s crashed their function.", q.DeadLetters, q.Name))
		}
	}
	if h.Failures > 0 {
		out = append(out, fmt.Sprintf("%d events could not be processed: see /v1/failures.", h.Failures))
	}
	for _, c := range h.Channels {
		if c.Active && c.Health.State == "BROKEN" {
			out = append(out, fmt.Sprintf("The channel %s is broken: %s", c.Name, c.Health.Detail))
		}
	}
	return out
}
