package api

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// ForwardInput is what is forwarded, to whom, and what is said about it.
type ForwardInput struct {
	To      []Address `json:"to" nullable:"false" minItems:"1" maxItems:"50"`
	Include string    `json:"include,omitempty" enum:"THREAD,LATEST" default:"THREAD" doc:"All messages, or the latest one of the contact only."`
	NoFiles bool      `json:"withoutAttachments,omitempty"`
	Letter
}

const (
	forwardedMessages = 100        // of a thread, the latest
	forwardedText     = 500 * 1000 // bytes of all their texts
)

// forwardConversation sends a thread to somebody else, by mail, as a conversation of its own: their answers come in there,
// and never reach the contact.
func (a *API) forwardConversation(ctx context.Context, who *caller, in *struct {
	ByID
	Idem
	Body ForwardInput
},
) (*made[Conversation], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	ch, kind, err := a.mailOf(who, c)
	if err != nil {
		return nil, err
	}
	b := in.Body
	n := desk.NewOutgoing{}
	if in.Key != "" {
		r := asked(ctx, who, "POST /v1/conversations/"+string(c.ID)+"/forward", in.Key)
		n.Request = &r
		if m, before, err := a.Desk.WrittenBefore(ctx, r); err != nil || before {
			return a.forwarded(ctx, who, c, m, b, true, err)
		}
	}
	if err := sendable(b.To, b.Cc, b.Bcc); err != nil {
		return nil, err
	}
	m := desk.Message{
		Kind: desk.KindMessage, Author: who.author(), Channel: ch.ID, To: addresses(b.To), Subject: "Fwd: " + firstOf(c.Subject, "conversation"),
		Thread: "new:" + a.Desk.NewID(),
	}
	if err := a.enclose(ctx, who, kind, c, b, &m); err != nil {
		return nil, err
	}
	identity := identityOf(kind, m.To[0].Address)
	n.Message, n.Preview, n.Takers = m, previewOf(m), takers(kind, m)
	f := desk.Filing{
		Channel: ch.ID, Inbox: c.Inbox, ChannelType: ch.Type, Thread: m.Thread, From: identity, Identities: []desk.Identity{identity}, Subject: m.Subject,
		Contact: desk.Contact{Name: m.To[0].Name, Emails: []desk.ContactEmail{{Address: identity.Value}}}, Place: desk.InInbox,
	}
	sent, before, err := a.Desk.StartConversation(ctx, f, n)
	return a.forwarded(ctx, who, c, sent, b, before, err)
}

// forwarded tells both threads of each other, once.
func (a *API) forwarded(ctx context.Context, who *caller, c desk.Conversation, m desk.Message, b ForwardInput, before bool, err error) (*made[Conversation], error) {
	if err != nil {
		return nil, err
	}
	if before {
		thread, _, err := a.Desk.Messages(ctx, m.Conversation, "", "", threadEntries)
		told := func(e desk.Message) bool { return e.Change != nil && e.Change.What == "forwardOf" }
		if err != nil || slices.ContainsFunc(thread, told) {
			return a.started(ctx, who, m, true, err)
		}
	}
	var to []string
	for _, x := range b.To {
		to = append(to, x.Address)
	}
	tell := func(in desk.ConversationID, change desk.Change) error {
		_, err := a.Desk.AmendWithTicket(ctx, in, "", who.author(), func(*desk.Conversation, *desk.Ticket) ([]desk.Change, error) {
			return []desk.Change{change}, nil
		})
		return err
	}
	err = tell(c.ID, desk.Change{What: "forwarded", To: string(m.Conversation), Note: "Forwarded to " + strings.Join(to, ", ") + "."})
	if err == nil {
		err = tell(m.Conversation, desk.Change{What: "forwardOf", From: string(c.ID), Note: "Forwarded from the conversation " + firstOf(c.Subject, c.Name, string(c.ID)) + "."})
	}
	return a.started(ctx, who, m, before, err)
}

// mailOf is the mail channel that a conversation is forwarded by: its own, or that of its inbox.
func (a *API) mailOf(who *caller, c desk.Conversation) (desk.Channel, channel.Kind, error) {
	ch, live := who.cfg.Channel(c.Channel)
	if !live || ch.Type != mailType || ch.Inbox != c.Inbox || !ch.Active {
		if ch, live = fallbackOf(who.cfg, c.Inbox); !live {
			return ch, channel.Kind{}, desk.Refuse(desk.ChannelOff, "The inbox has no mail channel to forward by.")
		}
	}
	kind, err := a.sendable(who, c, ch.ID)
	return ch, kind, err
}

// enclose makes the mail of what was said about it, what is forwarded, and the files of both.
func (a *API) enclose(ctx context.Context, who *caller, kind channel.Kind, c desk.Conversation, b ForwardInput, m *desk.Message) error {
	thread, err := a.forwardable(ctx, c, b.Include == "LATEST")
	if err != nil {
		return err
	}
	m.Text = cleanText(b.Text)
	var quoted strings.Builder
	for _, x := range slices.Backward(thread) {
		if quoted.Len() > forwardedText {
			quoted.WriteString("\n\n[Earlier messages are left out.]\n")
			break
		}
		text, err := a.wholeOf(ctx, x)
		if err != nil {
			return err
		}
		quoted.WriteString(enclosed(x, text))
	}
	if b.HTML != "" { // what is forwarded follows as text that looks the same
		b.HTML += "<div style=\"white-space: pre-wrap\">" + html.EscapeString(quoted.String()) + "</div>"
	}
	m.Text += quoted.String()
	if err := a.compose(ctx, who, kind, b.Letter, m); err != nil {
		return err
	}
	if b.NoFiles {
		return nil
	}
	return a.encloseFiles(ctx, kind, thread, m)
}

// encloseFiles copies the files of what is forwarded: each conversation has its own, and keeps them as long as it is kept.
func (a *API) encloseFiles(ctx context.Context, kind channel.Kind, thread []desk.Message, m *desk.Message) error {
	var files []desk.Attachment
	var size int64
	for _, x := range m.Attachments {
		size += x.Size
	}
	for _, x := range thread {
		for _, p := range x.Attachments {
			if p.State == desk.PartStored && p.Key != "" {
				files, size = append(files, p), size+p.Size
			}
		}
	}
	if most := kind.Capabilities.MaxTotalSize; most > 0 && size > most {
		return desk.Refuse(desk.TooLarge, fmt.Sprintf("The %d files together have %.1f MB; a mail carries %.1f MB. Forward the latest message only, or without attachments.",
			len(files)+len(m.Attachments), float64(size)/(1<<20), float64(most)/(1<<20)))
	}
	for _, p := range files {
		key := "media/forwarded/" + a.Desk.NewID() + "/0"
		if err := a.copy(ctx, desk.Upload{Key: p.Key, ContentType: p.ContentType}, key); err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, desk.Attachment{
			ID: fmt.Sprint(len(m.Attachments)), Name: p.Name, ContentType: p.ContentType, Size: p.Size, Usage: p.Usage, State: desk.PartStored, Key: key, SHA256: p.SHA256,
		})
	}
	return nil
}

// forwardable are the messages of a thread, never its comments: all, or the contact's latest.
func (a *API) forwardable(ctx context.Context, c desk.Conversation, latest bool) ([]desk.Message, error) {
	thread, _, err := a.Desk.Messages(ctx, c.ID, "", "~", forwardedMessages)
	thread = slices.DeleteFunc(thread, func(m desk.Message) bool {
		return m.Kind != desk.KindMessage || m.Deleted || (latest && m.Direction != desk.Incoming)
	})
	if latest && len(thread) > 1 {
		thread = thread[len(thread)-1:]
	}
	if err == nil && len(thread) == 0 {
		err = desk.Refuse(desk.Conflict, "There is no message to forward.")
	}
	return thread, err
}

// wholeOf is a message's text in full.
func (a *API) wholeOf(ctx context.Context, m desk.Message) (string, error) {
	if m.TextKey == "" {
		return m.Text, nil
	}
	body, err := a.stored(ctx, m.TextKey, forwardedText)
	return strings.ToValidUTF8(string(body), ""), err
}

// enclosed is a message as mail programs show a forwarded one.
func enclosed(m desk.Message, text string) string {
	var b strings.Builder
	from := strings.TrimSpace(m.Author.Name)
	if m.Author.Address != "" && m.Direction == desk.Incoming {
		from = strings.TrimSpace(from + " <" + m.Author.Address + ">")
	}
	at := m.SentAt
	if at.IsZero() {
		at = m.At
	}
	fmt.Fprintf(&b, "\n\n---------- Forwarded message ---------\nFrom: %s\nDate: %s\n", firstOf(from, "unknown"), at.UTC().Format(time.RFC1123Z))
	if m.Subject != "" {
		fmt.Fprintf(&b, "Subject: %s\n", m.Subject)
	}
	var to []string
	for _, x := range m.To {
		to = append(to, x.Address)
	}
	if len(to) > 0 {
		fmt.Fprintf(&b, "To: %s\n", strings.Join(to, ", "))
	}
	b.WriteString("\n" + text + "\n")
	return b.String()
}
