package mime

import (
	"strings"
)

// A Bounce is what a delivery report says. It may tell of success or delay, too: look at each recipient's Action.
type Bounce struct {
	Recipients        []Recipient
	OriginalMessageID string  // of the mail that was sent, without angle brackets; "" when the report doesn't tell
	Original          Headers // of the mail that was sent, as far as returned
	Feedback          string  // the type of a complaint (RFC 5965), such as "abuse"; "" for a delivery report
}

// A Recipient is one address that a report is about.
type Recipient struct {
	Address    string
	Action     string // "failed", "delayed", "delivered", "relayed", "expanded", "complained"
	Status     string // the enhanced status code, such as "5.1.1"; "" when none is told and none follows
	Diagnostic string // the receiving server's words, or the report's
}

// maxReportText is how much of a report's text is searched, in bytes.
const maxReportText = 64 << 10

// findBounce reads a delivery report or complaint; nil for any other mail. Machine-readable reports are believed first,
// then X-Failed-Recipients, then what the text says.
func findBounce(m *Mail) *Bounce {
	b := &Bounce{}
	machine := b.readReports(m)
	failed := failedRecipients(m.Headers)
	if !machine && len(failed) == 0 && outerScore(m) == 0 {
		return nil
	}
	text := newReportText(m)
	if !machine && len(failed) == 0 && !text.isBounce(m) {
		return nil
	}
	b.findOriginal(m, text)
	switch {
	case b.Feedback != "":
		b.complaint()
	case len(b.Recipients) == 0:
		b.Recipients = text.recipients(failed, b.Original)
		b.inner(m, text)
		if !machine && len(b.Recipients) == 0 {
			return nil // it tells of nobody: nothing could follow from it
		}
	}
	if b.Feedback == "" {
		for i := range b.Recipients {
			text.complete(&b.Recipients[i], len(b.Recipients) == 1)
		}
	}
	return b
}

// readReports reads the parts that machines wrote; true when there is a report of a delivery or a complaint among them.
func (b *Bounce) readReports(m *Mail) bool {
	found := false
	for _, r := range m.reports {
		switch r.media {
		case "message/delivery-status", "message/global-delivery-status", "message/x-delivery-status":
			b.addGroups(statusGroups(r.body))
			found = true
		case "message/feedback-report":
			for _, g := range statusGroups(r.body) {
				if kind := strings.ToLower(firstWord(g.Get("Feedback-Type"))); kind != "" && b.Feedback == "" {
					b.Feedback, found = kind, true
				}
				for _, v := range append(g.All("Original-Rcpt-To"), g.All("Removal-Recipient")...) {
					b.addComplainer(typedAddress(v))
				}
			}
		}
	}
	return found || strings.Contains(strings.ToLower(m.Headers.Get("Content-Type")), "report-type=delivery-status")
}

// addGroups adds the recipients of a machine-readable report, each once.
func (b *Bounce) addGroups(groups []Headers) {
	for _, g := range groups {
		p, ok := recipientOf(g)
		if !ok || len(b.Recipients) >= maxRecipients {
			continue
		}
		if n := len(b.Recipients); n > 0 && b.Recipients[n-1].Address == "" && p.Address != "" {
			b.Recipients[n-1] = merged(b.Recipients[n-1], p) // a blank line has cut one group in two
			continue
		}
		b.Recipients = append(b.Recipients, p)
	}
}

func merged(a, b Recipient) Recipient {
	if b.Action == "" {
		b.Action = a.Action
	}
	if b.Status == "" {
		b.Status = a.Status
	}
	if b.Diagnostic == "" {
		b.Diagnostic = a.Diagnostic
	}
	return b
}

// complaint completes a complaint: about whom, when the report doesn't tell, says the mail complained of.
func (b *Bounce) complaint() {
	if len(b.Recipients) == 0 {
		for _, a := range addressesOf(b.Original, "To") {
			b.addComplainer(a.Addr)
		}
	}
	for i := range b.Recipients {
		b.Recipients[i].Action = "complained"
		b.Recipients[i].Diagnostic = b.Feedback
	}
}

// addComplainer adds whose complaint it is, once.
func (b *Bounce) addComplainer(address string) {
	for _, p := range b.Recipients {
		if strings.EqualFold(p.Address, address) {
			return
		}
	}
	if address != "" && len(b.Recipients) < maxRecipients {
		b.Recipients = append(b.Recipients, Recipient{Address: address})
	}
}

// findOriginal finds the headers of the mail that was sent: attached, attached as headers only, or quoted in the text.
func (b *Bounce) findOriginal(m *Mail, text *reportText) {
	for i := range m.Embedded {
		if h := m.Embedded[i].Headers; len(h) > 0 {
			b.Original = h
			break
		}
	}
	if len(b.Original) == 0 {
		for _, r := range m.reports {
			if strings.Contains(r.media, "headers") || r.media == "text/rfc822-header" {
				b.Original = headersIn(r.body)
			}
		}
	}
	if len(b.Original) == 0 {
		b.Original = headersIn([]byte(text.original))
	}
	if len(b.Original) == 0 {
		b.Original = m.stray
	}
	b.OriginalMessageID = first(ParseIDs(b.Original.Get("Message-Id")))
}

// headersIn reads the header block at the beginning of a mail.
func headersIn(mail []byte) Headers {
	return newReader(newLineSourceBytes(mail), nil, Limits{}.withDefaults()).readHeaders()
}

// inner takes the recipients of a report inside a report: some servers forward the reports of others.
func (b *Bounce) inner(m *Mail, text *reportText) {
	if m.reportInside || text.original == "" || !b.Original.Has("Return-Path") || strings.Trim(b.Original.Get("Return-Path"), "<> ") != "" {
		return
	}
	in := newReader(newLineSourceBytes([]byte(text.original)), nil, Limits{}.withDefaults())
	in.mail.reportInside = true
	in.read()
	if inside := findBounce(in.mail); inside != nil && len(inside.Recipients) > 0 {
		b.Recipients, b.Original = inside.Recipients, inside.Original
		b.OriginalMessageID = inside.OriginalMessageID
	}
}

// failedRecipients reads the header in which some servers name whom they could not reach.
func failedRecipients(h Headers) []string {
	var all []string
	for _, a := range addressesOf(h, "X-Failed-Recipients") {
		if a.Addr != "" {
			all = append(all, a.Addr)
		}
	}
	return all
}
