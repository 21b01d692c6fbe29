package table

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// BeginVerification remembers that a code is on its way to a channel's address; an earlier one is good no more. Conflict
// when one was sent a moment ago.
func (t *Table) BeginVerification(ctx context.Context, v desk.Verification) error {
	now := t.now()
	v.At = now
	it := verificationKey(v.Channel).item()
	it["d"], it["n"], it["bt"], it["ttl"] = doc(v), num(0), moment(now), num(now.Add(desk.VerificationFor).Unix())
	refused, err := t.put(ctx, it, "attribute_not_exists(pk) OR bt <= :before", item{":before": moment(now.Add(-desk.VerificationPause))})
	if err == nil && refused {
		err = desk.Refuse(desk.Conflict, "A code was sent less than a minute ago; look for it before you ask for another.")
	}
	return err
}

// TryVerification takes one try from the code under way, before anybody looks at what was given, and gives what the code
// is made of. NotFound when there is none, it is too old, or its tries are used up.
func (t *Table) TryVerification(ctx context.Context, id desk.ChannelID) (desk.Verification, error) {
	it, refused, err := t.updateReturning(ctx, verificationKey(id), "ADD n :one", "attribute_exists(pk) AND n < :most AND bt > :since", item{
		":one": num(1), ":most": num(desk.VerificationTries), ":since": moment(t.now().Add(-desk.VerificationFor)),
	})
	if err != nil {
		return desk.Verification{}, err
	}
	if refused {
		return desk.Verification{}, desk.Refuse(desk.NotFound, refusedTry(it))
	}
	v := desk.Verification{}
	if err := getDoc(it, "d", &v); err != nil {
		return v, desk.Refuse(desk.Internal, "The verification could not be read.").Because(err)
	}
	return v, nil
}

func refusedTry(it item) string {
	switch {
	case len(it) == 0:
		return "No code is under way for this address; ask for one."
	case getNum(it, "n") >= desk.VerificationTries:
		return "Too many codes were given; ask for a new one."
	}
	return "The code is too old; ask for a new one."
}

// EndVerification forgets the code under way.
func (t *Table) EndVerification(ctx context.Context, id desk.ChannelID) error {
	_, err := t.remove(ctx, verificationKey(id), "", nil)
	return err
}

// NoteForwarded notes that a mail came by the forwarding of a channel's address.
func (t *Table) NoteForwarded(ctx context.Context, id desk.ChannelID, at time.Time) error {
	it := stateKey("forwarded#" + string(id)).item()
	it["t"] = moment(at)
	_, err := t.put(ctx, it, "", nil)
	return err
}

// NoteConfirmation keeps, for a channel's admin, what a forwarding service wants confirmed. The latest one counts.
func (t *Table) NoteConfirmation(ctx context.Context, id desk.ChannelID, words string, at time.Time) error {
	it := stateKey("confirm#" + string(id)).item()
	it["t"], it["w"] = moment(at), str(clip(words, 2000))
	_, err := t.put(ctx, it, "", nil)
	return err
}

// Forwarding is what was seen of the forwarding to a channel.
func (t *Table) Forwarding(ctx context.Context, id desk.ChannelID) (desk.Forwarding, error) {
	came, _, err := t.get(ctx, stateKey("forwarded#"+string(id)))
	if err != nil {
		return desk.Forwarding{}, err
	}
	asked, _, err := t.get(ctx, stateKey("confirm#"+string(id)))
	return desk.Forwarding{SeenAt: getTime(came, "t"), Confirm: getStr(asked, "w"), ConfirmAt: getTime(asked, "t")}, err
}
