package table_test

import (
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func TestACodeHasFewTriesAndAnEnd(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	v := desk.Verification{Channel: "ch", Address: "help@example.com", Seed: "s1"}
	if _, err := b.TryVerification(ctx, "ch"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("without a code: %v", err)
	}
	if err := b.BeginVerification(ctx, v); err != nil {
		t.Fatal(err)
	}
	if err := b.BeginVerification(ctx, v); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("a second one at once: %v", err)
	}
	for n := range desk.VerificationTries {
		if got, err := b.TryVerification(ctx, "ch"); err != nil || got.Seed != "s1" || got.Address != v.Address {
			t.Errorf("try %d: %+v, %v", n, got, err)
		}
	}
	if _, err := b.TryVerification(ctx, "ch"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("after the last try: %v", err)
	}
	if err := b.EndVerification(ctx, "ch"); err != nil {
		t.Fatal(err)
	}
	if err := b.BeginVerification(ctx, v); err != nil {
		t.Errorf("after the end: %v", err)
	}
}

func TestWhatWasSeenOfAForwardingIsKept(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	if f, err := b.Forwarding(ctx, "ch"); err != nil || f != (desk.Forwarding{}) {
		t.Errorf("%+v, %v", f, err)
	}
	at := time.Now().UTC().Truncate(time.Millisecond)
	if err := b.NoteForwarded(ctx, "ch", at); err != nil {
		t.Fatal(err)
	}
	if err := b.NoteConfirmation(ctx, "ch", "open this", at); err != nil {
		t.Fatal(err)
	}
	if f, err := b.Forwarding(ctx, "ch"); err != nil || !f.SeenAt.Equal(at) || f.Confirm != "open this" || !f.ConfirmAt.Equal(at) {
		t.Errorf("%+v, %v", f, err)
	}
}
