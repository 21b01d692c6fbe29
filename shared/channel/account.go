package channel

import (
	"context"
	"maps"

	"github.com/loket-desk/loket/shared/desk"
)

// Opener opens what was sealed for one purpose. Busy when the key can't be read now, Internal when the seal doesn't fit.
type Opener interface {
	Open(ctx context.Context, purpose, sealed string) (string, error)
}

// SealPurpose is what a channel's credential is sealed for: it opens as nothing else, of no other channel.
func SealPurpose(id desk.ChannelID, credential string) string {
	return "channel/" + string(id) + "/" + credential
}

// CustomSecret is the credential that signs what is told to an integration: of its registration, not of an account.
const CustomSecret = "webhookSecret"

// CustomPurpose is what the secret of a registered custom channel is sealed for.
func CustomPurpose(registration string) string { return "custom/" + registration + "/" + CustomSecret }

// OpenAccount is a channel as the four methods need it, its credentials opened. Custom channels get their registration.
func OpenAccount(ctx context.Context, o Opener, cfg *desk.Config, ch desk.Channel) (Account, error) {
	a := Account{
		Channel: ch.ID, Type: ch.Type, ID: ch.Account["id"], Hook: ch.Hook,
		Settings: maps.Clone(ch.Settings), Extra: maps.Clone(ch.Account), Credentials: map[string]string{},
		Sender: ch.Sender, Fallback: ch.Fallback, Inbox: cfg.Inboxes[ch.Inbox].Name, Slug: cfg.Inboxes[ch.Inbox].Slug,
	}
	if registration, ok := ch.Type.Registration(); ok {
		a.Custom = cfg.Custom[registration]
		if a.Custom.SealedSecret != "" {
			secret, err := o.Open(ctx, CustomPurpose(registration), a.Custom.SealedSecret)
			if err != nil {
				return Account{}, err
			}
			a.Credentials[CustomSecret] = secret
		}
	}
	for name, sealed := range ch.Sealed {
		plain, err := o.Open(ctx, SealPurpose(ch.ID, name), sealed)
		if err != nil {
			return Account{}, err
		}
		a.Credentials[name] = plain
	}
	return a, nil
}
