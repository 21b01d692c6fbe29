package routing

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loket-desk/loket/shared/desk"
)

// mail adds to a filing what only e-mail has: second copies, spam rules, forwards and the evidence for a conversation.
// done means that there is nothing to file.
func (r *Router) mail(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing) (done bool, err error) {
	m := e.Mail
	firstCh, first, err := r.Copies.ClaimCopy(ctx, ch.Inbox, m.Hash, ch.ID, f.Ext)
	if err != nil {
		return false, err
	}
	if firstCh != ch.ID || first != f.Ext {
		return true, r.secondCopy(ctx, firstCh, first, m.Recipient)
	}
	r.describe(cfg, ch, e, f)
	if err := r.join(ctx, cfg, ch, e, f); err != nil {
		return false, err
	}
	if f.Join != "" {
		return false, nil
	}
	f.OnlyParticipants = true
	return false, r.screen(ctx, cfg, ch, e, f)
}

func (r *Router) secondCopy(ctx context.Context, ch desk.ChannelID, ext, address string) error {
	err := r.Copies.AddRecipient(ctx, ch, ext, address)
	if desk.CodeOf(err) == desk.NotFound {
		return desk.Refuse(desk.Busy, "The first copy of this mail is being filed.").Because(err)
	}
	return err
}

// describe puts the mail's own facts on the message.
func (r *Router) describe(cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing) {
	m := e.Mail
	f.Message.To, f.Message.Cc = m.To, m.Cc
	f.Message.RawKey = m.RawKey
	f.Message.Visible = m.Visible
	f.Message.Mail = &desk.MessageMail{
		MessageID: m.MessageID, References: m.References, Verdicts: m.Verdicts, Auto: m.Auto, Recipients: recipients(m),
		ReplyTo: m.ReplyTo, Forwarded: m.Forwarded, Unverified: unverified(m.Verdicts), Problems: m.Problems,
	}
	if m.MessageID != "" {
		f.Aliases = append(f.Aliases, MailAlias(m.MessageID))
	}
	if m.ThreadIdx != "" {
		f.Aliases = append(f.Aliases, threadIndexAlias(m.ThreadIdx))
	}
	if m.Bounce == nil || len(m.Tokens) == 0 { // a server that reports takes no part in what it reports on
		f.Takers = takers(cfg, ch, e)
	}
	if m.Forwarded == nil || ch.Sender.KeepForwarder || m.Forwarded.From.Address == "" {
		return
	}
	original := desk.Identity{Kind: "email", Value: strings.ToLower(m.Forwarded.From.Address)}
	f.Identities = []desk.Identity{original}
	f.Contact = contactOf(desk.Party{Identity: original, Name: m.Forwarded.From.Name})
	f.Contact.Unverified = true
	f.Message.Mail.Original = true
}

// recipients are our addresses that a mail came to.
func recipients(m *desk.MailFacts) []string {
	if len(m.Recipients) > 0 {
		return m.Recipients
	}
	return []string{m.Recipient}
}

// MailAlias is the provider id under which a mail is found by its Message-ID.
func MailAlias(messageID string) string { return "<" + messageID + ">" }

func threadIndexAlias(index string) string { return "thread-index:" + index }

// takers are the addresses that take part in the conversation from this mail on: its sender and whoever else it went to,
// but for our own addresses.
func takers(cfg *desk.Config, ch desk.Channel, e desk.Inbound) []string {
	out := []string{e.From.Value}
	for _, a := range slices.Concat(e.Mail.To, e.Mail.Cc, e.Mail.ReplyTo) {
		address := strings.ToLower(a.Address)
		if address != "" && !slices.Contains(out, address) && !ours(cfg, ch, e.Mail, address) && len(out) < maxTakers {
			out = append(out, address)
		}
	}
	return out
}

// maxTakers bounds how many addresses of one mail are remembered.
const maxTakers = 50

func ours(cfg *desk.Config, ch desk.Channel, m *desk.MailFacts, address string) bool {
	if address == strings.ToLower(m.Recipient) || address == strings.ToLower(ch.Sender.Address) || strings.HasPrefix(address, "reply+") {
		return true
	}
	if m.Domain != "" && strings.HasSuffix(address, "@"+m.Domain) {
		return true
	}
	for _, other := range cfg.Channels {
		if other.Type == ch.Type && (strings.EqualFold(other.Sender.Address, address) || strings.EqualFold(other.Settings["address"], address)) {
			return true
		}
	}
	return false
}

// unverified says that the domain's own policy disowns the mail.
func unverified(v desk.Verdicts) bool {
	return v.DMARC == "FAIL" && (v.DMARCPolicy == "reject" || v.DMARCPolicy == "quarantine")
}

// join finds the conversation that evidence proves, in order: the signed token of the reply address, the ids that the
// mail names, Outlook's thread index, a ticket number for one who takes part already. Never the subject alone.
func (r *Router) join(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing) error {
	for _, token := range e.Mail.Tokens {
		id, valid, err := r.Tokens.OpenReplyToken(ctx, token)
		if err != nil {
			return err
		}
		if !valid {
			f.Message.Mail.Problems = append(f.Message.Mail.Problems, "The reply address carried a token that we did not make.")
			continue
		}
		if c, err := r.Evidence.Conversation(ctx, id); err == nil && c.Place != desk.Purging {
			joinBy(f, id, "reply token")
			return nil
		} else if err != nil && desk.CodeOf(err) != desk.NotFound {
			return err
		}
	}
	if f.Message.Mail.Unverified {
		return nil
	}
	named := mailIDs(e.Mail)
	if e.Mail.ThreadIdx != "" {
		named = append(named, evidence{threadIndexAlias(e.Mail.ThreadIdx), "Outlook's thread index"})
	}
	if found, err := r.byIDs(ctx, cfg, ch, e, f, named); err != nil || found {
		return err
	}
	return r.byNumber(ctx, cfg, ch, e, f)
}

// evidence is an id that a mail names, and how that is told.
type evidence struct{ id, words string }

// mailIDs are the ids that a mail says it answers: In-Reply-To, then References from the newest to the oldest.
func mailIDs(m *desk.MailFacts) []evidence {
	var out []evidence
	add := func(id, words string) {
		if id == "" || len(out) >= maxNamed {
			return
		}
		out = append(out, evidence{MailAlias(id), words})
		if ses, domain, _ := strings.Cut(id, "@"); strings.HasSuffix(domain, serviceDomain) {
			out = append(out, evidence{ses, words})
		}
	}
	for _, id := range m.InReplyTo {
		add(id, "In-Reply-To")
	}
	for i := len(m.References) - 1; i >= 0; i-- {
		add(m.References[i], "References")
	}
	return out
}

// serviceDomain ends the message ids that the mail service gives to what we send; what stands before "@" is its own id of
// the mail, which is known before the rest of the send is stored.
const serviceDomain = ".amazonses.com"

// maxNamed bounds how many of a mail's ids are looked up.
const maxNamed = 80

// byIDs looks the ids up in every mail channel of the receiving inbox and joins the first whose conversation is in that
// inbox now and knows the sender. One that does not know the sender is told as a possible predecessor.
func (r *Router) byIDs(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing, named []evidence) (bool, error) {
	if len(named) == 0 {
		return false, nil
	}
	ids := make([]string, len(named))
	for i, n := range named {
		ids[i] = n.id
	}
	var places []map[string]desk.MessageID
	for _, id := range mailChannels(cfg, ch) {
		found, err := r.Evidence.FindMessages(ctx, id, ids)
		if err != nil {
			return false, err
		}
		places = append(places, found)
	}
	for _, n := range named {
		for _, found := range places {
			at, ok := found[n.id]
			if !ok {
				continue
			}
			conv, _, _ := at.Split()
			joined, err := r.tryJoin(ctx, cfg, ch, e, f, conv, n.words)
			if err != nil || joined {
				return joined, err
			}
		}
	}
	return false, nil
}

// mailChannels are the mail channels of the channel's inbox, its own first.
func mailChannels(cfg *desk.Config, ch desk.Channel) []desk.ChannelID {
	out := []desk.ChannelID{ch.ID}
	for _, other := range cfg.Channels {
		if other.Type == ch.Type && other.Inbox == ch.Inbox && other.ID != ch.ID {
			out = append(out, other.ID)
		}
	}
	slices.Sort(out[1:])
	return out
}

func (r *Router) tryJoin(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing, id desk.ConversationID, words string) (bool, error) {
	c, err := r.Evidence.Conversation(ctx, id)
	if desk.CodeOf(err) == desk.NotFound {
		return false, nil
	}
	if err != nil || c.Inbox != ch.Inbox {
		return false, err
	}
	knows, err := r.knows(ctx, cfg, c, e.From.Value)
	if err != nil {
		return false, err
	}
	if !knows {
		if f.Follows == "" {
			f.Follows = id
			f.Message.JoinedBy = "a conversation of its own: " + words + " names another one, but the sender takes no part in it"
		}
		return false, nil
	}
	joinBy(f, id, words)
	return true, nil
}

func joinBy(f *desk.Filing, id desk.ConversationID, words string) {
	f.Join, f.Follows = id, ""
	f.Message.JoinedBy = "joined by " + words
}

// knows reports whether an address takes part in a conversation: a customer, somebody in copy, or a teammate of its inbox.
func (r *Router) knows(ctx context.Context, cfg *desk.Config, c desk.Conversation, address string) (bool, error) {
	if u, ok := cfg.Teammate(address); ok && cfg.Inboxes[c.Inbox].Access.Member(u) {
		return true, nil
	}
	return r.Evidence.TakesPart(ctx, c.ID, address)
}

// ticketTag is made when the first mail needs it, not at every start.
var ticketTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[#(\d{1,15})\]`) })

// byNumber joins by "[#1042]" in the subject, only for a sender who takes part in that ticket's conversation already.
func (r *Router) byNumber(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing) error {
	tag := ticketTag().FindStringSubmatch(e.Subject)
	if tag == nil {
		return nil
	}
	n, err := strconv.ParseInt(tag[1], 10, 64)
	if err != nil {
		return nil
	}
	ticket, err := r.Evidence.TicketByNumber(ctx, n)
	if desk.CodeOf(err) == desk.NotFound || (err == nil && ticket.Conversation == "") {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = r.tryJoin(ctx, cfg, ch, e, f, ticket.Conversation, "the ticket number in the subject")
	return err
}
