package api

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// showLive is showChannel with what is known at this moment of a mail channel: how far connecting its address has come.
func (a *API) showLive(ctx context.Context, cfg *desk.Config, x desk.Channel, setup []channel.SetupValue) (Channel, error) {
	out := a.showChannel(x, setup)
	if x.Type != mailType {
		return out, nil
	}
	seen, err := a.Desk.Forwarding(ctx, x.ID)
	if err != nil {
		return Channel{}, err
	}
	if seen.Confirm != "" && seen.ConfirmAt.After(seen.SeenAt) {
		out.Health = ChannelHealth{desk.HealthWarning, "A forwarding waits to be confirmed. " + seen.Confirm, moment(seen.ConfirmAt)}
	}
	if ownAddress(x) != "" {
		out.Setup = append(out.Setup, a.mailSetup(cfg, x, seen)...)
	}
	return out, nil
}

// mailSetup is what an admin does to connect an address of the company, and how far each step has come.
func (a *API) mailSetup(cfg *desk.Config, x desk.Channel, seen desk.Forwarding) []channel.SetupValue {
	address, target := ownAddress(x), a.fallbackAddress(cfg.Inboxes[x.Inbox])
	verified := "Not yet: answers are sent from " + target + ". Ask for a code and enter it."
	if x.Sender.Address == address {
		verified = "Yes."
	}
	forwarded := "Not yet: no mail has come by it."
	if !seen.SeenAt.IsZero() {
		forwarded = "Yes: a mail came by it on " + seen.SeenAt.Format(time.RFC1123) + "."
	}
	sending := "Known when the first answer is sent from it. Its domain must be verified with Amazon SES; until then answers are sent from " + target + "."
	if x.Sender.Address == address && x.Health.State == desk.HealthWarning && x.Health.Detail != "" {
		sending = x.Health.Detail
	}
	return []channel.SetupValue{
		{Label: "Forward mail to", Value: target},
		{Label: "Address verified", Value: verified},
		{Label: "Forwarding seen", Value: forwarded},
		{Label: "Sending", Value: sending},
		{Label: "Gmail", Value: "Settings, See all settings, Forwarding and POP/IMAP, Add a forwarding address: " + target +
			". The mail with which Gmail asks for confirmation comes in here: its link and code are shown in this channel's health. Then choose Forward a copy, and keep Gmail's copy."},
		{Label: "Google Groups", Value: "In the group, People, Members, Add members: add " + target + " with the subscription Each email, and under Group settings allow posting by anyone on the web."},
		{Label: "Outlook, Microsoft 365", Value: "In the admin centre, Users, Active users, the mailbox, Mail, Manage email forwarding: forward to " + target +
			" and keep a copy. An outbound spam policy that forbids automatic forwarding has to allow it."},
		{Label: "Others", Value: "Add a rule at the mail provider that forwards, or redirects, all mail for " + address + " to " + target + ", and leaves sender and recipients as they are."},
	}
}
