package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Conversation is a thread.
type Conversation struct {
	ID            string               `json:"id"`
	InboxID       string               `json:"inboxId"`
	ChannelID     string               `json:"channelId"`
	ChannelType   string               `json:"channelType" example:"telegram"`
	Subject       string               `json:"subject"`
	Status        string               `json:"status" enum:"OPEN,CLOSED"`
	Place         string               `json:"place" enum:"INBOX,FILTERED,TRASH"`
	Assignee      *Assignee            `json:"assignee"`
	Contact       *ConversationContact `json:"contact"`
	Ticket        *ConversationTicket  `json:"ticket"`
	Preview       string               `json:"preview"`
	WaitingSince  *time.Time           `json:"waitingSince" doc:"Since when the contact waits for us; null when we owe no answer."`
	Unread        bool                 `json:"unread"`
	Seen          string               `json:"seen" doc:"Give it back with an act that depends on what was seen: it is refused when a newer message came in since." example:"s7"`
	LastMessageAt *time.Time           `json:"lastMessageAt"`
	CreatedAt     time.Time            `json:"createdAt"`
	ClosedAt      *time.Time           `json:"closedAt"`
	ReplyWindow   *ReplyWindow         `json:"replyWindow" doc:"Null where the platform has no messaging window."`
	PreviousID    *string              `json:"previousId" doc:"The conversation that this one goes on from."`
}

// Assignee is whom a conversation is assigned to.
type Assignee struct {
	UserID *string `json:"userId"`
	TeamID *string `json:"teamId"`
}

// ConversationContact is the other party, as lists show them.
type ConversationContact struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ConversationTicket is the conversation's ticket, as lists show it.
type ConversationTicket struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
}

// ReplyWindow says whether and how the platform lets us answer.
type ReplyWindow struct {
	State    string     `json:"state" enum:"OPEN,HUMAN_ONLY,TEMPLATE_ONLY,CLOSED"`
	ClosesAt *time.Time `json:"closesAt"`
}

func (a *API) showConversation(cfg *desk.Config, c desk.Conversation) Conversation {
	out := Conversation{
		ID: string(c.ID), InboxID: string(c.Inbox), ChannelID: string(c.Channel), ChannelType: string(cfg.Channels[c.Channel].Type),
		Subject: c.Subject, Status: string(c.State), Place: string(c.Place), Preview: c.Preview, WaitingSince: moment(c.Waiting),
		Unread: c.Unread != "", Seen: c.Seen(), LastMessageAt: moment(c.LastAt), CreatedAt: c.CreatedAt.UTC(), ClosedAt: moment(c.ClosedAt),
		ReplyWindow: a.window(cfg, c), PreviousID: some(string(c.Previous)),
	}
	if c.Assignee != "" || c.Team != "" {
		out.Assignee = &Assignee{some(string(c.Assignee)), some(string(c.Team))}
	}
	if c.Contact != "" {
		out.Contact = &ConversationContact{string(c.Contact), c.Name}
	}
	if c.Ticket != 0 {
		out.Ticket = &ConversationTicket{string(c.ID.TicketID()), c.Ticket}
	}
	return out
}

// window is what the platform lets us answer now; nil where it has no window.
func (a *API) window(cfg *desk.Config, c desk.Conversation) *ReplyWindow {
	kind, _ := a.kind(cfg, cfg.Channels[c.Channel].Type)
	can := kind.Capabilities
	if can.Window == 0 {
		return nil
	}
	last, now := c.LastIn.Time(), a.Now()
	if last.IsZero() {
		last = c.CreatedAt.Add(-can.Window - can.HumanWindow)
	}
	switch {
	case now.Before(last.Add(can.Window)):
		return &ReplyWindow{"OPEN", moment(last.Add(can.Window))}
	case now.Before(last.Add(can.HumanWindow)):
		return &ReplyWindow{"HUMAN_ONLY", moment(last.Add(can.HumanWindow))}
	case can.Template:
		return &ReplyWindow{"TEMPLATE_ONLY", nil}
	}
	return &ReplyWindow{"CLOSED", nil}
}

func (a *API) conversationCalls(b *book) {
	on(b, "listConversations", a.listConversations)
	on(b, "readConversation", func(ctx context.Context, who *caller, in *ByID) (*reply[Conversation], error) {
		c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
		return &reply[Conversation]{a.showConversation(who.cfg, c)}, err
	})
	on(b, "changeConversation", a.changeConversation)
	on(b, "startConversation", a.startConversation)
	on(b, "forwardConversation", a.forwardConversation)
	on(b, "useSender", a.useSender)
	a.conversationTicketCalls(b)
}

// conversationOf is a conversation that the caller may see. One that they may not is not there for them.
func (a *API) conversationOf(ctx context.Context, who *caller, id desk.ConversationID) (desk.Conversation, error) {
	c, err := a.Desk.Conversation(ctx, id)
	if err == nil && (!who.sees(c.Inbox) || c.Place == desk.Purging) {
		err = desk.Refuse(desk.NotFound, "There is no such conversation.")
	}
	return c, err
}

func allViews() []desk.View {
	return []desk.View{
		desk.ViewUnassigned, desk.ViewAssigned, desk.ViewBot, desk.ViewSent, desk.ViewClosed, desk.ViewFiltered, desk.ViewTrash,
	}
}

// ConversationFilters are the filters of a list; all that are given apply together.
type ConversationFilters struct {
	InboxID      string `query:"inboxId" maxLength:"200"`
	View         string `query:"view" enum:"unassigned,mine,open,closed,sent,filtered,trash"`
	Status       string `query:"status" enum:"OPEN,CLOSED"`
	ChannelID    string `query:"channelId" maxLength:"200"`
	ChannelType  string `query:"channelType" maxLength:"100"`
	AssigneeID   string `query:"assigneeId" maxLength:"200"`
	TeamID       string `query:"teamId" maxLength:"200"`
	ContactID    string `query:"contactId" maxLength:"200"`
	From         string `query:"from" maxLength:"40" doc:"Last activity not before: a time or a day." example:"2026-01-31"`
	To           string `query:"to" maxLength:"40" doc:"Last activity not after: a time, or a day with its whole length."`
	HideFiltered bool   `query:"hideFiltered"`
	HideTrash    bool   `query:"hideTrash"`
	Sort         string `query:"sort" enum:"newest,oldest" default:"newest"`
}

func (a *API) listConversations(ctx context.Context, who *caller, in *struct {
	Paged
	ConversationFilters
},
) (*reply[listOf[Conversation]], error) {
	return a.conversations(ctx, who, in.Paged, in.ConversationFilters)
}

func (a *API) conversations(ctx context.Context, who *caller, p Paged, f ConversationFilters) (*reply[listOf[Conversation]], error) {
	q, err := f.query(who)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("conversations %+v", f)
	if q.After, err = a.cursors.read(ctx, name, p.After); err != nil {
		return nil, err
	}
	q.Limit = p.Limit
	none := len(q.Inboxes) == 0 || len(q.Views) == 0 || (f.ChannelType != "" || f.ChannelID != "") && len(q.Channels) == 0
	if none {
		return page[Conversation](ctx, a, name, nil, "")
	}
	found, err := a.Desk.ListConversations(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []Conversation
	for _, c := range found.Conversations {
		if f.Status == "" || string(c.State) == f.Status {
			out = append(out, a.showConversation(who.cfg, c))
		}
	}
	return page(ctx, a, name, out, found.Next)
}

// query turns the filters into what the table is asked.
func (f ConversationFilters) query(who *caller) (desk.ConversationQuery, error) {
	q := desk.ConversationQuery{
		Inboxes: who.visible(), Views: f.views(), Assignee: desk.UserID(f.AssigneeID), Team: desk.TeamID(f.TeamID),
		Contact: desk.ContactID(f.ContactID), Ascending: f.Sort == "oldest",
	}
	if f.InboxID != "" {
		if !who.sees(desk.InboxID(f.InboxID)) {
			return q, desk.Refuse(desk.NotFound, "There is no such inbox.")
		}
		q.Inboxes = []desk.InboxID{desk.InboxID(f.InboxID)}
	}
	if f.View == "mine" {
		if who.user.ID == "" {
			return q, desk.RefuseField("view", "an integration has no conversations of its own")
		}
		if f.AssigneeID != "" && f.AssigneeID != string(who.user.ID) {
			q.Views = nil
		}
		q.Mine, q.Assignee = true, who.user.ID
	}
	for _, ch := range who.cfg.Channels {
		if (f.ChannelID != "" || f.ChannelType != "") && (f.ChannelID == "" || f.ChannelID == string(ch.ID)) &&
			(f.ChannelType == "" || f.ChannelType == string(ch.Type)) && who.sees(ch.Inbox) {
			q.Channels = append(q.Channels, ch.ID)
		}
	}
	slices.Sort(q.Channels)
	var err error
	if q.From, err = when("from", f.From, false); err != nil {
		return q, err
	}
	q.To, err = when("to", f.To, true)
	return q, err
}

// views are the lists to look at. What a status rules out is not read.
func (f ConversationFilters) views() []desk.View {
	var out []desk.View
	switch f.View {
	case "unassigned":
		out = []desk.View{desk.ViewUnassigned}
	case "mine":
		out = []desk.View{desk.ViewAssigned}
	case "open":
		out = []desk.View{desk.ViewUnassigned, desk.ViewAssigned}
	case "closed", "sent", "filtered", "trash":
		out = []desk.View{desk.View(f.View)}
	default:
		out = allViews()
	}
	return slices.DeleteFunc(out, func(v desk.View) bool {
		open := v == desk.ViewUnassigned || v == desk.ViewAssigned || v == desk.ViewBot || v == desk.ViewSent
		return f.HideFiltered && v == desk.ViewFiltered || f.HideTrash && v == desk.ViewTrash ||
			f.Status == string(desk.Open) && v == desk.ViewClosed || f.Status == string(desk.Closed) && open
	})
}

// when reads a time, or a day: its beginning or, at the end of a range, its last moment.
func when(field, s string, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, strings.ReplaceAll(s, " ", "+")); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, desk.RefuseField(field, "this is neither a time such as 2026-01-31T09:00:00Z nor a day such as 2026-01-31")
	}
	if end {
		t = t.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	return t, nil
}
