package mailroom

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// place is an inbox that gets a mail: by which channel, at which of our addresses.
type place struct {
	channel    desk.Channel
	inbox      desk.InboxID
	recipients []string
	tokens     []string
	by         how
	// conversation is the one that a reply token proves.
	conversation desk.ConversationID
}

// how an address named its channel. The strongest decides where an inbox was reached at several addresses.
type how int

const (
	byFallback how = iota + 1
	byOwn
	byToken
)

// delivered is where a mail goes.
type delivered struct {
	places    []place  // one an inbox, the strongest address's channel
	off       int      // places whose channel is switched off
	strangers []string // addresses that belong to nothing
	forged    []string // reply tokens that we did not make
}

// deliver finds the inboxes that a mail is for.
func (s *Stage) deliver(ctx context.Context, recipients []string, m *mime.Mail) (delivered, error) {
	cfg, err := s.Setup.Config(ctx)
	if err != nil {
		return delivered{}, err
	}
	d, err := s.deliverBy(ctx, cfg, recipients, m)
	if err != nil || len(d.strangers) == 0 {
		return d, err
	}
	if cfg, err = s.Setup.Fresh(ctx); err != nil { // an inbox or address may be new
		return delivered{}, err
	}
	return s.deliverBy(ctx, cfg, recipients, m)
}

func (s *Stage) deliverBy(ctx context.Context, cfg *desk.Config, recipients []string, m *mime.Mail) (delivered, error) {
	var d delivered
	byInbox := map[desk.InboxID]*place{}
	for _, to := range recipients {
		p, token, err := s.placeOf(ctx, cfg, to)
		if err != nil {
			return d, err
		}
		if p.channel.ID == "" {
			d.strangers = append(d.strangers, to)
			if token != "" {
				d.forged = append(d.forged, token)
			}
			continue
		}
		if p.by == byFallback {
			p = forwardedTo(cfg, p, s.fallbackAddress(cfg, p.inbox), m)
		}
		have := byInbox[p.inbox]
		if have == nil {
			have = &place{inbox: p.inbox}
			byInbox[p.inbox] = have
		}
		if p.by > have.by {
			have.channel, have.by, have.conversation = p.channel, p.by, p.conversation
		}
		if !slices.Contains(have.recipients, to) {
			have.recipients = append(have.recipients, to)
		}
		if token != "" {
			have.tokens = append(have.tokens, token)
		}
	}
	for _, p := range byInbox {
		if !p.channel.Active {
			d.off++
			continue
		}
		p.tokens = append(p.tokens, d.forged...)
		d.places = append(d.places, *p)
	}
	slices.SortFunc(d.places, func(a, b place) int { return cmp.Compare(a.inbox, b.inbox) })
	return d, nil
}

// placeOf is where an address leads; a place without a channel when it belongs to nothing. token is the reply token in
// the address, whether it leads somewhere or not.
func (s *Stage) placeOf(ctx context.Context, cfg *desk.Config, address string) (p place, token string, err error) {
	if ch, ok := ownAddress(cfg, address); ok {
		return place{channel: ch, inbox: ch.Inbox, by: byOwn}, "", nil
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 || address[at+1:] != s.Domain {
		return place{}, "", nil
	}
	local := address[:at]
	if token, ok := strings.CutPrefix(local, replyPrefix); ok {
		p, err := s.tokenPlace(ctx, cfg, token)
		return p, token, err
	}
	slug, _, _ := strings.Cut(local, "+")
	for _, id := range slices.Sorted(maps.Keys(cfg.Inboxes)) {
		if cfg.Inboxes[id].Slug == slug {
			return fallbackPlace(cfg, id), "", nil
		}
	}
	return place{}, "", nil
}

const (
	email       = "email" // the channel type, and the kind of identity
	replyPrefix = "reply+"
)

// tokenPlace is the place of the conversation that a reply token names: its own channel, or its inbox's fallback channel
// where that is gone.
func (s *Stage) tokenPlace(ctx context.Context, cfg *desk.Config, token string) (place, error) {
	id, valid, err := s.Tokens.OpenReplyToken(ctx, token)
	if err != nil || !valid {
		return place{}, err
	}
	c, err := s.Threads.Conversation(ctx, id)
	if desk.CodeOf(err) == desk.NotFound && err != nil {
		return place{}, nil
	}
	if err != nil {
		return place{}, err
	}
	ch, live := cfg.Channel(c.Channel)
	if !live || ch.Type != email {
		p := fallbackPlace(cfg, c.Inbox)
		p.by, p.conversation = byToken, id
		return p, nil
	}
	return place{channel: ch, inbox: c.Inbox, by: byToken, conversation: id}, nil
}

func fallbackPlace(cfg *desk.Config, inbox desk.InboxID) place {
	for _, ch := range cfg.Channels {
		if ch.Inbox == inbox && ch.Fallback && !ch.Deleted {
			return place{channel: ch, inbox: inbox, by: byFallback}
		}
	}
	return place{inbox: inbox}
}

func (s *Stage) fallbackAddress(cfg *desk.Config, inbox desk.InboxID) string {
	return cfg.Inboxes[inbox].Slug + "@" + s.Domain
}

// ownAddress finds the live channel that an address of the company was connected by; what stands after "+" is the
// sender's to choose.
func ownAddress(cfg *desk.Config, address string) (desk.Channel, bool) {
	plain := withoutTag(address)
	for _, id := range slices.Sorted(maps.Keys(cfg.Channels)) {
		ch := cfg.Channels[id]
		own := strings.ToLower(strings.TrimSpace(ch.Settings["address"]))
		if ch.Type == email && !ch.Deleted && own != "" && (own == address || own == plain) {
			return ch, true
		}
	}
	return desk.Channel{}, false
}

func withoutTag(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if local, _, tagged := strings.Cut(local, "+"); ok && tagged {
		return local + "@" + domain
	}
	return address
}

// relayFields name the address that a forwarding server took a mail for.
func relayFields() []string {
	return []string{"Delivered-To", "X-Forwarded-For", "X-Forwarded-To", "X-Original-To", "Envelope-To"}
}

// forwardedTo is the place of a mail that a connected address of the inbox forwarded to its fallback address, where the
// mail says so and was not written to the fallback address itself.
func forwardedTo(cfg *desk.Config, p place, fallback string, m *mime.Mail) place {
	var named []string
	for _, a := range slices.Concat(m.To, m.Cc) {
		named = append(named, strings.ToLower(a.Addr))
	}
	if slices.Contains(named, fallback) {
		return p
	}
	for _, field := range relayFields() {
		for _, value := range m.Headers.All(field) {
			named = append(named, strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return strings.ContainsRune(" \t,;<>", r) })...)
		}
	}
	for _, address := range named {
		if ch, ok := ownAddress(cfg, address); ok && ch.Inbox == p.inbox {
			return place{channel: ch, inbox: p.inbox, by: byOwn}
		}
	}
	return p
}
