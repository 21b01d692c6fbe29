package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// accountInput is an account that a program connects by itself, or what it changes of one.
type accountInput struct {
	Inbox      customID                  `json:"inboxId"`
	Name       *string                   `json:"name"`
	Authorized *bool                     `json:"authorized"`
	Identifier *channel.CustomIdentifier `json:"deliveryIdentifier"`
}

// accountOf is a connected account of a channel. One that an admin only began to connect is not there yet.
func accountOf(cfg *desk.Config, registration, id string) (desk.Channel, error) {
	ch, there := cfg.Channels[desk.ChannelID(id)]
	if !there || ch.Type != desk.CustomType(registration) || ch.Custom == nil || ch.Custom.Value == "" {
		return desk.Channel{}, desk.Refuse(desk.NotFound, "There is no such channel account.")
	}
	return ch, nil
}

// liveAccountOf is an account that is not archived, of a channel that isn't.
func liveAccountOf(cfg *desk.Config, registration, id string) (desk.Channel, desk.CustomChannel, error) {
	x, err := registrationOf(cfg, registration)
	if err != nil {
		return desk.Channel{}, x, err
	}
	ch, err := accountOf(cfg, registration, id)
	if err == nil && ch.Deleted {
		err = desk.Refuse(desk.NotFound, "This channel account is archived.")
	}
	return ch, x, err
}

// accountOrders are how a list of accounts can be sorted.
func accountOrders() map[string]func(x, y channel.CustomAccount) int {
	return map[string]func(x, y channel.CustomAccount) int{
		"id":        func(x, y channel.CustomAccount) int { return strings.Compare(x.ID, y.ID) },
		"name":      func(x, y channel.CustomAccount) int { return strings.Compare(x.Name+"\x00"+x.ID, y.Name+"\x00"+y.ID) },
		"createdAt": func(x, y channel.CustomAccount) int { return x.CreatedAt.Compare(y.CreatedAt) },
	}
}

func (a *API) listAccounts(_ context.Context, in customCall) (customAnswer, error) {
	q := in.r.URL.Query()
	archived, err := flagOf(q, "archived")
	if err != nil {
		return customAnswer{}, err
	}
	if x, there := in.who.cfg.Custom[in.channel]; !there || x.Archived && !archived {
		return customAnswer{}, desk.Refuse(desk.NotFound, "There is no such channel.")
	}
	all := []channel.CustomAccount{}
	for id, ch := range in.who.cfg.Channels {
		if _, err := accountOf(in.who.cfg, in.channel, string(id)); err != nil || ch.Deleted != archived {
			continue
		}
		kind, value := q.Get("deliveryIdentifierType"), q.Get("deliveryIdentifierValue")
		if (kind == "" || kind == ch.Custom.Type) && (value == "" || value == ch.Custom.Value || value == ch.Account["id"]) {
			all = append(all, channel.ShowCustomAccount(ch))
		}
	}
	by, backwards := strings.CutPrefix(q.Get("sort"), "-")
	order, known := accountOrders()[firstOf(by, "createdAt")]
	if !known {
		return customAnswer{}, desk.RefuseField("sort", "is one of id, name, createdAt, with a - before it to turn it round")
	}
	slices.SortFunc(all, accountOrders()["id"])
	slices.SortStableFunc(all, order)
	if backwards {
		slices.Reverse(all)
	}
	return customPage(a, in, all, func(x channel.CustomAccount) string { return x.ID })
}

func (a *API) readAccount(_ context.Context, in customCall) (customAnswer, error) {
	ch, err := accountOf(in.who.cfg, in.channel, in.id)
	return customAnswer{http.StatusOK, channel.ShowCustomAccount(ch)}, err
}

func (a *API) createAccount(ctx context.Context, in customCall) (customAnswer, error) {
	x, err := registrationOf(in.who.cfg, in.channel)
	if err != nil {
		return customAnswer{}, err
	}
	var b accountInput
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	var wrong faults
	ch := desk.Channel{
		Type: desk.CustomType(x.ID), Inbox: desk.InboxID(b.Inbox), Active: true, Created: a.Now(), Custom: &desk.CustomAccount{},
		Routing: desk.Routing{Assign: desk.AssignNobody, OnlyAvailable: true},
	}
	if _, there := in.who.cfg.Inboxes[ch.Inbox]; b.Inbox == "" {
		wrong.add("inboxId", isRequired)
	} else if !there {
		wrong.add("inboxId", "names no inbox")
	}
	if b.Authorized == nil {
		wrong.add("authorized", isRequired)
	}
	if b.Name == nil {
		wrong.add("name", isRequired)
	}
	if b.Identifier == nil {
		wrong.add("deliveryIdentifier", isRequired)
	}
	b.apply(x, &ch, &wrong)
	if err := wrong.refusal(); err != nil {
		return customAnswer{}, err
	}
	made, err := once(ctx, a, in.who, "POST custom-channels/"+x.ID+"/accounts", in.r.Header.Get("Idempotency-Key"), func(id string) (channel.CustomAccount, error) {
		ch.ID = desk.ChannelID(id)
		saved, err := a.saveChannel(ctx, in.who.cfg, desk.Channel{}, ch, in.who.audit("channel.create", id, ch.Name))
		return channel.ShowCustomAccount(saved), err
	}, func(id string) (channel.CustomAccount, error) {
		cfg, err := a.Desk.Fresh(ctx)
		if err != nil {
			return channel.CustomAccount{}, err
		}
		ch, err := accountOf(cfg, x.ID, id)
		return channel.ShowCustomAccount(ch), err
	})
	if err != nil {
		return customAnswer{}, err
	}
	return customAnswer{made.Status, made.Body}, nil
}

// apply puts what was given into an account. The identifier's normal form is what no other account may have.
func (b accountInput) apply(x desk.CustomChannel, ch *desk.Channel, wrong *faults) {
	own := *ch.Custom // the snapshot of the set-up holds the old one
	if b.Name != nil {
		if ch.Name = strings.TrimSpace(*b.Name); ch.Name == "" || len(ch.Name) > longestChannelName {
			wrong.add("name", isRequired+", of at most 100 bytes")
		}
	}
	if b.Authorized != nil {
		own.Authorized = *b.Authorized
	}
	if b.Identifier != nil {
		own.Type, own.Value = b.Identifier.Type, strings.TrimSpace(b.Identifier.Value)
		who, err := channel.CustomIdentity(desk.CustomType(x.ID), desk.CustomParty{Type: own.Type, Value: own.Value})
		if err == nil && !slices.Contains(x.Capabilities.DeliveryIdentifierTypes, own.Type) {
			err = desk.RefuseField("deliveryIdentifier.type", "is one that the channel declares: "+strings.Join(x.Capabilities.DeliveryIdentifierTypes, ", "))
		}
		wrong.take("", err)
		ch.Account = map[string]string{"id": who.Value, "type": own.Type, "name": ch.Name}
	}
	ch.Custom = &own
}

func (a *API) changeAccount(ctx context.Context, in customCall) (customAnswer, error) {
	var b accountInput
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	if b.Identifier != nil || b.Inbox != "" {
		return customAnswer{}, desk.RefuseField("name", "and authorized are what can be changed of an account")
	}
	out, err := change(ctx, a, in.who, func(cfg *desk.Config) (channel.CustomAccount, error) {
		before, x, err := liveAccountOf(cfg, in.channel, in.id)
		if err != nil {
			return channel.CustomAccount{}, err
		}
		after, wrong := before, faults(nil)
		b.apply(x, &after, &wrong)
		if err := wrong.refusal(); err != nil {
			return channel.CustomAccount{}, err
		}
		saved, err := a.saveChannel(ctx, cfg, before, after, in.who.audit("channel.update", in.id, after.Name))
		return channel.ShowCustomAccount(saved), err
	})
	if err != nil {
		return customAnswer{}, err
	}
	return customAnswer{http.StatusOK, out.Body}, nil
}

// archivedAccount is an account that is no more: it keeps its name for its conversations, and frees its address.
func (a *API) archivedAccount(ch desk.Channel) desk.Channel {
	ch.Deleted, ch.Active, ch.Sealed = true, false, nil
	if ch.Custom != nil {
		own := *ch.Custom
		own.Archived, own.ArchivedAt = true, a.Now()
		ch.Custom = &own
	}
	return ch
}

// saveChannel saves a channel. If it is an account of a custom channel and something changed that its integration sees, the
// integration is told, in the same write.
func (a *API) saveChannel(ctx context.Context, cfg *desk.Config, before, after desk.Channel, by desk.Audit) (desk.Channel, error) {
	if after.Custom == nil {
		return a.Desk.SaveChannel(ctx, after, by)
	}
	return a.Desk.SaveAccount(ctx, after, tell(cfg, before, after, by.Actor), by)
}

// tell is what an integration is told of a change of its account; nil for nothing.
func tell(cfg *desk.Config, before, after desk.Channel, by desk.Author) *desk.Message {
	registration, _ := after.Type.Registration()
	x, there := cfg.Custom[registration]
	if !there || x.Archived || x.WebhookURL == "" || after.Custom.Value == "" {
		return nil
	}
	was, _ := json.Marshal(channel.ShowCustomAccount(before)) // texts and times only: it can't fail
	is, err := json.Marshal(channel.ShowCustomAccount(after))
	if err != nil || string(was) == string(is) {
		return nil
	}
	what := desk.AccountUpdated
	switch {
	case after.Deleted:
		what = desk.AccountPurged
	case before.Custom == nil || before.Custom.Value == "":
		what = desk.AccountCreated
	}
	return &desk.Message{Author: by, Thread: "hooks", Raw: string(is), Change: &desk.Change{What: what}}
}
