// Package all is the one list of the built-in channel types.
package all

import (
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/custom"
	"github.com/loket-desk/loket/shared/channel/email"
	"github.com/loket-desk/loket/shared/channel/instagram"
	"github.com/loket-desk/loket/shared/channel/line"
	"github.com/loket-desk/loket/shared/channel/messenger"
	"github.com/loket-desk/loket/shared/channel/meta"
	"github.com/loket-desk/loket/shared/channel/slack"
	"github.com/loket-desk/loket/shared/channel/telegram"
	"github.com/loket-desk/loket/shared/channel/twilio"
	"github.com/loket-desk/loket/shared/channel/whatsapp"
	"github.com/loket-desk/loket/shared/desk"
)

// All are the kinds of channels, in the order of the picker. Each call makes a list of its own.
func All() []channel.Kind {
	return []channel.Kind{
		email.Describe(),
		telegram.New(),
		whatsapp.New(meta.WhatsApp()),
		messenger.New(meta.Messenger()),
		instagram.New(meta.Instagram()),
		twilio.SMS(),
		twilio.WhatsApp(),
		line.New(),
		slack.New(),
	}
}

// Find is the kind of a channel type; ok is false for a type that nobody makes. A registered custom channel's is without
// what it declared: whoever needs that describes its registration.
func Find(t desk.ChannelType) (kind channel.Kind, ok bool) {
	if registration, ok := t.Registration(); ok {
		return custom.Describe(desk.CustomChannel{ID: registration}), true
	}
	for _, k := range All() {
		if k.Type == t {
			return k, true
		}
	}
	return channel.Kind{}, false
}

// With is Find, but for the kinds given, which are made with what they need for sending.
func With(made ...channel.Kind) func(desk.ChannelType) (channel.Kind, bool) {
	return func(t desk.ChannelType) (channel.Kind, bool) {
		for _, k := range made {
			if k.Type == t {
				return k, true
			}
		}
		return Find(t)
	}
}
