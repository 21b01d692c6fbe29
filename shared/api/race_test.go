package api_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/desk"
)

func TestTwoAdminsWhoChangeDifferentThingsOfOneInboxBothHaveTheirWay(t *testing.T) {
	s := newStack(t)
	var wait sync.WaitGroup
	for _, body := range []string{`{"name":"Front desk"}`, `{"kind":"HELP_DESK"}`, `{"spam":{"roleAddresses":true}}`} {
		wait.Go(func() {
			if a := s.call(s.admin, "PATCH", "/v1/inboxes/inbox", body); a.Status != 200 {
				t.Errorf("%s: %d %s", body, a.Status, a.Raw)
			}
		})
	}
	wait.Wait()
	if a := s.ok(s.admin, "GET", "/v1/inboxes/inbox", ""); a.text("name") != "Front desk" || a.text("kind") != "HELP_DESK" || a.text("spam.roleAddresses") != "true" {
		t.Errorf("%s", a.Raw)
	}
}

func TestTwoAgentsWhoActAtOnceAreBothTold(t *testing.T) {
	s, _, conv := talk(t)
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			a := s.call(s.admin, "PATCH", "/v1/conversations/"+conv, fmt.Sprintf(`{"subject":"s%d"}`, i))
			b := s.call(s.admin, "POST", "/v1/conversations/"+conv+"/messages", fmt.Sprintf(`{"text":"t%d"}`, i))
			if a.Status != 200 || b.Status != 201 {
				t.Errorf("%d %s, %d %s", a.Status, a.Raw, b.Status, b.Raw)
			}
		})
	}
	wait.Wait()
	a := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", "")
	kinds := map[string]int{}
	for i := range a.count("results") {
		kinds[a.text(fmt.Sprintf("results.%d.kind", i))]++
	}
	if kinds["EVENT"] != 4 || kinds["MESSAGE"] != 5 {
		t.Errorf("the thread holds %v", kinds)
	}
}

// stuck is a table whose n-th change from now on goes wrong, as when the function is ended there.
type stuck struct {
	api.Desk
	mu   sync.Mutex
	left int
}

var errEnded = errors.New("ended")

func (d *stuck) step() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left--; d.left < 0 {
		return errEnded
	}
	return nil
}

func (d *stuck) SaveUser(ctx context.Context, u desk.User, by desk.Audit) (desk.User, error) {
	if err := d.step(); err != nil {
		return u, err
	}
	return d.Desk.SaveUser(ctx, u, by)
}

func (d *stuck) RemoveUser(ctx context.Context, u desk.User, by desk.Audit) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.Desk.RemoveUser(ctx, u, by)
}

func (d *stuck) AmendWithTicket(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
	act func(*desk.Conversation, *desk.Ticket) ([]desk.Change, error),
) (desk.Conversation, error) {
	if err := d.step(); err != nil {
		return desk.Conversation{}, err
	}
	return d.Desk.AmendWithTicket(ctx, id, seen, by, act)
}

func TestARemovalThatIsCutShortAnywhereIsDoneByCallingItAgain(t *testing.T) {
	s := newStack(t)
	ch := s.channel("inbox", "chat", "1")
	whole := s.handler
	for at := range 4 {
		ann, key := s.person(fmt.Sprint("Ann", at), "agent")
		var convs []string
		for i := range 2 {
			conv := string(s.comes(ch, fmt.Sprint("cust", at, i), "hello").Conversation)
			s.ok(s.admin, "PATCH", "/v1/conversations/"+conv, `{"assignee":{"userId":"`+ann+`"}}`)
			convs = append(convs, conv)
		}
		o := s.options
		o.Desk = &stuck{Desk: s.table, left: at}
		s.handler = api.New(o)
		s.refused(500, "internal", s.admin, "DELETE", "/v1/users/"+ann, "")
		s.handler = whole
		if a := s.call(key, "GET", "/v1/me", ""); at > 0 && a.Status != 401 {
			t.Errorf("ended after %d: one who is being removed still acts", at)
		}
		s.ok(s.admin, "DELETE", "/v1/users/"+ann, "")
		for _, conv := range convs {
			if a := s.ok(s.admin, "GET", "/v1/conversations/"+conv, ""); a.at("assignee") != nil {
				t.Errorf("ended after %d: %s", at, a.Raw)
			}
		}
	}
}

func (d *stuck) Unassign(ctx context.Context, id desk.ConversationID, from desk.UserID, by desk.Author, note string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.Desk.Unassign(ctx, id, from, by, note)
}
