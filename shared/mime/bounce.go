package mime

// A Bounce is what a delivery report says.
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
	Status     string // the enhanced status code, such as "5.1.1"; "" when none is told or follows
	Diagnostic string // the receiving server's words
}

// findBounce reads a delivery report; nil for any other mail.
func findBounce(m *Mail) *Bounce {
	b := &Bounce{}
	for _, r := range m.reports {
		if r.media != "message/delivery-status" {
			continue
		}
		for _, g := range statusGroups(r.body) {
			if p, ok := recipientOf(g); ok {
				b.Recipients = append(b.Recipients, p)
			}
		}
	}
	if len(b.Recipients) == 0 {
		return nil
	}
	return b
}
