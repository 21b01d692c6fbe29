package mailroom

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// incoming is the folder that the mail service stores mails in, done where they lie after they were announced, and late
// where the sweep puts those whose announcement was lost.
const (
	incoming = "incoming/"
	done     = "mail/"
	late     = "late/"
)

// setupNote is the object that the mail service stores when a rule is made.
const setupNote = "AMAZON_SES_SETUP_NOTIFICATION"

// wire is a record's body in any of its shapes, as far as it is read: SNS's envelope, SES's notice of a mail that came in,
// SES's news of one that we sent, an event of S3 or of Lambda.
type wire struct {
	Type    string `json:"Type,omitempty"` // of SNS
	Message string `json:"Message,omitempty"`
	Event   string `json:"Event,omitempty"` // of S3's test

	Notification string      `json:"notificationType,omitempty"`
	EventType    string      `json:"eventType,omitempty"`
	Mail         wireMail    `json:"mail"`
	Receipt      wireReceipt `json:"receipt,omitzero"`
	newsParts

	Records []wireRecord `json:"Records,omitempty"`
}

type wireRecord struct {
	S3 struct {
		Object struct {
			Key string `json:"key"`
		} `json:"object"`
	} `json:"s3"`
	SES struct {
		Mail    wireMail    `json:"mail"`
		Receipt wireReceipt `json:"receipt"`
	} `json:"ses"`
}

type wireMail struct {
	Timestamp   string              `json:"timestamp,omitempty"`
	Source      string              `json:"source,omitempty"` // of the envelope
	MessageID   string              `json:"messageId,omitempty"`
	Destination []string            `json:"destination,omitempty"`
	Headers     []wireHeader        `json:"headers,omitempty"`
	Common      wireCommon          `json:"commonHeaders,omitzero"`
	Tags        map[string][]string `json:"tags,omitempty"`
}

type wireHeader struct{ Name, Value string }

type wireCommon struct {
	MessageID string `json:"messageId,omitempty"`
}

type wireReceipt struct {
	Recipients  []string    `json:"recipients,omitempty"` // of the envelope
	Spam        wireVerdict `json:"spamVerdict,omitzero"`
	Virus       wireVerdict `json:"virusVerdict,omitzero"`
	SPF         wireVerdict `json:"spfVerdict,omitzero"`
	DKIM        wireVerdict `json:"dkimVerdict,omitzero"`
	DMARC       wireVerdict `json:"dmarcVerdict,omitzero"`
	DMARCPolicy string      `json:"dmarcPolicy,omitempty"`
	Action      wireAction  `json:"action,omitzero"`
}

type wireVerdict struct {
	Status string `json:"status,omitempty"`
}

type wireAction struct {
	Type      string `json:"type,omitempty"`
	ObjectKey string `json:"objectKey,omitempty"`
}

// record is what a body says.
type record struct {
	arrivals []arrival
	news     *wire
}

// arrival is a mail that the service stored.
type arrival struct {
	id         string // the service's id of it, safe as a part of a key
	key        string // where it was stored
	source     string // the envelope's sender; empty for a bounce
	at         time.Time
	recipients []string // of the envelope, in lower case
	verdicts   desk.Verdicts
	told       bool // the service told of it: recipients and verdicts are its own
}

// readRecord reads a body. A refusal says in words why nobody knows what it is.
func readRecord(body []byte) (record, error) {
	var w wire
	if err := json.Unmarshal(body, &w); err != nil {
		return record{}, unknown("it is no JSON", err)
	}
	if w.Type == "Notification" {
		text := w.Message
		if strings.HasPrefix(text, "Successfully validated SNS topic") { // SES tries the topic out
			return record{}, nil
		}
		w = wire{}
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			return record{}, unknown("its message is no JSON", err)
		}
	}
	switch {
	case w.Event == "s3:TestEvent":
		return record{}, nil
	case w.Notification == "AmazonSnsSubscriptionSucceeded":
		return record{}, nil
	case w.Notification == "Received":
		return arrivals(noticed(w.Mail, w.Receipt))
	case w.kind() != "":
		return record{news: &w}, nil
	case len(w.Records) > 0:
		return w.events()
	}
	return record{}, unknown("it tells of nothing that is known", nil)
}

func unknown(why string, cause error) error {
	return desk.Refuse(desk.Malformed, "This is no record of the mail queue: "+why+".").Because(cause)
}

// events reads a record that S3 or Lambda made.
func (w wire) events() (record, error) {
	var all []arrival
	for _, r := range w.Records {
		if r.SES.Mail.MessageID != "" || r.SES.Receipt.Action.ObjectKey != "" {
			all = append(all, noticed(r.SES.Mail, r.SES.Receipt))
			continue
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil || strings.HasSuffix(key, "/") || !strings.HasPrefix(key, incoming) && !strings.HasPrefix(key, late) {
			return record{}, unknown("it tells of an object that is no mail", err)
		}
		all = append(all, arrival{id: safeID(path.Base(key)), key: key})
	}
	return arrivals(all...)
}

func noticed(m wireMail, r wireReceipt) arrival {
	a := arrival{
		id: m.MessageID, key: r.Action.ObjectKey, source: m.Source, at: timeOf(m.Timestamp), told: true,
		verdicts: desk.Verdicts{
			Spam: r.Spam.Status, Virus: r.Virus.Status, SPF: r.SPF.Status, DKIM: r.DKIM.Status, DMARC: r.DMARC.Status,
			DMARCPolicy: strings.ToLower(r.DMARCPolicy),
		},
	}
	for _, to := range r.Recipients {
		a.recipients = append(a.recipients, strings.ToLower(strings.TrimSpace(to)))
	}
	if a.id == "" {
		a.id = path.Base(a.key)
	}
	a.id = safeID(a.id)
	if a.key == "" && r.Action.Type == "SNS" { // the mail itself is nowhere
		a.id = ""
	}
	return a
}

// arrivals leaves out the note that the service stores when a rule is made.
func arrivals(all ...arrival) (record, error) {
	var r record
	for _, a := range all {
		if a.id == "" || a.id == "." {
			return record{}, unknown("it doesn't say where the mail lies", nil)
		}
		if a.id != setupNote && path.Base(a.key) != setupNote {
			r.arrivals = append(r.arrivals, a)
		}
	}
	return r, nil
}

var unsafeInKey = pattern(`[^A-Za-z0-9._-]`)

// safeID is an id that can stand in a key and in an id of ours. The service's ids are letters and digits.
func safeID(id string) string {
	if len(id) > 200 || unsafeInKey().MatchString(id) {
		return desk.Derive("mail", id)
	}
	return id
}

// timeOf is a time as the service writes it; zero when it is none.
func timeOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}

// payload is the notice of a mail once more, without what isn't read: what a failure keeps and a replay puts back.
func (a arrival) payload() json.RawMessage {
	w := wire{Notification: "Received", Mail: wireMail{MessageID: a.id, Source: a.source}, Receipt: wireReceipt{
		Recipients: a.recipients, Spam: wireVerdict{a.verdicts.Spam}, Virus: wireVerdict{a.verdicts.Virus}, SPF: wireVerdict{a.verdicts.SPF},
		DKIM: wireVerdict{a.verdicts.DKIM}, DMARC: wireVerdict{a.verdicts.DMARC}, DMARCPolicy: a.verdicts.DMARCPolicy,
		Action: wireAction{Type: "S3", ObjectKey: a.key},
	}}
	if !a.at.IsZero() {
		w.Mail.Timestamp = a.at.Format(time.RFC3339Nano)
	}
	body, err := json.Marshal(w)
	if err != nil { // strings and lists always encode
		return nil
	}
	return body
}
