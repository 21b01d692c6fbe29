package mail

import (
	"fmt"
	"strings"
	"time"
)

// arrival is one mail that is coming in.
type arrival struct {
	id         string
	at         time.Time
	from       string   // envelope; empty for a bounce
	recipients []string // envelope
	helo       string
	headers    fields // as submitted
}

// notice is the notification that SES publishes once the mail is stored.
type notice struct {
	NotificationType string        `json:"notificationType"`
	Mail             arrivedMail   `json:"mail"`
	Receipt          noticeReceipt `json:"receipt"`
}

type arrivedMail struct {
	Timestamp        string        `json:"timestamp"`
	Source           string        `json:"source"`
	MessageID        string        `json:"messageId"`
	Destination      []string      `json:"destination"`
	HeadersTruncated bool          `json:"headersTruncated"`
	Headers          fields        `json:"headers"`
	CommonHeaders    commonHeaders `json:"commonHeaders"`
}

type noticeReceipt struct {
	Timestamp            string       `json:"timestamp"`
	ProcessingTimeMillis int64        `json:"processingTimeMillis"`
	Recipients           []string     `json:"recipients"`
	SpamVerdict          verdict      `json:"spamVerdict"`
	VirusVerdict         verdict      `json:"virusVerdict"`
	SPFVerdict           verdict      `json:"spfVerdict"`
	DKIMVerdict          verdict      `json:"dkimVerdict"`
	DMARCVerdict         verdict      `json:"dmarcVerdict"`
	DMARCPolicy          string       `json:"dmarcPolicy,omitempty"`
	Action               noticeAction `json:"action"`
}

type noticeAction struct {
	Type            string `json:"type"`
	TopicARN        string `json:"topicArn"`
	BucketName      string `json:"bucketName"`
	ObjectKeyPrefix string `json:"objectKeyPrefix"`
	ObjectKey       string `json:"objectKey"`
}

// added are the fields that SES puts above a mail before it stores it.
func (a arrival) added(region string) fields {
	received := fmt.Sprintf("from %s (%s [127.0.0.1]) by inbound-smtp.%s.amazonaws.com with SMTP id %s for %s; %s",
		a.helo, a.helo, region, a.id, a.recipients[0], a.at.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700 (MST)"))
	_, domain, _ := strings.Cut(a.from, "@")
	above := fields{{"Return-Path", "<" + a.from + ">"}, {"Received", received}}
	return append(above, readVerdicts(a.headers).headers(a.from, a.helo, domain)...)
}

// block writes fields as the head of a mail.
func (l fields) block() string {
	var b strings.Builder
	for _, f := range l {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	return b.String()
}

// notice tells of the stored mail, in SES's own shape.
func (a arrival) notice(o InOptions, above fields, key string, took time.Duration) []byte {
	v := readVerdicts(a.headers)
	all := append(append(fields{}, above...), a.headers...)
	headers, truncated := all.capped()
	common := a.headers.common()
	common.ReturnPath = a.from
	destination := a.headers.addresses("To", "Cc")
	if len(destination) == 0 {
		destination = a.recipients
	}
	return toJSON(notice{
		NotificationType: "Received",
		Mail: arrivedMail{
			Timestamp: stamp(a.at), Source: a.from, MessageID: a.id, Destination: destination,
			HeadersTruncated: truncated, Headers: headers, CommonHeaders: common,
		},
		Receipt: noticeReceipt{
			Timestamp: stamp(a.at), ProcessingTimeMillis: took.Milliseconds(), Recipients: a.recipients,
			SpamVerdict: v.Spam, VirusVerdict: v.Virus, SPFVerdict: v.SPF, DKIMVerdict: v.DKIM, DMARCVerdict: v.DMARC, DMARCPolicy: v.Policy,
			Action: noticeAction{Type: "S3", TopicARN: topicARN(inTopic), BucketName: o.Bucket, ObjectKeyPrefix: o.Prefix, ObjectKey: key},
		},
	})
}
