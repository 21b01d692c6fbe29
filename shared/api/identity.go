package api

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// IdentityPreview is how the next mail from a channel signs itself.
type IdentityPreview struct {
	FromName  string `json:"fromName" example:"Ann Example at Shop"`
	Address   string `json:"address" doc:"The address that it is sent from: the own one when it is verified, else the inbox's."`
	HTML      string `json:"signatureHtml"`
	Text      string `json:"signatureText" doc:"The signature in mail that is read as plain text."`
	Automatic string `json:"automaticFromName" doc:"The name where no person wrote."`
}

// previewIdentity shows the identity as mail of the caller would have it. An integration sees it as its mail would.
func (a *API) previewIdentity(_ context.Context, who *caller, in *ByID) (*reply[IdentityPreview], error) {
	x, err := channelOf(who, who.cfg, in.ID)
	if err != nil {
		return nil, err
	}
	if x.Type != mailType {
		return nil, desk.Refuse(desk.Conflict, "Only mail has a from-name and a signature.")
	}
	inbox := who.cfg.Inboxes[x.Inbox]
	signature := channel.Signature(x.Sender, who.user.Name)
	return &reply[IdentityPreview]{IdentityPreview{
		FromName: channel.FromName(x.Sender, inbox.Name, who.user.Name), Address: firstOf(x.Sender.Address, a.fallbackAddress(inbox)),
		HTML: signature, Text: mime.TextFromHTML(signature), Automatic: channel.FromName(x.Sender, inbox.Name, ""),
	}}, nil
}

// applyIdentity puts the identity over x. A signature is made harmless: it is sent to customers, and shown to colleagues.
func (a *API) applyIdentity(cfg *desk.Config, given opt[IdentityInput], x *desk.Channel) error {
	if !given.set {
		return nil
	}
	i := given.value
	i.FromName.apply(&x.Sender.FromName)
	i.Company.apply(&x.Sender.Company)
	if i.HTML.apply(&x.Sender.Signature); i.HTML.set {
		x.Sender.Signature = strings.TrimSpace(a.clean.clean(x.Sender.Signature, true, nil))
	}
	if i.Original.set {
		x.Sender.KeepForwarder = !i.Original.value
	}
	if given.null {
		x.Sender = desk.SenderIdentity{Address: x.Sender.Address}
	}
	if i.Company.set && x.Fallback {
		return ownName(cfg, *x)
	}
	return nil
}

// ownName refuses the company name of another inbox's fallback address: customers tell the two by it.
func ownName(cfg *desk.Config, x desk.Channel) error {
	name := strings.TrimSpace(x.Sender.Company)
	for _, other := range cfg.Channels {
		if other.ID == x.ID || !other.Fallback || other.Deleted || name == "" {
			continue
		}
		if inbox := cfg.Inboxes[other.Inbox].Name; strings.EqualFold(channel.FromName(other.Sender, inbox, ""), name) {
			return desk.RefuseField("identity.company", "the inbox "+inbox+" sends mail under this name already; two can't share one")
		}
	}
	return nil
}
