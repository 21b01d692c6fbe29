package mailroom

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// returned is the reply address that a delivery report returns with the mail of ours that it is about; empty when there
// is none. Its token proves the conversation as well as an answer to the address would: only who got the mail has it.
func (s *Stage) returned(m *mime.Mail) string {
	if m.Bounce == nil {
		return ""
	}
	for _, field := range m.Bounce.Original.All("Reply-To") {
		for _, a := range mime.ParseAddresses(field) {
			address := strings.ToLower(a.Addr)
			if strings.HasPrefix(address, replyPrefix) && strings.HasSuffix(address, "@"+s.Domain) {
				return address
			}
		}
	}
	return ""
}

// deliverReport is where a delivery report goes that returns a reply address: the conversation that it is about. Where
// that address leads nowhere, d is as it was.
func (s *Stage) deliverReport(ctx context.Context, back string, d delivered, m *mime.Mail) (delivered, error) {
	proven, err := s.deliver(ctx, []string{back}, m)
	if err != nil || len(proven.places) == 0 {
		return d, err
	}
	var sentTo []string
	for _, p := range d.places {
		sentTo = append(sentTo, p.recipients...)
	}
	if len(sentTo) > 0 {
		proven.places[0].recipients = sentTo
	}
	return proven, nil
}

// reports are the letters that tell the messages of ours of a delivery report. The message is found in the conversation
// that the report proves, else by the mail service's id of it in the receiving inboxes.
func (s *Stage) reports(ctx context.Context, a arrival, m *mime.Mail, d delivered) ([]desk.Letter, error) {
	if m.Bounce == nil || len(d.places) == 0 {
		return nil, nil
	}
	ch, target, key, err := s.reported(ctx, m, d)
	if err != nil || ch == "" {
		return nil, err
	}
	var letters []desk.Letter
	for i, r := range m.Bounce.Recipients {
		if n, ok := reportNews(r); ok && i < 50 {
			n.Key, n.At = key, a.at
			letters = append(letters, statusLetter(ch, target, "report", n))
		}
	}
	return letters, nil
}

// reported finds the message of ours that a report is about: its channel and either its key or a provider's id of it.
func (s *Stage) reported(ctx context.Context, m *mime.Mail, d delivered) (ch desk.ChannelID, target string, key desk.MessageID, err error) {
	b := m.Bounce
	ids := append(b.Original.All(ownField), b.OriginalMessageID)
	for _, field := range b.Original.All("References") {
		ids = append(ids, mime.ParseIDs(field)...)
	}
	own := s.ownID(ids)
	for _, p := range d.places {
		if c, _, ok := own.Split(); ok && p.conversation == c {
			return p.channel.ID, "", own, nil
		}
	}
	cfg, err := s.Setup.Config(ctx)
	if err != nil || b.OriginalMessageID == "" {
		return "", "", "", err
	}
	targets := []string{"<" + b.OriginalMessageID + ">"}
	if ses, domain, _ := strings.Cut(b.OriginalMessageID, "@"); strings.HasSuffix(domain, ".amazonses.com") {
		targets = append(targets, ses)
	}
	for _, p := range d.places {
		for _, target := range targets {
			if ch, err = s.channelOf(ctx, mailChannels(cfg, p.channel.Inbox), target); err != nil || ch != "" {
				return ch, target, "", err
			}
		}
	}
	return "", "", "", nil
}

// reportNews is what a report says of one recipient; false when that is nothing new.
func reportNews(r mime.Recipient) (desk.StatusNews, bool) {
	as := wireRecipient{Address: r.Address, Status: r.Status, Diagnostic: r.Diagnostic}
	n := as.news(desk.Failed, "")
	switch r.Action {
	case "failed", "":
		n.Detail = who(r) + " can't be reached" + as.because()
		n.Hard = hard(r.Status)
	case "delayed":
		n.State, n.Detail = desk.Sent, who(r)+" can't be reached at the moment; the mail server goes on trying"+as.because()
	case "delivered":
		n.State = desk.Delivered
	case "complained":
		n.State, n.Complained, n.Detail = desk.Delivered, true, who(r)+" marked the mail as unwanted."
	default:
		return n, false
	}
	return n, true
}

func who(r mime.Recipient) string {
	if r.Address == "" {
		return "The address"
	}
	return r.Address
}

// hard says whether a status code (RFC 3463) means that the address will never work. A full mailbox, a mail that is too
// large or a policy against this mail are no faults of the address.
func hard(status string) bool {
	if !strings.HasPrefix(status, "5.") {
		return false
	}
	for _, passing := range []string{"5.2.2", "5.2.3", "5.3.", "5.4.", "5.5.", "5.6.", "5.7."} {
		if strings.HasPrefix(status, passing) {
			return false
		}
	}
	return true
}
