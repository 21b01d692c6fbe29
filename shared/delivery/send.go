package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The times of a send. The platform has callTime, less where the function itself ends sooner, with settleTime left to
// store the answer; the lease outlasts both, so that nobody calls a message lost that is still being sent.
const (
	callTime   = 40 * time.Second
	settleTime = 6 * time.Second
	lease      = 90 * time.Second
	shortest   = 5 * time.Second // with less time for the platform a send is not begun
)

// The waits of a send. Up to longestHold the job waits on its queue, and its thread with it; beyond, the message waits in
// the table and the thread goes on. An outage that lasts giveUpAfter makes a message FAILED.
const (
	firstBackoff = 5 * time.Second
	longestHold  = 15 * time.Minute
	giveUpAfter  = 24 * time.Hour
)

func (s *Stage) send(ctx context.Context, job desk.OutboundJob) error {
	id := job.Conversation.Message(job.Message)
	event := job.Kind == desk.CallHook // told also of an account that is off or deleted
	w, err := s.way(ctx, job.Channel, event)
	if silent := w.channel.Silent(); err == nil && silent != "" && !event {
		err = noWay(silent)
	}
	if err != nil {
		if desk.Transient(err) {
			return err
		}
		return s.Outbox.RefuseOutbound(ctx, id, desk.Reason(err))
	}
	until, err := s.callUntil(ctx)
	if err != nil {
		return err
	}
	turn, err := s.Outbox.ClaimOutbound(ctx, id, lease)
	if err != nil {
		return err
	}
	switch turn.Turn {
	case desk.TurnYours:
		return s.attempt(ctx, w, turn, until)
	case desk.TurnBusy:
		return desk.Refuse(desk.Busy, "The message is being sent already.").After(turn.Wait + time.Second)
	case desk.TurnEarly:
		if turn.Wait > longestHold {
			return s.Outbox.ParkOutbound(ctx, id, turn.Message.NotBefore)
		}
		return desk.Refuse(desk.Busy, "The message is not to be sent yet.").After(max(turn.Wait, time.Second))
	}
	if len(turn.Message.Providers) > 0 { // sent; its links may be what was interrupted
		return s.Outbox.LinkProviders(ctx, turn.Message, turn.Message.Providers)
	}
	return nil
}

// callUntil is until when the platform may answer; Busy when too little time is left to begin.
func (s *Stage) callUntil(ctx context.Context) (time.Time, error) {
	until := time.Now().Add(callTime)
	if end, ok := ctx.Deadline(); ok && end.Add(-settleTime).Before(until) {
		until = end.Add(-settleTime)
	}
	if time.Until(until) < shortest {
		return until, desk.Refuse(desk.Busy, "There was no time left to send.").After(time.Second)
	}
	return until, nil
}

// attempt sends a claimed message and stores what became of it.
func (s *Stage) attempt(ctx context.Context, w way, turn desk.SendTurn, until time.Time) error {
	m := turn.Message
	result := s.call(ctx, w, turn, until)
	stored := s.result(turn, result)
	// The answer is stored even where the job's own time is over: it can't be had again.
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := s.Outbox.SettleOutbound(settling, m, stored); err != nil {
		return err
	}
	if err := s.Outbox.LinkProviders(settling, m, stored.IDs); err != nil {
		return err
	}
	s.tellHealth(settling, w.channel, result)
	if wait := stored.NotBefore.Sub(s.Now()); stored.State == desk.Retrying && wait <= longestHold {
		return desk.Refuse(desk.Busy, "The platform asks to try again.").After(max(wait, time.Second))
	}
	return nil
}

// call prepares the message and calls the platform. What keeps it from being called is a result too: nothing was sent.
func (s *Stage) call(ctx context.Context, w way, turn desk.SendTurn, until time.Time) channel.Result {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	m := turn.Message
	out, err := s.outgoing(ctx, w.kind.Capabilities, m)
	out.First = turn.First
	if err == nil && w.kind.Names != nil { // an answer may come before the send is settled
		err = s.Outbox.LinkProviders(ctx, m, w.kind.Names(out))
	}
	if err != nil {
		if desk.Transient(err) {
			return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		return channel.Result{Outcome: channel.Refused, Detail: desk.Reason(err)}
	}
	return w.kind.Send(ctx, s.HTTP, w.account, out)
}

// result is what is stored of a platform's answer.
func (s *Stage) result(turn desk.SendTurn, r channel.Result) desk.SendResult {
	out := desk.SendResult{Detail: r.Detail, IDs: r.IDs, Attempt: r.Attempt}
	switch r.Outcome {
	case channel.Accepted:
		out.State = desk.Sent
		if r.Delivered {
			out.State = desk.Delivered
		}
	case channel.Refused:
		out.State = desk.Failed
	case channel.Again:
		out.State = desk.Retrying
		out.NotBefore = s.Now().Add(wait(turn.Message.Tries, r.Wait))
		if s.Now().Sub(turn.First) >= giveUpAfter {
			out.State, out.NotBefore = desk.Failed, time.Time{}
			out.Detail = "Given up after trying for a day. " + r.Detail
		}
	default:
		out.State = desk.Unknown
	}
	return out
}

// wait is how long until the next try: what the platform asks for, else 5 s doubling to 15 minutes.
func wait(tries int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	return min(firstBackoff<<min(max(tries-1, 0), 10), longestHold)
}

// tellHealth shows the admin that a channel can't send any more, or that it can again. The message's own result is
// stored already, so trouble here is only logged.
func (s *Stage) tellHealth(ctx context.Context, ch desk.Channel, r channel.Result) {
	var err error
	switch {
	case r.Gone:
		err = s.Setup.SwitchOff(ctx, ch.ID, desk.Health{State: desk.HealthBroken, Detail: r.Broken, CheckedAt: s.Now()})
	case r.Broken != "":
		err = s.unhealthy(ctx, ch, r.Broken, nil)
	case r.Warning != "":
		if ch.Health.Detail != r.Warning {
			err = s.Setup.SetChannelHealth(ctx, ch.ID, desk.Health{State: desk.HealthWarning, Detail: r.Warning, CheckedAt: s.Now()})
		}
	case r.Outcome == channel.Accepted && (ch.Health.State == desk.HealthBroken || ch.Health.State == desk.HealthWarning && ch.Sender.Address != ""):
		err = s.Setup.SetChannelHealth(ctx, ch.ID, desk.Health{State: desk.HealthOK, CheckedAt: s.Now()})
	}
	if err != nil {
		slog.WarnContext(ctx, "a channel's health could not be told", "channel", ch.ID, "error", err)
	}
}
