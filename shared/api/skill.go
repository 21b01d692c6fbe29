package api

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// Skill is something that a person can do and a conversation may need.
type Skill struct {
	ID   string `json:"id" doc:"What users and rules name."`
	Name string `json:"name" example:"French"`
}

// SkillInput is what may be said of a skill.
type SkillInput struct {
	Name opt[string] `json:"name,omitempty" maxLength:"100"`
}

// SkillRule says which skills a conversation needs when all its conditions hold; the first rule that fits counts.
type SkillRule struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Position   int         `json:"position" doc:"Rules are looked at from the smallest up."`
	Conditions []Condition `json:"conditions" nullable:"false"`
	Skills     []string    `json:"skills" nullable:"false" doc:"Ids of skills; all are needed."`
	Fallback   string      `json:"fallback" enum:"WAIT,ANYBODY" doc:"When nobody who has the skills is there: wait for them, or give it to anybody of the channel."`
}

// Condition holds when a property of the conversation or its contact is, or contains, one of the values.
type Condition struct {
	Property string   `json:"property" maxLength:"200" example:"contact.email" doc:"channelId, channelType, inboxId, subject, text, contact.name, contact.email, contact.phone, contact.company or contact.properties.<name>."`
	Operator string   `json:"operator" enum:"IS,CONTAINS"`
	Values   []string `json:"values" nullable:"false" minItems:"1" maxItems:"100"`
}

// SkillRuleInput is what may be said of a rule.
type SkillRuleInput struct {
	Name       opt[string]      `json:"name,omitempty" maxLength:"100"`
	Position   opt[int]         `json:"position,omitempty" minimum:"-1000000" maximum:"1000000"`
	Conditions opt[[]Condition] `json:"conditions,omitempty" maxItems:"20"`
	Skills     opt[[]string]    `json:"skills,omitempty" maxItems:"20"`
	Fallback   opt[string]      `json:"fallback,omitempty" enum:"WAIT,ANYBODY"`
}

func (a *API) skillCalls(b *book) {
	shelf[desk.Skill, SkillInput, Skill]{
		one: "Skill", many: "Skills", path: "/v1/skills", label: "skill",
		all: func(cfg *desk.Config) map[string]desk.Skill { return cfg.Skills },
		id:  func(x *desk.Skill) *string { return &x.ID }, name: func(x desk.Skill) string { return x.Name },
		show:  func(x desk.Skill) Skill { return Skill{x.ID, x.Name} },
		apply: func(_ *desk.Config, in SkillInput, x *desk.Skill) error { return rename(in.Name, &x.Name) },
		use:   skillUse, save: a.Desk.SaveSkill, remove: a.Desk.RemoveSkill,
	}.calls(a, b)
	shelf[desk.SkillRule, SkillRuleInput, SkillRule]{
		one: "SkillRule", many: "SkillRules", path: "/v1/skill-rules", label: "skill rule",
		all: func(cfg *desk.Config) map[string]desk.SkillRule { return cfg.SkillRules },
		id:  func(x *desk.SkillRule) *string { return &x.ID }, name: func(x desk.SkillRule) string { return x.Name },
		show: showSkillRule, apply: applySkillRule, use: func(*desk.Config, desk.SkillRule) string { return "" },
		save: a.Desk.SaveSkillRule, remove: a.Desk.RemoveSkillRule,
	}.calls(a, b)
}

func skillUse(cfg *desk.Config, x desk.Skill) string {
	for _, u := range cfg.Users {
		if slices.Contains(u.Skills, x.ID) {
			return "the user " + u.Name
		}
	}
	for _, r := range cfg.SkillRules {
		if slices.Contains(r.Skills, x.ID) {
			return "the rule " + r.Name
		}
	}
	return ""
}

func showSkillRule(r desk.SkillRule) SkillRule {
	out := SkillRule{r.ID, r.Name, r.Position, []Condition{}, texts(r.Skills), string(r.Fallback)}
	for _, c := range r.When {
		operator := "IS"
		if c.Contains {
			operator = "CONTAINS"
		}
		out.Conditions = append(out.Conditions, Condition{c.Property, operator, texts(c.Values)})
	}
	return out
}

func applySkillRule(cfg *desk.Config, in SkillRuleInput, x *desk.SkillRule) error {
	if err := rename(in.Name, &x.Name); err != nil {
		return err
	}
	in.Position.apply(&x.Position)
	if applyAs(in.Fallback, &x.Fallback); x.Fallback == "" {
		x.Fallback = desk.FallbackWait
	}
	if in.Skills.set {
		x.Skills = ids[string](in.Skills.value)
	}
	if len(x.Skills) == 0 {
		return desk.RefuseField("skills", "name the skills that are needed")
	}
	for i, id := range x.Skills {
		if !knownSkill(cfg, id) {
			return desk.RefuseField(fmt.Sprintf("skills[%d]", i), "there is no such skill")
		}
	}
	if in.Conditions.set {
		x.When = nil
		for i, c := range in.Conditions.value {
			if !knownProperty(c.Property) {
				return desk.RefuseField(fmt.Sprintf("conditions[%d].property", i), "there is no such property")
			}
			if slices.Contains(c.Values, "") {
				return desk.RefuseField(fmt.Sprintf("conditions[%d].values", i), "an empty value fits nothing, or everything")
			}
			x.When = append(x.When, desk.Condition{Property: c.Property, Contains: c.Operator == "CONTAINS", Values: ids[string](c.Values)})
		}
	}
	return nil
}

// knownSkill reports whether a skill is there: by its own, or because somebody has it.
func knownSkill(cfg *desk.Config, id string) bool {
	if _, there := cfg.Skills[id]; there {
		return true
	}
	for _, u := range cfg.Users {
		if slices.Contains(u.Skills, id) {
			return true
		}
	}
	return false
}

func knownProperty(p string) bool {
	name, further := strings.CutPrefix(p, desk.PropertyContactOther)
	return further && name != "" || slices.Contains(desk.Properties(), p)
}
