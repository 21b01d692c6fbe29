package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// AuditEntry is one change of the set-up.
type AuditEntry struct {
	At     time.Time `json:"at"`
	Actor  Author    `json:"actor"`
	Action string    `json:"action" example:"channel.create"`
	Target string    `json:"target" doc:"The id of what was changed."`
	From   string    `json:"from" doc:"The network address of whoever did it."`
	Detail string    `json:"detail"`
}

func (a *API) auditCalls(b *book) {
	on(b, "listAudit", func(ctx context.Context, _ *caller, in *Paged) (*reply[listOf[AuditEntry]], error) {
		after, err := a.cursors.read(ctx, "audit", in.After)
		if err != nil {
			return nil, err
		}
		entries, next, err := a.Desk.Audits(ctx, after, in.Limit)
		if err != nil {
			return nil, err
		}
		var out []AuditEntry
		for _, e := range entries {
			out = append(out, AuditEntry{e.At, showAuthor(e.Actor), e.Action, e.Target, e.From, e.Detail})
		}
		return page(ctx, a, "audit", out, next)
	})
}

// Failure is something that could not be processed.
type Failure struct {
	ID         string    `json:"id"`
	Stage      string    `json:"stage" doc:"Where it failed." example:"inbound"`
	Code       string    `json:"code" example:"invalid"`
	Reason     string    `json:"reason" doc:"Why, in words."`
	ChannelID  *string   `json:"channelId"`
	Payload    any       `json:"payload" doc:"What was to be processed, as it came; null where it is large: read the failure by its id, or follow payloadUrl."`
	PayloadURL *string   `json:"payloadUrl" doc:"Where a payload that is stored apart can be read for an hour."`
	State      string    `json:"state" enum:"FAILED,REPLAYING,REPLAYED"`
	Tries      int       `json:"tries"`
	Replays    int       `json:"replays"`
	At         time.Time `json:"at" doc:"Since when."`
}

// listedPayload is the largest payload that a list shows: a hundred of them are well below what an answer may hold.
const listedPayload = 20 << 10

// linkFor is how long a link to a stored file works.
const linkFor = time.Hour

func (a *API) showFailure(ctx context.Context, f desk.Failure) (Failure, error) {
	out := Failure{
		ID: string(f.ID), Stage: f.Stage, Code: string(f.Code), Reason: f.Reason, ChannelID: some(string(f.Channel)), State: "FAILED",
		Tries: f.Tries, Replays: f.Replays, At: f.At,
	}
	switch f.State {
	case desk.FailureReplaying:
		out.State = "REPLAYING"
	case desk.FailureReplayed:
		out.State = "REPLAYED"
	}
	switch {
	case f.PayloadKey != "":
		link, err := a.Objects.Link(ctx, f.PayloadKey, "payload", "application/octet-stream", linkFor)
		if err != nil {
			return out, err
		}
		out.PayloadURL = &link
	case json.Valid(f.Payload):
		out.Payload = f.Payload
	case len(f.Payload) > 0:
		out.Payload = string(f.Payload)
	}
	return out, nil
}

func (a *API) failureCalls(b *book) {
	on(b, "listFailures", func(ctx context.Context, _ *caller, in *Paged) (*reply[listOf[Failure]], error) {
		after, err := a.cursors.read(ctx, "failures", in.After)
		if err != nil {
			return nil, err
		}
		found, err := a.Desk.Failures(ctx, after, in.Limit)
		if err != nil {
			return nil, err
		}
		var out []Failure
		for _, f := range found.Failures {
			if len(f.Payload) > listedPayload {
				f.Payload = nil
			}
			shown, err := a.showFailure(ctx, f)
			if err != nil {
				return nil, err
			}
			out = append(out, shown)
		}
		return page(ctx, a, "failures", out, found.Next)
	})
	on(b, "readFailure", func(ctx context.Context, _ *caller, in *ByID) (*reply[Failure], error) {
		f, err := a.Desk.Failure(ctx, desk.FailureID(in.ID))
		if err != nil {
			return nil, err
		}
		shown, err := a.showFailure(ctx, f)
		return &reply[Failure]{shown}, err
	})
	on(b, "replayFailure", func(ctx context.Context, _ *caller, in *ByID) (*reply[Failure], error) {
		if err := a.Desk.ReplayFailure(ctx, desk.FailureID(in.ID)); err != nil {
			return nil, err
		}
		f, err := a.Desk.Failure(ctx, desk.FailureID(in.ID))
		if err != nil {
			return nil, err
		}
		shown, err := a.showFailure(ctx, f)
		return &reply[Failure]{shown}, err
	})
	on(b, "deleteFailure", func(ctx context.Context, _ *caller, in *ByID) (*nothing, error) {
		return &nothing{}, a.Desk.DeleteFailure(ctx, desk.FailureID(in.ID))
	})
}
