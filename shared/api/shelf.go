package api

import (
	"context"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// shelf is the five calls about one kind of small things of the set-up. In is what may be said of one, both of a new one
// and of a change; a new one has to say what it can't be without.
type shelf[T, In, Out any] struct {
	one, many string // as in the ids of its calls: Skill, Skills
	path      string
	label     string // as in "There is no such skill."
	all       func(cfg *desk.Config) map[string]T
	id        func(x *T) *string
	name      func(x T) string
	show      func(x T) Out
	apply     func(cfg *desk.Config, in In, x *T) error
	use       func(cfg *desk.Config, x T) string // what names it; empty when nothing does
	save      func(ctx context.Context, x T, by desk.Audit) (T, error)
	remove    func(ctx context.Context, x T, by desk.Audit) error
}

func (s shelf[T, In, Out]) of(cfg *desk.Config, id string) (T, error) {
	x, there := s.all(cfg)[id]
	if !there {
		return x, desk.Refuse(desk.NotFound, "There is no such "+s.label+".")
	}
	return x, nil
}

func (s shelf[T, In, Out]) action(verb string) string {
	return strings.ReplaceAll(s.label, " ", "-") + "." + verb
}

// calls registers the five calls.
func (s shelf[T, In, Out]) calls(a *API, b *book) {
	on(b, "list"+s.many, func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[Out]], error) {
		all := s.all(who.cfg)
		found := make([]T, 0, len(all))
		for _, x := range all {
			found = append(found, x)
		}
		slices.SortFunc(found, func(x, y T) int { return strings.Compare(s.name(x)+*s.id(&x), s.name(y)+*s.id(&y)) })
		out := listOf[Out]{Results: []Out{}}
		for _, x := range found {
			out.Results = append(out.Results, s.show(x))
		}
		return &reply[listOf[Out]]{out}, nil
	})
	on(b, "read"+s.one, func(_ context.Context, who *caller, in *ByID) (*reply[Out], error) {
		x, err := s.of(who.cfg, in.ID)
		return &reply[Out]{s.show(x)}, err
	})
	on(b, "create"+s.one, func(ctx context.Context, who *caller, in *struct {
		Idem
		Body In
	},
	) (*made[Out], error) {
		return once(ctx, a, who, "POST "+s.path, in.Key, func(id string) (Out, error) {
			var x T
			*s.id(&x) = id
			if err := s.apply(who.cfg, in.Body, &x); err != nil {
				return s.show(x), err
			}
			x, err := s.save(ctx, x, who.audit(s.action("create"), id, s.name(x)))
			return s.show(x), err
		}, func(id string) (Out, error) {
			cfg, err := a.Desk.Fresh(ctx)
			if err != nil {
				var none Out
				return none, err
			}
			x, err := s.of(cfg, id)
			return s.show(x), err
		})
	})
	on(b, "change"+s.one, func(ctx context.Context, who *caller, in *struct {
		ByID
		Body In
	},
	) (*reply[Out], error) {
		return change(ctx, a, who, func(cfg *desk.Config) (Out, error) {
			x, err := s.of(cfg, in.ID)
			if err == nil {
				err = s.apply(cfg, in.Body, &x)
			}
			if err != nil {
				return s.show(x), err
			}
			x, err = s.save(ctx, x, who.audit(s.action("update"), in.ID, s.name(x)))
			return s.show(x), err
		})
	})
	on(b, "delete"+s.one, func(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
		return remove(ctx, a, who, func(cfg *desk.Config) error {
			x, err := s.of(cfg, in.ID)
			if err != nil {
				return err
			}
			if use := s.use(cfg, x); use != "" {
				return desk.Refuse(desk.Conflict, "The "+s.label+" "+s.name(x)+" is still named by "+use+".")
			}
			return s.remove(ctx, x, who.audit(s.action("delete"), in.ID, s.name(x)))
		})
	})
}

// rename is the name that something is given: it has to have one.
func rename(to opt[string], name *string) error {
	to.apply(name)
	given, err := named(*name)
	if err == nil {
		*name = given
	}
	return err
}
