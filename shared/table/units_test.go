package table_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
	"github.com/loket-desk/loket/shared/table/units"
)

// metered is a table whose write units are counted.
func metered(t *testing.T, now func() time.Time) (*table.Table, *units.Meter) {
	t.Helper()
	m := &units.Meter{Next: http.DefaultTransport, Indexes: units.Loket()}
	return table.NewAt(tabletest.Client(t, m), tabletest.Create(t), now), m
}

func TestWhatAMessageCostsStaysWithinItsBudget(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	tb, m := metered(t, func() time.Time { now = now.Add(time.Second); return now })
	ctx := context.Background()

	first := file(t, tb, hello("1", "42"))
	begins := m.Take().Writes
	file(t, tb, hello("2", "42"))
	follows := m.Take().Writes
	if _, _, err := tb.AppendOutgoing(ctx, desk.NewOutgoing{
		Conversation: first.Conversation, Message: desk.Message{Kind: desk.KindMessage, Text: "an answer"}, Preview: "an answer",
	}); err != nil {
		t.Fatal(err)
	}
	m.Take()
	file(t, tb, hello("3", "42"))
	afterAnswer := m.Take().Writes
	if _, err := closeIt(t, tb, first.Conversation, ""); err != nil {
		t.Fatal(err)
	}
	m.Take()
	file(t, tb, hello("4", "42"))
	reopens := m.Take().Writes
	file(t, tb, hello("4", "42"))
	duplicate := m.Take().Writes

	mix := (begins + 1.5*afterAnswer + 1.5*reopens + 6*follows) / 10
	t.Logf("write units: new %v, follow-up %v, first after an answer %v, reopened %v, duplicate %v, mix %.2f", begins, follows, afterAnswer, reopens, duplicate, mix)
	for what, c := range map[string]struct{ got, budget float64 }{
		"a new conversation": {begins, 9}, "a follow-up": {follows, 3}, "the first after an answer": {afterAnswer, 6},
		"a reopening": {reopens, 6}, "a duplicate": {duplicate, 0}, "the mix": {mix, 5},
	} {
		if c.got > c.budget {
			t.Errorf("%s costs %v write units, its budget is %v", what, c.got, c.budget)
		}
	}
	if follows < 3 {
		t.Errorf("a follow-up of three writes costs %v: the meter doesn't count", follows)
	}
}

func TestAHeadStaysBelowAKilobyteWhateverItHolds(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	tb, m := metered(t, func() time.Time { now = now.Add(time.Second); return now })
	long := func(n int) string { return strings.Repeat("ä", n) }
	f := hello("1", long(400))
	f.Contact.Name, f.Subject, f.Preview, f.Work = long(300), long(300), long(300), "open"
	first := file(t, tb, f)
	for _, ext := range []string{"2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		f.Ext = ext
		file(t, tb, f)
	}
	_, err := tb.ChangeConversation(context.Background(), first.Conversation, "", desk.Author{}, func(c *desk.Conversation) ([]desk.Change, error) {
		c.Assignee, c.Team, c.Previous, c.Ticket, c.Work = desk.UserID(tb.NewID()), desk.TeamID(tb.NewID()), desk.ConversationID(tb.NewID()), 1234567890, ""
		c.ByHand = true
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Take()
	f.Ext = "11"
	file(t, tb, f)
	if w := m.Take().Writes; w > 4 { // claim, message (long text of the test), head: a head over 1 KB would make it more
		t.Errorf("a follow-up to a full head costs %v write units", w)
	}
}
