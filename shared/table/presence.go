package table

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// A presence item: au (available), un (until), sw (switched), ol (open conversations), la (last given automatically), v.
// A person without one is not available.
func decodePresence(it item) desk.Presence {
	p := desk.Presence{
		User: desk.UserID(strings.TrimPrefix(getStr(it, "pk"), "USER#")), Available: getFlag(it, "au"), Until: getTime(it, "un"),
		Switched: getTime(it, "sw"), LastGiven: getTime(it, "la"), Work: getStr(it, "q"), Version: getNum(it, "v"),
	}
	for _, c := range getSet(it, "ol") {
		p.Load = append(p.Load, desk.ConversationID(c))
	}
	slices.Sort(p.Load)
	return p
}

// Presence reads a person's availability and load strongly; somebody never heard of is not available.
func (t *Table) Presence(ctx context.Context, id desk.UserID) (desk.Presence, error) {
	it, ok, err := t.get(ctx, presenceKey(id))
	if err != nil || !ok {
		return desk.Presence{User: id}, err
	}
	return decodePresence(it), nil
}

// Presences reads many people's availability strongly, in the order given.
func (t *Table) Presences(ctx context.Context, ids []desk.UserID) ([]desk.Presence, error) {
	found := map[desk.UserID]desk.Presence{}
	for chunk := range slices.Chunk(ids, 100) {
		keys := make([]map[string]types.AttributeValue, len(chunk))
		for i, id := range chunk {
			keys[i] = presenceKey(id).attrs()
		}
		if err := t.presences(ctx, keys, found); err != nil {
			return nil, err
		}
	}
	out := make([]desk.Presence, len(ids))
	for i, id := range ids {
		out[i] = found[id]
		out[i].User = id
	}
	return out, nil
}

func (t *Table) presences(ctx context.Context, keys []map[string]types.AttributeValue, found map[desk.UserID]desk.Presence) error {
	for range tries {
		out, err := t.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{t.name: {Keys: keys, ConsistentRead: aws.Bool(true)}},
		})
		if err != nil {
			return t.fail("read who is available", err)
		}
		for _, it := range out.Responses[t.name] {
			p := decodePresence(it)
			found[p.User] = p
		}
		if keys = out.UnprocessedKeys[t.name].Keys; len(keys) == 0 {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "The table is busy; try again.")
}

// SetAvailability turns a person's switch. until is when it falls back by itself; zero is for good. Somebody who becomes
// available is given what waits: at once, or when the switch falls back.
func (t *Table) SetAvailability(ctx context.Context, id desk.UserID, available bool, until time.Time) (desk.Presence, error) {
	now := t.now()
	expr, gone := "SET v = if_not_exists(v, :zero) + :one, sw = :now", []string{}
	args := item{":zero": num(0), ":one": num(1), ":now": moment(now)}
	switch {
	case available:
		expr += ", au = :yes, q = :q, g3 = :shard, h3 = :due"
		args[":yes"], args[":q"] = flag(), str(workName(desk.WorkDrain, now.UnixMilli()))
		args[":shard"], args[":due"] = str(workShard), moment(now.Add(sweepAfter))
	case !until.IsZero(): // the sweep looks when the time is over
		expr += ", g3 = :shard, h3 = :until"
		args[":shard"] = str(workShard)
		gone = append(gone, "au", "q")
	default:
		gone = append(gone, "au", "q", "g3", "h3")
	}
	if until.IsZero() {
		gone = append(gone, "un")
	} else {
		expr += ", un = :until"
		args[":until"] = moment(until)
	}
	if len(gone) > 0 {
		expr += " REMOVE " + strings.Join(gone, ", ")
	}
	it, _, err := t.updateReturning(ctx, presenceKey(id), expr, "attribute_exists(pk) OR attribute_not_exists(pk)", args)
	if err != nil {
		return desk.Presence{User: id}, err
	}
	return decodePresence(it), nil
}

// Wake has what waits for a person looked at once more, as when they became available; Everybody means everything that
// waits.
func (t *Table) Wake(ctx context.Context, id desk.UserID) error {
	expr, args := t.waking()
	_, err := t.update(ctx, presenceKey(id), "SET "+expr, "", args)
	return err
}

func (t *Table) waking() (string, item) {
	now := t.now()
	return "q = :q, g3 = :shard, h3 = :due", item{
		":q": str(workName(desk.WorkDrain, now.UnixMilli())), ":shard": str(workShard), ":due": moment(now.Add(sweepAfter)),
	}
}

// wakeIn is Wake as part of a transaction.
func (t *Table) wakeIn(id desk.UserID) types.TransactWriteItem {
	expr, args := t.waking()
	return t.updateIn(presenceKey(id), "SET "+expr, "", args)
}

// Drained takes the mark off a person whose return was dealt with, unless they came back once more.
func (t *Table) Drained(ctx context.Context, id desk.UserID, work string) error {
	_, err := t.update(ctx, presenceKey(id), "REMOVE q, g3, h3", "q = :q", item{":q": str(work)})
	return err
}

// giveIn counts a conversation to a person's load and makes it their last turn, if their presence is as read.
func (t *Table) giveIn(p desk.Presence, id desk.ConversationID, now time.Time) types.TransactWriteItem {
	cond, args := "attribute_not_exists(v)", item{}
	if p.Version > 0 {
		cond = "v = :v"
		args[":v"] = num(p.Version)
	}
	args[":la"], args[":w"], args[":ol"] = moment(now), num(p.Version+1), set(string(id))
	return t.updateIn(presenceKey(p.User), "SET la = :la, v = :w ADD ol :ol", cond, args)
}

// loads are the writes by which a changed conversation counts to the load of whoever has it now, and no more to that of
// whoever had it: a person with a limit then has room, so that what waits for them is looked at. given is whose load
// another write of the transaction counts.
func (t *Table) loads(ctx context.Context, before, after desk.Conversation, given desk.UserID) ([]types.TransactWriteItem, error) {
	from, to := before.Counted(), after.Counted()
	if from == to {
		return nil, nil
	}
	var out []types.TransactWriteItem
	if from != "" {
		cfg, err := t.Config(ctx)
		if err != nil {
			return nil, err
		}
		expr, args := "SET v = if_not_exists(v, :zero) + :one", item{}
		if cfg.Users[from].Capacity > 0 {
			var more string
			more, args = t.waking()
			expr += ", " + more
		}
		args[":zero"], args[":one"], args[":ol"] = num(0), num(1), set(string(after.ID))
		out = append(out, t.updateIn(presenceKey(from), expr+" DELETE ol :ol", "", args))
	}
	if to != "" && to != given {
		out = append(out, t.updateIn(presenceKey(to), "SET v = if_not_exists(v, :zero) + :one ADD ol :ol", "",
			item{":zero": num(0), ":one": num(1), ":ol": set(string(after.ID))}))
	}
	return out, nil
}

// ReconcileLoad makes a person's load what they have: entries that no open conversation of theirs stands behind are taken
// off, and those that an index knows besides are added. It changes nothing that somebody changes at the same moment.
func (t *Table) ReconcileLoad(ctx context.Context, id desk.UserID) (changed bool, err error) {
	p, err := t.Presence(ctx, id)
	if err != nil {
		return false, err
	}
	var gone, missed []string
	for _, c := range p.Load {
		conv, err := t.Conversation(ctx, c)
		if err != nil && desk.CodeOf(err) != desk.NotFound {
			return false, err
		}
		if err != nil || conv.Counted() != id {
			gone = append(gone, string(c))
		}
	}
	q := desk.ConversationQuery{Assignee: id, Mine: true, Limit: 100}
	for {
		page, err := t.ListConversations(ctx, q)
		if err != nil {
			return false, err
		}
		for _, c := range page.Conversations {
			if c.Counted() == id && c.Work == "" && !slices.Contains(p.Load, c.ID) {
				missed = append(missed, string(c.ID))
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(gone)+len(missed) == 0 || p.Version == 0 {
		return false, nil
	}
	expr, args := t.waking()
	args[":v"], args[":w"] = num(p.Version), num(p.Version+1)
	for _, step := range []struct {
		verb string
		ids  []string
	}{{"DELETE", gone}, {"ADD", missed}} {
		if len(step.ids) == 0 {
			continue
		}
		args[":ol"] = set(step.ids...)
		refused, err := t.update(ctx, presenceKey(id), "SET v = :w, "+expr+" "+step.verb+" ol :ol", "v = :v", args)
		if err != nil || refused {
			return changed, err
		}
		changed = true
		args[":v"], args[":w"] = args[":w"], num(p.Version+2)
	}
	return changed, nil
}
