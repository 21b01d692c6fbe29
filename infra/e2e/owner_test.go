package e2e

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestTheContactsOwnerGetsTheirMailAndIsToldByMailWhileAway(t *testing.T) {
	s := running(t)
	inbox, address := s.desk(t, "INBOX")
	owner := s.agent(t, "Olga", nil)
	for _, ch := range s.must(t, 200, "GET", "/v1/channels?inboxId="+inbox, nil).list("results") {
		s.must(t, 200, "PATCH", "/v1/channels/"+ch.str("id"), object{"routing": object{"assign": "CONTACT_OWNER", "onlyAvailable": true}})
	}
	who := "client-" + newID()
	s.must(t, 201, "POST", "/v1/contacts", object{"name": "Clara Client", "emails": []object{{"address": who}}, "ownerId": owner.id})
	time.Sleep(4 * time.Second) // the set-up is trusted for three seconds
	s.sendTo(t, letter{from: "Clara <" + who + ">", to: address, subject: "The offer", id: newID(), body: "Is the offer of " + who + " still good?"}, address)
	c := s.waitOpen(t, time.Minute, inbox, 1)[0]
	told := s.outbox(t, "> Is the offer of "+who)
	if to := told.Header.Get("To"); !strings.Contains(to, "olga-") || told.Header.Get("Auto-Submitted") != "auto-generated" || told.Header.Get("Reply-To") != "" ||
		!strings.Contains(told.Header.Get("Subject"), "Clara Client wrote to") {
		body, _ := io.ReadAll(told.Body)
		t.Errorf("the owner is told %v\n%s", told.Header, body)
	}
	if now := s.must(t, 200, "GET", "/v1/conversations/"+c.str("id"), nil); now.at("assignee") != nil {
		t.Errorf("while the owner is away it went to %v", now.at("assignee"))
	}
	owner.available(t, true)
	eventually(t, 30*time.Second, func() error {
		if mine := owner.mine(t); len(mine) != 1 || mine[0].str("id") != c.str("id") {
			return fmt.Errorf("the owner has %v", mine)
		}
		return nil
	})
}
