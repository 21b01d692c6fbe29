package api

import (
	"context"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// customMessageOf is a message of a channel, and the account it is of.
func (a *API) customMessageOf(ctx context.Context, in customCall) (desk.Message, desk.Channel, error) {
	missing := desk.Refuse(desk.NotFound, "There is no such message.")
	if _, err := registrationOf(in.who.cfg, in.channel); err != nil {
		return desk.Message{}, desk.Channel{}, err
	}
	m, err := a.Desk.Message(ctx, desk.MessageID(in.id))
	if err != nil {
		return m, desk.Channel{}, err
	}
	ch, err := accountOf(in.who.cfg, in.channel, string(m.Channel))
	if err != nil || m.Kind != desk.KindMessage {
		return m, ch, missing
	}
	return m, ch, nil
}

func (a *API) readCustom(ctx context.Context, in customCall) (customAnswer, error) {
	m, ch, err := a.customMessageOf(ctx, in)
	if err != nil {
		return customAnswer{}, err
	}
	shown, err := a.showCustom(ctx, ch, m)
	return customAnswer{http.StatusOK, shown}, err
}

// showCustom is a message whole, with links to its files.
func (a *API) showCustom(ctx context.Context, ch desk.Channel, m desk.Message) (channel.CustomMessage, error) {
	text, html := m.Text, m.HTML
	for key, to := range map[string]*string{m.TextKey: &text, m.HTMLKey: &html} {
		if key == "" {
			continue
		}
		whole, err := a.stored(ctx, key, bodyLimit)
		if err != nil {
			return channel.CustomMessage{}, err
		}
		*to = string(whole)
	}
	links := map[string]string{}
	for _, p := range m.Attachments {
		if p.State != desk.PartStored || p.Key == "" {
			continue
		}
		link, err := a.Objects.Link(ctx, p.Key, firstOf(p.Name, "file"), p.ContentType, linkFor)
		if err != nil {
			return channel.CustomMessage{}, err
		}
		links[p.ID] = link
	}
	if m.Deleted {
		text, html, m.Attachments = "", "", nil
	}
	return channel.ShowCustom(ch, m, text, html, links), nil
}

// reportInput is what a program says became of a message of ours.
type reportInput struct {
	Status string `json:"statusType"`
	Words  string `json:"errorMessage"`
}

// reportCustom takes a delivery report. A message only moves up: a late SENT never undoes READ.
func (a *API) reportCustom(ctx context.Context, in customCall) (customAnswer, error) {
	m, ch, err := a.customMessageOf(ctx, in)
	if err != nil {
		return customAnswer{}, err
	}
	var b reportInput
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	news := desk.StatusNews{State: desk.State(b.Status), At: a.Now(), Key: m.ID()}
	switch {
	case b.Status == "":
		return customAnswer{}, desk.RefuseField("statusType", isRequired)
	case news.State != desk.Sent && news.State != desk.Failed && news.State != desk.Read:
		return customAnswer{}, desk.RefuseField("statusType", "is SENT, FAILED or READ")
	case m.Direction != desk.Outgoing:
		return customAnswer{}, desk.RefuseField("statusType", "is of outgoing messages only; this one came in")
	case news.State == desk.Failed:
		news.Detail = firstOf(clipped(channel.Clean(b.Words), 900), "The integration says that it could not be delivered.")
	}
	if err := a.Desk.ApplyStatus(ctx, ch.ID, m.Thread, "", news); err != nil {
		return customAnswer{}, err
	}
	if m, err = a.Desk.Message(ctx, m.ID()); err != nil {
		return customAnswer{}, err
	}
	shown, err := a.showCustom(ctx, ch, m)
	return customAnswer{http.StatusOK, shown}, err
}

// customPeople fills in who takes part in an answer on a custom channel: whoever wrote last, unless the caller says whom.
func (a *API) customPeople(ctx context.Context, who *caller, c desk.Conversation, b NewMessage, m *desk.Message) error {
	ch := who.cfg.Channels[c.Channel]
	registration, custom := ch.Type.Registration()
	if !custom {
		return nil
	}
	x := who.cfg.Custom[registration]
	m.Custom = &desk.MessageCustom{Senders: []desk.CustomParty{channel.CustomSender(ch, m.Author)}}
	var err error
	if len(b.To)+len(b.Cc)+len(b.Bcc) > 0 {
		m.Custom.Recipients, err = customRecipients(x, b.To, b.Cc, b.Bcc)
		return err
	}
	for _, last := range []desk.MessageID{m.InReplyTo, c.ID.Message(c.LastIn), c.ID.Message(c.LastOut)} {
		if _, _, ok := last.Split(); !ok {
			continue
		}
		of, err := a.Desk.Message(ctx, last)
		if desk.CodeOf(err) == desk.NotFound || err == nil && of.Custom == nil {
			continue
		}
		if err != nil {
			return err
		}
		if m.Custom.Recipients = of.Custom.Senders; of.Direction == desk.Outgoing {
			m.Custom.Recipients = of.Custom.Recipients
		}
		if len(m.Custom.Recipients) > 0 {
			break
		}
	}
	if !x.Capabilities.AllowMultipleRecipients && len(m.Custom.Recipients) > 1 {
		m.Custom.Recipients = m.Custom.Recipients[:1]
	}
	return nil
}

// customThread is the thread value of a conversation that we begin: the other party's address, or an id of ours where the
// program's ids decide. The same call made again gives the same id.
func (a *API) customThread(who *caller, ch desk.Channel, to desk.Identity, key string) string {
	registration, _ := ch.Type.Registration()
	if who.cfg.Custom[registration].Capabilities.ThreadingModel == desk.ThreadByIdentifier {
		return to.Value
	}
	return desk.Derive("thread", string(ch.ID), who.id, firstOf(key, a.Desk.NewID()))
}

// customRecipients reads the addresses that somebody typed.
func customRecipients(x desk.CustomChannel, to, cc, bcc []Address) ([]desk.CustomParty, error) {
	var out []desk.CustomParty
	for _, list := range []struct {
		field string
		of    []Address
	}{{"TO", to}, {"CC", cc}, {"BCC", bcc}} {
		for _, address := range list.of {
			p, _, err := channel.CustomAddress(x, address.Address)
			if err != nil {
				return nil, err
			}
			p.Name, p.Field = address.Name, list.field
			out = append(out, p)
		}
	}
	return out, nil
}
