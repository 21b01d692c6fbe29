package telegram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// Receive takes one update. Messages of groups and of broadcast channels are left aside and counted: a bot that was
// added to a busy group would otherwise drown the inbox. That it was added is told, once, as a failure.
func (bots) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	if err := signature.Telegram(a.Credentials[secretField], r.Header); err != nil {
		return channel.Received{}, err
	}
	if r.Method != http.MethodPost {
		return channel.Received{}, nil
	}
	var u update
	if err := json.Unmarshal(r.Body, &u); err != nil {
		return one(channel.Unparsed(r.Body, "Telegram sent something that can't be read as an update: "+channel.Unreadable(err), r.Now)), nil
	}
	return parser{bot: botOf(a), now: r.Now, update: u.ID, body: r.Body}.translate(u), nil
}

// parser translates one update.
type parser struct {
	bot    string
	now    time.Time
	update int64
	body   []byte
}

func (p parser) translate(u update) channel.Received {
	switch {
	case u.Message != nil:
		return p.message(u.Message, false)
	case u.Edited != nil:
		return p.message(u.Edited, true)
	case u.Callback != nil:
		return p.callback(u.Callback)
	case u.Member != nil:
		return p.member(u.Member)
	case u.Reaction != nil:
		return p.reaction(u.Reaction)
	case present(u.ChannelPost), present(u.EditedPost), present(u.ReactionCount):
		return channel.Received{Ignored: 1}
	default:
		return p.unparsed("Telegram sent an update of a kind that we don't know.")
	}
}

func (p parser) message(m *message, edited bool) channel.Received {
	if m.Chat == nil || m.Chat.ID == 0 || m.ID == 0 {
		return p.unparsed("Telegram sent a message without a chat or an id.")
	}
	if !m.Chat.private() {
		return channel.Received{Ignored: 1}
	}
	id := messageID(p.bot, m.Chat.ID, m.ID)
	e := desk.Inbound{
		Type: desk.InMessage, ID: id, Thread: decimal(m.Chat.ID), At: channel.Time(m.Date, p.now), From: party(m.From, m.Chat),
		Text: m.Text + m.Caption, Attachments: attachments(m), Muted: m.From != nil && m.From.IsBot,
	}
	if m.ReplyTo != nil && m.ReplyTo.ID != 0 {
		e.ReplyTo = messageID(p.bot, m.Chat.ID, m.ReplyTo.ID)
	}
	if e.Text == "" && len(e.Attachments) == 0 {
		e.Payload = p.part("message", "edited_message")
		e.Unsupported = unsupported(e.Payload)
	}
	if edited {
		if m.Location != nil {
			return channel.Received{Ignored: 1} // a live location moves every few seconds
		}
		// Two edits may fall into one second, and the numbers of updates may begin anew: together they are unique.
		e.Type, e.ID, e.MessageID, e.Target = desk.InEdit, id+":u"+decimal(p.update), id, id
		e.At = channel.Time(m.EditDate, p.now)
	}
	return one(e)
}

// callback makes a message of a pressed button: its label, marked as something that we can't answer as the platform
// would like yet.
func (p parser) callback(c *callback) channel.Received {
	if c.ID == "" || c.From == nil || c.From.ID == 0 {
		return p.unparsed("Telegram sent a pressed button without an id or a person.")
	}
	e := desk.Inbound{
		Type: desk.InMessage, ID: p.bot + ":button:" + bounded(c.ID), Thread: decimal(c.From.ID), At: p.now.UTC(), From: party(c.From, nil),
		Text: c.label(), Unsupported: "a button pressed under an earlier message", Payload: p.part("callback_query"),
	}
	if m := c.Message; m != nil && m.Chat != nil {
		if !m.Chat.private() {
			return channel.Received{Ignored: 1}
		}
		e.ReplyTo = messageID(p.bot, m.Chat.ID, m.ID)
	}
	return one(e)
}

// label is the pressed button's text; its data when the message no longer shows the button.
func (c *callback) label() string {
	if c.Message != nil && c.Message.Markup != nil {
		for _, row := range c.Message.Markup.Rows {
			for _, b := range row {
				if b.Data == c.Data && b.Text != "" {
					return b.Text
				}
			}
		}
	}
	return c.Data
}

// member tells when somebody blocked the bot, and when it was added where it takes nothing.
func (p parser) member(m *member) channel.Received {
	if m.Chat == nil || m.Chat.ID == 0 {
		return p.unparsed("Telegram sent a change of membership without a chat.")
	}
	status := m.New.Status
	switch {
	case m.Chat.private() && status == "kicked":
		return one(desk.Inbound{
			Type: desk.InBlocked, ID: p.bot + ":blocked:" + decimal(m.Chat.ID) + ":u" + decimal(p.update), Thread: decimal(m.Chat.ID),
			At: channel.Time(m.Date, p.now), From: party(m.From, m.Chat),
		})
	case !m.Chat.private() && (status == "member" || status == "administrator"):
		reason := fmt.Sprintf("The bot was added to the %s %q. Only private chats are taken: what is written there does not come in.", m.Chat.Type, m.Chat.Title)
		return p.unparsed(reason)
	default:
		return channel.Received{Ignored: 1}
	}
}

// reaction keeps one emoji a person: of several, the last.
func (p parser) reaction(r *reaction) channel.Received {
	if r.Chat == nil || !r.Chat.private() || r.MessageID == 0 {
		return channel.Received{Ignored: 1}
	}
	target := messageID(p.bot, r.Chat.ID, r.MessageID)
	e := desk.Inbound{
		Type: desk.InReaction, ID: target + ":u" + decimal(p.update), Thread: decimal(r.Chat.ID), At: channel.Time(r.Date, p.now),
		From: party(r.User, r.Chat), Target: target,
	}
	for _, n := range r.New {
		if e.Text = n.Emoji; n.Type == "custom_emoji" {
			e.Text = "⭐" // its picture can't be had as a character
		}
	}
	return one(e)
}

// private tells a person's chat; the ids of all others are negative.
func (c *chat) private() bool { return c.Type == "private" || c.Type == "" && c.ID > 0 }

func (p parser) unparsed(reason string) channel.Received {
	return one(channel.Unparsed(p.body, reason, p.now))
}

// part is the raw JSON of the first of the update's fields that is there. It is needed seldom, so the update is read anew.
func (p parser) part(names ...string) json.RawMessage {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(p.body, &fields) // it was read before
	for _, name := range names {
		if present(fields[name]) {
			return fields[name]
		}
	}
	return p.body
}

// bounded keeps an id that Telegram makes of text within what a key may hold.
func bounded(id string) string {
	if len(id) > 100 {
		return desk.Derive(id)
	}
	return id
}

func one(e desk.Inbound) channel.Received { return channel.Received{Events: []desk.Inbound{e}} }

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
