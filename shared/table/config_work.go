package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// decodeConfigOfWork is decodeConfig for what says who works when and on what.
func decodeConfigOfWork(cfg *desk.Config, it item, kind, id string, v int64) error {
	switch kind {
	case kindSkill:
		x := desk.Skill{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = id, v
		cfg.Skills[id] = x
		return err
	case kindSkillRule:
		x := desk.SkillRule{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = id, v
		cfg.SkillRules[id] = x
		return err
	case kindHours:
		x := desk.Hours{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = id, v
		cfg.Hours[id] = x
		return err
	case kindHolidays:
		x := desk.Holidays{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = id, v
		cfg.Holidays[id] = x
		return err
	}
	return nil
}

// wakes are the writes by which a change of the set-up has what waits looked at again, since it may have made somebody
// fit, or unfit, for work: a person's own change theirs, any other everybody's.
func (t *Table) wakes(entries []entry) []types.TransactWriteItem {
	who := map[desk.UserID]bool{}
	for _, e := range entries {
		switch e.kind {
		case kindUser:
			who[desk.UserID(e.id)] = true
		case kindInbox, kindChannel, kindRole, kindSkillRule, kindHours, kindHolidays:
			if e.version > 0 { // nothing waits for what is new
				who[desk.Everybody] = true
			}
		}
	}
	if who[desk.Everybody] {
		who = map[desk.UserID]bool{desk.Everybody: true}
	}
	var out []types.TransactWriteItem
	for id := range who {
		out = append(out, t.wakeIn(id))
	}
	return out
}

// SaveSkill writes a skill, new at version 0. Conflict: changed meanwhile.
func (t *Table) SaveSkill(ctx context.Context, x desk.Skill, by desk.Audit) (desk.Skill, error) {
	v := x.Version
	x.Version = 0
	err := t.saveConfig(ctx, by, entry{kind: kindSkill, id: x.ID, version: v, doc: x})
	x.Version = v + 1
	return x, err
}

// RemoveSkill deletes a skill.
func (t *Table) RemoveSkill(ctx context.Context, x desk.Skill, by desk.Audit) error {
	return t.saveConfig(ctx, by, entry{kind: kindSkill, id: x.ID, version: x.Version, remove: true})
}

// SaveSkillRule writes a rule about skills, new at version 0. Conflict: changed meanwhile.
func (t *Table) SaveSkillRule(ctx context.Context, x desk.SkillRule, by desk.Audit) (desk.SkillRule, error) {
	v := x.Version
	x.Version = 0
	err := t.saveConfig(ctx, by, entry{kind: kindSkillRule, id: x.ID, version: v, doc: x})
	x.Version = v + 1
	return x, err
}

// RemoveSkillRule deletes a rule about skills.
func (t *Table) RemoveSkillRule(ctx context.Context, x desk.SkillRule, by desk.Audit) error {
	return t.saveConfig(ctx, by, entry{kind: kindSkillRule, id: x.ID, version: x.Version, remove: true})
}

// SaveHours writes working hours, new at version 0. Conflict: changed meanwhile.
func (t *Table) SaveHours(ctx context.Context, x desk.Hours, by desk.Audit) (desk.Hours, error) {
	v := x.Version
	x.Version = 0
	err := t.saveConfig(ctx, by, entry{kind: kindHours, id: x.ID, version: v, doc: x})
	x.Version = v + 1
	return x, err
}

// RemoveHours deletes working hours.
func (t *Table) RemoveHours(ctx context.Context, x desk.Hours, by desk.Audit) error {
	return t.saveConfig(ctx, by, entry{kind: kindHours, id: x.ID, version: x.Version, remove: true})
}

// SaveHolidays writes a calendar of days off, new at version 0. Conflict: changed meanwhile.
func (t *Table) SaveHolidays(ctx context.Context, x desk.Holidays, by desk.Audit) (desk.Holidays, error) {
	v := x.Version
	x.Version = 0
	err := t.saveConfig(ctx, by, entry{kind: kindHolidays, id: x.ID, version: v, doc: x})
	x.Version = v + 1
	return x, err
}

// RemoveHolidays deletes a calendar of days off.
func (t *Table) RemoveHolidays(ctx context.Context, x desk.Holidays, by desk.Audit) error {
	return t.saveConfig(ctx, by, entry{kind: kindHolidays, id: x.ID, version: x.Version, remove: true})
}
