package api

import (
	"context"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

const permissionNames = "admin,inboxes.manage,users.manage,reply,beAssigned,tickets.detach,messages.hide,delete,export,customChannels"

// Role is a named set of permissions.
type Role struct {
	ID          string   `json:"id" example:"agent"`
	Name        string   `json:"name" example:"Agent"`
	Permissions []string `json:"permissions" nullable:"false" doc:"admin stands for all."`
	Builtin     bool     `json:"builtin" doc:"There from the start; it can't be changed or deleted."`
}

// NewRole is a role to create.
type NewRole struct {
	Name        string   `json:"name" minLength:"1" maxLength:"100"`
	Permissions []string `json:"permissions" nullable:"false" maxItems:"20"`
}

// RoleChange is a change of a role.
type RoleChange struct {
	Name        opt[string]   `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Permissions opt[[]string] `json:"permissions,omitempty" maxItems:"20"`
}

func showRole(r desk.Role) Role {
	return Role{string(r.ID), r.Name, texts(r.Permissions), r.Builtin}
}

func roleOf(cfg *desk.Config, id string) (desk.Role, error) {
	r, there := cfg.Roles[desk.RoleID(id)]
	if !there {
		return r, desk.Refuse(desk.NotFound, "There is no such role.")
	}
	return r, nil
}

func (a *API) roleCalls(b *book) {
	on(b, "listRoles", func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[Role]], error) {
		out := listOf[Role]{Results: []Role{}}
		for _, r := range who.cfg.Roles {
			out.Results = append(out.Results, showRole(r))
		}
		slices.SortFunc(out.Results, func(x, y Role) int { return strings.Compare(x.Name+x.ID, y.Name+y.ID) })
		return &reply[listOf[Role]]{out}, nil
	})
	on(b, "readRole", func(_ context.Context, who *caller, in *ByID) (*reply[Role], error) {
		r, err := roleOf(who.cfg, in.ID)
		return &reply[Role]{showRole(r)}, err
	})
	on(b, "createRole", a.createRole)
	on(b, "changeRole", a.changeRole)
	on(b, "deleteRole", a.deleteRole)
}

// permissions reads names of permissions.
func permissions(given []string) ([]desk.Permission, error) {
	out := []desk.Permission{}
	for _, p := range ids[desk.Permission](given) {
		if !slices.Contains(desk.Permissions(), p) {
			return nil, desk.RefuseField("permissions", "there is no permission "+string(p)+"; there are "+strings.ReplaceAll(permissionNames, ",", ", "))
		}
		out = append(out, p)
	}
	return out, nil
}

func (a *API) createRole(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewRole
},
) (*made[Role], error) {
	name, err := named(in.Body.Name)
	if err != nil {
		return nil, err
	}
	may, err := permissions(in.Body.Permissions)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, who, "POST /v1/roles", in.Key, func(id string) (Role, error) {
		r, err := a.Desk.SaveRole(ctx, desk.Role{ID: desk.RoleID(id), Name: name, Permissions: may}, who.audit("role.create", id, name))
		return showRole(r), err
	}, func(id string) (Role, error) {
		cfg, err := a.Desk.Fresh(ctx)
		if err != nil {
			return Role{}, err
		}
		r, err := roleOf(cfg, id)
		return showRole(r), err
	})
}

func (a *API) changeRole(ctx context.Context, who *caller, in *struct {
	ByID
	Body RoleChange
},
) (*reply[Role], error) {
	return change(ctx, a, who, func(cfg *desk.Config) (Role, error) {
		r, err := roleOf(cfg, in.ID)
		if err != nil {
			return Role{}, err
		}
		if r.Builtin {
			return Role{}, desk.Refuse(desk.Conflict, "The role "+r.Name+" is there from the start and stays as it is. Create one of your own.")
		}
		in.Body.Name.apply(&r.Name)
		if r.Name, err = named(r.Name); err != nil {
			return Role{}, err
		}
		if in.Body.Permissions.set {
			if r.Permissions, err = permissions(in.Body.Permissions.value); err != nil {
				return Role{}, err
			}
		}
		if err := keepsAdminRole(cfg, r); err != nil {
			return Role{}, err
		}
		r, err = a.Desk.SaveRole(ctx, r, who.audit("role.update", in.ID, r.Name))
		return showRole(r), err
	})
}

// keepsAdminRole refuses a change of a role after which nobody would be an administrator.
func keepsAdminRole(cfg *desk.Config, r desk.Role) error {
	if desk.Allows(r.Permissions, desk.PermAdmin) {
		return nil
	}
	for _, u := range cfg.Users {
		if u.Role != r.ID && cfg.Can(u, desk.PermAdmin) {
			return nil
		}
	}
	return desk.Refuse(desk.Conflict, "Nobody would be an administrator any more.")
}

func (a *API) deleteRole(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
	return remove(ctx, a, who, func(cfg *desk.Config) error {
		r, err := roleOf(cfg, in.ID)
		if err != nil {
			return err
		}
		if r.Builtin {
			return desk.Refuse(desk.Conflict, "The role "+r.Name+" is there from the start and stays.")
		}
		for _, u := range cfg.Users {
			if u.Role == r.ID {
				return desk.Refuse(desk.Conflict, u.Name+" has the role "+r.Name+"; give them another first.")
			}
		}
		return a.Desk.RemoveRole(ctx, r, who.audit("role.delete", in.ID, r.Name))
	})
}
