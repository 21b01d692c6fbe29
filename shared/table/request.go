package table

import (
	"context"
	"encoding/json"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// requestFor is how long the answer to a call with an Idempotency-Key is kept.
const requestFor = 24 * time.Hour

// answerLimit bounds the answer that is kept, in bytes. A longer one is made again from what the call created.
const answerLimit = 64 << 10

// BeginRequest claims an Idempotency-Key before its call does anything, with the id that the call gives to what it
// creates. When the same call was begun before, repeat is true and id and answer are that call's; answer is nil where it
// never came to an end, and going on under its id is safe. Conflict when the key came with another body.
func (t *Table) BeginRequest(ctx context.Context, r desk.Request, fresh string) (id string, answer json.RawMessage, repeat bool, err error) {
	k := requestKey(r.Caller, r.Route, r.Key)
	it := k.item()
	over := num(t.now().Add(requestFor).Unix())
	it["hash"], it["id"], it["ttl"], it["ex"] = str(r.Hash), str(fresh), over, over // "ttl" is a reserved word in conditions
	for range tries {
		refused, err := t.put(ctx, it, "attribute_not_exists(pk) OR ex <= :now", item{":now": num(t.now().Unix())})
		if err != nil || !refused {
			return fresh, nil, false, err
		}
		old, found, err := t.get(ctx, k)
		if err != nil {
			return "", nil, false, err
		}
		if !found { // it was given up in this moment
			continue
		}
		if getStr(old, "hash") != r.Hash {
			return "", nil, false, desk.Refuse(desk.Conflict, "This Idempotency-Key was used with another body.")
		}
		if a := getStr(old, "answer"); a != "" {
			answer = json.RawMessage(a)
		}
		return getStr(old, "id"), answer, true, nil
	}
	return "", nil, false, desk.Refuse(desk.Busy, "The same call is being made at this moment; try again.")
}

// AnswerRequest keeps the answer of a call, for whoever makes it again.
func (t *Table) AnswerRequest(ctx context.Context, r desk.Request, answer json.RawMessage) error {
	if len(answer) > answerLimit {
		return nil
	}
	_, err := t.update(ctx, requestKey(r.Caller, r.Route, r.Key), "SET answer = :a", "attribute_exists(pk)", item{":a": str(string(answer))})
	return err
}

// ForgetRequest gives up the claim of a call that was refused, so that it can be made again. An answered one stays.
func (t *Table) ForgetRequest(ctx context.Context, r desk.Request) error {
	_, err := t.remove(ctx, requestKey(r.Caller, r.Route, r.Key), "attribute_not_exists(answer)", nil)
	return err
}

// WrittenBefore finds the message that an earlier call with the same Idempotency-Key made. Conflict when the key came
// with another body.
func (t *Table) WrittenBefore(ctx context.Context, r desk.Request) (m desk.Message, before bool, err error) {
	return t.answered(ctx, desk.NewOutgoing{Request: &r})
}

// AmendConversation is ChangeConversation for callers who change nothing beside it.
func (t *Table) AmendConversation(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
	act func(*desk.Conversation) ([]desk.Change, error),
) (desk.Conversation, error) {
	return t.ChangeConversation(ctx, id, seen, by, act)
}
