package email

import (
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// ownID is the Message-ID that we give a mail. The mail service replaces it, but it stays in References.
func (s sender) ownID(key desk.MessageID) string {
	return strings.ToLower(string(key)) + "@" + s.Domain
}

// alias is a message id as a provider's id of a message: between its brackets, as the router looks it up.
func alias(id string) string { return "<" + id + ">" }

// wireAliases are the message ids that the mail service gives a mail on the wire, by region. The first region is the
// exception; both forms are kept, since an answer is worth more than an item.
func wireAliases(id, region string) []string {
	if region == "" || region == usual {
		return []string{alias(id + "@" + usualHost)}
	}
	return []string{alias(id + "@" + region + ".amazonses.com"), alias(id + "@" + usualHost)}
}

const (
	usual     = "us-east-1"
	usualHost = "email.amazonses.com"
)

// references are the id that the mail answers, and those of the thread that lead to it, the mail's own last: programs that
// keep References keep it, and others know the mail by the id on the wire.
func (s sender) references(m channel.Outgoing) (answers string, ids []string) {
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, t := range m.Thread {
		if t.Kind != desk.KindMessage {
			continue
		}
		if t.Direction == desk.Outgoing {
			add(s.ownID(t.ID()))
		}
		if t.Mail != nil && len(ids) == 0 {
			for _, id := range t.Mail.References {
				add(id)
			}
		}
		id := wireID(t)
		add(id)
		if id != "" && (m.Message.InReplyTo == "" || m.Message.InReplyTo == t.ID()) && (!t.Muted || m.Message.InReplyTo != "") {
			answers = id
		}
	}
	add(s.ownID(m.Key))
	return answers, ids
}

// wireID is the message id that others know a mail of the thread by; empty when it has none.
func wireID(m desk.Message) string {
	if m.Direction == desk.Incoming {
		if m.Mail == nil {
			return ""
		}
		return m.Mail.MessageID
	}
	for _, id := range m.Providers {
		if strings.HasPrefix(id, "<") {
			return strings.Trim(id, "<>")
		}
	}
	return ""
}
