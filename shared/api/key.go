package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Key is an API key without its secret.
type Key struct {
	ID          string    `json:"id"`
	Name        string    `json:"name" example:"Nightly import"`
	UserID      *string   `json:"userId" doc:"Whom it acts for; null is an integration."`
	Permissions []string  `json:"permissions" nullable:"false" doc:"All that an integration may do; for a user's key, what it is limited to when there are any."`
	CreatedAt   time.Time `json:"createdAt"`
}

// FullKey is a key the one time that it is shown whole.
type FullKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Key  string `json:"key" doc:"The whole key, shown this once." example:"lk_…"`
}

// NewKey is a key to make.
type NewKey struct {
	Name        string        `json:"name" minLength:"1" maxLength:"100"`
	UserID      opt[string]   `json:"userId,omitempty" maxLength:"200" doc:"The key acts as this user."`
	Permissions opt[[]string] `json:"permissions,omitempty" maxItems:"20" doc:"What an integration may do, or what a user's key is limited to."`
}

func (a *API) keyCalls(b *book) {
	on(b, "listKeys", func(ctx context.Context, _ *caller, _ *struct{}) (*reply[listOf[Key]], error) {
		keys, err := a.Desk.Keys(ctx)
		out := listOf[Key]{Results: []Key{}}
		for _, k := range keys {
			out.Results = append(out.Results, Key{string(k.ID), k.Name, some(string(k.User)), texts(k.Permissions), k.CreatedAt})
		}
		return &reply[listOf[Key]]{out}, err
	})
	on(b, "createKey", a.createKey)
	on(b, "deleteKey", func(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
		return &nothing{}, a.Desk.RevokeKey(ctx, desk.KeyID(in.ID), who.audit("key.delete", in.ID, ""))
	})
}

// createKey makes a key. A repeat under the same Idempotency-Key is a conflict: its answer held a secret, which is kept nowhere.
func (a *API) createKey(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewKey
},
) (*made[FullKey], error) {
	k, err := keyFrom(who, in.Body)
	if err != nil {
		return nil, err
	}
	if in.Key != "" {
		r := asked(ctx, who, "POST /v1/keys", in.Key)
		id, _, repeat, err := a.Desk.BeginRequest(ctx, r, desk.Derive("key", who.id, a.Desk.NewID()))
		if err != nil {
			return nil, err
		}
		if repeat {
			return nil, desk.Refuse(desk.Conflict, "This key was made before, and is shown once only. Revoke it if it was lost, and make another under a new Idempotency-Key.")
		}
		k.ID = desk.KeyID(id)
	}
	k, whole, err := a.Desk.NewKey(ctx, k, who.audit("key.create", "", k.Name))
	if err != nil && in.Key != "" {
		err = errors.Join(err, a.Desk.ForgetRequest(ctx, asked(ctx, who, "POST /v1/keys", in.Key)))
	}
	return &made[FullKey]{http.StatusCreated, FullKey{string(k.ID), k.Name, whole}}, err
}

func keyFrom(who *caller, b NewKey) (desk.APIKey, error) {
	name, err := named(b.Name)
	if err != nil {
		return desk.APIKey{}, err
	}
	may, err := permissions(b.Permissions.value)
	if err != nil {
		return desk.APIKey{}, err
	}
	k := desk.APIKey{Name: name, User: desk.UserID(b.UserID.value), Permissions: may}
	if k.User == "" {
		if len(may) == 0 {
			return k, desk.RefuseField("permissions", "a key without a user needs the permissions named that it is to have")
		}
		return k, nil
	}
	if _, err := userOf(who.cfg, b.UserID.value); err != nil {
		return k, desk.RefuseField("userId", "there is no such user")
	}
	return k, nil
}
