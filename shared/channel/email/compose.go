package email

import (
	"context"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// compose is the mail of a message.
func (s sender) compose(ctx context.Context, a channel.Account, m channel.Outgoing) (mime.Outgoing, error) {
	out := mime.Outgoing{
		From: s.from(a, m), To: people(m.Message.To), Cc: people(m.Message.Cc), Bcc: people(m.Message.Bcc),
		Subject: subject(a, m), Date: s.Now(), MessageID: s.ownID(m.Key), Attachments: files(ctx, m.Files), Headers: s.headers(m),
	}
	if len(out.To) == 0 && len(out.Cc) == 0 && len(out.Bcc) == 0 {
		out.To = people(answered(m.Thread))
	}
	if m.Message.Kind != desk.KindEvent { // what a colleague is told has no thread that an answer belongs to
		conv, _, _ := m.Key.Split()
		token, err := s.Tokens.ReplyToken(ctx, conv)
		if err != nil {
			return mime.Outgoing{}, err
		}
		out.ReplyTo = []mime.Address{{Name: out.From.Name, Addr: "reply+" + token + "@" + s.Domain}}
	}
	out.InReplyTo, out.References = s.references(m)
	if m.Message.Mail != nil && m.Message.Mail.Seed != "" {
		code, err := channel.VerificationCode(ctx, s.Tokens.HMAC, m.Message.Mail.Seed)
		if err != nil {
			return mime.Outgoing{}, err
		}
		m.Text = strings.ReplaceAll(m.Text, channel.CodeGap, code)
	}
	out.Text, out.HTML = bodies(a, m)
	return out, nil
}

// from is the channel's identity: the company, or the agent at the company, under an address that may send.
func (s sender) from(a channel.Account, m channel.Outgoing) mime.Address {
	address := a.Sender.Address
	if address == "" {
		address = s.fallback(a)
	}
	return mime.Address{Name: channel.FromName(a.Sender, a.Inbox, agent(m)), Addr: address}
}

// fallback is the address of the inbox that it was born with.
func (s sender) fallback(a channel.Account) string { return a.Slug + "@" + s.Domain }

// headers are the further fields: what knows the mail again, and what keeps machines from answering a machine.
func (s sender) headers(m channel.Outgoing) []mime.Header {
	h := []mime.Header{{Name: ownField, Value: s.ownID(m.Key)}}
	if m.Message.Kind == desk.KindEvent {
		return append(h, mime.Header{Name: "Auto-Submitted", Value: "auto-generated"}, mime.Header{Name: "X-Auto-Response-Suppress", Value: "All"})
	}
	if by := m.Message.Author.Kind; by == desk.ByBot || by == desk.BySystem {
		h = append(h,
			mime.Header{Name: "Auto-Submitted", Value: "auto-replied"}, mime.Header{Name: "X-Auto-Response-Suppress", Value: "All"},
			mime.Header{Name: "Precedence", Value: "auto_reply"})
	}
	return h
}

// subject is the message's own, else the conversation's as an answer to it.
func subject(a channel.Account, m channel.Outgoing) string {
	line := strings.TrimSpace(m.Message.Subject)
	if line == "" {
		line = strings.TrimSpace(m.Conversation.Subject)
		if !isAnswer(line) {
			line = strings.TrimSpace("Re: " + line)
		}
	}
	number := m.Conversation.Ticket
	tag := "[#" + strconv.FormatInt(number, 10) + "]"
	if strings.EqualFold(a.Settings[tagField], "yes") && number > 0 && !strings.Contains(line, tag) {
		line += " " + tag
	}
	return line
}

// isAnswer says whether a subject begins as an answer's does, in the common languages of mail programs.
func isAnswer(subject string) bool {
	word, _, ok := strings.Cut(subject, ":")
	if !ok {
		word, _, ok = strings.Cut(subject, "：")
	}
	word, _, _ = strings.Cut(strings.TrimSpace(word), "[")
	prefixes := []string{"re", "aw", "sv", "vs", "antw", "odp", "ynt", "res", "r", "rif", "回复", "答复", "回覆", "返信"}
	return ok && slices.Contains(prefixes, strings.ToLower(strings.TrimSpace(word)))
}

// answered is whom an answer to the thread goes to: who wrote last.
func answered(thread []desk.Message) []desk.Address {
	for _, m := range slices.Backward(thread) {
		if m.Kind != desk.KindMessage || m.Direction != desk.Incoming || m.Muted {
			continue
		}
		return desk.AnswersTo(m)
	}
	return nil
}

func people(all []desk.Address) []mime.Address {
	var out []mime.Address
	for _, a := range all {
		out = append(out, mime.Address{Name: a.Name, Addr: strings.TrimSpace(a.Address)})
	}
	return out
}

// bodies are the mail's text and HTML with the channel's signature, which stands behind a line "-- " in the one and in a
// class of its own in the other, so that readers can tell it from what was written.
func bodies(a channel.Account, m channel.Outgoing) (text, markup string) {
	text, markup = m.Text, m.HTML
	signature := channel.Signature(a.Sender, agent(m))
	if text == "" && markup != "" {
		text = mime.TextFromHTML(markup)
	}
	if signature == "" {
		return text, markup
	}
	if markup == "" {
		markup = paragraphs(text)
	}
	text = strings.TrimRight(text, " \n") + "\n\n-- \n" + mime.TextFromHTML(signature) + "\n"
	return text, markup + "\n<div class=\"loket-signature\">-- <br>" + signature + "</div>\n"
}

// agent is the name of the person who wrote; empty where nobody did.
func agent(m channel.Outgoing) string {
	if !m.Human {
		return ""
	}
	return m.Message.Author.Name
}

// paragraphs is plain text as HTML that looks like it.
func paragraphs(text string) string {
	text = html.EscapeString(strings.TrimRight(text, " \n"))
	return "<div style=\"white-space: pre-wrap\">" + strings.ReplaceAll(text, "\n", "<br>\n") + "</div>"
}
