package slack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// Receive takes one event. A retry needs no care of its own: it names the same message. What the app itself wrote is never
// a message of a contact, and what other programs write is left aside and counted.
func (apps) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	if err := signature.Slack(a.Credentials[secretField], r.Header, r.Body, r.Now); err != nil {
		return channel.Received{}, err
	}
	if r.Method != http.MethodPost || isForm(r) { // buttons, commands and dialogues, of which we send none
		return channel.Received{Ignored: 1}, nil
	}
	var e envelope[event]
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return one(channel.Unparsed(r.Body, "Slack sent something that can't be read as an event: "+channel.Unreadable(err), r.Now)), nil
	}
	p := parser{account: a, envelope: e, body: r.Body, now: r.Now.UTC()}
	switch e.Type {
	case "url_verification":
		answer := channel.Answer{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte(channel.Clean(e.Challenge))}
		return channel.Received{Answer: &answer}, nil
	case "event_callback":
		return p.translate(), nil
	case "app_rate_limited":
		return p.unparsed("Slack held events back: there were over 30,000 in an hour."), nil
	}
	return channel.Received{Ignored: 1}, nil
}

func isForm(r channel.Request) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return false
	}
	_, err := url.ParseQuery(string(r.Body))
	return err == nil
}

// parser translates one event.
type parser struct {
	account  channel.Account
	envelope envelope[event]
	body     []byte
	now      time.Time
}

func (p parser) translate() channel.Received {
	e := p.envelope.Event
	switch e.Type {
	case "message", "app_mention":
		return p.message(e)
	case "reaction_added", "reaction_removed":
		return p.reaction(e)
	case "app_uninstalled", "tokens_revoked":
		return p.unparsed("The app was removed from the Slack workspace, or its token was revoked. Install it anew and connect the channel again.")
	}
	return channel.Received{Ignored: 1}
}

func (p parser) message(e event) channel.Received {
	switch e.Subtype {
	case "message_changed":
		return p.changed(e)
	case "message_deleted":
		return p.deleted(e, e.Deleted)
	case "", "file_share", "thread_broadcast", "me_message":
	case "bot_message":
		return p.ours(e)
	default: // joins, topics and the like
		return channel.Received{Ignored: 1}
	}
	switch {
	case e.Bot != "" || p.isUs(e.User):
		return p.ours(e)
	case e.Channel == "" || e.TS == "" || e.User == "":
		return p.unparsed("Slack sent a message without a channel, a time or a person.")
	}
	in := p.about(e, e.TS, e.content)
	in.Type, in.ID = desk.InMessage, messageID(p.room(e), channel.Clean(e.TS))
	in.Text, in.Attachments = plain(e.Text), p.files(e.Files)
	if in.Text == "" && len(in.Attachments) == 0 {
		in.Unsupported, in.Payload = "a message without text or files", p.payload()
	}
	return one(in)
}

// ours says of a message of our own, where it brings our id back, that Slack has it.
func (p parser) ours(e event) channel.Received {
	m := e.Metadata
	if m == nil || m.Type != metadata || e.Bot == "" || e.Bot != p.account.Extra["bot"] {
		return channel.Received{Ignored: 1}
	}
	key := desk.MessageID(channel.Clean(m.Payload.Key))
	if _, _, ok := key.Split(); !ok || len(key) > 100 || e.TS == "" {
		return channel.Received{Ignored: 1}
	}
	in := p.about(e, e.TS, e.content)
	in.Type, in.ID, in.From = desk.InStatus, p.eventID(), desk.Party{}
	in.Target = messageID(p.room(e), channel.Clean(e.TS))
	in.Status = &desk.StatusNews{State: desk.Sent, At: in.At, Key: key}
	return one(in)
}

// changed takes an edit. Slack says the same of a message whose links it has looked at, and of a deleted one that has
// answers.
func (p parser) changed(e event) channel.Received {
	n := e.New
	if n == nil || e.Channel == "" {
		return p.unparsed("Slack sent a change without a message.")
	}
	ts, before := n.TS, ""
	if e.Previous != nil {
		ts, before = or(ts, e.Previous.TS), e.Previous.Text
	}
	switch {
	case n.Subtype == "tombstone":
		return p.deleted(e, ts)
	case n.Bot != "" || p.isUs(n.User) || len(n.Edited) == 0 || n.Text == before || ts == "" || n.User == "":
		return channel.Received{Ignored: 1}
	}
	in := p.about(e, ts, *n)
	in.Type, in.ID, in.Target = desk.InEdit, p.eventID(), messageID(p.room(e), channel.Clean(ts))
	in.MessageID, in.Text = in.Target, plain(n.Text)
	return one(in)
}

func (p parser) deleted(e event, ts string) channel.Received {
	if ts == "" || e.Channel == "" {
		return p.unparsed("Slack sent a deletion without a message.")
	}
	var was content
	if e.Previous != nil {
		was = *e.Previous
	}
	in := p.about(e, ts, was)
	in.Type, in.ID, in.Target = desk.InDelete, p.eventID(), messageID(p.room(e), channel.Clean(ts))
	return one(in)
}

func (p parser) reaction(e event) channel.Received {
	if e.Item == nil || e.Item.TS == "" || e.Item.Channel == "" || e.User == "" || p.isUs(e.User) {
		return channel.Received{Ignored: 1}
	}
	e.Channel = room(e.Item.Channel)
	in := p.about(e, e.Item.TS, e.content)
	in.Type, in.ID, in.Target = desk.InReaction, p.eventID(), messageID(p.room(e), channel.Clean(e.Item.TS))
	if e.Type == "reaction_added" {
		in.Text = emoji(channel.Clean(e.Reaction))
	}
	return one(in)
}

// about is what every event has: the account, the thread, the time and the person.
func (p parser) about(e event, ts string, c content) desk.Inbound {
	room := p.room(e)
	thread := room
	if e.ChannelType != "im" && !strings.HasPrefix(room, "D") {
		thread = room + ":" + channel.Clean(or(c.Thread, ts))
	}
	team := p.envelope.Team
	if len(p.envelope.Authorizations) > 0 {
		team = or(p.envelope.Authorizations[0].Team, team)
	}
	return desk.Inbound{
		Account: channel.Bounded(channel.Clean(accountID(p.account, team, room))), Thread: channel.Bounded(thread),
		At: timeOf(or(e.EventTS, ts), p.now), From: person(channel.Clean(c.User), c.Profile),
	}
}

func (p parser) room(e event) string { return channel.Clean(string(e.Channel)) }

// isUs tells our own app's user.
func (p parser) isUs(user string) bool { return user != "" && user == p.account.Extra["user"] }

// payload is the event as it came. It is needed seldom, so the call is read anew.
func (p parser) payload() json.RawMessage {
	var e envelope[json.RawMessage]
	_ = json.Unmarshal(p.body, &e) // it was read before
	return e.Event
}

// eventID is Slack's own, which a retry repeats.
func (p parser) eventID() string {
	if p.envelope.ID == "" {
		return "event:" + desk.Derive(string(p.body))
	}
	return channel.Bounded(channel.Clean(p.envelope.ID))
}

func (p parser) unparsed(reason string) channel.Received {
	return one(channel.Unparsed(p.body, reason, p.now))
}

// timeOf reads "seconds.number": what comes after the point only tells messages of one second apart.
func timeOf(ts string, now time.Time) time.Time {
	seconds, _, _ := strings.Cut(ts, ".")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	return channel.Time(n, now)
}

func one(e desk.Inbound) channel.Received { return channel.Received{Events: []desk.Inbound{e}} }
