package table_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAKeyIsShownOnceAndOnlyItsHashIsKept(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	k, plain, err := tb.NewKey(ctx, desk.APIKey{Name: "Import", User: "u1"}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	id, secret, _ := strings.Cut(strings.TrimPrefix(plain, "lk_"), "_")
	if !strings.HasPrefix(plain, "lk_") || id != string(k.ID) || len(secret) != 52 {
		t.Fatalf("key %q", plain)
	}
	found, err := tb.KeyOf(ctx, plain)
	if err != nil || found.User != "u1" || found.Name != "Import" || found.ID != k.ID {
		t.Errorf("found %+v, %v", found, err)
	}
	kept, err := tb.db.Scan(ctx, &dynamodb.ScanInput{TableName: &tb.name})
	dump, _ := json.Marshal(kept.Items)
	if err != nil || !strings.Contains(string(dump), "Import") || strings.Contains(string(dump), secret) {
		t.Errorf("the secret is kept: %v", err)
	}
	list, err := tb.Keys(ctx)
	if err != nil || len(list) != 1 || list[0].Name != "Import" || list[0].Hash != nil || list[0].ID != k.ID {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestWhatIsNoKeyOfOursIsRefusedInOneWay(t *testing.T) {
	tb := newStack(t)
	_, plain, err := tb.NewKey(t.Context(), desk.APIKey{Name: "x"}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, bad := range []string{
		"", "lk_", "lk__", "lk_x", "xx_" + plain[3:], plain[:len(plain)-1], plain + "a", "lk_unknown_" + strings.Repeat("a", 52),
		strings.ToUpper(plain), plain[:len(plain)-1] + "!", "lk_" + strings.Repeat("a", 5000) + "_a", "lk_a#b_c",
	} {
		_, err := tb.KeyOf(t.Context(), bad)
		if desk.CodeOf(err) != desk.Unauthenticated {
			t.Errorf("%.20q: %v", bad, err)
			continue
		}
		words[err.Error()] = true
	}
	if len(words) != 1 {
		t.Errorf("refusals differ: %v", words)
	}
}

func TestARevokedKeyIsRefusedAtOnce(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	k, plain, err := tb.NewKey(ctx, desk.APIKey{Name: "x"}, byTest)
	if err != nil {
		t.Fatal(err)
	}
	if err := tb.RevokeKey(ctx, k.ID, byTest); err != nil {
		t.Fatal(err)
	}
	if _, err := tb.KeyOf(ctx, plain); desk.CodeOf(err) != desk.Unauthenticated {
		t.Errorf("used after it was revoked: %v", err)
	}
	if list, _ := tb.Keys(ctx); len(list) != 0 {
		t.Errorf("still listed: %v", list)
	}
	if err := tb.RevokeKey(ctx, k.ID, byTest); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestAKeysIDIsTakenOnce(t *testing.T) {
	tb := newStack(t)
	if _, _, err := tb.NewKey(t.Context(), desk.APIKey{ID: "k", Name: "x"}, byTest); err != nil {
		t.Fatal(err)
	}
	if _, _, err := tb.NewKey(t.Context(), desk.APIKey{ID: "k", Name: "x"}, byTest); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("again: %v", err)
	}
}

func TestTheOperatorsKeyActsAsAnAdministrator(t *testing.T) {
	tb := newStack(t)
	ctx := t.Context()
	one, err := tb.AdminKey(ctx, "mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := tb.Fresh(ctx)
	if err != nil {
		t.Fatal(err)
	}
	u := cfg.Users["administrator"]
	if u.Email != "admin@mail.example.com" || !cfg.Can(u, desk.PermAdmin) {
		t.Fatalf("user %+v", u)
	}
	u.Active, u.Role = false, "viewer" // locked out by mistake
	if _, err := tb.SaveUser(ctx, u, byTest); err != nil {
		t.Fatal(err)
	}
	two, err := tb.AdminKey(ctx, "mail.example.com")
	if err != nil || two == one {
		t.Fatalf("second key: %v", err)
	}
	cfg, _ = tb.Fresh(ctx)
	for _, plain := range []string{one, two} {
		k, err := tb.KeyOf(ctx, plain)
		if err != nil || !cfg.Can(cfg.Users[k.User], desk.PermAdmin) {
			t.Errorf("key %+v of %+v, %v", k, cfg.Users[k.User], err)
		}
	}
}
