package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/loket-desk/loket/shared/desk"
)

// reply is the answer of a call that gives one thing.
type reply[T any] struct{ Body T }

// made is the answer of a call that creates: 201, or 200 when it was made before under the same Idempotency-Key.
type made[T any] struct {
	Status int
	Body   T
}

// nothing is the answer of a call that has none.
type nothing struct{}

// listOf is a page of things, and the cursor of the next page.
type listOf[T any] struct {
	Results []T     `json:"results" nullable:"false"`
	Next    *string `json:"next" doc:"The cursor of the next page, for ?after=; null at the end."`
}

// ByID is the request of a call about one thing.
type ByID struct {
	ID string `path:"id" maxLength:"200"`
}

// Idem is the part of a creating request that makes it safe to repeat.
type Idem struct {
	Key string `header:"Idempotency-Key" maxLength:"128" doc:"The same key with the same body gives the first answer again for 24 hours, with 200; with another body it is a conflict."`
}

// Paged is the part of a listing request that pages.
type Paged struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
	After string `query:"after" maxLength:"2000" doc:"The next of the page before."`
}

// asked is the request as the table remembers it.
func asked(ctx context.Context, who *caller, route, key string) desk.Request {
	return desk.Request{Caller: who.id, Route: route, Key: key, Hash: requestOf(ctx).hash}
}

// once makes something, only once under the same Idempotency-Key. make creates it under the id given; there reads what
// an earlier try, that never came to its answer, has made under that id.
func once[T any](ctx context.Context, a *API, who *caller, route, key string, make, there func(id string) (T, error)) (*made[T], error) {
	if key == "" {
		v, err := make(a.Desk.NewID())
		return &made[T]{http.StatusCreated, v}, err
	}
	r := asked(ctx, who, route, key)
	id, answer, repeat, err := a.Desk.BeginRequest(ctx, r, a.Desk.NewID())
	if err != nil {
		return nil, err
	}
	var v T
	if answer != nil {
		if err := json.Unmarshal(answer, &v); err != nil {
			return nil, desk.Refuse(desk.Internal, "The first answer can't be read.").Because(err)
		}
		return &made[T]{http.StatusOK, v}, nil
	}
	status := http.StatusCreated
	v, err = make(id)
	if repeat && desk.CodeOf(err) == desk.Conflict {
		if first, gone := there(id); gone == nil {
			v, err, status = first, nil, http.StatusOK
		}
	}
	if err != nil {
		a.giveUp(ctx, r, err)
		return nil, err
	}
	a.keep(ctx, r, v)
	return &made[T]{status, v}, nil
}

// giveUp frees the Idempotency-Key of a call that was refused for good. One that only didn't come through keeps its id,
// so that the next try goes on with it.
func (a *API) giveUp(ctx context.Context, r desk.Request, refusal error) {
	if c := desk.CodeOf(refusal); c == desk.Busy || c == desk.Internal {
		return
	}
	if err := a.Desk.ForgetRequest(ctx, r); err != nil {
		a.Log.WarnContext(ctx, "an idempotency key was not freed", "error", err)
	}
}

// keep stores the answer for repeats. Where that fails, a repeat finds what was made by its id.
func (a *API) keep(ctx context.Context, r desk.Request, v any) {
	answer, err := json.Marshal(v)
	if err == nil {
		err = a.Desk.AnswerRequest(ctx, r, answer)
	}
	if err != nil {
		a.Log.WarnContext(ctx, "an answer was not kept for repeats", "error", err)
	}
}

// change does a change of the set-up, and once more from the start when somebody else was faster.
func change[T any](ctx context.Context, a *API, who *caller, do func(cfg *desk.Config) (T, error)) (*reply[T], error) {
	cfg := who.cfg
	for tries := 0; ; tries++ {
		v, err := do(cfg)
		if desk.CodeOf(err) != desk.Conflict || err == nil || tries == 2 {
			return &reply[T]{v}, err
		}
		if cfg, err = a.Desk.Fresh(ctx); err != nil {
			return nil, err
		}
	}
}

// remove is change for a call that has no answer.
func remove(ctx context.Context, a *API, who *caller, do func(cfg *desk.Config) error) (*nothing, error) {
	_, err := change(ctx, a, who, func(cfg *desk.Config) (nothing, error) { return nothing{}, do(cfg) })
	return &nothing{}, err
}
