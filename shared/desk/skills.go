package desk

import (
	"cmp"
	"slices"
	"strings"
)

// Skill is something that a person can do and a conversation may need; its id is what users and rules name.
type Skill struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"v,omitempty"`
}

// SkillRule says which skills a conversation needs when everything in When holds. The first rule that fits counts.
type SkillRule struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Position int         `json:"pos"`
	When     []Condition `json:"when"`
	Skills   []string    `json:"skills"` // all are needed
	Fallback Fallback    `json:"fallback"`
	Version  int64       `json:"v,omitempty"`
}

// Fallback says what happens when nobody who has the skills is there to take a conversation.
type Fallback string

// The fallbacks.
const (
	FallbackWait    Fallback = "WAIT"    // it waits for somebody who has them
	FallbackAnybody Fallback = "ANYBODY" // anybody else of the channel takes it
)

// Condition is something that has to hold for a property of a conversation or its contact: it is one of the values, or
// it contains one of them. Letters' case doesn't matter.
type Condition struct {
	Property string   `json:"p"`
	Contains bool     `json:"in,omitempty"`
	Values   []string `json:"v"`
}

// The properties that conditions may name; further ones of the contact are "contact.properties.<name>".
const (
	PropertyChannel        = "channelId"
	PropertyChannelType    = "channelType"
	PropertyInbox          = "inboxId"
	PropertySubject        = "subject"
	PropertyText           = "text" // what was last written, as lists show it
	PropertyContactName    = "contact.name"
	PropertyContactEmail   = "contact.email"
	PropertyContactPhone   = "contact.phone"
	PropertyContactCompany = "contact.company"
	PropertyContactOther   = "contact.properties."
)

// Properties are those that conditions may name, but for the contact's further ones.
func Properties() []string {
	return []string{
		PropertyChannel, PropertyChannelType, PropertyInbox, PropertySubject, PropertyText,
		PropertyContactName, PropertyContactEmail, PropertyContactPhone, PropertyContactCompany,
	}
}

// OfContact reports whether the rule needs to know the contact.
func (r SkillRule) OfContact() bool {
	return slices.ContainsFunc(r.When, func(c Condition) bool { return strings.HasPrefix(c.Property, "contact.") })
}

// SkillRulesInOrder are the rules in the order in which they are looked at.
func (c *Config) SkillRulesInOrder() []SkillRule {
	var out []SkillRule
	for _, r := range c.SkillRules {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b SkillRule) int { return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID)) })
	return out
}

// SkillRule is the first rule that fits a conversation of a channel and a contact.
func (c *Config) SkillRule(conv Conversation, ch Channel, of Contact) (SkillRule, bool) {
	for _, r := range c.SkillRulesInOrder() {
		if r.fits(conv, ch, of) {
			return r, true
		}
	}
	return SkillRule{}, false
}

func (r SkillRule) fits(conv Conversation, ch Channel, of Contact) bool {
	for _, c := range r.When {
		if !slices.ContainsFunc(valuesOf(c.Property, conv, ch, of), c.holds) {
			return false
		}
	}
	return true
}

func (c Condition) holds(value string) bool {
	return slices.ContainsFunc(c.Values, func(want string) bool {
		if c.Contains {
			return strings.Contains(strings.ToLower(value), strings.ToLower(want))
		}
		return strings.EqualFold(value, want)
	})
}

func valuesOf(property string, conv Conversation, ch Channel, of Contact) []string {
	switch property {
	case PropertyChannel:
		return []string{string(ch.ID)}
	case PropertyChannelType:
		return []string{string(ch.Type)}
	case PropertyInbox:
		return []string{string(conv.Inbox)}
	case PropertySubject:
		return []string{conv.Subject}
	case PropertyText:
		return []string{conv.Preview}
	case PropertyContactName:
		return []string{of.Name}
	case PropertyContactCompany:
		return []string{of.Company}
	case PropertyContactPhone:
		return of.Phones
	case PropertyContactEmail:
		var out []string
		for _, e := range of.Emails {
			out = append(out, e.Address)
		}
		return out
	}
	if name, further := strings.CutPrefix(property, PropertyContactOther); further {
		if v, there := of.Properties[name]; there {
			return []string{v}
		}
	}
	return nil
}

// HasSkills reports whether a person has all of the skills.
func (u User) HasSkills(all []string) bool {
	for _, s := range all {
		if !slices.Contains(u.Skills, s) {
			return false
		}
	}
	return true
}
