package routing

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/desk"
)

// File files a message that came by a call of its own instead of the queue, and says where it lies: the same steps as on
// the queue. The caller sees to it that one message is not filed twice at once, which is what the queue does otherwise.
// NotFound when the channel is gone.
func (r *Router) File(ctx context.Context, e desk.Inbound) (desk.Filed, error) {
	cfg, ch, err := r.channel(ctx, e.Channel)
	if err != nil {
		return desk.Filed{}, err
	}
	if e.Type == desk.InEcho {
		return r.outside(ctx, cfg, ch, e)
	}
	return r.message(ctx, cfg, ch, e)
}

// message files a message of a contact.
func (r *Router) message(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound) (desk.Filed, error) {
	f := r.filing(cfg, ch, e)
	if e.ReplyTo != "" && e.Answers == "" {
		found, err := r.Evidence.FindMessages(ctx, ch.ID, []string{e.ReplyTo})
		if err != nil {
			return desk.Filed{}, err
		}
		f.Message.InReplyTo = found[e.ReplyTo]
	}
	if e.Mail != nil {
		if done, err := r.mail(ctx, cfg, ch, e, &f); err != nil || done {
			return desk.Filed{}, err
		}
	}
	return r.Filer.FileInbound(ctx, f)
}

// filing is what every channel's message is filed with.
func (r *Router) filing(cfg *desk.Config, ch desk.Channel, e desk.Inbound) desk.Filing {
	inbox := cfg.Inboxes[ch.Inbox]
	f := desk.Filing{
		Channel: ch.ID, Inbox: ch.Inbox, ChannelType: ch.Type, Ext: e.ExtID(), Thread: e.Thread, From: e.From.Identity,
		Identities: append([]desk.Identity{e.From.Identity}, e.From.Also...),
		Contact:    contactOf(e.From),
		Message:    messageOf(ch, e),
		Subject:    e.Subject, Preview: Preview(e), Reopen: inbox.Reopen, Place: desk.InInbox,
		Muted: e.Muted, Replayed: e.Replay != "",
	}
	if r.People != nil && ch.WantsAssignee() {
		f.Choose = func(ctx context.Context, c desk.Conversation) (desk.Given, bool, error) {
			return r.People.Choose(ctx, cfg, ch, c)
		}
	}
	if cfg.WantsTicket(ch) || ch.WantsAssignee() {
		f.Work = "open"
	}
	return f
}

func contactOf(p desk.Party) desk.Contact {
	c := desk.Contact{Name: strings.TrimSpace(p.Name)}
	if c.Name == "" {
		c.Name = p.Handle
	}
	for _, i := range append([]desk.Identity{p.Identity}, p.Also...) {
		switch i.Kind {
		case "email":
			c.Emails = append(c.Emails, desk.ContactEmail{Address: i.Value})
		case "phone":
			c.Phones = append(c.Phones, i.Value)
		}
	}
	if c.Name == "" && (len(c.Emails) > 0 || len(c.Phones) > 0) {
		c.Name = p.Value
	}
	return c
}

func messageOf(ch desk.Channel, e desk.Inbound) desk.Message {
	m := desk.Message{
		Kind: desk.KindMessage, Direction: desk.Incoming, Channel: ch.ID, Thread: e.Thread,
		Author:  desk.Author{Kind: desk.ByContact, Name: contactOf(e.From).Name, Address: e.From.Value},
		Subject: e.Subject, Text: e.Text, TextKey: e.TextKey, HTMLKey: e.HTMLKey, Attachments: e.Attachments,
		ProviderID: e.ExtID(), ReplyTo: e.ReplyTo, InReplyTo: e.Answers, Custom: e.Custom, Muted: e.Muted, Unsupported: e.Unsupported, RawKey: e.PayloadKey, SentAt: e.At,
	}
	if e.Unsupported != "" && e.PayloadKey == "" {
		m.Raw = string(e.Payload)
	}
	return m
}

// previewBytes is how much of a message a list shows.
const previewBytes = 120

// Preview is the one line that a list shows of an event's message: its text on one line, else what it holds, in words.
func Preview(e desk.Inbound) string {
	text := e.Text
	if e.Mail != nil && e.Mail.Visible != "" {
		text = e.Mail.Visible
	}
	if line := oneLine(text, previewBytes); line != "" {
		return line
	}
	if len(e.Attachments) > 0 {
		a := e.Attachments[0]
		words := map[desk.Usage]string{
			desk.UsageImage: "Picture", desk.UsageAudio: "Audio", desk.UsageVoice: "Voice message", desk.UsageVideo: "Video",
			desk.UsageSticker: "Sticker", desk.UsageLocation: "Location", desk.UsageContact: "Contact",
			desk.UsageQuickReplies: "Quick replies", desk.UsageSocial: "From a post", desk.UsageHeader: "Header", desk.UsageUnsupported: "Unsupported content",
		}[a.Usage]
		if words == "" {
			words = "File"
		}
		return oneLine(words+" "+a.Name, previewBytes)
	}
	if e.Unsupported != "" {
		return oneLine(e.Unsupported, previewBytes)
	}
	return oneLine(e.Subject, previewBytes)
}

// oneLine folds white space and cuts at n bytes, on a whole character.
func oneLine(s string, n int) string {
	if len(s) > 8*n {
		s = s[:8*n]
	}
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) <= n {
		return s
	}
	cut := n - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// edit puts a new text on a message. An edit of a message from before the channel was connected is filed as a message.
func (r *Router) edit(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound) error {
	_, err := r.Changes.EditMessage(ctx, ch.ID, e.Target, e)
	if desk.CodeOf(err) != desk.NotFound {
		return err
	}
	if e.MessageID == "" {
		e.MessageID = e.Target
	}
	_, err = r.message(ctx, cfg, ch, e)
	return err
}

// echo files a reply that was written in the platform's own app; the echo of one of ours changes nothing.
func (r *Router) echo(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound) error {
	found, err := r.Evidence.FindMessages(ctx, ch.ID, []string{e.ExtID()})
	if err != nil {
		return err
	}
	if e.Status != nil && e.Status.Key != "" || found[e.ExtID()] != "" {
		if e.Status == nil {
			e.Status = &desk.StatusNews{State: desk.Sent, At: e.At}
		}
		return r.Changes.ApplyStatus(ctx, ch.ID, e.Thread, e.ExtID(), *e.Status)
	}
	if err := r.early(e); err != nil {
		return err
	}
	_, err = r.outside(ctx, cfg, ch, e)
	return err
}

// outside files a reply that was sent elsewhere: it is shown in the thread, and never sent.
func (r *Router) outside(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound) (desk.Filed, error) {
	f := r.filing(cfg, ch, e)
	f.Muted, f.Work = true, ""
	f.Message.Direction = desk.Outgoing
	f.Message.Author = desk.Author{Kind: desk.ByUser, Name: "Sent outside Loket"}
	if e.Custom != nil && len(e.Custom.Senders) > 0 {
		f.Message.Author = desk.Author{Kind: desk.ByIntegration, Name: e.Custom.Senders[0].Name, Address: e.Custom.Senders[0].Value}
	}
	f.Message.Status = desk.Status{State: desk.Sent, At: e.At}
	return r.Filer.FileInbound(ctx, f)
}

// blocked tells in the thread that the other party stopped us from writing.
func (r *Router) blocked(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound) error {
	open, err := r.Copies.OpenThread(ctx, ch.ID, e.Thread)
	if err != nil || open == "" {
		return err
	}
	f := r.filing(cfg, ch, e)
	f.Muted, f.Work, f.Preview = true, "", "The contact stopped the conversation"
	f.Message = desk.Message{
		Kind: desk.KindEvent, Channel: ch.ID, Author: desk.Author{Kind: desk.ByContact, Name: contactOf(e.From).Name},
		Change: &desk.Change{What: "blocked", Note: e.Text}, ProviderID: e.ExtID(),
	}
	_, err = r.Filer.FileInbound(ctx, f)
	return err
}
