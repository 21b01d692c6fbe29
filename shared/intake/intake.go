// Package intake takes webhook calls: it proves that they are genuine, brings what they hold into normal form and puts
// it on the inbound queue. It never decides anything and never reads who wrote.
//
// A call is answered with success only after everything in it is on the queue; everything else makes the platform try again.
package intake

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Setup gives the set-up: Config may be some seconds old, Fresh holds every change made before the call.
type Setup interface {
	Config(ctx context.Context) (*desk.Config, error)
	Fresh(ctx context.Context) (*desk.Config, error)
}

// Letters puts letters on queues. Nil means that all of them are there.
type Letters interface {
	Send(ctx context.Context, letters []desk.Letter) error
}

// Objects keeps what is too large for a queue. Putting the same key twice replaces it.
type Objects interface {
	Put(ctx context.Context, key, contentType string, body io.Reader, size int64) error
}

// Options are what a Stage is made of. Count may be nil; it gets what happened, how often, and on which type of channel.
type Options struct {
	Setup   Setup
	Kinds   func(desk.ChannelType) (channel.Kind, bool)
	Seals   channel.Opener
	Letters Letters
	Objects Objects
	Count   func(metric string, n int, t desk.ChannelType)
	Now     func() time.Time
	Log     *slog.Logger
}

// What is counted, besides what is taken.
const (
	CountOff     = "WebhookChannelOff" // genuine events of a channel that is switched off: they don't appear
	CountIgnored = "WebhookIgnored"    // events that their channel knowingly leaves aside
)

// Stage takes webhook calls. It is safe for concurrent use.
type Stage struct {
	Options
	accounts accounts
}

// New makes a Stage. Without Now and Log the clock and the default logger are used.
func New(o Options) *Stage {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Count == nil {
		o.Count = func(string, int, desk.ChannelType) {}
	}
	return &Stage{Options: o, accounts: accounts{seals: o.Seals}}
}

// Receive takes one call of a channel's address and says what to answer. Refusals: desk.NotFound (no such channel),
// desk.Unauthenticated (it proves nothing; nothing of it is kept), desk.Busy (not everything is on the queue yet).
func (s *Stage) Receive(ctx context.Context, id desk.ChannelID, r channel.Request) (channel.Answer, error) {
	if r.Now.IsZero() {
		r.Now = s.Now().UTC()
	}
	c, err := s.prove(ctx, id, r)
	if err != nil {
		return channel.Answer{}, err
	}
	if c.received.Ignored > 0 {
		s.Count(CountIgnored, c.received.Ignored, c.channel.Type)
	}
	events, err := s.assign(ctx, c, r)
	if err != nil {
		return channel.Answer{}, err
	}
	letters := make([]desk.Letter, 0, len(events))
	for _, e := range events {
		l, err := s.letter(ctx, e)
		if err != nil {
			return channel.Answer{}, err
		}
		letters = append(letters, l)
	}
	if len(letters) > 0 {
		if err := s.Letters.Send(ctx, letters); err != nil {
			return channel.Answer{}, desk.Refuse(desk.Busy, "Not everything could be put on the queue; send it again.").Because(err)
		}
	}
	if a := c.received.Answer; a != nil {
		return *a, nil
	}
	return channel.Answer{Status: http.StatusOK}, nil
}
