package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// What a new stack is born with. Ids are fixed, so that two first starts at once make one thing.
const (
	firstInbox    desk.InboxID    = "inbox"
	firstChannel  desk.ChannelID  = "inbox-mail"
	firstPipeline desk.PipelineID = "support"
	adminRole     desk.RoleID     = "administrator"
	adminUser     desk.UserID     = "administrator"
)

// Setup makes what a new stack is born with (one inbox with its mail channel, three roles, the Support pipeline), once:
// where a set-up is there already it changes nothing.
func (t *Table) Setup(ctx context.Context) error {
	version := versionKey().item()
	version["v"], version["t0"] = num(1), moment(t.now())
	writes := []types.TransactWriteItem{t.putIn(version, "attribute_not_exists(pk)", nil)}
	for _, e := range t.born() {
		w, _ := t.entryWrite(e)
		writes = append(writes, w)
		for _, u := range e.unique {
			writes = append(writes, t.take(u, e))
		}
	}
	for range tries {
		refused, err := t.together(ctx, writes...)
		if desk.CodeOf(err) != desk.Busy || err == nil {
			t.conf.forget()
			if err == nil && refused != nil && !refused[0] {
				return desk.Refuse(desk.Internal, "A part of the first set-up is there already, but not its version.")
			}
			return err
		}
		if err := pause(ctx); err != nil { // another first start at the same moment
			return err
		}
	}
	return desk.Refuse(desk.Busy, "The set-up could not be made; try again.")
}

func (t *Table) born() []entry {
	return []entry{
		inboxEntry(desk.Inbox{
			ID: firstInbox, Name: "Inbox", Kind: desk.PlainInbox, Slug: "inbox",
			Access: desk.Access{Everyone: true}, Reopen: desk.ReopenRule{Policy: desk.Reopen},
		}),
		channelEntry(desk.Channel{
			ID: firstChannel, Type: "email", Inbox: firstInbox, Name: "Inbox", Active: true, Fallback: true,
			Routing: desk.Routing{Assign: desk.AssignNobody, OnlyAvailable: true}, Created: t.now(),
		}),
		roleEntry(desk.Role{ID: adminRole, Name: "Administrator", Permissions: desk.Permissions(), Builtin: true}),
		roleEntry(desk.Role{ID: "agent", Name: "Agent", Permissions: []desk.Permission{desk.PermReply, desk.PermBeAssigned}, Builtin: true}),
		roleEntry(desk.Role{ID: "viewer", Name: "Viewer", Permissions: []desk.Permission{}, Builtin: true}),
		pipelineEntry(desk.Pipeline{ID: firstPipeline, Name: "Support", Stages: []desk.Stage{
			{ID: "new", Name: "New", State: desk.StageOpen},
			{ID: "waiting-on-contact", Name: "Waiting on contact", State: desk.StageWaiting},
			{ID: "waiting-on-us", Name: "Waiting on us", State: desk.StageOpen},
			{ID: "closed", Name: "Closed", State: desk.StageClosed},
		}}),
	}
}

// AdminKey makes a key for the operator's first way in: it acts as the user "Administrator", who is made, or given back
// the administrator's role, where needed. domain is the stack's mail domain.
func (t *Table) AdminKey(ctx context.Context, domain string) (string, error) {
	if err := t.Setup(ctx); err != nil {
		return "", err
	}
	cfg, err := t.Fresh(ctx)
	if err != nil {
		return "", err
	}
	by := desk.Audit{Actor: desk.Author{Kind: desk.BySystem, Name: "Operator"}, Action: "user.create", Target: string(adminUser)}
	u, known := cfg.Users[adminUser]
	if !known {
		u = desk.User{ID: adminUser, Name: "Administrator", Email: "admin@" + domain}
	}
	if !cfg.Can(u, desk.PermAdmin) {
		u.Role, u.Active = adminRole, true
		_, err := t.SaveUser(ctx, u, by)
		if err != nil && (known || desk.CodeOf(err) != desk.Conflict) { // two first starts at once: one of them made it
			return "", err
		}
	}
	by.Action = "key.create"
	_, key, err := t.NewKey(ctx, desk.APIKey{Name: "Administrator", User: adminUser}, by)
	return key, err
}
