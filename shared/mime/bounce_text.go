package mime

import (
	"strings"
)

// A reportText is the text of a report, up to the mail that it brings back.
type reportText struct {
	lines    []string
	text     string
	original string   // the mail brought back, from its first header
	own      []string // addresses of the report itself: its sender's and its receiver's
	subject  string
	returned bool
}

func newReportText(m *Mail) *reportText {
	text := m.Plain()
	text = strings.ToValidUTF8(text[:min(len(text), maxReportText)], "")
	t := &reportText{subject: m.Subject, returned: len(m.Embedded) > 0}
	start := originalStart(text)
	t.text, t.original = text[:start], text[start:]
	t.lines = strings.Split(t.text, "\n")
	t.returned = t.returned || t.original != ""
	for _, list := range [][]Address{m.From, m.To, m.ReplyTo} {
		for _, a := range list {
			t.own = append(t.own, strings.ToLower(a.Addr))
		}
	}
	return t
}

// originalStart finds where the mail that a report brings back begins in its text: the first line that can only be a mail's header.
func originalStart(text string) int {
	at := 0
	for line := range strings.SplitAfterSeq(text, "\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && len(name) < 40 {
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "received", "return-path", "dkim-signature", "message-id", "mime-version", "delivered-to", "x-originating-ip", "x-mailer", "arc-seal", "domainkey-signature":
				return at
			}
		}
		at += len(line)
	}
	return len(text)
}

// isBounce weighs all signs of a mail.
func (t *reportText) isBounce(m *Mail) bool {
	score := outerScore(m)
	phrase := hasBouncePhrase(t.text)
	if !phrase && !isBounceSubject(m.Subject) {
		return false
	}
	if daemonScore(m) == 0 && !hasNullPath(m) && !t.returned {
		return false // nothing but words, which persons use, too
	}
	if phrase {
		score += signPhrase
	}
	if t.returned {
		score += signReturned
	}
	if replyCode(t.text) != "" {
		score += signReply
	}
	return score >= enoughSigns
}

// recipients finds whom the report is about: as its headers name them, by machine-readable fields inside the text, else
// by the addresses in the places where reports put them.
func (t *reportText) recipients(named []string, original Headers) []Recipient {
	b := &Bounce{}
	for _, g := range statusGroups([]byte(t.text)) {
		if g.Has("Final-Recipient") || g.Has("Original-Recipient") {
			b.addGroups([]Headers{g})
		}
	}
	if len(b.Recipients) > 0 {
		return b.Recipients
	}
	if len(named) == 0 {
		named = t.addresses()
	}
	if len(named) == 0 {
		for _, a := range addressesOf(original, "To") {
			named = append(named, a.Addr)
		}
	}
	for _, a := range named {
		if a != "" && len(b.Recipients) < maxRecipients {
			b.Recipients = append(b.Recipients, Recipient{Address: a})
		}
	}
	return b.Recipients
}

// The places where a report's text names its recipients; the better ones first.
const (
	atLineStart = iota // "<user@example.com>: reason", "* user@example.com"
	atLineEnd          // "Recipient: <user@example.com>", "could not be delivered to user@example.com."
	inSession          // "550 <user@example.com>... User unknown", "RCPT TO:<user@example.com>"
	anywhere
	places
)

// addresses finds the addresses in the best place that holds any.
func (t *reportText) addresses() []string {
	var found [places][]string
	for _, line := range t.lines {
		for addr, at := range lineAddresses(line) {
			if t.isOwn(addr) {
				continue
			}
			p := placeOf(line[:at[0]], line[at[1]:])
			if !contains(found[p], addr) && len(found[p]) < maxRecipients {
				found[p] = append(found[p], addr)
			}
		}
	}
	for _, list := range found {
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

func (t *reportText) isOwn(addr string) bool {
	addr = strings.ToLower(addr)
	return contains(t.own, addr) || strings.HasPrefix(addr, "postmaster@") && !strings.Contains(t.text, "<"+addr+">:") || strings.HasPrefix(addr, "mailer-daemon@")
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return true
		}
	}
	return false
}

// placeOf says how an address stands in its line.
func placeOf(before, after string) int {
	lead := strings.ToLower(strings.TrimSpace(strings.TrimRight(before, " \t<\"'(")))
	switch {
	case strings.Trim(lead, "*>-•· \t") == "" && !strings.HasPrefix(lead, ">>> "):
		return atLineStart
	case strings.HasSuffix(lead, "rcpt to:") || replyCode(lead) != "":
		return inSession
	case strings.HasSuffix(lead, "from:") || strings.HasSuffix(lead, "from") || strings.HasSuffix(lead, "sender:") || strings.HasSuffix(lead, "contact"):
		return anywhere
	case strings.HasSuffix(lead, ":") || strings.HasSuffix(lead, " to") || strings.HasSuffix(lead, "recipient"):
		if strings.TrimLeft(after, " \t>\"').,;:") == "" || strings.HasSuffix(lead, "recipient") || strings.HasSuffix(lead, " to") {
			return atLineEnd
		}
	}
	return anywhere
}

// lineAddresses gives the addresses in a line with where each begins and ends.
func lineAddresses(line string) func(yield func(string, [2]int) bool) {
	return func(yield func(string, [2]int) bool) {
		for from := 0; ; {
			i := strings.IndexByte(line[from:], '@')
			if i < 0 {
				return
			}
			i += from
			start, end := i, i+1
			for start > from && isAddrByte(line[start-1]) {
				start--
			}
			for end < len(line) && (isWordByte(line[end]) || line[end] == '-' || line[end] == '.' && end+1 < len(line) && isWordByte(line[end+1])) {
				end++
			}
			from = end
			if start < i && end > i+1 && !yield(line[start:end], [2]int{start, end}) {
				return
			}
		}
	}
}

func isAddrByte(c byte) bool {
	return isWordByte(c) || c >= 0x80 || strings.IndexByte(".+-_=/!#$%&*^~?{}|`", c) >= 0
}

// complete fills in what a recipient's entry lacks from what the text says about that address, and brings the status in
// line with the server's own words: reports often give a general code where the server's answer has a precise one.
func (t *reportText) complete(p *Recipient, alone bool) {
	machine := p.Diagnostic != ""
	if p.Address == "" || p.Address[0] == '@' { // the report names no mailbox, its text may
		if found := t.addresses(); alone && len(found) == 1 {
			p.Address = found[0]
		}
	}
	about := t.about(p.Address)
	if p.Diagnostic == "" {
		p.Diagnostic = strings.Join(strings.Fields(about), " ")
	}
	if alone && replyCode(p.Diagnostic) == "" && firstStatus(p.Diagnostic) == "" {
		about += "\n" + t.text
	}
	if s := toldStatus(p.Diagnostic, p.Status); s != "" {
		p.Status = s
	} else if s = toldStatus(about, p.Status); s != "" {
		p.Status = s
	}
	if p.Status == "" {
		p.Status = impliedStatus(p.Diagnostic + "\n" + about)
	}
	if alone && (p.Diagnostic == "" || !machine && impliedStatus(p.Diagnostic) == "" && toldStatus(p.Diagnostic, "") == "") {
		if r := t.reason(p.Address); r != "" {
			p.Diagnostic = r
		}
	}
	if p.Action == "" {
		p.Action = "failed"
		if strings.HasPrefix(p.Status, "2.") {
			p.Action = "delivered"
		} else if t.delayed() {
			p.Action = "delayed"
		}
	}
}

// about gives what the text says about an address: the rest of its line and the lines up to a blank one.
func (t *reportText) about(address string) string {
	if address == "" {
		return ""
	}
	for i, line := range t.lines {
		at := strings.Index(line, address)
		if at < 0 || placeOf(line[:at], line[at+len(address):]) != atLineStart {
			continue
		}
		said := strings.Trim(line[at+len(address):], ">:]\") \t,.")
		for _, next := range t.lines[i+1 : min(len(t.lines), i+13)] {
			if strings.TrimSpace(next) == "" {
				break
			}
			said += "\n" + next
		}
		if strings.TrimSpace(said) != "" {
			return said[:min(len(said), 2000)]
		}
	}
	return ""
}

// reason is the line of the report that holds the server's answer, or that says in words what became of the address.
func (t *reportText) reason(address string) string {
	words, phrase := "", ""
	for _, line := range t.lines {
		if status, _, _ := nextStatus(line); status != "" || replyCode(line) != "" {
			return strings.Join(strings.Fields(line), " ")
		}
		if words == "" && impliedStatus(line) != "" {
			words = line
		}
		if phrase == "" && address != "" && strings.Contains(line, address) && hasBouncePhrase(line) {
			phrase = line
		}
	}
	if words == "" {
		words = phrase
	}
	return strings.Join(strings.Fields(words), " ")
}

// delayed says that the report warns of a delay: the mail is still on its way.
func (t *reportText) delayed() bool {
	s := strings.ToLower(t.subject + "\n" + t.text[:min(len(t.text), 4<<10)])
	for _, w := range []string{"delayed", "delay)", "could not send message for past", "will be retried", "will keep trying", "do not need to resend", "warning message only"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
