package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// Inbox is a place where conversations are worked on.
type Inbox struct {
	ID              string      `json:"id"`
	Name            string      `json:"name" example:"Support"`
	Kind            string      `json:"kind" enum:"INBOX,HELP_DESK" doc:"In a help desk every conversation has a ticket."`
	Access          InboxAccess `json:"access"`
	FallbackAddress string      `json:"fallbackAddress" doc:"Mail to this address comes in here, without any set-up." example:"support@mail.example.com"`
	Reopen          InboxReopen `json:"reopen"`
	Spam            InboxSpam   `json:"spam"`
	OnlyAssignee    bool        `json:"onlyAssigneeReplies" doc:"Only whom a conversation is assigned to may answer it."`
	TicketsMove     bool        `json:"ticketsMoveToHelpDesk" doc:"A ticket that is made of a conversation moves both to the help desk."`
	HelpDeskID      *string     `json:"helpDeskId" doc:"To which help desk; null is the first."`
	Member          bool        `json:"member" doc:"Whether I act in it. An administrator who is no member may read it only."`
}

// InboxAccess says who works in an inbox: everyone, or the people and teams named.
type InboxAccess struct {
	Everyone bool     `json:"everyone"`
	UserIDs  []string `json:"userIds" nullable:"false"`
	TeamIDs  []string `json:"teamIds" nullable:"false"`
}

// InboxReopen says what a message to a closed conversation does.
type InboxReopen struct {
	Policy string `json:"policy" enum:"REOPEN,NEW,REOPEN_WITHIN"`
	Days   int    `json:"days" doc:"For REOPEN_WITHIN."`
}

// InboxSpam says which mail is filtered.
type InboxSpam struct {
	RoleAddresses bool     `json:"roleAddresses" doc:"Filter mail from role-based addresses such as marketing@."`
	Allow         []string `json:"allow" nullable:"false" doc:"Addresses or domains that are never filtered."`
}

// AccessInput says who works in an inbox; what is left out stays.
type AccessInput struct {
	Everyone opt[bool]     `json:"everyone,omitempty"`
	UserIDs  opt[[]string] `json:"userIds,omitempty" maxItems:"500"`
	TeamIDs  opt[[]string] `json:"teamIds,omitempty" maxItems:"500"`
}

// ReopenInput says what a message to a closed conversation does; what is left out stays.
type ReopenInput struct {
	Policy opt[string] `json:"policy,omitempty" enum:"REOPEN,NEW,REOPEN_WITHIN"`
	Days   opt[int]    `json:"days,omitempty" minimum:"0" maximum:"3650"`
}

// SpamInput says which mail is filtered; what is left out stays.
type SpamInput struct {
	RoleAddresses opt[bool]     `json:"roleAddresses,omitempty"`
	Allow         opt[[]string] `json:"allow,omitempty" maxItems:"1000"`
}

// InboxFields are what both a new inbox and a change of one may say.
type InboxFields struct {
	Kind         opt[string]      `json:"kind,omitempty" enum:"INBOX,HELP_DESK"`
	Access       opt[AccessInput] `json:"access,omitempty"`
	Reopen       opt[ReopenInput] `json:"reopen,omitempty"`
	Spam         opt[SpamInput]   `json:"spam,omitempty"`
	OnlyAssignee opt[bool]        `json:"onlyAssigneeReplies,omitempty"`
	TicketsMove  opt[bool]        `json:"ticketsMoveToHelpDesk,omitempty"`
	HelpDeskID   opt[string]      `json:"helpDeskId,omitempty" maxLength:"200"`
}

// NewInbox is an inbox to create: everyone works in it unless said otherwise.
type NewInbox struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
	InboxFields
}

// InboxChange is a change of an inbox.
type InboxChange struct {
	Name opt[string] `json:"name,omitempty" minLength:"1" maxLength:"100"`
	InboxFields
}

func (a *API) showInbox(who *caller, x desk.Inbox) Inbox {
	return Inbox{
		ID: string(x.ID), Name: x.Name, Kind: string(x.Kind), FallbackAddress: a.fallbackAddress(x), OnlyAssignee: x.Options.OnlyAssigneeReplies,
		Access: InboxAccess{x.Access.Everyone, texts(x.Access.UserIDs), texts(x.Access.TeamIDs)},
		Reopen: InboxReopen{string(x.Reopen.Policy), x.Reopen.Days}, Spam: InboxSpam{x.Spam.RoleAddresses, texts(x.Spam.Allow)},
		Member: x.Access.Member(who.user), TicketsMove: !x.Options.KeepTickets, HelpDeskID: some(string(x.Options.HelpDesk)),
	}
}

func (a *API) fallbackAddress(x desk.Inbox) string {
	if a.Domain == "" {
		return "" // the stack takes no mail
	}
	return x.Slug + "@" + a.Domain
}

func (a *API) inboxCalls(b *book) {
	on(b, "listInboxes", func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[Inbox]], error) {
		out := listOf[Inbox]{Results: []Inbox{}}
		for _, id := range who.visible() {
			out.Results = append(out.Results, a.showInbox(who, who.cfg.Inboxes[id]))
		}
		slices.SortFunc(out.Results, func(x, y Inbox) int { return strings.Compare(x.Name+x.ID, y.Name+y.ID) })
		return &reply[listOf[Inbox]]{out}, nil
	})
	on(b, "readInbox", func(_ context.Context, who *caller, in *ByID) (*reply[Inbox], error) {
		x, err := inboxOf(who, who.cfg, in.ID)
		return &reply[Inbox]{a.showInbox(who, x)}, err
	})
	on(b, "createInbox", a.createInbox)
	on(b, "changeInbox", a.changeInbox)
	on(b, "deleteInbox", a.deleteInbox)
}

// inboxOf is an inbox that the caller may see or manage.
func inboxOf(who *caller, cfg *desk.Config, id string) (desk.Inbox, error) {
	x, there := cfg.Inboxes[desk.InboxID(id)]
	if !there || !(who.sees(x.ID) || who.may(desk.PermInboxesManage)) {
		return desk.Inbox{}, desk.Refuse(desk.NotFound, "There is no such inbox.")
	}
	return x, nil
}

func (a *API) createInbox(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewInbox
},
) (*made[Inbox], error) {
	name, err := named(in.Body.Name)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, who, "POST /v1/inboxes", in.Key, func(id string) (Inbox, error) {
		x := desk.Inbox{
			ID: desk.InboxID(id), Name: name, Kind: desk.PlainInbox, Slug: freeSlug(who.cfg, name),
			Access: desk.Access{Everyone: true}, Reopen: desk.ReopenRule{Policy: desk.Reopen},
		}
		if err := in.Body.apply(who.cfg, &x); err != nil {
			return Inbox{}, err
		}
		fallback := desk.Channel{
			ID: desk.ChannelID(desk.Derive("fallback", id)), Type: "email", Inbox: x.ID, Name: x.Name, Active: true, Fallback: true,
			Routing: desk.Routing{Assign: desk.AssignNobody, OnlyAvailable: true}, Created: a.Now(),
		}
		x, err := a.Desk.CreateInbox(ctx, x, fallback, who.audit("inbox.create", id, x.Name))
		return a.showInbox(who, x), err
	}, func(id string) (Inbox, error) { return a.freshInbox(ctx, who, id) })
}

func (a *API) freshInbox(ctx context.Context, who *caller, id string) (Inbox, error) {
	cfg, err := a.Desk.Fresh(ctx)
	if err != nil {
		return Inbox{}, err
	}
	x, err := inboxOf(who, cfg, id)
	return a.showInbox(who, x), err
}

func (a *API) changeInbox(ctx context.Context, who *caller, in *struct {
	ByID
	Body InboxChange
},
) (*reply[Inbox], error) {
	return change(ctx, a, who, func(cfg *desk.Config) (Inbox, error) {
		x, err := inboxOf(who, cfg, in.ID)
		if err != nil {
			return Inbox{}, err
		}
		in.Body.Name.apply(&x.Name)
		if x.Name, err = named(x.Name); err != nil {
			return Inbox{}, err
		}
		if err := in.Body.apply(cfg, &x); err != nil {
			return Inbox{}, err
		}
		x, err = a.Desk.SaveInbox(ctx, x, who.audit("inbox.update", in.ID, x.Name))
		return a.showInbox(who, x), err
	})
}

// apply puts the fields over x and checks what came of it.
func (f InboxFields) apply(cfg *desk.Config, x *desk.Inbox) error {
	applyAs(f.Kind, &x.Kind)
	if f.Kind.null {
		x.Kind = desk.PlainInbox
	}
	f.Access.value.Everyone.apply(&x.Access.Everyone)
	if u := f.Access.value.UserIDs; u.set {
		x.Access.UserIDs = ids[desk.UserID](u.value)
	}
	if t := f.Access.value.TeamIDs; t.set {
		x.Access.TeamIDs = ids[desk.TeamID](t.value)
	}
	if f.Access.null {
		x.Access = desk.Access{Everyone: true}
	}
	applyAs(f.Reopen.value.Policy, &x.Reopen.Policy)
	f.Reopen.value.Days.apply(&x.Reopen.Days)
	if f.Reopen.null || x.Reopen.Policy == "" {
		x.Reopen = desk.ReopenRule{Policy: desk.Reopen}
	}
	f.Spam.value.RoleAddresses.apply(&x.Spam.RoleAddresses)
	f.Spam.value.Allow.apply(&x.Spam.Allow)
	if f.Spam.null {
		x.Spam = desk.SpamRule{}
	}
	f.OnlyAssignee.apply(&x.Options.OnlyAssigneeReplies)
	if f.TicketsMove.set {
		x.Options.KeepTickets = !f.TicketsMove.value && !f.TicketsMove.null
	}
	applyAs(f.HelpDeskID, &x.Options.HelpDesk)
	if id := x.Options.HelpDesk; id != "" && cfg.Inboxes[id].Kind != desk.HelpDesk {
		return desk.RefuseField("helpDeskId", "there is no such help desk")
	}
	if x.Reopen.Policy == desk.ReopenWithin && x.Reopen.Days < 1 {
		return desk.RefuseField("reopen.days", "say within how many days")
	}
	if err := knownUsers(cfg, "access.userIds", x.Access.UserIDs); err != nil {
		return err
	}
	return knownTeams(cfg, "access.teamIds", x.Access.TeamIDs)
}

func knownUsers(cfg *desk.Config, field string, ids []desk.UserID) error {
	for i, id := range ids {
		if _, there := cfg.Users[id]; !there {
			return desk.RefuseField(fmt.Sprintf("%s[%d]", field, i), "there is no such user")
		}
	}
	return nil
}

func knownTeams(cfg *desk.Config, field string, ids []desk.TeamID) error {
	for i, id := range ids {
		if _, there := cfg.Teams[id]; !there {
			return desk.RefuseField(fmt.Sprintf("%s[%d]", field, i), "there is no such team")
		}
	}
	return nil
}

func (a *API) deleteInbox(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
	return remove(ctx, a, who, func(cfg *desk.Config) error {
		x, err := inboxOf(who, cfg, in.ID)
		if err != nil {
			return err
		}
		if len(cfg.Inboxes) == 1 {
			return desk.Refuse(desk.Conflict, "This is the only inbox; one stays.")
		}
		var fallback desk.Channel
		for _, ch := range cfg.Channels {
			if ch.Inbox != x.ID || ch.Deleted {
				continue
			}
			if !ch.Fallback {
				return desk.Refuse(desk.Conflict, "The inbox has the channel "+ch.Name+"; delete its channels first.")
			}
			fallback = ch
		}
		holds, err := a.Desk.ListConversations(ctx, desk.ConversationQuery{Inboxes: []desk.InboxID{x.ID}, Views: allViews(), Limit: 1})
		if err != nil {
			return err
		}
		if len(holds.Conversations) > 0 || holds.Next != "" {
			return desk.Refuse(desk.Conflict, "The inbox holds conversations. It can be deleted when it is empty, the trash included.")
		}
		return a.Desk.RemoveInbox(ctx, x, fallback, who.audit("inbox.delete", in.ID, x.Name))
	})
}

// taken are local parts of addresses that mean something else.
func taken(slug string) bool {
	return slices.Contains([]string{"reply", "postmaster", "abuse", "mailer-daemon", "bounce", "bounces", "no-reply", "noreply"}, slug)
}

// freeSlug is a local part made of a name, that no other inbox has.
func freeSlug(cfg *desk.Config, name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug = strings.Trim(slug[:min(len(slug), 40)], "-"); slug == "" {
		slug = "inbox"
	}
	has := func(s string) bool {
		for _, x := range cfg.Inboxes {
			if strings.EqualFold(x.Slug, s) {
				return true
			}
		}
		return taken(s)
	}
	try := slug
	for n := 2; has(try); n++ {
		try = fmt.Sprintf("%s-%d", slug, n)
	}
	return try
}
