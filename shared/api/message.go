package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Message is one entry of a thread.
type Message struct {
	ID             string         `json:"id"`
	ConversationID string         `json:"conversationId"`
	Kind           string         `json:"kind" enum:"MESSAGE,COMMENT,EVENT"`
	Direction      *string        `json:"direction" doc:"INCOMING or OUTGOING, of a message."`
	ChannelID      *string        `json:"channelId"`
	Author         Author         `json:"author"`
	To             []Address      `json:"to" nullable:"false"`
	Cc             []Address      `json:"cc" nullable:"false"`
	Bcc            []Address      `json:"bcc" nullable:"false"`
	Subject        string         `json:"subject"`
	Text           string         `json:"text"`
	Truncated      bool           `json:"truncated" doc:"The text is only the beginning; GET /v1/messages/{id} has all of it."`
	HTML           *string        `json:"html" doc:"Cleaned, where it is short; else see hasHtml."`
	HasHTML        bool           `json:"hasHtml" doc:"There is HTML at /v1/messages/{id}/html."`
	VisibleText    string         `json:"visibleText" doc:"The text without quotes and signature."`
	Attachments    []Attachment   `json:"attachments" nullable:"false"`
	Status         *MessageStatus `json:"status" doc:"Of a message; null for comments and events."`
	Attempts       []Attempt      `json:"attempts" nullable:"false" doc:"Every try to hand it over, where the channel keeps them: custom channels."`
	InReplyTo      *string        `json:"inReplyTo"`
	JoinedBy       *string        `json:"joinedBy" doc:"Why it is in this conversation."`
	Muted          bool           `json:"muted" doc:"Automatic: it opened and started nothing."`
	Unsupported    *string        `json:"unsupported" doc:"What it was, where we can't carry it; its payload is the original."`
	Deleted        bool           `json:"deleted" doc:"Taken back by its author."`
	Edits          []Edit         `json:"edits" nullable:"false" doc:"Earlier texts, oldest first."`
	Reactions      []Reaction     `json:"reactions" nullable:"false"`
	Mentions       []string       `json:"mentions" nullable:"false"`
	Mail           *MessageMail   `json:"mail" doc:"Of an incoming mail."`
	Event          *Event         `json:"event" doc:"What happened, of an event."`
	CreatedAt      time.Time      `json:"createdAt"`
}

// Author is who wrote a message or did something.
type Author struct {
	Kind    string `json:"kind" enum:"CONTACT,USER,BOT,SYSTEM,INTEGRATION"`
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Address is a name and an address.
type Address struct {
	Name    string `json:"name,omitempty" maxLength:"200"`
	Address string `json:"address" minLength:"1" maxLength:"320"`
}

// Attachment is one file of a message.
type Attachment struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	ContentType string  `json:"contentType"`
	Size        int64   `json:"size"`
	Usage       string  `json:"usage"`
	State       string  `json:"state" enum:"STORED,PENDING,REFUSED,DATA"`
	Reason      *string `json:"reason" doc:"Why it was not kept."`
	URL         *string `json:"url" doc:"Where it can be read for an hour."`
	Inline      bool    `json:"inline"`
	Data        *string `json:"data" doc:"JSON of a location or a contact."`
}

// MessageStatus is how far a message has come.
type MessageStatus struct {
	State  string     `json:"state" enum:"RECEIVED,QUEUED,SENDING,SENT,DELIVERED,READ,FAILED,UNKNOWN"`
	Detail string     `json:"detail"`
	At     *time.Time `json:"at"`
}

// Edit is an earlier text.
type Edit struct {
	Text string    `json:"text"`
	At   time.Time `json:"at" doc:"When it was replaced."`
}

// Reaction is an emoji on a message.
type Reaction struct {
	Emoji string `json:"emoji"`
	By    string `json:"by"`
}

// Event is something that happened to a conversation.
type Event struct {
	What string `json:"what" example:"assigned"`
	From string `json:"from"`
	To   string `json:"to"`
	Note string `json:"note"`
}

func showAuthor(a desk.Author) Author { return Author{string(a.Kind), a.ID, a.Name, a.Address} }

func showAddresses(all []desk.Address) []Address {
	out := []Address{}
	for _, x := range all {
		out = append(out, Address{x.Name, x.Address})
	}
	return out
}

// showMessage is a message as callers see it. What its author took back is not shown any more.
func (a *API) showMessage(ctx context.Context, m desk.Message) (Message, error) {
	out := Message{
		ID: string(m.ID()), ConversationID: string(m.Conversation), Kind: string(m.Kind), Direction: some(string(m.Direction)),
		ChannelID: some(string(m.Channel)), Author: showAuthor(m.Author), To: showAddresses(m.To), Cc: showAddresses(m.Cc), Bcc: showAddresses(m.Bcc),
		Subject: m.Subject, Text: m.Text, Truncated: m.TextKey != "", HasHTML: m.HTML != "" || m.HTMLKey != "", VisibleText: m.Visible,
		Attachments: []Attachment{}, InReplyTo: some(string(m.InReplyTo)), JoinedBy: some(m.JoinedBy), Muted: m.Muted,
		Unsupported: some(m.Unsupported), Attempts: showAttempts(m), Deleted: m.Deleted, Edits: []Edit{}, Reactions: []Reaction{}, Mentions: texts(m.Mentions), CreatedAt: m.At.UTC(), Mail: showMail(m),
	}
	if out.VisibleText == "" {
		out.VisibleText = m.Text
	}
	if m.Kind == desk.KindMessage {
		out.Status = showStatus(m.Status)
	}
	if c := m.Change; c != nil {
		out.Event = &Event{c.What, c.From, c.To, c.Note}
	}
	if m.Deleted {
		out.Text, out.VisibleText, out.Truncated, out.HasHTML = "", "", false, false
		return out, nil
	}
	if m.HTML != "" {
		clean := a.clean.clean(m.HTML, false, nil)
		out.HTML = &clean
	}
	for _, e := range m.Edits {
		out.Edits = append(out.Edits, Edit(e))
	}
	for _, r := range m.Reactions {
		out.Reactions = append(out.Reactions, Reaction(r))
	}
	for _, p := range m.Attachments {
		shown, err := a.showAttachment(ctx, p)
		if err != nil {
			return out, err
		}
		out.Attachments = append(out.Attachments, shown)
	}
	return out, nil
}

func showStatus(s desk.Status) *MessageStatus {
	state := s.State
	switch state {
	case desk.Retrying:
		state = desk.Queued
	case desk.Cancelled:
		state = desk.Failed
	}
	return &MessageStatus{string(state), s.Detail, moment(s.At)}
}

func (a *API) showAttachment(ctx context.Context, p desk.Attachment) (Attachment, error) {
	out := Attachment{
		ID: p.ID, Name: p.Name, ContentType: p.ContentType, Size: p.Size, Usage: string(p.Usage), State: string(p.State),
		Reason: some(p.Reason), Inline: p.Inline, Data: some(p.Data),
	}
	if p.State == desk.PartStored && p.Key != "" {
		link, err := a.Objects.Link(ctx, p.Key, firstOf(p.Name, "file"), p.ContentType, linkFor)
		if err != nil {
			return out, err
		}
		out.URL = &link
	}
	return out, nil
}

func (a *API) messageCalls(b *book) {
	on(b, "listMessages", a.listMessages)
	on(b, "createMessage", a.createMessage)
	on(b, "readMessage", a.readMessage)
	on(b, "retryMessage", a.retryMessage)
	on(b, "readOriginal", a.readOriginal)
	on(b, "readHTML", a.readHTML)
}

// threadEnd is what `before` may say to read the end of a thread.
const threadEnd = "end"

func (a *API) listMessages(ctx context.Context, who *caller, in *struct {
	ByID
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
	After  string `query:"after" maxLength:"100" doc:"The id of a message: those after it."`
	Before string `query:"before" maxLength:"100" doc:"The id of a message: the last ones before it; or end: the last ones of the thread."`
},
) (*reply[listOf[Message]], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	after, err := position(c.ID, in.After)
	if err != nil {
		return nil, err
	}
	before, err := position(c.ID, in.Before)
	if err != nil {
		return nil, err
	}
	found, more, err := a.Desk.Messages(ctx, c.ID, after, before, in.Limit)
	if err != nil {
		return nil, err
	}
	backwards := before != "" && after == ""
	found, cut := fitting(found, backwards)
	more = more || cut
	out := listOf[Message]{Results: []Message{}}
	for _, m := range found {
		shown, err := a.showMessage(ctx, m)
		if err != nil {
			return nil, err
		}
		out.Results = append(out.Results, shown)
	}
	if n := len(out.Results); more && n > 0 {
		next := out.Results[n-1].ID
		if backwards {
			next = out.Results[0].ID // going backwards, the next page is before this one
		}
		out.Next = &next
	}
	return &reply[listOf[Message]]{out}, nil
}

// pageBytes bounds the texts of one page of a thread: with what JSON adds it stays below what an answer may hold.
const pageBytes = 1 << 20

// fitting is the part of a page whose texts fit into one answer, at least one message: the first ones or, going
// backwards, the last ones. cut tells that some were left out.
func fitting(found []desk.Message, backwards bool) (kept []desk.Message, cut bool) {
	size := func(m desk.Message) int {
		n := len(m.Text) + len(m.Visible) + len(m.HTML) + len(m.Raw)
		for _, e := range m.Edits {
			n += len(e.Text)
		}
		return n
	}
	left := pageBytes
	for i := range found {
		m := found[i]
		if backwards {
			m = found[len(found)-1-i]
		}
		if left -= size(m); left < 0 && i > 0 {
			if backwards {
				return found[len(found)-i:], true
			}
			return found[:i], true
		}
	}
	return found, false
}

// position is the place in a thread that a message's id stands for.
func position(c desk.ConversationID, given string) (desk.MessageKey, error) {
	if given == "" {
		return "", nil
	}
	if given == threadEnd {
		return "~", nil
	}
	of, key, ok := desk.MessageID(given).Split()
	if !ok || of != c || key.Time().IsZero() {
		return "", desk.Refuse(desk.Malformed, "after and before take the id of a message of this conversation.")
	}
	return key, nil
}

// messageOf is a message that the caller may see, and its conversation.
func (a *API) messageOf(ctx context.Context, who *caller, id string) (desk.Message, desk.Conversation, error) {
	missing := desk.Refuse(desk.NotFound, "There is no such message.")
	in, _, ok := desk.MessageID(id).Split()
	if !ok {
		return desk.Message{}, desk.Conversation{}, missing
	}
	c, err := a.conversationOf(ctx, who, in)
	if desk.CodeOf(err) == desk.NotFound {
		return desk.Message{}, c, missing
	}
	if err != nil {
		return desk.Message{}, c, err
	}
	m, err := a.Desk.Message(ctx, desk.MessageID(id))
	return m, c, err
}

// wholeText bounds the text of one message that is read in full, in bytes.
const wholeText = 2 << 20

func (a *API) readMessage(ctx context.Context, who *caller, in *ByID) (*reply[Message], error) {
	m, _, err := a.messageOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if m.TextKey != "" && !m.Deleted {
		text, err := a.stored(ctx, m.TextKey, wholeText)
		if err != nil {
			return nil, err
		}
		m.Text, m.TextKey = string(text), ""
	}
	shown, err := a.showMessage(ctx, m)
	return &reply[Message]{shown}, err
}

// stored reads at most limit bytes of a stored file.
func (a *API) stored(ctx context.Context, key string, limit int64) ([]byte, error) {
	body, _, err := a.Objects.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(body, limit))
	if err != nil {
		return nil, desk.Refuse(desk.Busy, "A stored file could not be read; try again.").Because(err)
	}
	return data, nil
}

func (a *API) retryMessage(ctx context.Context, who *caller, in *ByID) (*reply[Message], error) {
	m, c, err := a.messageOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if err := who.mayWork(c.Inbox); err != nil {
		return nil, err
	}
	if m.Kind != desk.KindMessage || m.Direction != desk.Outgoing {
		return nil, desk.Refuse(desk.Conflict, "Only a message of ours can be sent again.")
	}
	if _, err := a.sendable(who, c, m.Channel); err != nil {
		return nil, err
	}
	m, err = a.Desk.RetryMessage(ctx, m.ID())
	if err != nil {
		return nil, err
	}
	shown, err := a.showMessage(ctx, m)
	return &reply[Message]{shown}, err
}

// raw is an answer of plain bytes.
type raw struct {
	Status      int
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Location    string `header:"Location"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

// carried is up to what size an original is answered itself, in bytes; a larger one is at a link.
const carried = 4 << 20

func (a *API) readOriginal(ctx context.Context, who *caller, in *ByID) (*raw, error) {
	m, _, err := a.messageOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	name, kind := "payload.json", "application/json"
	if m.Mail != nil {
		name, kind = "message.eml", "message/rfc822"
	}
	out := &raw{Status: http.StatusOK, ContentType: kind, Disposition: `attachment; filename="` + name + `"`, Body: []byte(m.Raw)}
	switch {
	case m.Raw != "":
		return out, nil
	case m.RawKey == "":
		return nil, desk.Refuse(desk.NotFound, "Of this message no original is kept.")
	}
	body, size, err := a.Objects.Get(ctx, m.RawKey)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // only read
	if size > carried {
		out.Status, out.Disposition = http.StatusFound, ""
		out.Location, err = a.Objects.Link(ctx, m.RawKey, name, kind, linkFor)
		return out, err
	}
	if out.Body, err = io.ReadAll(body); err != nil {
		return nil, desk.Refuse(desk.Busy, "The original could not be read; try again.").Because(err)
	}
	return out, nil
}
