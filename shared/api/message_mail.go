package api

import (
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// MessageMail is what an incoming mail tells beside its message.
type MessageMail struct {
	MessageID  string       `json:"messageId"`
	Recipients []string     `json:"recipients" nullable:"false" doc:"Our addresses that it came to."`
	ReplyTo    []Address    `json:"replyTo" nullable:"false"`
	Automatic  *string      `json:"automatic" doc:"The kind of automatic mail that it is; null when a person wrote it."`
	Checks     []string     `json:"checks" nullable:"false" doc:"What the mail service found about its sender and content, in words."`
	Unverified bool         `json:"unverified" doc:"The sender's own domain disowns the mail."`
	Problems   []string     `json:"problems" nullable:"false" doc:"What of it could not be read as it should be."`
	Forwarded  *ForwardedIn `json:"forwarded" doc:"The mail that was forwarded in it; POST /v1/messages/{id}/sender says whose message it is."`
}

// ForwardedIn is the mail that was found inside a forwarded one. All of it is text that the forwarder could have changed.
type ForwardedIn struct {
	From    Address   `json:"from"`
	To      []Address `json:"to" nullable:"false"`
	Subject string    `json:"subject"`
	Date    string    `json:"date" doc:"As it is written in the mail."`
	Used    string    `json:"used" enum:"ORIGINAL,FORWARDER" doc:"Whose message it is now."`
}

// showMail is what a message's mail tells; null where the message is no incoming mail.
func showMail(m desk.Message) *MessageMail {
	if m.Mail == nil || m.Direction != desk.Incoming {
		return nil
	}
	x := m.Mail
	out := &MessageMail{
		MessageID: x.MessageID, Recipients: texts(x.Recipients), ReplyTo: showAddresses(x.ReplyTo), Automatic: some(x.Auto), Checks: checks(x.Verdicts),
		Unverified: x.Unverified, Problems: texts(x.Problems),
	}
	if f := x.Forwarded; f != nil {
		out.Forwarded = &ForwardedIn{Address{f.From.Name, f.From.Address}, showAddresses(f.To), f.Subject, f.Date, "FORWARDER"}
		if x.Original {
			out.Forwarded.Used = "ORIGINAL"
		}
	}
	return out
}

// checks are the mail service's verdicts in words, the good ones too. What it did not look at is left out.
func checks(v desk.Verdicts) []string {
	out := []string{}
	for _, c := range []struct{ verdict, passed, failed string }{
		{v.Spam, "It is not taken for spam.", "It is taken for spam."},
		{v.Virus, "No virus was found.", "A virus was found."},
		{v.SPF, "It came from a server that the sender's domain allows (SPF).", "It came from a server that the sender's domain does not allow (SPF)."},
		{v.DKIM, "Its signature is right (DKIM).", "Its signature is missing or wrong (DKIM)."},
		{v.DMARC, "The sender's domain stands by it (DMARC).", "The sender's domain does not stand by it (DMARC)."},
	} {
		switch strings.ToUpper(c.verdict) {
		case "PASS":
			out = append(out, c.passed)
		case "FAIL":
			out = append(out, c.failed)
		}
	}
	return out
}
