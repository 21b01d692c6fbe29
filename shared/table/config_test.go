package table_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// stack is a table of one test alone, and its clock.
type stack struct {
	*table.Table
	db   *dynamodb.Client
	name string
	clk  *clock
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{db: tabletest.Client(t, nil), name: tabletest.Create(t)}
	s.clk = &clock{t: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	s.Table = s.beside()
	return s
}

// beside is another process on the same table.
func (s *stack) beside() *table.Table { return table.NewAt(s.db, s.name, s.clk.now) }

func bornConfig(t *testing.T, tb *stack) *desk.Config {
	t.Helper()
	if err := tb.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, err := tb.Fresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

var byTest = desk.Audit{Actor: desk.Author{Kind: desk.ByUser, ID: "u1", Name: "Ada"}, Action: "test", From: "192.0.2.1"}

func TestANewStackHasOneInboxWithItsMailChannelThreeRolesAndAPipeline(t *testing.T) {
	tb := newStack(t)
	if cfg, err := tb.Config(t.Context()); err != nil || cfg.Version != 0 {
		t.Fatalf("an empty table: version %v, %v", cfg, err)
	}
	var wg sync.WaitGroup
	for range 4 { // several first starts at once
		wg.Go(func() {
			if err := tb.beside().Setup(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	cfg := bornConfig(t, tb)
	if len(cfg.Inboxes) != 1 || len(cfg.Channels) != 1 || len(cfg.Roles) != 3 || len(cfg.Pipelines) != 1 || cfg.Version != 1 {
		t.Fatalf("born with %+v", cfg)
	}
	inbox := cfg.Inboxes["inbox"]
	if !inbox.Access.Everyone || inbox.Slug != "inbox" || inbox.Name != "Inbox" || inbox.Version != 1 {
		t.Errorf("inbox %+v", inbox)
	}
	if ch := cfg.Channels["inbox-mail"]; !ch.Fallback || ch.Type != "email" || ch.Inbox != "inbox" || !ch.Active || !ch.Routing.OnlyAvailable {
		t.Errorf("channel %+v", ch)
	}
	if st := cfg.Pipelines["support"].First(desk.StageOpen); st.Name != "New" {
		t.Errorf("first stage %+v", st)
	}
}

func TestASetupThatIsThereIsLeftAlone(t *testing.T) {
	tb := newStack(t)
	inbox := bornConfig(t, tb).Inboxes["inbox"]
	inbox.Name = "Front desk"
	if _, err := tb.SaveInbox(t.Context(), inbox, byTest); err != nil {
		t.Fatal(err)
	}
	if cfg := bornConfig(t, tb); cfg.Inboxes["inbox"].Name != "Front desk" || cfg.Version != 2 {
		t.Errorf("set up again: %+v", cfg.Inboxes)
	}
}

func TestAChangeIsSeenByOthersAfterSecondsAndByAFreshReadAtOnce(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	other := tb.beside()
	before, err := other.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tb.SaveTeam(t.Context(), desk.Team{ID: "t1", Name: "Support"}, byTest); err != nil {
		t.Fatal(err)
	}
	if cfg, _ := other.Config(t.Context()); cfg != before {
		t.Error("the snapshot was read again at once")
	}
	fresh, err := other.Fresh(t.Context())
	if err != nil || fresh.Teams["t1"].Name != "Support" {
		t.Errorf("fresh: %+v, %v", fresh, err)
	}
	if len(before.Teams) != 0 {
		t.Error("a snapshot was changed in place")
	}
	if again, _ := other.Fresh(t.Context()); again != fresh {
		t.Error("nothing changed, and everything was read again")
	}
	third := tb.beside()
	if _, err := third.Config(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := tb.SaveTeam(t.Context(), desk.Team{ID: "t2", Name: "Sales"}, byTest); err != nil {
		t.Fatal(err)
	}
	tb.clk.add(3 * time.Second)
	if cfg, err := third.Config(t.Context()); err != nil || len(cfg.Teams) != 2 {
		t.Errorf("after some seconds: %+v, %v", cfg, err)
	}
}

func TestAProcessSeesItsOwnChangeAtOnce(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	if _, err := tb.SaveTeam(t.Context(), desk.Team{ID: "t1", Name: "Support"}, byTest); err != nil {
		t.Fatal(err)
	}
	if cfg, err := tb.Config(t.Context()); err != nil || len(cfg.Teams) != 1 {
		t.Errorf("own change: %+v, %v", cfg, err)
	}
}

func TestABurstOfReadersReadsOnce(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	other := tb.beside()
	var wg sync.WaitGroup
	got := make([]*desk.Config, 16)
	for i := range got {
		wg.Go(func() {
			cfg, err := other.Config(t.Context())
			if err != nil {
				t.Error(err)
			}
			got[i] = cfg
		})
	}
	wg.Wait()
	for _, cfg := range got {
		if cfg != got[0] {
			t.Fatal("a burst made several snapshots")
		}
	}
}

func TestAReadOfTheSetupEndsAlthoughItsReaderGaveUp(t *testing.T) {
	tb := newStack(t)
	bornConfig(t, tb)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other := tb.beside()
	if _, err := other.Config(ctx); err != nil {
		t.Errorf("the one who began the read: %v", err)
	}
}

func TestTheSetupThatCannotBeReachedIsBusyNotEmpty(t *testing.T) {
	endpoint := "http://127.0.0.1:1"
	db := dynamodb.New(dynamodb.Options{
		Region: "eu-west-1", BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "x", SecretAccessKey: "y"}, nil
		}),
	})
	if cfg, err := table.New(db, "nowhere").Config(t.Context()); desk.CodeOf(err) != desk.Busy || cfg != nil {
		t.Errorf("%v, %v", cfg, err)
	}
}
