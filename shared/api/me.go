package api

import (
	"context"

	"github.com/loket-desk/loket/shared/desk"
)

// Me is who makes the call.
type Me struct {
	Kind        string   `json:"kind" enum:"USER,INTEGRATION"`
	User        *User    `json:"user" doc:"Null for an integration."`
	Role        *Role    `json:"role" doc:"Null for an integration."`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions" nullable:"false" doc:"All that this key or sign-in may do; admin stands for all."`
	InboxIDs    []string `json:"inboxIds" nullable:"false" doc:"The inboxes that I act in."`
}

func (a *API) meCalls(b *book) {
	on(b, "me", func(_ context.Context, who *caller, _ *struct{}) (*reply[Me], error) {
		me := Me{Kind: string(desk.ByIntegration), Name: who.name, Permissions: texts(who.permissions), InboxIDs: []string{}}
		if who.user.ID != "" {
			u, r := showUser(who.user), showRole(who.cfg.Roles[who.user.Role])
			me.Kind, me.User, me.Role = string(desk.ByUser), &u, &r
		}
		for _, id := range who.visible() {
			if who.works(id) {
				me.InboxIDs = append(me.InboxIDs, string(id))
			}
		}
		return &reply[Me]{me}, nil
	})
}
