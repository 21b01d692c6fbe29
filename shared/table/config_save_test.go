package table_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestOfTwoAdminsWhoChangeOneThingTheSecondIsTold(t *testing.T) {
	tb := newStack(t)
	read := bornConfig(t, tb).Inboxes["inbox"]
	first, second := read, read
	first.Name, second.Name = "One", "Two"
	saved, err := tb.SaveInbox(t.Context(), first, byTest)
	if err != nil || saved.Version != 2 {
		t.Fatalf("%+v, %v", saved, err)
	}
	if _, err := tb.SaveInbox(t.Context(), second, byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the second: %v", err)
	}
	saved.Name = "Three"
	if _, err := tb.SaveInbox(t.Context(), saved, byTest); err != nil {
		t.Errorf("going on from what was saved: %v", err)
	}
}

func TestAThingThatWasRemovedIsNotFound(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	team, err := tb.SaveTeam(t.Context(), desk.Team{ID: "t1", Name: "Support"}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	if err := tb.RemoveTeam(t.Context(), team, byTest); err != nil {
		t.Fatal(err)
	}
	if err := tb.RemoveTeam(t.Context(), team, byTest); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := tb.SaveTeam(t.Context(), team, byTest); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("saved after it was removed: %v", err)
	}
}

func TestAMailAddressBelongsToOneUserAndIsFreeWhenTheyLeaveIt(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	ctx := t.Context()
	ada, err := tb.SaveUser(ctx, desk.User{ID: "u1", Email: "ada@example.com", Role: "agent", Active: true}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tb.SaveUser(ctx, desk.User{ID: "u2", Email: "ADA@example.com", Role: "agent", Active: true}, byTest)
	var refusal *desk.Error
	if !errors.As(err, &refusal) || refusal.Code != desk.Conflict || !strings.Contains(refusal.Message, "ADA@example.com") {
		t.Fatalf("the same address: %v", err)
	}
	ada.Name = "Ada"
	if ada, err = tb.SaveUser(ctx, ada, byTest); err != nil {
		t.Fatalf("kept the address: %v", err)
	}
	ada.Email = "ada@example.org"
	if ada, err = tb.SaveUser(ctx, ada, byTest); err != nil {
		t.Fatal(err)
	}
	if _, err = tb.SaveUser(ctx, desk.User{ID: "u2", Email: "ada@example.com", Role: "agent", Active: true}, byTest); err != nil {
		t.Errorf("an address that was given up: %v", err)
	}
	if err := tb.RemoveUser(ctx, ada, byTest); err != nil {
		t.Fatal(err)
	}
	if _, err = tb.SaveUser(ctx, desk.User{ID: "u3", Email: "ada@example.org", Role: "agent"}, byTest); err != nil {
		t.Errorf("the address of one who left: %v", err)
	}
}

func TestAPlatformAccountIsConnectedByOneChannel(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	ctx := t.Context()
	bot := func(id desk.ChannelID) desk.Channel {
		return desk.Channel{ID: id, Type: "telegram", Inbox: "inbox", Active: true, Account: map[string]string{"id": "42"}}
	}
	one, err := tb.SaveChannel(ctx, bot("c1"), byTest)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tb.SaveChannel(ctx, bot("c2"), byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the same bot twice: %v", err)
	}
	other := bot("c3")
	other.Type = "viber"
	if _, err := tb.SaveChannel(ctx, other, byTest); err != nil {
		t.Errorf("the same id on another platform: %v", err)
	}
	one.Active = false
	if one, err = tb.SaveChannel(ctx, one, byTest); err != nil {
		t.Fatal(err)
	}
	if _, err := tb.SaveChannel(ctx, bot("c2"), byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("a channel that is off still has its account: %v", err)
	}
	one.Deleted = true
	if _, err = tb.SaveChannel(ctx, one, byTest); err != nil {
		t.Fatal(err)
	}
	if _, err := tb.SaveChannel(ctx, bot("c2"), byTest); err != nil {
		t.Errorf("the account of a deleted channel: %v", err)
	}
}

func TestAnInboxComesAndGoesWithItsMailChannel(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	ctx := t.Context()
	box := desk.Inbox{ID: "i2", Name: "Sales", Kind: desk.HelpDesk, Slug: "sales"}
	mail := desk.Channel{ID: "c9", Type: "email", Inbox: "i2", Fallback: true, Active: true}
	box, err := tb.CreateInbox(ctx, box, mail, byTest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tb.CreateInbox(ctx, desk.Inbox{ID: "i3", Slug: "SALES"}, desk.Channel{ID: "c8", Type: "email", Inbox: "i3"}, byTest)
	if desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the same address name: %v", err)
	}
	cfg, err := tb.Fresh(ctx)
	if err != nil || cfg.Channels["c9"].Inbox != "i2" || len(cfg.Inboxes) != 2 || len(cfg.Channels) != 2 {
		t.Fatalf("%+v, %v", cfg, err)
	}
	if err := tb.RemoveInbox(ctx, box, cfg.Channels["c9"], byTest); err != nil {
		t.Fatal(err)
	}
	cfg, _ = tb.Fresh(ctx)
	if _, live := cfg.Channel("c9"); live || len(cfg.Inboxes) != 1 {
		t.Errorf("after it was removed: %+v", cfg)
	}
}

func TestManyAdminsAtOnceLoseNothing(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	var wg sync.WaitGroup
	for _, id := range []desk.TeamID{"a", "b", "c", "d", "e"} {
		wg.Go(func() {
			if _, err := tb.beside().SaveTeam(t.Context(), desk.Team{ID: id, Name: string(id)}, byTest); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	cfg, err := tb.Fresh(t.Context())
	if err != nil || len(cfg.Teams) != 5 || cfg.Version != 6 {
		t.Errorf("%d teams at version %d, %v", len(cfg.Teams), cfg.Version, err)
	}
}

func TestRolesPipelinesAndCustomChannelsAreKept(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	ctx := t.Context()
	role, err := tb.SaveRole(ctx, desk.Role{ID: "r", Name: "Lead", Permissions: []desk.Permission{desk.PermDelete}}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	line, err := tb.SavePipeline(ctx, desk.Pipeline{ID: "p", Name: "Returns", Stages: []desk.Stage{{ID: "s", Name: "New", State: desk.StageOpen}}}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tb.SaveCustomChannel(ctx, desk.CustomChannel{ID: "7", Name: "Pager"}, byTest); err != nil {
		t.Fatal(err)
	}
	cfg, err := tb.Fresh(ctx)
	if err != nil || cfg.Roles["r"].Name != "Lead" || cfg.Pipelines["p"].Name != "Returns" || cfg.Custom["7"].Name != "Pager" {
		t.Fatalf("%+v, %v", cfg, err)
	}
	if err := tb.RemoveRole(ctx, role, byTest); err != nil {
		t.Error(err)
	}
	if err := tb.RemovePipeline(ctx, line, byTest); err != nil {
		t.Error(err)
	}
	if cfg, _ = tb.Fresh(ctx); len(cfg.Roles) != 3 || len(cfg.Pipelines) != 1 {
		t.Errorf("after they were removed: %+v", cfg)
	}
}
