package desk

import "strings"

// Config is a snapshot of the set-up: what an admin changes rarely and every stage reads. It is never changed in place.
type Config struct {
	Version   int64
	Inboxes   map[InboxID]Inbox
	Channels  map[ChannelID]Channel
	Users     map[UserID]User
	Teams     map[TeamID]Team
	Roles     map[RoleID]Role
	Pipelines map[PipelineID]Pipeline
	Custom    map[string]CustomChannel

	Skills     map[string]Skill
	SkillRules map[string]SkillRule
	Hours      map[string]Hours
	Holidays   map[string]Holidays
}

// Channel finds a live channel.
func (c *Config) Channel(id ChannelID) (Channel, bool) {
	ch, ok := c.Channels[id]
	return ch, ok && !ch.Deleted
}

// ChannelOfAccount finds the live channel of a type that serves the platform account named.
func (c *Config) ChannelOfAccount(t ChannelType, account string) (Channel, bool) {
	for _, ch := range c.Channels {
		if ch.Type == t && !ch.Deleted && ch.Account["id"] == account {
			return ch, true
		}
	}
	return Channel{}, false
}

// Can reports whether a user's role allows p. An inactive user may nothing.
func (c *Config) Can(u User, p Permission) bool {
	return u.Active && Allows(c.Roles[u.Role].Permissions, p)
}

// Allows reports whether the permissions hold p; "admin" holds all.
func Allows(have []Permission, p Permission) bool {
	for _, h := range have {
		if h == p || h == PermAdmin {
			return true
		}
	}
	return false
}

// Member reports whether a user works in an inbox.
func (a Access) Member(u User) bool {
	if a.Everyone {
		return true
	}
	for _, id := range a.UserIDs {
		if id == u.ID {
			return true
		}
	}
	for _, want := range a.TeamIDs {
		for _, have := range u.Teams {
			if want == have {
				return true
			}
		}
	}
	return false
}

// InTeam reports whether the user belongs to the team.
func (u User) InTeam(t TeamID) bool {
	for _, have := range u.Teams {
		if have == t {
			return true
		}
	}
	return false
}

// Teammate finds the active user with a mail address.
func (c *Config) Teammate(address string) (User, bool) {
	for _, u := range c.Users {
		if u.Active && strings.EqualFold(u.Email, address) {
			return u, true
		}
	}
	return User{}, false
}

// Pool are the users a routing rule names, directly or by team, who are active and may be assigned (the permission).
func (c *Config) Pool(r Routing) []User {
	var out []User
	for _, u := range c.Users {
		if c.Can(u, PermBeAssigned) && (named(r.UserIDs, u.ID) || anyTeam(r.TeamIDs, u)) {
			out = append(out, u)
		}
	}
	return out
}

func named(ids []UserID, id UserID) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

func anyTeam(teams []TeamID, u User) bool {
	for _, t := range teams {
		if u.InTeam(t) {
			return true
		}
	}
	return false
}

// WantsTicket reports whether a conversation that comes in by the channel is to have a ticket.
func (c *Config) WantsTicket(ch Channel) bool {
	return ch.Ticket.Create || c.Inboxes[ch.Inbox].Kind == HelpDesk
}

// WantsAssignee reports whether a new conversation of the channel is assigned automatically.
func (ch Channel) WantsAssignee() bool {
	return ch.Routing.Assign != "" && ch.Routing.Assign != AssignNobody
}
