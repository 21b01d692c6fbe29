package table

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// saveConfig writes things of the set-up in one transaction: the things, if nobody changed them since they were read, the
// values only one may have, VERSION one up, and what the audit says (nothing where it names no action). Conflict when
// somebody was faster or has such a value, NotFound when a thing that was read is gone.
func (t *Table) saveConfig(ctx context.Context, by desk.Audit, entries ...entry) error {
	return t.saveConfigBeside(ctx, by, nil, entries...)
}

// saveConfigBeside is saveConfig with further writes in the same transaction.
func (t *Table) saveConfigBeside(ctx context.Context, by desk.Audit, beside []types.TransactWriteItem, entries ...entry) error {
	for range tries {
		writes, refusals, err := t.configWrites(ctx, entries)
		if err != nil {
			return err
		}
		for _, w := range append(t.wakes(entries), beside...) {
			writes, refusals = append(writes, w), append(refusals, desk.Refuse(desk.Conflict, "It was done before."))
		}
		if by.Action != "" {
			writes = append(writes, t.auditIn(by))
		}
		refused, err := t.together(ctx, writes...)
		if i := slices.Index(refused, true); i >= 0 {
			t.conf.forget()
			return refusals[i]
		}
		var met *types.TransactionCanceledException
		if err == nil || !errors.As(err, &met) {
			t.conf.forget()
			return err
		}
		if err := pause(ctx); err != nil { // two admins at once: the other one's write is through in a moment
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// configWrites are the writes that save the entries, and for each what its refusal means.
func (t *Table) configWrites(ctx context.Context, entries []entry) (writes []types.TransactWriteItem, refusals []error, err error) {
	add := func(w types.TransactWriteItem, refusal error) {
		writes, refusals = append(writes, w), append(refusals, refusal)
	}
	for _, e := range entries {
		var had []string
		if e.version > 0 {
			old, err := t.mustGet(ctx, e.key(), "It is not there any more.")
			if err != nil {
				return nil, nil, err
			}
			had = getSet(old, "u")
		}
		w, has := t.entryWrite(e)
		add(w, desk.Refuse(desk.Conflict, "Somebody else changed it at the same moment; read it again."))
		for _, o := range e.others {
			add(o.write, o.refusal)
		}
		for _, u := range e.unique {
			if !e.remove && !slices.Contains(had, u.String()) {
				add(t.take(u, e), desk.Refuse(desk.Conflict, u.taken))
			}
		}
		for _, u := range had {
			if !slices.Contains(has, u) {
				kind, value, _ := strings.Cut(u, "#")
				add(t.removeIn(uniqueKey(kind, value)), nil)
			}
		}
	}
	add(t.updateIn(versionKey(), "ADD v :one", "", item{":one": num(1)}), nil)
	return writes, refusals, nil
}

// entryWrite is the write of the thing itself, and the values it has from then on.
func (t *Table) entryWrite(e entry) (types.TransactWriteItem, []string) {
	if e.remove {
		d := t.removeIn(e.key())
		cond := "v = :v"
		d.Delete.ConditionExpression, d.Delete.ExpressionAttributeValues = &cond, item{":v": num(e.version)}
		return d, nil
	}
	it := e.key().item()
	it["d"], it["v"] = doc(e.doc), num(e.version+1)
	var has []string
	for _, u := range e.unique {
		has = append(has, u.String())
	}
	if len(has) > 0 {
		it["u"] = set(has...)
	}
	if e.version == 0 {
		return t.putIn(it, "attribute_not_exists(pk)", nil), has
	}
	return t.putIn(it, "v = :v", item{":v": num(e.version)}), has
}

// take claims a value for the thing; one that it has already is no obstacle.
func (t *Table) take(u unique, e entry) types.TransactWriteItem {
	it := uniqueKey(u.kind, u.value).item()
	it["o"] = str(e.kind + "#" + e.id)
	return t.putIn(it, "attribute_not_exists(pk) OR o = :o", item{":o": it["o"]})
}

// SaveInbox writes an inbox as it was read and changed. Conflict: changed meanwhile, or its address name is another's.
func (t *Table) SaveInbox(ctx context.Context, x desk.Inbox, by desk.Audit) (desk.Inbox, error) {
	err := t.saveConfig(ctx, by, inboxEntry(x))
	x.Version++
	return x, err
}

// CreateInbox writes a new inbox together with the mail channel it is born with.
func (t *Table) CreateInbox(ctx context.Context, x desk.Inbox, fallback desk.Channel, by desk.Audit) (desk.Inbox, error) {
	err := t.saveConfig(ctx, by, inboxEntry(x), channelEntry(fallback))
	x.Version++
	return x, err
}

// RemoveInbox deletes an inbox and marks its own mail channel deleted.
func (t *Table) RemoveInbox(ctx context.Context, x desk.Inbox, fallback desk.Channel, by desk.Audit) error {
	e := inboxEntry(x)
	e.remove = true
	fallback.Deleted, fallback.Active = true, false
	return t.saveConfig(ctx, by, e, channelEntry(fallback))
}

// SaveChannel writes a channel, new at version 0. Conflict: changed meanwhile, or another channel has the platform's
// account or the mail address. A channel is never removed, only marked Deleted: its conversations still name it.
func (t *Table) SaveChannel(ctx context.Context, x desk.Channel, by desk.Audit) (desk.Channel, error) {
	err := t.saveConfig(ctx, by, channelEntry(x))
	x.Version++
	return x, err
}

// SaveUser writes a user, new at version 0. Conflict: changed meanwhile, or the address is another's.
func (t *Table) SaveUser(ctx context.Context, x desk.User, by desk.Audit) (desk.User, error) {
	err := t.saveConfig(ctx, by, userEntry(x))
	x.Version++
	return x, err
}

// RemoveUser deletes a user.
func (t *Table) RemoveUser(ctx context.Context, x desk.User, by desk.Audit) error {
	e := userEntry(x)
	e.remove = true
	return t.saveConfig(ctx, by, e)
}

// SaveTeam writes a team, new at version 0.
func (t *Table) SaveTeam(ctx context.Context, x desk.Team, by desk.Audit) (desk.Team, error) {
	err := t.saveConfig(ctx, by, teamEntry(x))
	x.Version++
	return x, err
}

// RemoveTeam deletes a team.
func (t *Table) RemoveTeam(ctx context.Context, x desk.Team, by desk.Audit) error {
	e := teamEntry(x)
	e.remove = true
	return t.saveConfig(ctx, by, e)
}

// SaveRole writes a role, new at version 0.
func (t *Table) SaveRole(ctx context.Context, x desk.Role, by desk.Audit) (desk.Role, error) {
	err := t.saveConfig(ctx, by, roleEntry(x))
	x.Version++
	return x, err
}

// RemoveRole deletes a role.
func (t *Table) RemoveRole(ctx context.Context, x desk.Role, by desk.Audit) error {
	e := roleEntry(x)
	e.remove = true
	return t.saveConfig(ctx, by, e)
}

// SavePipeline writes a pipeline, new at version 0.
func (t *Table) SavePipeline(ctx context.Context, x desk.Pipeline, by desk.Audit) (desk.Pipeline, error) {
	err := t.saveConfig(ctx, by, pipelineEntry(x))
	x.Version++
	return x, err
}

// RemovePipeline deletes a pipeline.
func (t *Table) RemovePipeline(ctx context.Context, x desk.Pipeline, by desk.Audit) error {
	e := pipelineEntry(x)
	e.remove = true
	return t.saveConfig(ctx, by, e)
}

// SaveCustomChannel writes the registration of a custom channel, new at version 0.
func (t *Table) SaveCustomChannel(ctx context.Context, x desk.CustomChannel, by desk.Audit) (desk.CustomChannel, error) {
	err := t.saveConfig(ctx, by, customEntry(x))
	x.Version++
	return x, err
}
