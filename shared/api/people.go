package api

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// User is a person who works here.
type User struct {
	ID           string   `json:"id"`
	Email        string   `json:"email" example:"ada@example.com"`
	Name         string   `json:"name" example:"Ada"`
	RoleID       string   `json:"roleId" example:"agent"`
	TeamIDs      []string `json:"teamIds" nullable:"false"`
	Skills       []string `json:"skills" nullable:"false"`
	Capacity     *int     `json:"capacity" doc:"Open conversations at most; null is no limit."`
	WorkingHours *string  `json:"workingHours" doc:"The id of working hours; null is always."`
	Active       bool     `json:"active"`
}

// UserFields are what both a new person and a change of one may say.
type UserFields struct {
	Name         opt[string]   `json:"name,omitempty" maxLength:"100"`
	TeamIDs      opt[[]string] `json:"teamIds,omitempty" maxItems:"100"`
	Skills       opt[[]string] `json:"skills,omitempty" maxItems:"100"`
	Capacity     opt[int]      `json:"capacity,omitempty" minimum:"1" maximum:"10000"`
	WorkingHours opt[string]   `json:"workingHours,omitempty" maxLength:"200"`
	Active       opt[bool]     `json:"active,omitempty"`
}

// NewUser is a person to add.
type NewUser struct {
	Email  string `json:"email" minLength:"3" maxLength:"254"`
	RoleID string `json:"roleId" maxLength:"200"`
	UserFields
}

// UserChange is a change of a person.
type UserChange struct {
	Email  opt[string] `json:"email,omitempty" minLength:"3" maxLength:"254"`
	RoleID opt[string] `json:"roleId,omitempty" maxLength:"200"`
	UserFields
}

// Availability says whether a person takes new conversations now.
type Availability struct {
	UserID    string     `json:"userId"`
	Available bool       `json:"available"`
	Until     *time.Time `json:"until" doc:"When it falls back by itself; null is for good."`
	NextShift *time.Time `json:"nextShift" doc:"When their working hours next begin; null without hours."`
	Load      int        `json:"load" doc:"How many open conversations they have."`
}

func showUser(u desk.User) User {
	out := User{
		ID: string(u.ID), Email: u.Email, Name: u.Name, RoleID: string(u.Role), TeamIDs: texts(u.Teams), Skills: texts(u.Skills),
		WorkingHours: some(u.Hours), Active: u.Active,
	}
	if u.Capacity > 0 {
		out.Capacity = &u.Capacity
	}
	return out
}

func (a *API) peopleCalls(b *book) {
	on(b, "listUsers", func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[User]], error) {
		out := listOf[User]{Results: []User{}}
		for _, u := range who.cfg.Users {
			out.Results = append(out.Results, showUser(u))
		}
		slices.SortFunc(out.Results, func(x, y User) int { return strings.Compare(x.Name+x.ID, y.Name+y.ID) })
		return &reply[listOf[User]]{out}, nil
	})
	on(b, "readUser", func(_ context.Context, who *caller, in *ByID) (*reply[User], error) {
		u, err := userOf(who.cfg, in.ID)
		return &reply[User]{showUser(u)}, err
	})
	on(b, "createUser", a.createUser)
	on(b, "changeUser", a.changeUser)
	on(b, "deleteUser", a.deleteUser)
	on(b, "readAvailability", func(ctx context.Context, who *caller, in *ByID) (*reply[Availability], error) {
		u, err := userOf(who.cfg, in.ID)
		if err != nil {
			return nil, err
		}
		p, err := a.Desk.Presence(ctx, u.ID)
		return &reply[Availability]{a.showAvailability(who.cfg, u, p)}, err
	})
	on(b, "setAvailability", a.setAvailability)
	a.teamCalls(b)
	a.roleCalls(b)
}

func userOf(cfg *desk.Config, id string) (desk.User, error) {
	u, there := cfg.Users[desk.UserID(id)]
	if !there {
		return u, desk.Refuse(desk.NotFound, "There is no such user.")
	}
	return u, nil
}

func (a *API) createUser(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewUser
},
) (*made[User], error) {
	return once(ctx, a, who, "POST /v1/users", in.Key, func(id string) (User, error) {
		u := desk.User{ID: desk.UserID(id), Active: true}
		if err := who.putUser(who.cfg, &u, in.Body.Email, in.Body.RoleID, in.Body.UserFields); err != nil {
			return User{}, err
		}
		u, err := a.Desk.SaveUser(ctx, u, who.audit("user.create", id, u.Email))
		return showUser(u), err
	}, func(id string) (User, error) {
		cfg, err := a.Desk.Fresh(ctx)
		if err != nil {
			return User{}, err
		}
		u, err := userOf(cfg, id)
		return showUser(u), err
	})
}

func (a *API) changeUser(ctx context.Context, who *caller, in *struct {
	ByID
	Body UserChange
},
) (*reply[User], error) {
	b := in.Body
	return change(ctx, a, who, func(cfg *desk.Config) (User, error) {
		u, err := userOf(cfg, in.ID)
		if err != nil {
			return User{}, err
		}
		was := u
		email, role := u.Email, string(u.Role)
		b.Email.apply(&email)
		b.RoleID.apply(&role)
		if err := who.mayTouch(cfg, was); err != nil {
			return User{}, err
		}
		if err := who.putUser(cfg, &u, email, role, b.UserFields); err != nil {
			return User{}, err
		}
		if !cfg.Can(u, desk.PermAdmin) {
			if err := keepsAnAdmin(cfg, was); err != nil {
				return User{}, err
			}
		}
		u, err = a.Desk.SaveUser(ctx, u, who.audit("user.update", in.ID, u.Email))
		return showUser(u), err
	})
}

// putUser puts what was given over u and checks what came of it. Nobody gives a role that may more than themselves.
func (c *caller) putUser(cfg *desk.Config, u *desk.User, email, role string, f UserFields) error {
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != strings.TrimSpace(email) || !strings.Contains(address.Address, "@") {
		return desk.RefuseField("email", "this is not a mail address")
	}
	r, there := cfg.Roles[desk.RoleID(role)]
	if !there {
		return desk.RefuseField("roleId", "there is no such role")
	}
	if r.ID != u.Role {
		if err := c.mayGive(r.Permissions); err != nil {
			return err
		}
	}
	u.Email, u.Role = address.Address, r.ID
	f.Name.apply(&u.Name)
	if u.Name = strings.TrimSpace(u.Name); u.Name == "" {
		u.Name, _, _ = strings.Cut(u.Email, "@")
	}
	if f.TeamIDs.set {
		u.Teams = ids[desk.TeamID](f.TeamIDs.value)
	}
	if f.Skills.set {
		u.Skills = ids[string](f.Skills.value)
	}
	f.Capacity.apply(&u.Capacity)
	f.WorkingHours.apply(&u.Hours)
	f.Active.apply(&u.Active)
	if _, there := cfg.Hours[u.Hours]; u.Hours != "" && !there {
		return desk.RefuseField("workingHours", "there are no such working hours")
	}
	return knownTeams(cfg, "teamIds", u.Teams)
}

// mayGive refuses handing out permissions that the caller doesn't have.
func (c *caller) mayGive(permissions []desk.Permission) error {
	for _, p := range permissions {
		if !c.may(p) {
			return desk.Refuse(desk.Forbidden, "This would give the permission "+string(p)+", which you don't have yourself.")
		}
	}
	return nil
}

// mayTouch refuses changing a person who may more than the caller: else one could take over an administrator's sign-in.
func (c *caller) mayTouch(cfg *desk.Config, u desk.User) error {
	for _, p := range cfg.Roles[u.Role].Permissions {
		if !c.may(p) {
			return desk.Refuse(desk.Forbidden, u.Name+" has the permission "+string(p)+", which you don't have yourself. Ask an administrator.")
		}
	}
	return nil
}

// keepsAnAdmin refuses taking the last administrator away.
func keepsAnAdmin(cfg *desk.Config, was desk.User) error {
	if !cfg.Can(was, desk.PermAdmin) {
		return nil
	}
	for _, u := range cfg.Users {
		if u.ID != was.ID && cfg.Can(u, desk.PermAdmin) {
			return nil
		}
	}
	return desk.Refuse(desk.Conflict, was.Name+" is the only administrator. Make somebody else one first.")
}

func (a *API) showAvailability(cfg *desk.Config, u desk.User, p desk.Presence) Availability {
	now := a.Now()
	out := Availability{UserID: string(u.ID), Available: cfg.Available(u, p, now), Load: len(p.Load)}
	out.NextShift = moment(cfg.NextShift(u, now))
	if now.Before(p.Until) {
		out.Until = moment(p.Until)
	}
	return out
}

func (a *API) setAvailability(ctx context.Context, who *caller, in *struct {
	ByID
	Body struct {
		Available bool       `json:"available"`
		Until     *time.Time `json:"until,omitempty" doc:"When it falls back by itself."`
	}
},
) (*reply[Availability], error) {
	u, err := userOf(who.cfg, in.ID)
	if err != nil {
		return nil, err
	}
	if u.ID != who.user.ID && !who.may(desk.PermUsersManage) {
		return nil, desk.Refuse(desk.Forbidden, "Setting somebody else's availability needs the permission users.manage.")
	}
	var until time.Time
	if in.Body.Until != nil {
		if until = *in.Body.Until; !until.After(a.Now()) {
			return nil, desk.RefuseField("until", "this is over already")
		}
	}
	p, err := a.Desk.SetAvailability(ctx, u.ID, in.Body.Available, until)
	return &reply[Availability]{a.showAvailability(who.cfg, u, p)}, err
}
