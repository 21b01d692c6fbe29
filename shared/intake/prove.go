package intake

import (
	"context"
	"strings"
	"sync"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// call is a genuine call: the set-up it was judged by, the addressed channel, and what it holds.
type call struct {
	setup    *desk.Config
	channel  desk.Channel
	kind     channel.Kind
	account  channel.Account
	received channel.Received
}

// prove finds the channel and has it prove the call. The set-up that is at hand may be some seconds old, so whatever
// it would refuse (no such channel, a wrong signature, a channel that is off) is judged again by the fresh one: a channel
// that was just connected, given a new secret or switched on loses nothing.
func (s *Stage) prove(ctx context.Context, id desk.ChannelID, r channel.Request) (call, error) {
	cfg, err := s.Setup.Config(ctx)
	if err != nil {
		return call{}, unreadable(err)
	}
	c, err := s.judge(ctx, cfg, id, r)
	if err == nil && c.channel.Active || desk.CodeOf(err) == desk.Busy {
		return c, err
	}
	fresh, freshErr := s.Setup.Fresh(ctx)
	if freshErr != nil {
		return call{}, unreadable(freshErr)
	}
	if fresh.Version == cfg.Version {
		return c, err
	}
	return s.judge(ctx, fresh, id, r)
}

func (s *Stage) judge(ctx context.Context, cfg *desk.Config, id desk.ChannelID, r channel.Request) (call, error) {
	ch, found := cfg.Channel(id)
	kind, known := s.Kinds(ch.Type)
	if !found || !known {
		return call{}, desk.Refuse(desk.NotFound, "There is no channel at this address.")
	}
	a, err := s.accounts.open(ctx, cfg, ch)
	if err != nil {
		return call{}, err
	}
	if ch.Hook != "" { // as it was told to the platform, whatever stands between; the query as it was written
		_, query, asked := strings.Cut(r.URL, "?")
		r.URL = ch.Hook
		if asked {
			r.URL += "?" + query
		}
	}
	received, err := kind.Receive(a, r)
	if err != nil {
		return call{}, err
	}
	// Only now, because nothing of a call that proves nothing may be kept.
	if tooDeep(r.Body) {
		received.Events = []desk.Inbound{channel.Unparsed(r.Body, "The call's JSON is nested deeper than 100 levels.", r.Now)}
	}
	return call{cfg, ch, kind, a, received}, nil
}

// unreadable is for a set-up that can't be read: the platform has to try again, whatever the cause.
func unreadable(err error) error {
	return desk.Refuse(desk.Busy, "The set-up can't be read now; send it again.").Because(err)
}

// accounts keeps channels with their credentials opened, by the version of the channel.
type accounts struct {
	seals  channel.Opener
	mu     sync.Mutex
	opened map[desk.ChannelID]opened
}

type opened struct {
	version int64
	hook    string
	account channel.Account
}

// open opens a channel's credentials. They stay in memory until the channel changes.
func (a *accounts) open(ctx context.Context, cfg *desk.Config, ch desk.Channel) (channel.Account, error) {
	a.mu.Lock()
	got, ok := a.opened[ch.ID]
	a.mu.Unlock()
	if ok && got.version == ch.Version && got.hook == ch.Hook {
		return got.account, nil
	}
	account, err := channel.OpenAccount(ctx, a.seals, cfg, ch)
	if err != nil {
		return channel.Account{}, desk.Refuse(desk.Busy, "The channel's credentials can't be opened now; send it again.").Because(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opened == nil {
		a.opened = map[desk.ChannelID]opened{}
	}
	a.opened[ch.ID] = opened{ch.Version, ch.Hook, account}
	return account, nil
}
