package table

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

// configFor is how long a snapshot of the set-up is trusted before VERSION is looked at again.
const configFor = 3 * time.Second

// configReadTime bounds one read of the set-up. It runs to its end even when the caller who began it gave up, because
// others wait for the same read.
const configReadTime = 5 * time.Second

// configCache keeps the last snapshot of the set-up. A snapshot is replaced, never changed.
type configCache struct {
	mu      sync.Mutex
	snap    *desk.Config
	checked time.Time
	flight  *configFlight
}

// configFlight is one read of the set-up that everybody who asked meanwhile waits for.
type configFlight struct {
	done chan struct{}
	snap *desk.Config
	err  error
}

// Config is a snapshot of the set-up, at most a few seconds old. It is shared: nobody may change it. Its Version is 0
// where nothing was set up yet. Busy when the table can't be read.
func (t *Table) Config(ctx context.Context) (*desk.Config, error) {
	c := t.conf
	c.mu.Lock()
	if c.snap != nil && t.now().Sub(c.checked) < configFor {
		defer c.mu.Unlock()
		return c.snap, nil
	}
	return t.join(ctx)
}

// Fresh is a snapshot of the set-up that holds every change made before the call: for what Config doesn't know (yet).
func (t *Table) Fresh(ctx context.Context) (*desk.Config, error) {
	c := t.conf
	c.mu.Lock()
	if f := c.flight; f != nil { // it may have read before the change that the caller means
		c.mu.Unlock()
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
		c.mu.Lock()
	}
	return t.join(ctx)
}

// join waits for the read that is under way, or makes it. The cache is locked when it is called.
func (t *Table) join(ctx context.Context) (*desk.Config, error) {
	c := t.conf
	f := c.flight
	if f != nil {
		c.mu.Unlock()
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
		return f.snap, f.err
	}
	f = &configFlight{done: make(chan struct{})}
	c.flight = f
	before, began := c.snap, t.now()
	c.mu.Unlock()

	read, cancel := context.WithTimeout(context.WithoutCancel(ctx), configReadTime)
	defer cancel()
	f.snap, f.err = t.readConfig(read, before)

	c.mu.Lock()
	if c.flight = nil; f.err == nil {
		c.snap, c.checked = f.snap, began
	}
	c.mu.Unlock()
	close(f.done)
	return f.snap, f.err
}

func (f *configFlight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return desk.Refuse(desk.Busy, "There was no time left; try again.").Because(ctx.Err())
	}
}

// forget makes the next Config look at VERSION, so that a process sees what it wrote itself.
func (c *configCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = time.Time{}
}

// readConfig reads VERSION and, when it differs from the snapshot before, everything. VERSION is read first: a change in
// mid-read then only means that the next look reads again.
func (t *Table) readConfig(ctx context.Context, before *desk.Config) (*desk.Config, error) {
	it, _, err := t.get(ctx, versionKey())
	if err != nil {
		return nil, err
	}
	version := getNum(it, "v")
	if before != nil && before.Version == version {
		return before, nil
	}
	cfg := emptyConfig(version)
	in := &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(configPK)},
	}
	for {
		items, next, err := t.query(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			if err := decodeConfig(cfg, it); err != nil {
				return nil, desk.Refuse(desk.Internal, "The set-up could not be read.").Because(err)
			}
		}
		if next == nil {
			return cfg, nil
		}
		in.ExclusiveStartKey = next
	}
}

func emptyConfig(version int64) *desk.Config {
	return &desk.Config{
		Version: version,
		Inboxes: map[desk.InboxID]desk.Inbox{}, Channels: map[desk.ChannelID]desk.Channel{},
		Users: map[desk.UserID]desk.User{}, Teams: map[desk.TeamID]desk.Team{}, Roles: map[desk.RoleID]desk.Role{},
		Pipelines: map[desk.PipelineID]desk.Pipeline{}, Custom: map[string]desk.CustomChannel{},
		Skills: map[string]desk.Skill{}, SkillRules: map[string]desk.SkillRule{},
		Hours: map[string]desk.Hours{}, Holidays: map[string]desk.Holidays{},
	}
}
