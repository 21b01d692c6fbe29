package table

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// An outgoing message is sent by whoever claims it: SENDING and the lease's end are written before the platform is
// called, the result after. A lease that ended without a result means that nobody knows: UNKNOWN, never sent again by itself.

// leaseShard is the one shard of the index in which leases wait for their end.
const leaseShard = "lease#0"

// ClaimOutbound claims an outgoing message for sending until the lease ends, in one write. A message that is not to be
// sent (any more, or yet) is told apart; one whose lease ended is marked UNKNOWN.
func (t *Table) ClaimOutbound(ctx context.Context, id desk.MessageID, lease time.Duration) (desk.SendTurn, error) {
	c, k, ok := id.Split()
	if !ok {
		return desk.SendTurn{Turn: desk.TurnDone}, nil
	}
	now := t.now()
	end := now.Add(lease).Truncate(time.Millisecond)
	nonce := t.NewID() // tells our own claim, whose answer was lost and which was made again, from another's
	it, refused, err := t.updateReturning(ctx, messageKey(c, k),
		"SET st = :sending, sa = :now, le = :end, ln = :nonce, g3 = :shard, h3 = :end, ft = if_not_exists(ft, :now) REMOVE q ADD tr :one",
		"st IN (:queued, :retry) AND (attribute_not_exists(nb) OR nb <= :now)",
		item{
			":sending": str(string(desk.Sending)), ":queued": str(string(desk.Queued)), ":retry": str(string(desk.Retrying)),
			":now": moment(now), ":end": moment(end), ":shard": str(leaseShard), ":one": num(1), ":nonce": str(nonce),
		})
	if err != nil || len(it) == 0 {
		return desk.SendTurn{Turn: desk.TurnDone}, err
	}
	m, err := decodeMessage(it)
	if err != nil {
		return desk.SendTurn{}, err
	}
	turn := desk.SendTurn{Turn: desk.TurnYours, Message: m, First: getTime(it, "ft")}
	if !refused || (m.Status.State == desk.Sending && getStr(it, "ln") == nonce) {
		return turn, nil
	}
	return t.notYours(ctx, turn, it, now)
}

// notYours says why a claim was refused. A message that is not to be sent any more, but still marked for it (it was
// cancelled in line), loses the mark.
func (t *Table) notYours(ctx context.Context, turn desk.SendTurn, it item, now time.Time) (desk.SendTurn, error) {
	m := &turn.Message
	turn.Turn = desk.TurnDone
	switch m.Status.State {
	case desk.Sending:
		if now.Before(m.Lease) {
			turn.Turn, turn.Wait = desk.TurnBusy, m.Lease.Sub(now)
			return turn, nil
		}
		return turn, t.ExpireLease(ctx, m.ID(), m.Lease)
	case desk.Queued, desk.Retrying:
		turn.Turn, turn.Wait = desk.TurnEarly, m.NotBefore.Sub(now)
		return turn, nil
	}
	if m.Direction != desk.Outgoing || getStr(it, "g3") != workShard {
		return turn, nil
	}
	_, err := t.update(ctx, keyOf(it), "REMOVE q, g3, h3", "st = :st", item{":st": str(string(m.Status.State))})
	return turn, err
}

// lostWords are what an agent reads about a message whose sender was ended in mid-work.
const lostWords = "Sending was interrupted: it may or may not have arrived. Look before you send it again."

// againWords are what an agent reads of one that is safe to send again; interruptions bounds how often that is done.
const (
	againWords    = "Sending was interrupted; it is sent again."
	interruptions = 10
)

// ExpireLease settles a message whose lease, as read, has ended without a result. Where sending it twice is sending it
// once, it waits to be sent again; any other is UNKNOWN.
func (t *Table) ExpireLease(ctx context.Context, id desk.MessageID, lease time.Time) error {
	m, err := t.Message(ctx, id)
	if err != nil {
		return ignoreMissing(err)
	}
	c, k, _ := id.Split()
	if now := t.now(); m.Again && m.Tries < interruptions {
		_, err := t.update(ctx, messageKey(c, k), "SET st = :retry, sd = :words, sa = :now, nb = :now, g3 = :shard, h3 = :now REMOVE le, ln",
			"st = :sending AND le = :le", item{
				":retry": str(string(desk.Retrying)), ":words": str(againWords), ":now": moment(now), ":shard": str(workShard),
				":sending": str(string(desk.Sending)), ":le": moment(lease),
			})
		return err
	}
	_, err = t.update(ctx, messageKey(c, k), "SET st = :unknown, sd = :words, sa = :now REMOVE le, ln, g3, h3",
		"st = :sending AND le = :le", item{
			":unknown": str(string(desk.Unknown)), ":words": str(lostWords), ":now": moment(t.now()),
			":sending": str(string(desk.Sending)), ":le": moment(lease),
		})
	return err
}

// SettleOutbound stores what became of an attempt, in one write. Where the message moved on meanwhile (its lease ended,
// a status came, somebody sent it again by hand), the result still counts if it moves the state up.
func (t *Table) SettleOutbound(ctx context.Context, m desk.Message, r desk.SendResult) error {
	expr, args := t.settling(r)
	args[":sending"], args[":le"] = str(string(desk.Sending)), moment(m.Lease)
	it, refused, err := t.updateReturning(ctx, messageKey(m.Conversation, m.Key), expr, "st = :sending AND le = :le", args)
	if err != nil || !refused {
		return err
	}
	delete(args, ":sending")
	delete(args, ":le")
	for len(it) > 0 && r.State != desk.Retrying {
		state := desk.State(getStr(it, "st"))
		if !state.MayBecome(r.State) {
			if err := t.noteAttempt(ctx, m, r); err != nil {
				return err
			}
			return t.keepProviders(ctx, m, it, r.IDs)
		}
		args[":was"] = str(string(state))
		if it, refused, err = t.updateReturning(ctx, messageKey(m.Conversation, m.Key), expr, "st = :was", args); err != nil || !refused {
			return err
		}
	}
	if len(it) > 0 {
		return t.noteAttempt(ctx, m, r)
	}
	return nil
}

// settling is the update that stores a result.
func (t *Table) settling(r desk.SendResult) (string, item) {
	args := item{":st": str(string(r.State)), ":now": moment(t.now())}
	expr, gone := t.attempting("SET st = :st, sa = :now", args, r), " REMOVE le, ln, q"
	if r.Detail != "" {
		expr += ", sd = :sd"
		args[":sd"] = str(clip(r.Detail, 1000))
	} else {
		gone += ", sd"
	}
	if len(r.IDs) > 0 {
		expr += ", ps = :ps"
		args[":ps"] = doc(r.IDs)
	}
	if r.State == desk.Retrying {
		expr += ", nb = :nb, g3 = :shard, h3 = :due"
		args[":nb"], args[":shard"], args[":due"] = moment(r.NotBefore), str(workShard), moment(r.NotBefore.Add(sweepAfter))
	} else {
		gone += ", g3, h3"
	}
	return expr + gone, args
}

// keepProviders stores the platform's ids beside a state that is further already, as read or delivered by an early status.
func (t *Table) keepProviders(ctx context.Context, m desk.Message, it item, ids []string) error {
	if len(ids) == 0 || getStr(it, "ps") != "" {
		return nil
	}
	_, err := t.update(ctx, messageKey(m.Conversation, m.Key), "SET ps = :ps", "attribute_exists(pk)", item{":ps": doc(ids)})
	return err
}

// RefuseOutbound marks a message FAILED that was not sent at all. One that is being sent, or was, stays as it is.
func (t *Table) RefuseOutbound(ctx context.Context, id desk.MessageID, words string) error {
	c, k, ok := id.Split()
	if !ok {
		return nil
	}
	_, err := t.update(ctx, messageKey(c, k), "SET st = :failed, sd = :words, sa = :now REMOVE q, g3, h3, le", "st IN (:queued, :retry)", item{
		":failed": str(string(desk.Failed)), ":words": str(words), ":now": moment(t.now()),
		":queued": str(string(desk.Queued)), ":retry": str(string(desk.Retrying)),
	})
	return err
}

// ParkOutbound takes a message that is not to be sent before due off the queue: the sweep hands it on when it is due.
func (t *Table) ParkOutbound(ctx context.Context, id desk.MessageID, due time.Time) error {
	c, k, _ := id.Split()
	_, err := t.update(ctx, messageKey(c, k), "SET g3 = :shard, h3 = :due REMOVE q", "st IN (:queued, :retry)", item{
		":shard": str(workShard), ":due": moment(due),
		":queued": str(string(desk.Queued)), ":retry": str(string(desk.Retrying)),
	})
	return err
}

// keptPast bounds how many ids of earlier attempts a message remembers.
const keptPast = 20

// RetryMessage puts a message back in line by hand. The platform's ids of the earlier attempt are past: what is still said
// of them is not about this one. Only one that FAILED or is UNKNOWN can be sent again: Conflict
// otherwise. NotFound when there is none.
func (t *Table) RetryMessage(ctx context.Context, id desk.MessageID) (desk.Message, error) {
	m, err := t.Message(ctx, id)
	if err != nil {
		return m, err
	}
	now := t.now()
	past := append(m.Past, m.Providers...)
	it, refused, err := t.updateReturning(ctx, messageKey(m.Conversation, m.Key),
		"SET st = :queued, sa = :now, q = :q, g3 = :shard, h3 = :due, po = :past REMOVE sd, nb, le, ln, ft, tr, ps",
		"st IN (:failed, :unknown)", item{
			":queued": str(string(desk.Queued)), ":now": moment(now), ":q": str(workName(desk.WorkSend, now.UnixMilli())),
			":shard": str(workShard), ":due": moment(now.Add(sweepAfter)), ":past": doc(past[max(0, len(past)-keptPast):]),
			":failed": str(string(desk.Failed)), ":unknown": str(string(desk.Unknown)),
		})
	if err != nil {
		return m, err
	}
	if refused {
		return m, desk.Refuse(desk.Conflict, "Only a message that failed, or of which nobody knows whether it arrived, can be sent again.")
	}
	return decodeMessage(it)
}

// updateReturning is update that also gives the whole item: as it is now or, where the condition refused, as it was.
func (t *Table) updateReturning(ctx context.Context, k key, expr, cond string, args item) (_ item, refused bool, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: k.attrs(), UpdateExpression: &expr, ConditionExpression: &cond, ExpressionAttributeValues: args,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if strings.Contains(expr, "#ttl") { // a reserved word
		in.ExpressionAttributeNames = map[string]string{"#ttl": "ttl"}
	}
	out, err := t.db.UpdateItem(ctx, in)
	var no *types.ConditionalCheckFailedException
	if errors.As(err, &no) {
		return no.Item, true, nil
	}
	if err != nil {
		return nil, false, t.fail("change "+k.String(), err)
	}
	return out.Attributes, false, nil
}
