package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Letter is what somebody writes, as a reply or as the first message of a conversation.
type Letter struct {
	Text        string    `json:"text,omitempty" maxLength:"1000000"`
	HTML        string    `json:"html,omitempty" maxLength:"1000000" doc:"Where the channel takes rich text."`
	Attachments []string  `json:"attachments,omitempty" nullable:"false" maxItems:"50" doc:"Ids of uploads."`
	Cc          []Address `json:"cc,omitempty" nullable:"false" maxItems:"100"`
	Bcc         []Address `json:"bcc,omitempty" nullable:"false" maxItems:"100"`
	Anyway      bool      `json:"sendAnyway,omitempty" doc:"Send also to an address that failed before; without it such a mail is refused with address_failed."`
}

// NewMessage is an answer to the contact, or an internal comment.
type NewMessage struct {
	Kind string `json:"kind,omitempty" enum:"MESSAGE,COMMENT" default:"MESSAGE"`
	Letter
	To        []Address `json:"to,omitempty" nullable:"false" maxItems:"100" doc:"Where the channel has recipients; the contact unless given."`
	ChannelID string    `json:"channelId,omitempty" maxLength:"200" doc:"The conversation's own channel, which is what is taken anyway."`
	InReplyTo string    `json:"inReplyTo,omitempty" maxLength:"200" doc:"The id of the message that this answers."`
	Mentions  []string  `json:"mentions,omitempty" nullable:"false" maxItems:"50" doc:"Ids of users to tell."`
	Template  *Template `json:"template,omitempty" doc:"Sent in place of the text, where the channel has templates: the way to write after its window. The text is then what the thread shows."`
}

// Template is a text that the platform has approved beforehand.
type Template struct {
	Name     string   `json:"name" minLength:"1" maxLength:"512"`
	Language string   `json:"language" minLength:"2" maxLength:"20" example:"en_US"`
	Values   []string `json:"values,omitempty" nullable:"false" maxItems:"50" doc:"What goes into its gaps, in order."`
}

func (a *API) createMessage(ctx context.Context, who *caller, in *struct {
	ByID
	Idem
	Body NewMessage
},
) (*made[Message], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	n := desk.NewOutgoing{Conversation: c.ID}
	if in.Key != "" {
		r := asked(ctx, who, "POST /v1/conversations/"+string(c.ID)+"/messages", in.Key)
		n.Request = &r
		if m, before, err := a.Desk.WrittenBefore(ctx, r); err != nil || before {
			return a.written(ctx, m, true, err)
		}
	}
	b := in.Body
	n.Message = desk.Message{
		Conversation: c.ID, Kind: desk.MessageKind(firstOf(b.Kind, "MESSAGE")), Author: who.author(), Text: cleanText(b.Text), Mentions: ids[desk.UserID](b.Mentions),
	}
	if err := knownUsers(who.cfg, "mentions", n.Message.Mentions); err != nil {
		return nil, err
	}
	if n.Message.Kind == desk.KindComment {
		if err := a.comment(ctx, who, b, &n.Message); err != nil {
			return nil, err
		}
		m, before, err := a.Desk.AppendComment(ctx, n)
		return a.written(ctx, m, before, err)
	}
	if n.Takers, err = a.answer(ctx, who, c, b, &n.Message); err != nil {
		return nil, err
	}
	n.Preview = previewOf(n.Message)
	m, before, err := a.Desk.AppendOutgoing(ctx, n)
	return a.written(ctx, m, before, err)
}

// written is the answer for a message that was saved, now or before.
func (a *API) written(ctx context.Context, m desk.Message, before bool, err error) (*made[Message], error) {
	if err != nil {
		return nil, err
	}
	shown, err := a.showMessage(ctx, m)
	if before {
		return &made[Message]{http.StatusOK, shown}, err
	}
	return &made[Message]{http.StatusCreated, shown}, err
}

// commentLimit bounds an internal comment, in characters.
const commentLimit = 20000

func (a *API) comment(ctx context.Context, who *caller, b NewMessage, m *desk.Message) error {
	if b.HTML != "" || len(b.To)+len(b.Cc)+len(b.Bcc) > 0 || b.Template != nil {
		return desk.RefuseField("kind", "an internal comment is plain text and goes to nobody outside")
	}
	if strings.TrimSpace(m.Text) == "" && len(b.Attachments) == 0 {
		return desk.RefuseField("text", "there is nothing written")
	}
	if utf8.RuneCountInString(m.Text) > commentLimit {
		return desk.RefuseField("text", fmt.Sprintf("a comment has at most %d characters", commentLimit))
	}
	files, err := a.files(ctx, who, b.Attachments, channel.Capabilities{Attachments: []channel.FileRule{{MaxSize: uploadLimit}}})
	if err != nil {
		return err
	}
	m.Attachments, err = a.move(ctx, m.Conversation, files)
	return err
}

// answer makes a message of what was written to the contact, and refuses what the channel can't carry before anything is
// queued. with are the addresses that take part from now on.
func (a *API) answer(ctx context.Context, who *caller, c desk.Conversation, b NewMessage, m *desk.Message) (with []string, err error) {
	if c.Place == desk.Trash {
		return nil, desk.Refuse(desk.Conflict, "The conversation is in the trash; restore it before you answer.")
	}
	if who.cfg.Inboxes[c.Inbox].Options.OnlyAssigneeReplies && c.Assignee != who.user.ID {
		return nil, desk.Refuse(desk.Forbidden, "In this inbox only whom a conversation is assigned to may answer it.")
	}
	if b.ChannelID != "" && b.ChannelID != string(c.Channel) {
		return nil, desk.RefuseField("channelId", "a conversation is answered on its own channel")
	}
	kind, err := a.sendable(who, c, c.Channel)
	if err != nil {
		return nil, err
	}
	if b.Template != nil {
		err = b.Template.fill(kind, b, m)
	} else {
		err = a.openWindow(who, c)
	}
	if err != nil {
		return nil, err
	}
	if err := a.replyTo(ctx, kind, c, b.InReplyTo, m); err != nil {
		return nil, err
	}
	if len(b.To) > 0 && !kind.Capabilities.Recipients {
		return nil, desk.RefuseField("to", kind.Name+" answers go to the contact only")
	}
	if err := a.address(ctx, who, kind, c, m.InReplyTo, &b); err != nil {
		return nil, err
	}
	if err := a.customPeople(ctx, who, c, b, m); err != nil {
		return nil, err
	}
	m.Conversation, m.Channel, m.To = c.ID, c.Channel, addresses(b.To)
	err = a.compose(ctx, who, kind, b.Letter, m)
	return takers(kind, *m), err
}

// fill makes the message a template's, and its text what the thread shows of it. A template needs no open window.
func (t *Template) fill(kind channel.Kind, b NewMessage, m *desk.Message) error {
	switch {
	case !kind.Capabilities.Template:
		return desk.RefuseField("template", kind.Name+" has no templates")
	case len(b.Attachments) > 0 || b.HTML != "":
		return desk.RefuseField("template", "a template goes by itself, without files")
	}
	m.Template = &desk.Template{Name: t.Name, Language: t.Language, Values: t.Values}
	if strings.TrimSpace(m.Text) == "" {
		m.Text = strings.TrimSpace("[" + t.Name + "] " + strings.Join(t.Values, " · "))
	}
	return nil
}

// sendable is the kind of the channel that a conversation is answered on. Off or deleted, nothing can be sent (S059).
func (a *API) sendable(who *caller, c desk.Conversation, id desk.ChannelID) (channel.Kind, error) {
	ch, live := who.cfg.Channel(id)
	if !live {
		return channel.Kind{}, desk.Refuse(desk.ChannelOff, "The conversation's channel was deleted.")
	}
	if !ch.Active {
		return channel.Kind{}, desk.Refuse(desk.ChannelOff, "The channel "+ch.Name+" is switched off; nothing can be sent from it.")
	}
	kind, known := a.kind(who.cfg, ch.Type)
	if !known || kind.Capabilities.ReceiveOnly {
		return channel.Kind{}, desk.Refuse(desk.ChannelOff, "The channel "+ch.Name+" can't send.")
	}
	if silent := ch.Silent(); silent != "" {
		return channel.Kind{}, desk.Refuse(desk.ChannelOff, silent)
	}
	return kind, nil
}

// openWindow refuses what the platform would refuse because the contact's last message is too long ago.
func (a *API) openWindow(who *caller, c desk.Conversation) error {
	w := a.window(who.cfg, c)
	if w == nil || w.State == "OPEN" || (w.State == "HUMAN_ONLY" && who.user.ID != "") {
		return nil
	}
	words := "The platform allows an answer only for a while after the contact's last message, and that is over."
	if w.State == "HUMAN_ONLY" {
		words = "The platform now allows only answers that a person writes."
	} else if w.State == "TEMPLATE_ONLY" {
		words += " Send a template instead."
	}
	return desk.Refuse(desk.WindowClosed, words)
}

func (a *API) replyTo(ctx context.Context, kind channel.Kind, c desk.Conversation, id string, m *desk.Message) error {
	if id == "" {
		return nil
	}
	if of, _, ok := desk.MessageID(id).Split(); !ok || of != c.ID {
		return desk.RefuseField("inReplyTo", "there is no such message in this conversation")
	}
	to, err := a.Desk.Message(ctx, desk.MessageID(id))
	if desk.CodeOf(err) == desk.NotFound {
		return desk.RefuseField("inReplyTo", "there is no such message in this conversation")
	}
	if err != nil {
		return err
	}
	m.InReplyTo = to.ID()
	if kind.Capabilities.Replies {
		m.ReplyTo = to.ProviderID
	}
	return nil
}

// inlineText is up to what size a text is kept with its message, in bytes; a longer one lies beside it.
const inlineText = 32 << 10

// beginning is how much of a longer text is kept with its message.
const beginning = 2 << 10

// compose checks texts and files against what the channel carries, and keeps them.
func (a *API) compose(ctx context.Context, who *caller, kind channel.Kind, l Letter, m *desk.Message) error {
	can := kind.Capabilities
	m.HTML, m.Again = l.HTML, can.Once(len(l.Attachments))
	switch {
	case strings.TrimSpace(m.Text) == "" && strings.TrimSpace(l.HTML) == "" && len(l.Attachments) == 0:
		return desk.RefuseField("text", "there is nothing written")
	case l.HTML != "" && !can.RichText:
		return desk.RefuseField("html", kind.Name+" takes plain text only")
	case len(l.Cc)+len(l.Bcc) > 0 && !can.Recipients:
		return desk.RefuseField("cc", kind.Name+" has no copies")
	}
	if n := measure(m.Text, can.TextUnit); can.TextLimit > 0 && n > can.TextLimit {
		return desk.RefuseField("text", fmt.Sprintf("%s takes %d %s; this has %d", kind.Name, can.TextLimit, unitName(can.TextUnit), n))
	}
	if kind.Check != nil {
		if err := kind.Check(*m); err != nil {
			return err
		}
	}
	files, err := a.files(ctx, who, l.Attachments, can)
	if err != nil {
		return err
	}
	m.Cc, m.Bcc = addresses(l.Cc), addresses(l.Bcc)
	if err := a.reachable(ctx, kind, *m, l.Anyway); err != nil {
		return err
	}
	if m.Attachments, err = a.move(ctx, m.Conversation, files); err != nil {
		return err
	}
	return a.putAside(ctx, m)
}

// putAside keeps long texts beside their message.
func (a *API) putAside(ctx context.Context, m *desk.Message) error {
	at := "texts/" + string(m.Conversation) + "/" + a.Desk.NewID()
	if len(m.HTML) > inlineText {
		if err := a.Objects.Put(ctx, at+".html", "text/html; charset=utf-8", bytes.NewReader([]byte(m.HTML)), int64(len(m.HTML))); err != nil {
			return err
		}
		m.HTML, m.HTMLKey = "", at+".html"
	}
	if len(m.Text) > inlineText {
		if err := a.Objects.Put(ctx, at+".txt", "text/plain; charset=utf-8", bytes.NewReader([]byte(m.Text)), int64(len(m.Text))); err != nil {
			return err
		}
		m.Text, m.TextKey = strings.ToValidUTF8(m.Text[:beginning], ""), at+".txt"
	}
	return nil
}

func addresses(given []Address) []desk.Address {
	var out []desk.Address
	for _, x := range given {
		out = append(out, desk.Address{Name: strings.TrimSpace(x.Name), Address: strings.TrimSpace(x.Address)})
	}
	return out
}

// cleanText takes out what no platform carries: NUL characters.
func cleanText(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// measure is a text's length as the platform counts.
func measure(s string, unit channel.Unit) int {
	switch unit {
	case channel.UTF16:
		n := 0
		for _, r := range s {
			n += utf16.RuneLen(r)
		}
		return n
	case channel.Bytes:
		return len(s)
	}
	return utf8.RuneCountInString(s)
}

func unitName(unit channel.Unit) string {
	switch unit {
	case channel.UTF16:
		return "characters (UTF-16 units)"
	case channel.Bytes:
		return "bytes"
	}
	return "characters"
}

// previewOf is a message in one line, for lists.
func previewOf(m desk.Message) string {
	line := strings.Join(strings.Fields(m.Text), " ")
	if line == "" && len(m.Attachments) > 0 {
		line = m.Attachments[0].Name
	}
	if runes := []rune(line); len(runes) > 120 {
		return string(runes[:119]) + "…"
	}
	return line
}
