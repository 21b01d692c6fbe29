package api

import (
	"context"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// Team is a group of people; who is in it is kept with the people.
type Team struct {
	ID   string `json:"id"`
	Name string `json:"name" example:"Support"`
}

// NamedThing is something that has a name only.
type NamedThing struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
}

func showTeam(t desk.Team) Team { return Team{string(t.ID), t.Name} }

func teamOf(cfg *desk.Config, id string) (desk.Team, error) {
	t, there := cfg.Teams[desk.TeamID(id)]
	if !there {
		return t, desk.Refuse(desk.NotFound, "There is no such team.")
	}
	return t, nil
}

func (a *API) teamCalls(b *book) {
	on(b, "listTeams", func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[Team]], error) {
		out := listOf[Team]{Results: []Team{}}
		for _, t := range who.cfg.Teams {
			out.Results = append(out.Results, showTeam(t))
		}
		slices.SortFunc(out.Results, func(x, y Team) int { return strings.Compare(x.Name+x.ID, y.Name+y.ID) })
		return &reply[listOf[Team]]{out}, nil
	})
	on(b, "readTeam", func(_ context.Context, who *caller, in *ByID) (*reply[Team], error) {
		t, err := teamOf(who.cfg, in.ID)
		return &reply[Team]{showTeam(t)}, err
	})
	on(b, "createTeam", a.createTeam)
	on(b, "changeTeam", a.changeTeam)
	on(b, "deleteTeam", a.deleteTeam)
}

// named is a name without spaces around it, which has to be there.
func named(given string) (string, error) {
	if name := strings.TrimSpace(given); name != "" {
		return name, nil
	}
	return "", desk.RefuseField("name", "this needs a name")
}

func (a *API) createTeam(ctx context.Context, who *caller, in *struct {
	Idem
	Body NamedThing
},
) (*made[Team], error) {
	name, err := named(in.Body.Name)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, who, "POST /v1/teams", in.Key, func(id string) (Team, error) {
		t, err := a.Desk.SaveTeam(ctx, desk.Team{ID: desk.TeamID(id), Name: name}, who.audit("team.create", id, name))
		return showTeam(t), err
	}, func(id string) (Team, error) {
		cfg, err := a.Desk.Fresh(ctx)
		if err != nil {
			return Team{}, err
		}
		t, err := teamOf(cfg, id)
		return showTeam(t), err
	})
}

func (a *API) changeTeam(ctx context.Context, who *caller, in *struct {
	ByID
	Body NamedThing
},
) (*reply[Team], error) {
	name, err := named(in.Body.Name)
	if err != nil {
		return nil, err
	}
	return change(ctx, a, who, func(cfg *desk.Config) (Team, error) {
		t, err := teamOf(cfg, in.ID)
		if err != nil {
			return Team{}, err
		}
		t.Name = name
		t, err = a.Desk.SaveTeam(ctx, t, who.audit("team.update", in.ID, name))
		return showTeam(t), err
	})
}

func (a *API) deleteTeam(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
	return remove(ctx, a, who, func(cfg *desk.Config) error {
		t, err := teamOf(cfg, in.ID)
		if err != nil {
			return err
		}
		if use := teamUse(cfg, t.ID); use != "" {
			return desk.Refuse(desk.Conflict, "The team "+t.Name+" is still named by "+use+".")
		}
		return a.Desk.RemoveTeam(ctx, t, who.audit("team.delete", in.ID, t.Name))
	})
}

// teamUse says what names a team; empty when nothing does.
func teamUse(cfg *desk.Config, id desk.TeamID) string {
	for _, u := range cfg.Users {
		if u.InTeam(id) {
			return "the user " + u.Name
		}
	}
	for _, x := range cfg.Inboxes {
		if slices.Contains(x.Access.TeamIDs, id) {
			return "the inbox " + x.Name
		}
	}
	for _, ch := range cfg.Channels {
		if !ch.Deleted && slices.Contains(ch.Routing.TeamIDs, id) {
			return "the channel " + ch.Name
		}
	}
	return ""
}
