package mail

import (
	"maps"
	"strings"
	"time"
)

// event is what SES publishes about a sent mail, one of its five parts beside the mail.
type event struct {
	EventType string     `json:"eventType"`
	Mail      sentMail   `json:"mail"`
	Send      *struct{}  `json:"send,omitempty"`
	Reject    *reject    `json:"reject,omitempty"`
	Delivery  *delivery  `json:"delivery,omitempty"`
	Bounce    *bounce    `json:"bounce,omitempty"`
	Complaint *complaint `json:"complaint,omitempty"`
}

type sentMail struct {
	Timestamp        string              `json:"timestamp"`
	Source           string              `json:"source"`
	SourceARN        string              `json:"sourceArn"`
	SendingAccountID string              `json:"sendingAccountId"`
	MessageID        string              `json:"messageId"`
	Destination      []string            `json:"destination"`
	HeadersTruncated bool                `json:"headersTruncated"`
	Headers          fields              `json:"headers"`
	CommonHeaders    commonHeaders       `json:"commonHeaders"`
	Tags             map[string][]string `json:"tags"`
}

type reject struct {
	Reason string `json:"reason"`
}

type delivery struct {
	Timestamp            string   `json:"timestamp"`
	ProcessingTimeMillis int64    `json:"processingTimeMillis"`
	Recipients           []string `json:"recipients"`
	SMTPResponse         string   `json:"smtpResponse"`
	ReportingMTA         string   `json:"reportingMTA"`
}

type bounce struct {
	BounceType        string            `json:"bounceType"`
	BounceSubType     string            `json:"bounceSubType"`
	BouncedRecipients []bounceRecipient `json:"bouncedRecipients"`
	Timestamp         string            `json:"timestamp"`
	FeedbackID        string            `json:"feedbackId"`
	ReportingMTA      string            `json:"reportingMTA,omitempty"`
}

type bounceRecipient struct {
	EmailAddress   string `json:"emailAddress"`
	Action         string `json:"action,omitempty"`
	Status         string `json:"status,omitempty"`
	DiagnosticCode string `json:"diagnosticCode,omitempty"`
}

type complaint struct {
	ComplainedRecipients  []complaintRecipient `json:"complainedRecipients"`
	Timestamp             string               `json:"timestamp"`
	FeedbackID            string               `json:"feedbackId"`
	UserAgent             string               `json:"userAgent"`
	ComplaintFeedbackType string               `json:"complaintFeedbackType"`
	ArrivalDate           string               `json:"arrivalDate"`
}

type complaintRecipient struct {
	EmailAddress string `json:"emailAddress"`
}

// posted is a mail that was accepted.
type posted struct {
	outgoing
	id     string
	at     time.Time
	region string
}

// mail is the part that all events of one mail share. Its tags are the caller's and SES's own.
func (p posted) mail() sentMail {
	headers, truncated := p.headers.capped()
	common := p.headers.common()
	common.MessageID = p.id
	_, domain, _ := strings.Cut(p.from, "@")
	tags := map[string][]string{
		"ses:operation": {"SendEmail"}, "ses:source-ip": {"127.0.0.1"}, "ses:from-domain": {domain}, "ses:caller-identity": {"local"},
	}
	if p.configurationSet != "" {
		tags["ses:configuration-set"] = []string{p.configurationSet}
	}
	for name, value := range maps.All(p.tags) {
		tags[name] = []string{value}
	}
	return sentMail{
		Timestamp: stamp(p.at), Source: p.from, SourceARN: "arn:aws:ses:" + p.region + ":" + account + ":identity/" + domain, SendingAccountID: account,
		MessageID: p.id, Destination: p.to, HeadersTruncated: truncated, Headers: headers, CommonHeaders: common, Tags: tags,
	}
}

func (p posted) send() event { return event{EventType: "Send", Mail: p.mail(), Send: &struct{}{}} }

// rejection is for a mail with a virus, which SES accepts and then does not send.
func (p posted) rejection() event {
	return event{EventType: "Reject", Mail: p.mail(), Reject: &reject{Reason: "Bad content"}}
}

func (p posted) delivered(to []string) event {
	now := time.Now()
	return event{EventType: "Delivery", Mail: p.mail(), Delivery: &delivery{
		Timestamp: stamp(now), ProcessingTimeMillis: now.Sub(p.at).Milliseconds(), Recipients: to,
		SMTPResponse: "250 2.0.0 OK " + p.id, ReportingMTA: p.mta(),
	}}
}

func (p posted) mta() string { return "a0-1.smtp-out." + p.region + ".amazonses.com" }

// bounced says that an address does not exist (subtype General) or is on the suppression list (Suppressed), with the receiving server's words.
func (p posted) bounced(to []string, subtype, status, words string) event {
	b := &bounce{BounceType: "Permanent", BounceSubType: subtype, Timestamp: stamp(time.Now()), FeedbackID: sentID(p.region, time.Now()), ReportingMTA: "dns; " + p.mta()}
	for _, address := range to {
		b.BouncedRecipients = append(b.BouncedRecipients, bounceRecipient{EmailAddress: address, Action: "failed", Status: status, DiagnosticCode: words})
	}
	return event{EventType: "Bounce", Mail: p.mail(), Bounce: b}
}

func (p posted) complained(to string) event {
	now := time.Now()
	return event{EventType: "Complaint", Mail: p.mail(), Complaint: &complaint{
		ComplainedRecipients: []complaintRecipient{{to}}, Timestamp: stamp(now), FeedbackID: sentID(p.region, now),
		UserAgent: "Amazon SES Mailbox Simulator", ComplaintFeedbackType: "abuse", ArrivalDate: stamp(now),
	}}
}

// simulated names what SES's mailbox simulator does for an address (bounce+anything@… is bounce), or "".
func simulated(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if domain != "simulator.amazonses.com" {
		return ""
	}
	name, _, _ := strings.Cut(local, "+")
	return name
}

// fate lists the events of an accepted mail that no relay refuses, in their order.
func (p posted) fate() []event {
	events := []event{p.send()}
	var delivered, bounced, suppressed, complaints []string
	for _, to := range p.to {
		switch simulated(to) {
		case "bounce":
			bounced = append(bounced, to)
		case "suppressionlist":
			suppressed = append(suppressed, to)
		case "complaint":
			complaints = append(complaints, to)
			delivered = append(delivered, to)
		default:
			delivered = append(delivered, to)
		}
	}
	if len(delivered) > 0 {
		events = append(events, p.delivered(delivered))
	}
	if len(bounced) > 0 {
		events = append(events, p.bounced(bounced, "General", "5.1.1", "smtp; 550 5.1.1 user unknown"))
	}
	if len(suppressed) > 0 {
		events = append(events, p.bounced(suppressed, "Suppressed", "5.1.1", "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address."))
	}
	for _, to := range complaints {
		events = append(events, p.complained(to))
	}
	return events
}
