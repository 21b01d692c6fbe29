// Package delivery makes the calls to platforms: it sends messages and fetches media.
//
// A message is claimed before its platform is called and settled after: one whose answer never came is UNKNOWN and never
// sent again by itself. An error means that the job is to come back; whatever is final is stored on the message.
package delivery

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Outbox keeps what happens to outgoing messages. Every method is safe to repeat.
type Outbox interface {
	// ClaimOutbound claims a message for sending until the lease ends, or says why it is not to be sent now.
	ClaimOutbound(ctx context.Context, id desk.MessageID, lease time.Duration) (desk.SendTurn, error)
	// SettleOutbound stores what became of the claim.
	SettleOutbound(ctx context.Context, m desk.Message, r desk.SendResult) error
	// LinkProviders makes a message be found by the platform's ids of it.
	LinkProviders(ctx context.Context, m desk.Message, ids []string) error
	// RefuseOutbound marks a message FAILED that was not sent at all.
	RefuseOutbound(ctx context.Context, id desk.MessageID, words string) error
	// ParkOutbound leaves a message aside until it is due.
	ParkOutbound(ctx context.Context, id desk.MessageID, due time.Time) error
}

// Threads reads conversations and stores fetched attachments. NotFound when there is no such thing.
type Threads interface {
	Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error)
	Message(ctx context.Context, id desk.MessageID) (desk.Message, error)
	// Messages with only before gives the last entries before it, oldest first.
	Messages(ctx context.Context, id desk.ConversationID, after, before desk.MessageKey, limit int) ([]desk.Message, bool, error)
	StorePart(ctx context.Context, id desk.MessageID, part desk.Attachment) error
}

// Setup is the set-up, and where a channel's health is told to its admin.
type Setup interface {
	Config(ctx context.Context) (*desk.Config, error)
	Fresh(ctx context.Context) (*desk.Config, error)
	SetChannelHealth(ctx context.Context, id desk.ChannelID, h desk.Health) error
	// SwitchOff makes a channel take and send nothing any more, and tells its admin why.
	SwitchOff(ctx context.Context, id desk.ChannelID, h desk.Health) error
}

// Objects are the files. Get: NotFound when there is none.
type Objects interface {
	Get(ctx context.Context, key string) (io.ReadCloser, int64, error)
	Upload(ctx context.Context, key, contentType string, body io.Reader) (int64, error)
	// Link is an address that opens the object for a while, for platforms that fetch.
	Link(ctx context.Context, key, name, contentType string, valid time.Duration) (string, error)
}

// Options are what a Stage needs.
type Options struct {
	Outbox  Outbox
	Threads Threads
	Setup   Setup
	Objects Objects
	Opener  channel.Opener // of sealed credentials
	HTTP    channel.Doer   // the guarded client
	// Kind finds the channel type; false when this version doesn't know it.
	Kind func(desk.ChannelType) (channel.Kind, bool)
	Now  func() time.Time // the clock; UTC's when nil
}

// Stage delivers.
type Stage struct{ Options }

// New makes a Stage.
func New(o Options) *Stage {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	return &Stage{o}
}

// Handle does one job of the outbound queue.
func (s *Stage) Handle(ctx context.Context, body []byte) error {
	var job desk.OutboundJob
	if err := json.Unmarshal(body, &job); err != nil {
		return desk.Refuse(desk.Malformed, "The job can't be read.").Because(err)
	}
	switch job.Kind {
	case desk.SendMessage, desk.CallHook, desk.TellOwner:
		return s.send(ctx, job)
	case desk.FetchMedia:
		return s.media(ctx, job)
	}
	return desk.Refuse(desk.Unsupported, "Nobody does the job \""+string(job.Kind)+"\".")
}

// way is what a platform is called with.
type way struct {
	channel desk.Channel
	kind    channel.Kind
	account channel.Account
}

// noWay is why a channel can't be used, in an agent's words: a permanent refusal.
func noWay(words string) error { return desk.Refuse(desk.ChannelOff, words) }

// way finds the channel, also a deleted one where that is wanted, its type and its opened credentials. A refusal that is
// not transient is for good.
func (s *Stage) way(ctx context.Context, id desk.ChannelID, deleted bool) (way, error) {
	cfg, err := s.Setup.Config(ctx)
	if err != nil {
		return way{}, err
	}
	ch, ok := cfg.Channels[id]
	if !ok || ch.Deleted {
		if cfg, err = s.Setup.Fresh(ctx); err != nil {
			return way{}, err
		}
		if ch, ok = cfg.Channels[id]; !ok || ch.Deleted && !deleted {
			return way{}, noWay("The channel was deleted.")
		}
	}
	kind, ok := s.Kind(ch.Type)
	if !ok {
		return way{}, noWay("The channel's type " + string(ch.Type) + " is not known here.")
	}
	account, err := channel.OpenAccount(ctx, s.Opener, cfg, ch)
	if err != nil && !desk.Transient(err) {
		words := "The channel's credentials can't be opened: connect the channel again."
		return way{}, s.unhealthy(ctx, ch, words, noWay(words))
	}
	return way{channel: ch, kind: kind, account: account}, err
}

// unhealthy shows the channel's admin what is wrong, and hands the refusal on.
func (s *Stage) unhealthy(ctx context.Context, ch desk.Channel, words string, refusal error) error {
	h := desk.Health{State: desk.HealthBroken, Detail: words, CheckedAt: s.Now()}
	if ch.Health.State == h.State && ch.Health.Detail == h.Detail {
		return refusal
	}
	if err := s.Setup.SetChannelHealth(ctx, ch.ID, h); err != nil && desk.Transient(err) {
		return err
	}
	return refusal
}
