package e2e

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// agent is somebody who works here, with a key of their own.
type agent struct {
	s    *stack
	id   string
	auth string
}

func (s *stack) agent(t *testing.T, name string, fields object) agent {
	t.Helper()
	body := object{"email": strings.ToLower(name) + "-" + strings.ToLower(rand.Text()[:8]) + "@example.com", "name": name, "roleId": "agent"}
	for k, v := range fields {
		body[k] = v
	}
	id := s.must(t, 201, "POST", "/v1/users", body).str("id")
	return agent{s, id, "Bearer " + s.must(t, 201, "POST", "/v1/keys", object{"name": name, "userId": id}).str("key")}
}

// available turns the person's own switch.
func (a agent) available(t *testing.T, on bool) {
	t.Helper()
	a.s.must(t, 200, "PUT", "/v1/users/"+a.id+"/availability", object{"available": on}, "Authorization", a.auth)
}

// mine are the open conversations that the person sees as their own.
func (a agent) mine(t *testing.T) []object {
	t.Helper()
	return a.s.must(t, 200, "GET", "/v1/conversations?view=mine&limit=100", nil, "Authorization", a.auth).list("results")
}

// assignees says who has the conversations of a bot's customers, by their names.
func (b *bot) assignees(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range b.s.must(t, 200, "GET", "/v1/conversations?limit=100&channelId="+b.channel.str("id"), nil).list("results") {
		c = b.s.must(t, 200, "GET", "/v1/conversations/"+c.str("id"), nil)
		out[c.str("contact", "name")] = c.str("assignee", "userId")
	}
	return out
}

func specific(people ...agent) object {
	var ids []string
	for _, p := range people {
		ids = append(ids, p.id)
	}
	return object{"routing": object{"assign": "SPECIFIC", "userIds": ids}}
}

func TestThreeAgentsWithRoomForTwoTakeSixOfSevenAndTheSeventhGoesToWhoeverClosesFirst(t *testing.T) {
	s := running(t)
	var team []agent
	for _, name := range []string{"Ada", "Bob", "Cem"} {
		team = append(team, s.agent(t, name, object{"capacity": 2}))
	}
	b := connect(t, s, s.inbox(t, "HELP_DESK"), specific(team...))
	for _, a := range team {
		a.available(t, true)
	}
	for i := range 7 {
		b.write(t, int64(i+1), fmt.Sprint("Customer ", i), "hello")
	}
	eventually(t, 60*time.Second, func() error {
		given := map[string]int{}
		for _, who := range b.assignees(t) {
			given[who]++
		}
		if given[team[0].id] != 2 || given[team[1].id] != 2 || given[team[2].id] != 2 || given["<nil>"]+given[""] != 1 {
			return fmt.Errorf("shared out as %v", given)
		}
		return nil
	})
	closes := team[1]
	var mine []object
	eventually(t, 20*time.Second, func() error {
		if mine = closes.mine(t); len(mine) != 2 {
			return fmt.Errorf("Bob sees %d of his own", len(mine))
		}
		return nil
	})
	s.must(t, 200, "PATCH", "/v1/conversations/"+mine[0].str("id"), object{"status": "CLOSED"}, "Authorization", closes.auth)
	eventually(t, 20*time.Second, func() error {
		given := 0
		for _, who := range b.assignees(t) {
			if who == "" {
				return fmt.Errorf("the seventh still waits: %v", b.assignees(t))
			}
			if who == closes.id {
				given++
			}
		}
		if given != 3 { // the closed one is still his
			return fmt.Errorf("Bob was given %d", given)
		}
		return nil
	})
	c := s.must(t, 200, "GET", "/v1/conversations/"+mine[1].str("id"), nil)
	why := s.must(t, 200, "GET", "/v1/conversations/"+c.str("id")+"/why", nil).list("results")
	if len(why) == 0 || why[len(why)-1].str("chosen") != closes.id || len(why[len(why)-1].list("considered")) != 3 {
		t.Errorf("why: %v", why)
	}
	if k := s.must(t, 200, "GET", "/v1/tickets/"+c.str("ticket", "id"), nil); k.str("ownerId") != closes.id {
		t.Errorf("the ticket says %v", k)
	}
}

func TestWithNobodyThereConversationsWaitAndComingOnlineDrainsThemOldestFirst(t *testing.T) {
	s := running(t)
	a := s.agent(t, "Dot", object{"capacity": 2})
	b := connect(t, s, s.inbox(t, "INBOX"), specific(a))
	var names []string
	for i := range 3 {
		names = append(names, fmt.Sprint("Early ", i))
		b.write(t, int64(i+1), names[i], "is anybody there?")
		b.conversation(t, names[i])
	}
	eventually(t, 30*time.Second, func() error {
		for _, c := range b.conversations(t, "unassigned") {
			if why := s.must(t, 200, "GET", "/v1/conversations/"+c.str("id")+"/why", nil).list("results"); len(why) == 0 {
				return fmt.Errorf("nobody looked at %v yet", c.str("contact", "name"))
			}
		}
		if n := len(b.conversations(t, "unassigned")); n != 3 {
			return fmt.Errorf("%d are unassigned", n)
		}
		return nil
	})
	a.available(t, true)
	eventually(t, 20*time.Second, func() error {
		got := b.assignees(t)
		if got[names[0]] != a.id || got[names[1]] != a.id || got[names[2]] == a.id {
			return fmt.Errorf("given to %v", got)
		}
		return nil
	})
	s.must(t, 200, "PATCH", "/v1/users/"+a.id, object{"capacity": 3}) // more room, and the last is hers as well
	eventually(t, 20*time.Second, func() error {
		if got := b.assignees(t); got[names[2]] != a.id {
			return fmt.Errorf("given to %v", got)
		}
		return nil
	})
	other := s.agent(t, "Eli", nil)
	s.must(t, 200, "PATCH", "/v1/channels/"+b.channel.str("id"), specific(a, other))
	other.available(t, true)
	s.must(t, 200, "PATCH", "/v1/users/"+a.id, object{"active": false}) // she left: what she had goes to others
	eventually(t, 40*time.Second, func() error {
		for name, who := range b.assignees(t) {
			if who != other.id {
				return fmt.Errorf("%s is with %q", name, who)
			}
		}
		return nil
	})
}

func TestTheOwnerOfAContactGetsTheirConversationsOrTheyWaitForThem(t *testing.T) {
	s := running(t)
	owner, other := s.agent(t, "Fay", nil), s.agent(t, "Gus", nil)
	b := connect(t, s, s.inbox(t, "INBOX"), object{"routing": object{"assign": "CONTACT_OWNER"}})
	owner.available(t, true)
	other.available(t, true)
	b.write(t, 1, "Loyal", "hello")
	c := b.conversation(t, "Loyal")
	s.must(t, 200, "PATCH", "/v1/contacts/"+c.str("contact", "id"), object{"ownerId": owner.id})
	close := func() {
		now := s.must(t, 200, "GET", "/v1/conversations/"+c.str("id"), nil)
		s.must(t, 200, "PATCH", "/v1/conversations/"+c.str("id"), object{"status": "CLOSED", "assignee": nil, "seen": now.str("seen")})
	}
	is := func(want string) {
		t.Helper()
		eventually(t, 30*time.Second, func() error {
			now := s.must(t, 200, "GET", "/v1/conversations/"+c.str("id"), nil)
			if now.str("status") != "OPEN" || now.str("assignee", "userId") != want {
				return fmt.Errorf("it is %s, with %q", now.str("status"), now.str("assignee", "userId"))
			}
			return nil
		})
	}
	close()
	b.write(t, 1, "Loyal", "again")
	is(owner.id)
	close()
	owner.available(t, false)
	b.write(t, 1, "Loyal", "and again")
	is("")
	eventually(t, 20*time.Second, func() error {
		why := s.must(t, 200, "GET", "/v1/conversations/"+c.str("id")+"/why", nil).list("results")
		if !slices.ContainsFunc(why, func(r object) bool {
			of := r.list("considered")
			return len(of) == 1 && of[0].str("userId") == owner.id && of[0].str("skipped") == "not available"
		}) {
			return fmt.Errorf("nobody says that the owner is away: %v", why)
		}
		return nil
	})
	owner.available(t, true)
	is(owner.id)
}
