package mailroom

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// The tags that a mail of ours carries at the mail service and that come back with its news.
const (
	tagMessage = "loket-message"
	tagChannel = "loket-channel"
)

// newsParts are what the service's news of a mail says beside the mail, one of them each.
type newsParts struct {
	Bounce    *wireBounce    `json:"bounce,omitempty"`
	Complaint *wireComplaint `json:"complaint,omitempty"`
	Delivery  *wireDelivery  `json:"delivery,omitempty"`
	Delay     *wireDelay     `json:"deliveryDelay,omitempty"`
	Reject    *wireReject    `json:"reject,omitempty"`
	Failure   *wireFailure   `json:"failure,omitempty"`
}

type wireBounce struct {
	Type       string          `json:"bounceType"`
	SubType    string          `json:"bounceSubType"`
	Recipients []wireRecipient `json:"bouncedRecipients"`
	Timestamp  string          `json:"timestamp"`
}

type wireRecipient struct {
	Address    string `json:"emailAddress"`
	Action     string `json:"action"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnosticCode"`
}

type wireComplaint struct {
	Recipients []wireRecipient `json:"complainedRecipients"`
	Timestamp  string          `json:"timestamp"`
}

type wireDelivery struct {
	Recipients []string `json:"recipients"`
	Response   string   `json:"smtpResponse"`
	Timestamp  string   `json:"timestamp"`
}

type wireDelay struct {
	Type       string          `json:"delayType"`
	Recipients []wireRecipient `json:"delayedRecipients"`
	Timestamp  string          `json:"timestamp"`
}

type wireReject struct {
	Reason string `json:"reason"`
}

type wireFailure struct {
	Message string `json:"errorMessage"`
}

// kind is what the news is about, in either of the service's two shapes; empty when it is no news that we know.
func (w wire) kind() string {
	kind := strings.ToLower(strings.ReplaceAll(w.EventType+w.Notification, " ", ""))
	switch kind {
	case "send", "delivery", "bounce", "complaint", "deliverydelay", "reject", "renderingfailure", "open", "click", "subscription":
		return kind
	}
	return ""
}

// told puts what became of a mail of ours on the queue, one event a recipient. News of a mail that nobody knows, such as
// one that was sent by hand, is only counted.
func (s *Stage) told(ctx context.Context, w wire) error {
	news := w.news()
	if len(news) == 0 {
		return nil
	}
	ch, key, err := s.about(ctx, w.Mail)
	if err != nil {
		return err
	}
	if ch == "" {
		s.Count(CountUnmatched, len(news))
		s.Log.InfoContext(ctx, "news of a mail that nobody knows", "mail", w.Mail.MessageID, "kind", w.kind())
		return nil
	}
	letters := make([]desk.Letter, 0, len(news))
	for _, n := range news {
		n.Key = key
		if n.At.IsZero() {
			n.At = s.Now()
		}
		letters = append(letters, statusLetter(ch, w.Mail.MessageID, w.kind(), n))
	}
	return s.Letters.Send(ctx, letters)
}

// statusLetter is the event that says what became of a mail of ours; target is a provider's id of it.
func statusLetter(ch desk.ChannelID, target, kind string, n desk.StatusNews) desk.Letter {
	e := desk.Inbound{
		Channel: ch, Type: desk.InStatus, ID: target + ":" + kind + ":" + n.Recipient, Thread: target, At: n.At, Target: target, Status: &n,
	}
	if target == "" {
		e.ID, e.Thread = string(n.Key)+":"+kind+":"+n.Recipient, string(n.Key)
	}
	return desk.Letter{Queue: desk.QueueInbound, Group: e.Group(), Dedup: e.Dedup(), Body: encode(e)}
}

// about finds which message of ours the news is about: by its tags, by the field that it carries, else by the service's
// id in every mail channel.
func (s *Stage) about(ctx context.Context, m wireMail) (desk.ChannelID, desk.MessageID, error) {
	key, ch := desk.MessageID(one(m.Tags[tagMessage])), desk.ChannelID(one(m.Tags[tagChannel]))
	if _, _, ok := key.Split(); ok && ch != "" {
		return ch, key, nil
	}
	if key = s.ownID(m.ownIDs()); key != "" {
		id, _, _ := key.Split()
		c, err := s.Threads.Conversation(ctx, id)
		if err == nil {
			return c.Channel, key, nil
		}
		if desk.CodeOf(err) != desk.NotFound {
			return "", "", err
		}
	}
	if m.MessageID == "" {
		return "", "", nil
	}
	cfg, err := s.Setup.Config(ctx)
	if err != nil {
		return "", "", err
	}
	ch, err = s.channelOf(ctx, mailChannels(cfg, ""), m.MessageID)
	return ch, "", err
}

func one(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// ownIDs are the values that may name our message.
func (m wireMail) ownIDs() []string {
	ids := []string{m.Common.MessageID}
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, ownField) || strings.EqualFold(h.Name, "Message-ID") {
			ids = append(ids, h.Value)
		}
	}
	return ids
}

// ownID is the first of the ids that is a message's of ours: "<message id>@<our domain>".
func (s *Stage) ownID(ids []string) desk.MessageID {
	for _, id := range ids {
		local, domain, _ := strings.Cut(strings.Trim(strings.TrimSpace(id), "<>"), "@")
		key := desk.MessageID(strings.ToUpper(local))
		if _, k, ok := key.Split(); ok && strings.EqualFold(domain, s.Domain) && !k.Time().IsZero() {
			return key
		}
	}
	return ""
}

// mailChannels are the live mail channels of an inbox, or of all.
func mailChannels(cfg *desk.Config, inbox desk.InboxID) []desk.ChannelID {
	var out []desk.ChannelID
	for _, id := range slices.Sorted(maps.Keys(cfg.Channels)) {
		if ch := cfg.Channels[id]; ch.Type == email && !ch.Deleted && (inbox == "" || ch.Inbox == inbox) {
			out = append(out, id)
		}
	}
	return out
}

// channelOf is the one of the channels that knows a provider's id; empty when none does.
func (s *Stage) channelOf(ctx context.Context, channels []desk.ChannelID, id string) (desk.ChannelID, error) {
	for _, ch := range channels {
		found, err := s.Threads.FindMessages(ctx, ch, []string{id})
		if err != nil {
			return "", err
		}
		if found[id] != "" {
			return ch, nil
		}
	}
	return "", nil
}

// news is what became of a mail, in an agent's words, one each recipient.
func (w wire) news() []desk.StatusNews {
	switch kind := w.kind(); {
	case kind == "send":
		return []desk.StatusNews{{State: desk.Sent, At: timeOf(w.Mail.Timestamp)}}
	case kind == "delivery" && w.Delivery != nil:
		return w.Delivery.news()
	case kind == "bounce" && w.Bounce != nil:
		return w.Bounce.news()
	case kind == "complaint" && w.Complaint != nil:
		return w.Complaint.news()
	case kind == "deliverydelay" && w.Delay != nil:
		return w.Delay.news()
	case kind == "reject":
		why := "a virus was found in it"
		if w.Reject != nil && w.Reject.Reason != "" && w.Reject.Reason != "Bad content" {
			why = w.Reject.Reason
		}
		return []desk.StatusNews{{State: desk.Failed, Detail: "The mail service did not send the mail: " + why + ".", At: timeOf(w.Mail.Timestamp)}}
	case kind == "renderingfailure":
		n := desk.StatusNews{State: desk.Failed, Detail: "The mail service could not make the mail.", At: timeOf(w.Mail.Timestamp)}
		if w.Failure != nil && w.Failure.Message != "" {
			n.Detail = "The mail service could not make the mail: " + clip(w.Failure.Message, 500)
		}
		return []desk.StatusNews{n}
	}
	return nil // opens and clicks tell of programs as often as of people
}

func (d wireDelivery) news() []desk.StatusNews {
	var out []desk.StatusNews
	for _, to := range d.Recipients {
		out = append(out, desk.StatusNews{State: desk.Delivered, At: timeOf(d.Timestamp), Recipient: strings.ToLower(to)})
	}
	return out
}

func (b wireBounce) news() []desk.StatusNews {
	var out []desk.StatusNews
	for _, r := range b.Recipients {
		n := r.news(desk.Failed, b.Timestamp)
		n.Hard = b.Type == "Permanent"
		switch {
		case strings.Contains(b.SubType, "Suppress"):
			n.Detail = r.Address + " is on the mail service's list of addresses that don't work; nothing was sent to it."
		case b.Type == "Permanent":
			n.Detail = r.Address + " can't be reached" + r.because()
		default:
			n.Detail = r.Address + " could not be reached for now" + r.because()
		}
		out = append(out, n)
	}
	return out
}

// news of a complaint is also a proof that the mail arrived.
func (c wireComplaint) news() []desk.StatusNews {
	var out []desk.StatusNews
	for _, r := range c.Recipients {
		n := r.news(desk.Delivered, c.Timestamp)
		n.Complained, n.Detail = true, r.Address+" marked the mail as unwanted."
		out = append(out, n)
	}
	return out
}

func (d wireDelay) news() []desk.StatusNews {
	var out []desk.StatusNews
	for _, r := range d.Recipients {
		n := r.news(desk.Sent, d.Timestamp)
		n.Detail = r.Address + " can't be reached at the moment; the mail service goes on trying" + r.because()
		out = append(out, n)
	}
	return out
}

func (r wireRecipient) news(state desk.State, at string) desk.StatusNews {
	return desk.StatusNews{State: state, At: timeOf(at), Recipient: strings.ToLower(clip(r.Address, 320))}
}

// because is the end of a sentence: what the receiving server said, or a full stop.
func (r wireRecipient) because() string {
	words := strings.TrimSpace(strings.TrimPrefix(r.Diagnostic, "smtp;"))
	if words == "" {
		words = r.Status
	}
	if words == "" {
		return "."
	}
	return ": " + clip(strings.Join(strings.Fields(words), " "), 500)
}
