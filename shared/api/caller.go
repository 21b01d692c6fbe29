package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/loket-desk/loket/shared/desk"
)

// caller is who makes a call, with the set-up as it was at that moment.
type caller struct {
	id          string // names them for idempotency: the key, or the user
	key         desk.KeyID
	user        desk.User // without an id for an integration
	name        string
	permissions []desk.Permission
	cfg         *desk.Config
	from        string
}

type callerKey struct{}

func callerOf(ctx context.Context) *caller {
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return c
	}
	return &caller{cfg: &desk.Config{}}
}

// authenticate finds out who calls and refuses what their permissions don't allow, before anything of the body is read.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	who, err := a.identify(r)
	if err == nil {
		err = a.admit(r.Context(), who.id)
	}
	var over *limited
	if errors.As(err, &over) {
		w.Header().Set("Retry-After", strconv.Itoa(int(over.until.Sub(a.Now())/time.Second)+1))
		a.refuse(w, a.tooMany(r.Context()))
		return
	}
	if err == nil {
		err = who.mayCall(a.rules[ctx.Operation().OperationID])
	}
	if err != nil {
		a.refuse(w, a.problem(r.Context(), err))
		return
	}
	next(huma.WithValue(ctx, callerKey{}, who))
}

// identify reads the bearer. The key and the set-up are read at the same time: both must be as they are now.
func (a *API) identify(r *http.Request) (*caller, error) {
	ctx := r.Context()
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	bearer = strings.TrimSpace(bearer)
	if !strings.EqualFold(scheme, "Bearer") || bearer == "" {
		return nil, desk.Refuse(desk.Unauthenticated, "Send an API key as `Authorization: Bearer lk_…`.")
	}
	type setup struct {
		cfg *desk.Config
		err error
	}
	reading := make(chan setup, 1)
	go func() {
		cfg, err := a.setup(ctx)
		reading <- setup{cfg, err}
	}()
	var k desk.APIKey
	var address string
	var err error
	if strings.HasPrefix(bearer, "lk_") || a.tokens == nil {
		k, err = a.Desk.KeyOf(ctx, bearer)
	} else {
		address, err = a.tokens.address(ctx, bearer)
	}
	got := <-reading
	if err != nil {
		return nil, err
	}
	if got.err != nil {
		return nil, got.err
	}
	from := requestOf(ctx).from
	if address != "" {
		return personal(got.cfg, address, from)
	}
	return keyed(got.cfg, k, from)
}

// setup is the set-up as it is now; a stack that has none yet gets its first.
func (a *API) setup(ctx context.Context) (*desk.Config, error) {
	cfg, err := a.Desk.Fresh(ctx)
	if err != nil || cfg.Version != 0 {
		return cfg, err
	}
	if err := a.Desk.Setup(ctx); err != nil {
		return nil, err
	}
	return a.Desk.Fresh(ctx)
}

// keyed is whom a key acts for: its user, within the permissions that it names if it names any, or an integration.
func keyed(cfg *desk.Config, k desk.APIKey, from string) (*caller, error) {
	c := &caller{id: "key:" + string(k.ID), key: k.ID, name: k.Name, permissions: k.Permissions, cfg: cfg, from: from}
	if k.User == "" {
		return c, nil
	}
	u, known := cfg.Users[k.User]
	if !known || !u.Active {
		return nil, desk.Refuse(desk.Unauthenticated, "The API key's user is not active.")
	}
	c.user, c.name, c.permissions = u, u.Name, cfg.Roles[u.Role].Permissions
	if len(k.Permissions) > 0 {
		c.permissions = both(c.permissions, k.Permissions)
	}
	return c, nil
}

// both are the permissions that either list allows.
func both(a, b []desk.Permission) []desk.Permission {
	var out []desk.Permission
	for _, p := range desk.Permissions() {
		if desk.Allows(a, p) && desk.Allows(b, p) {
			out = append(out, p)
		}
	}
	return out
}

// personal is the active user with a mail address that the issuer has verified.
func personal(cfg *desk.Config, address, from string) (*caller, error) {
	u, known := cfg.Teammate(address)
	if !known {
		return nil, desk.Refuse(desk.Forbidden, "Nobody who works here has the address of this sign-in. Ask an administrator to add it.")
	}
	return &caller{id: "user:" + string(u.ID), user: u, name: u.Name, permissions: cfg.Roles[u.Role].Permissions, cfg: cfg, from: from}, nil
}

func (c *caller) may(p desk.Permission) bool { return desk.Allows(c.permissions, p) }

// mayCall refuses a call whose permission the caller doesn't have.
func (c *caller) mayCall(r rule) error {
	if also := r.also(); r.Needs == "" || c.may(r.Needs) || also != "" && c.may(also) {
		return nil
	}
	return desk.Refuse(desk.Forbidden, "This needs the permission "+string(r.Needs)+", which you don't have.")
}

// works reports whether the caller is a member of an inbox. An integration works in the inboxes that are everyone's.
func (c *caller) works(id desk.InboxID) bool {
	box, there := c.cfg.Inboxes[id]
	return there && box.Access.Member(c.user)
}

// sees reports whether the caller may read what lies in an inbox: its members, and administrators (S008).
func (c *caller) sees(id desk.InboxID) bool {
	_, there := c.cfg.Inboxes[id]
	return c.works(id) || (there && c.may(desk.PermAdmin))
}

// mayWork refuses an act in an inbox that the caller is no member of, in words.
func (c *caller) mayWork(id desk.InboxID) error {
	if c.works(id) {
		return nil
	}
	return desk.Refuse(desk.Forbidden, "You may read the inbox "+c.cfg.Inboxes[id].Name+" as an administrator, but only its members act in it. Add yourself to its members first.")
}

// visible are the inboxes that the caller may read, in a fixed order.
func (c *caller) visible() []desk.InboxID {
	var out []desk.InboxID
	for id := range c.cfg.Inboxes {
		if c.sees(id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

func (c *caller) author() desk.Author {
	if c.user.ID == "" {
		return desk.Author{Kind: desk.ByIntegration, ID: string(c.key), Name: c.name}
	}
	return desk.Author{Kind: desk.ByUser, ID: string(c.user.ID), Name: c.user.Name, Address: c.user.Email}
}

// audit is the entry of a change of the set-up that the caller makes.
func (c *caller) audit(action, target, detail string) desk.Audit {
	by := c.author()
	by.Address = ""
	return desk.Audit{Actor: by, Action: action, Target: target, From: c.from, Detail: detail}
}
