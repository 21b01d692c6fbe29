package api

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// mailType is the channel type of mail.
const mailType = "email"

// VerificationInput is empty to have a code sent, or the code that came.
type VerificationInput struct {
	Code string `json:"code,omitempty" maxLength:"40" doc:"The code of the mail; without one, a mail with a code is sent to the address." example:"12345678"`
}

// Verification says how far the proof of an address has come.
type Verification struct {
	State          string     `json:"state" enum:"SENT,VERIFIED"`
	Address        string     `json:"address"`
	ExpiresAt      *time.Time `json:"expiresAt" doc:"Until when the code that was sent is good."`
	ConversationID *string    `json:"conversationId" doc:"Where the mail with the code is, with its state, but without the code."`
}

// verifyChannel sends a code to a channel's address of the company, or checks the one that came.
func (a *API) verifyChannel(ctx context.Context, who *caller, in *struct {
	ByID
	Body VerificationInput
},
) (*reply[Verification], error) {
	x, err := channelOf(who, who.cfg, in.ID)
	if err != nil {
		return nil, err
	}
	address := ownAddress(x)
	switch {
	case address == "":
		return nil, desk.Refuse(desk.Conflict, "Only an address of your company is verified; this channel has none.")
	case a.Domain == "":
		return nil, desk.Refuse(desk.ChannelOff, "This desk has no mail domain, so it sends no mail.")
	case x.Sender.Address == address && in.Body.Code == "":
		return nil, desk.Refuse(desk.Conflict, "The address is verified already.")
	case in.Body.Code == "":
		return a.sendCode(ctx, who, x, address)
	}
	v, err := a.Desk.TryVerification(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	if v.Address != address {
		return nil, desk.Refuse(desk.NotFound, "The code went to another address; ask for one for this.")
	}
	want, err := channel.VerificationCode(ctx, a.Sealer.HMAC, v.Seed)
	if err != nil {
		return nil, err
	}
	if given := strings.Join(strings.Fields(in.Body.Code), ""); subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
		return nil, desk.RefuseField("code", "this is not the code that was sent")
	}
	return a.verified(ctx, who, x.ID, address)
}

// verified makes an address one that the channel sends from.
func (a *API) verified(ctx context.Context, who *caller, id desk.ChannelID, address string) (*reply[Verification], error) {
	out, err := change(ctx, a, who, func(cfg *desk.Config) (Verification, error) {
		x, err := channelOf(who, cfg, string(id))
		if err != nil {
			return Verification{}, err
		}
		if ownAddress(x) != address {
			return Verification{}, desk.Refuse(desk.Invalid, "The channel's address was changed meanwhile; ask for a code for the new one.")
		}
		x.Sender.Address = address
		x.Health = desk.Health{State: desk.HealthOK, CheckedAt: a.Now()}
		_, err = a.Desk.SaveChannel(ctx, x, who.audit("channel.verify", string(id), address))
		return Verification{State: "VERIFIED", Address: address}, err
	})
	if err != nil {
		return nil, err
	}
	return out, a.Desk.EndVerification(ctx, id)
}

// sendCode sends a mail with a code to the address, from the address that the inbox was born with, as any other mail goes
// out: tried again, and seen in its thread.
func (a *API) sendCode(ctx context.Context, who *caller, x desk.Channel, address string) (*reply[Verification], error) {
	from, found := fallbackOf(who.cfg, x.Inbox)
	if !found || !from.Active {
		return nil, desk.Refuse(desk.ChannelOff, "The inbox's own mail channel is switched off; the code would be sent from it.")
	}
	v := desk.Verification{Channel: x.ID, Address: address, Seed: a.Desk.NewID() + " " + string(x.ID) + " " + address}
	if err := a.Desk.BeginVerification(ctx, v); err != nil {
		return nil, err
	}
	inbox := who.cfg.Inboxes[x.Inbox]
	m := desk.Message{
		Kind: desk.KindMessage, Author: desk.Author{Kind: desk.BySystem, Name: "Loket"}, Channel: from.ID, Thread: "verify:" + a.Desk.NewID(),
		To: []desk.Address{{Address: address}}, Subject: "Verify " + address, Mail: &desk.MessageMail{Seed: v.Seed},
		Text: fmt.Sprintf("Somebody wants to answer mail as %s from the inbox %s.\n\nTo allow that, enter this code in the channel's settings within %d minutes:\n\n%s\n\n"+
			"If you know nothing of this, do nothing: without the code nothing is sent from this address.\n",
			address, inbox.Name, int(desk.VerificationFor.Minutes()), channel.CodeGap),
	}
	identity := desk.Identity{Kind: identityMail, Value: address}
	f := desk.Filing{
		Channel: from.ID, Inbox: x.Inbox, ChannelType: from.Type, Thread: m.Thread, From: identity, Identities: []desk.Identity{identity},
		Contact: desk.Contact{Emails: []desk.ContactEmail{{Address: address}}}, Subject: m.Subject, Place: desk.InInbox,
	}
	sent, _, err := a.Desk.StartConversation(ctx, f, desk.NewOutgoing{Message: m, Preview: m.Subject, Takers: []string{address}})
	if err != nil {
		return nil, err
	}
	ends := a.Now().Add(desk.VerificationFor)
	return &reply[Verification]{Verification{"SENT", address, &ends, some(string(sent.Conversation))}}, nil
}

// ownAddress is a mail channel's address of the company, in lower case; empty for any other channel.
func ownAddress(x desk.Channel) string {
	if x.Type != mailType || x.Fallback {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(x.Settings["address"]))
}

// fallbackOf is the mail channel that an inbox was born with.
func fallbackOf(cfg *desk.Config, inbox desk.InboxID) (desk.Channel, bool) {
	for _, ch := range cfg.Channels {
		if ch.Inbox == inbox && ch.Fallback && !ch.Deleted {
			return ch, true
		}
	}
	return desk.Channel{}, false
}
