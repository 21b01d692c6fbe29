package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// registrationInput is what a program says of its channel; what is left out stays.
type registrationInput struct {
	Name         opt[string]     `json:"name"`
	Capabilities json.RawMessage `json:"capabilities"`
	Webhook      opt[string]     `json:"webhookUrl"`
	Description  opt[string]     `json:"channelDescription"`
	Logo         opt[string]     `json:"channelLogoUrl"`
	Connect      opt[string]     `json:"channelAccountConnectionRedirectUrl"`
}

// registrationShown is a registered channel. Secret is there once.
type registrationShown struct {
	ID           string               `json:"id"`
	Name         string               `json:"name"`
	CreatedAt    time.Time            `json:"createdAt"`
	Capabilities desk.CustomAbilities `json:"capabilities"`
	Webhook      string               `json:"webhookUrl,omitempty"`
	Description  string               `json:"channelDescription,omitempty"`
	Logo         string               `json:"channelLogoUrl,omitempty"`
	Connect      string               `json:"channelAccountConnectionRedirectUrl,omitempty"`
	Archived     bool                 `json:"archived"`
	Secret       string               `json:"webhookSecret,omitempty"`
}

func showRegistration(x desk.CustomChannel) registrationShown {
	c := x.Capabilities
	for _, list := range []*[]string{&c.DeliveryIdentifierTypes, &c.RichText, &c.OutgoingAttachmentTypes, &c.AllowedFileAttachmentMimeTypes} {
		if *list == nil {
			*list = []string{}
		}
	}
	return registrationShown{x.ID, x.Name, x.CreatedAt.UTC(), c, x.WebhookURL, x.Description, x.LogoURL, x.ConnectURL, x.Archived, ""}
}

// registrationOf is a registered channel that is not archived.
func registrationOf(cfg *desk.Config, id string) (desk.CustomChannel, error) {
	x, there := cfg.Custom[id]
	if !there || x.Archived {
		return x, desk.Refuse(desk.NotFound, "There is no such channel.")
	}
	return x, nil
}

func (a *API) listRegistrations(_ context.Context, in customCall) (customAnswer, error) {
	archived, err := flagOf(in.r.URL.Query(), "archived")
	if err != nil {
		return customAnswer{}, err
	}
	all := []registrationShown{}
	for _, x := range in.who.cfg.Custom {
		if x.Archived == archived {
			all = append(all, showRegistration(x))
		}
	}
	slices.SortFunc(all, func(x, y registrationShown) int { return strings.Compare(x.ID, y.ID) })
	return customPage(a, in, all, func(x registrationShown) string { return x.ID })
}

func (a *API) readRegistration(_ context.Context, in customCall) (customAnswer, error) {
	archived, err := flagOf(in.r.URL.Query(), "archived")
	if err != nil {
		return customAnswer{}, err
	}
	x, there := in.who.cfg.Custom[in.channel]
	if !there || x.Archived != archived {
		return customAnswer{}, desk.Refuse(desk.NotFound, "There is no such channel.")
	}
	return customAnswer{http.StatusOK, showRegistration(x)}, nil
}

// register registers a channel. Its secret is shown here and never again, so a repeat under one Idempotency-Key is a
// conflict, as it is for keys.
func (a *API) register(ctx context.Context, in customCall) (customAnswer, error) {
	var b registrationInput
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	x := desk.CustomChannel{ID: a.Desk.NewID(), CreatedAt: a.Now(), Owner: in.who.id, Capabilities: desk.CustomAbilities{AllowOutgoingMessages: true}}
	if err := b.apply(ctx, a, &x); err != nil {
		return customAnswer{}, err
	}
	key := in.r.Header.Get("Idempotency-Key")
	again := asked(ctx, in.who, "POST custom-channels", key)
	if key != "" {
		_, _, repeat, err := a.Desk.BeginRequest(ctx, again, x.ID)
		if err != nil {
			return customAnswer{}, err
		}
		if repeat {
			return customAnswer{}, desk.Refuse(desk.Conflict, "This channel was registered before, and its secret is shown once only. Look for it in the list.")
		}
	}
	shown, err := a.newRegistration(ctx, in.who, x)
	if err != nil && key != "" {
		err = errors.Join(err, a.Desk.ForgetRequest(ctx, again))
	}
	return customAnswer{http.StatusCreated, shown}, err
}

func (a *API) newRegistration(ctx context.Context, who *caller, x desk.CustomChannel) (registrationShown, error) {
	secret := newWebhookSecret()
	var err error
	if x.SealedSecret, err = a.Sealer.Seal(ctx, channel.CustomPurpose(x.ID), secret); err != nil {
		return registrationShown{}, err
	}
	x, err = a.Desk.SaveCustomChannel(ctx, x, who.audit("customChannel.create", x.ID, x.Name))
	shown := showRegistration(x)
	shown.Secret = secret
	return shown, err
}

// newWebhookSecret makes a secret of 256 random bits in the form of Standard Webhooks.
func newWebhookSecret() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key[:])
}

func (a *API) changeRegistration(ctx context.Context, in customCall) (customAnswer, error) {
	var b registrationInput
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	out, err := change(ctx, a, in.who, func(cfg *desk.Config) (registrationShown, error) {
		x, err := registrationOf(cfg, in.channel)
		if err != nil {
			return registrationShown{}, err
		}
		if err := b.apply(ctx, a, &x); err != nil {
			return registrationShown{}, err
		}
		x, err = a.Desk.SaveCustomChannel(ctx, x, in.who.audit("customChannel.update", x.ID, x.Name))
		return showRegistration(x), err
	})
	if err != nil {
		return customAnswer{}, err
	}
	return customAnswer{http.StatusOK, out.Body}, nil
}

// archiveRegistration ends a channel: first each of its accounts, then itself, so that one which was cut short is begun
// again. Conversations and messages stay.
func (a *API) archiveRegistration(ctx context.Context, in customCall) (customAnswer, error) {
	_, err := change(ctx, a, in.who, func(cfg *desk.Config) (nothing, error) {
		x, there := cfg.Custom[in.channel]
		if !there {
			return nothing{}, desk.Refuse(desk.NotFound, "There is no such channel.")
		}
		for _, ch := range cfg.Channels {
			if ch.Type != desk.CustomType(x.ID) || ch.Deleted {
				continue
			}
			archived := a.archivedAccount(ch)
			if _, err := a.Desk.SaveAccount(ctx, archived, nil, in.who.audit("channel.delete", string(ch.ID), ch.Name)); err != nil {
				return nothing{}, err
			}
		}
		if x.Archived {
			return nothing{}, nil
		}
		x.Archived = true
		_, err := a.Desk.SaveCustomChannel(ctx, x, in.who.audit("customChannel.archive", x.ID, x.Name))
		return nothing{}, err
	})
	return customAnswer{status: http.StatusNoContent}, err
}

// The bounds of a registration's texts, in bytes.
const (
	longestChannelName = 100
	longestDescription = 1000
	longestAddress     = 2000
)

// apply puts what was given over the registration and checks what came of it.
func (b registrationInput) apply(ctx context.Context, a *API, x *desk.CustomChannel) error {
	var wrong faults
	b.Name.apply(&x.Name)
	b.Description.apply(&x.Description)
	b.Logo.apply(&x.LogoURL)
	b.Connect.apply(&x.ConnectURL)
	switch x.Name = strings.TrimSpace(x.Name); {
	case x.Name == "":
		wrong.add("name", isRequired)
	case len(x.Name) > longestChannelName:
		wrong.add("name", "has at most 100 bytes")
	}
	if len(x.Description) > longestDescription {
		wrong.add("channelDescription", "has at most 1000 bytes")
	}
	for at, address := range map[string]string{"channelLogoUrl": x.LogoURL, "channelAccountConnectionRedirectUrl": x.ConnectURL} {
		if address != "" && !webAddress(address) {
			wrong.add(at, "is not a web address that begins with https://")
		}
	}
	if b.Capabilities == nil && x.Version == 0 {
		wrong.add("capabilities", isRequired)
	}
	b.applyCapabilities(x, &wrong)
	if b.Webhook.set {
		if x.WebhookURL = strings.TrimSpace(b.Webhook.value); x.WebhookURL != "" {
			if !webAddress(x.WebhookURL) {
				wrong.add("webhookUrl", "is not a web address that begins with https://")
			} else if err := a.Check(ctx, x.WebhookURL); err != nil {
				wrong.add("webhookUrl", "can't be called: "+desk.Reason(err))
			}
		}
	}
	slices.SortFunc(wrong, func(x, y desk.FieldError) int { return strings.Compare(x.Location, y.Location) })
	return wrong.refusal()
}

// webAddress reports whether a text is an absolute web address without a password in it.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(s) <= longestAddress
}

// constants reports whether a list holds names as the contract writes its constants. Which there are grows with it, so
// only the form is checked where we need not know them all.
func constants(list []string) bool {
	return len(list) <= 50 && !slices.ContainsFunc(list, func(v string) bool {
		return v == "" || len(v) > 60 || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != ""
	})
}

// applyCapabilities reads what the channel declares over what it declared before.
func (b registrationInput) applyCapabilities(x *desk.CustomChannel, wrong *faults) {
	c := &x.Capabilities
	if b.Capabilities != nil {
		fresh := *c
		// Lists are replaced, never written into: the snapshot of the set-up holds the old ones.
		fresh.DeliveryIdentifierTypes, fresh.RichText = slices.Clone(c.DeliveryIdentifierTypes), slices.Clone(c.RichText)
		fresh.OutgoingAttachmentTypes, fresh.AllowedFileAttachmentMimeTypes = slices.Clone(c.OutgoingAttachmentTypes), slices.Clone(c.AllowedFileAttachmentMimeTypes)
		if err := decodeCustom(b.Capabilities, &fresh); err != nil {
			wrong.add("capabilities", desk.Reason(err))
			return
		}
		*c = fresh
	}
	if len(c.DeliveryIdentifierTypes) == 0 {
		c.DeliveryIdentifierTypes = []string{desk.OpaqueID}
	}
	if c.ThreadingModel == "" {
		c.ThreadingModel = desk.ThreadByIntegration
	}
	for _, t := range c.DeliveryIdentifierTypes {
		if !slices.Contains(channel.CustomIdentifierTypes(), t) {
			wrong.add("capabilities.deliveryIdentifierTypes", "holds "+strings.Join(channel.CustomIdentifierTypes(), ", ")+" only")
			break
		}
	}
	if c.ThreadingModel != desk.ThreadByIntegration && c.ThreadingModel != desk.ThreadByIdentifier {
		wrong.add("capabilities.threadingModel", "is "+desk.ThreadByIntegration+" or "+desk.ThreadByIdentifier)
	}
	if !constants(c.RichText) {
		wrong.add("capabilities.richText", "holds names in capital letters, such as HYPERLINK")
	}
	if !constants(c.OutgoingAttachmentTypes) {
		wrong.add("capabilities.outgoingAttachmentTypes", "holds names in capital letters, such as FILE")
	}
	if len(c.AllowedFileAttachmentMimeTypes) > 100 || slices.ContainsFunc(c.AllowedFileAttachmentMimeTypes, func(v string) bool { return !strings.Contains(v, "/") }) {
		wrong.add("capabilities.allowedFileAttachmentMimeTypes", "holds media types such as image/png or image/*")
	}
	if c.MaxFileAttachmentCount < 0 || c.MaxFileAttachmentSizeBytes < 0 || c.MaxTotalFileAttachmentSize < 0 {
		wrong.add("capabilities.maxFileAttachmentCount", "and the other bounds are not negative")
	}
}
