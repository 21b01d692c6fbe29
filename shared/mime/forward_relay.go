package mime

import "strings"

// attachedForward is the mail attached to one that passes it on: its subject says so, or it has hardly a word of its own.
func attachedForward(m *Mail) *Forwarded {
	prefix := prefixOf(m.Subject)
	if len(m.Embedded) == 0 || prefix == subjectReply || prefix == subjectPlain && len(m.Embedded) > 1 {
		return nil // several are a digest
	}
	e := &m.Embedded[0]
	if len(e.From) == 0 || e.From[0].Addr == "" {
		return nil
	}
	note := VisibleText(m.Text, m.HTML)
	same := e.Subject != "" && strings.Contains(m.Subject, e.Subject)
	if prefix == subjectPlain && !same && len([]rune(note)) > maxBareNote {
		return nil
	}
	return &Forwarded{
		From: e.From[0], To: e.To, Cc: e.Cc, Subject: e.Subject, Date: e.Headers.Get("Date"),
		Text: trimBlank(e.Plain()), Note: note,
	}
}

// maxBareNote is how many characters a mail may say beside an attached one and still do no more than pass it on.
const maxBareNote = 200

// relayedForward reads the fields in which relays and lists keep the sender whom they replaced in From.
func relayedForward(m *Mail) *Forwarded {
	for _, field := range []string{"X-Forwarded-For", "X-Original-Sender", "Resent-From", "X-Google-Original-From"} {
		people := ParseAddresses(m.Headers.Get(field))
		if len(people) != 1 || !isMailbox(people[0].Addr) || m.sentBy(people[0].Addr) {
			continue // X-Forwarded-For of an automatic forward has two: the mailbox and where it forwards to
		}
		if field == "X-Forwarded-For" && m.Headers.Has("X-Forwarded-To") {
			continue
		}
		if field == "Resent-From" && !m.fromInside(people[0].Addr) {
			continue // who redirects a mail leaves its author in From
		}
		if people[0].Name == "" {
			people[0].Name = originalName(m, people[0].Addr)
		}
		return &Forwarded{
			From: people[0], To: m.To, Cc: m.Cc, Subject: m.Subject, Date: m.Headers.Get("Date"), Text: trimBlank(m.Plain()),
		}
	}
	return nil
}

// originalName finds the name of a sender in the field in which lists keep the whole of From.
func originalName(m *Mail, addr string) string {
	for _, field := range []string{"X-Original-From", "X-Google-Original-From", "Reply-To"} {
		for _, a := range ParseAddresses(m.Headers.Get(field)) {
			if strings.EqualFold(a.Addr, addr) && a.Name != "" {
				return a.Name
			}
		}
	}
	return ""
}

// sentBy says whether addr is the mail's own sender.
func (m *Mail) sentBy(addr string) bool {
	return len(m.From) > 0 && strings.EqualFold(m.From[0].Addr, addr)
}

// fromInside says whether the mail comes from the organisation of its recipients while addr does not: a relay put its own
// address into From.
func (m *Mail) fromInside(addr string) bool {
	if len(m.From) == 0 {
		return true
	}
	home := domainOf(m.From[0].Addr)
	if strings.EqualFold(home, domainOf(addr)) {
		return false
	}
	for _, a := range m.To {
		if strings.EqualFold(home, domainOf(a.Addr)) {
			return true
		}
	}
	return false
}

// domainOf is what stands behind an address's @.
func domainOf(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// isMailbox says whether an address has both its halves.
func isMailbox(addr string) bool {
	at := strings.LastIndexByte(addr, '@')
	return at > 0 && at < len(addr)-1
}
