// Package mailer hands finished mails to SES.
package mailer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sort"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

// Mailer sends under one configuration set, whose events tell what becomes of each mail.
type Mailer struct {
	cloud *aws.Client
	set   string
}

// New takes the configuration set's name; empty sends without one, and then nothing is heard of a mail again.
func New(cloud *aws.Client, configurationSet string) *Mailer {
	return &Mailer{cloud: cloud, set: configurationSet}
}

// Mail is one mail as it goes out: the envelope's recipients (50 at most) and the whole text, headers included.
type Mail struct {
	From string // an address of a verified identity, without a name
	To   []string
	Raw  []byte
	Tags map[string]string // come back with each event; letters, digits, _ and - only
}

// Send hands the mail over once and never twice: it is tried again only when it surely did not arrive. It gives SES's id
// of the mail. Throttling and outages are desk.Busy, a refusal desk.Invalid with SES's words, a paused or closed account
// desk.Forbidden; ask Unanswered whether the mail may have gone out all the same.
func (m *Mailer) Send(ctx context.Context, mail Mail) (string, error) {
	base, _ := m.cloud.Endpoint(aws.SES)
	u, err := url.Parse(base + "/v2/email/outbound-emails")
	if err != nil {
		return "", err
	}
	body, err := m.body(mail)
	if err != nil {
		return "", err
	}
	res, err := m.cloud.Do(ctx, aws.Call{
		Service: aws.SES, Method: http.MethodPost, URL: u, Body: body, Once: true,
		Header: http.Header{"Content-Type": {"application/json"}},
	})
	if err != nil {
		return "", inWords(err)
	}
	var answer struct {
		MessageID string `json:"MessageId"`
	}
	if err := aws.Decode(aws.SES, res, &answer); err != nil {
		return "", inWords(err)
	}
	if answer.MessageID == "" {
		return "", inWords(&aws.Failure{Service: aws.SES, Cause: errors.New("an answer without an id"), Unanswered: true})
	}
	return answer.MessageID, nil
}

// Deliver is Send for who doesn't know this package's types. lost: the mail may have gone out although there is an error.
func (m *Mailer) Deliver(ctx context.Context, from string, to []string, raw []byte, tags map[string]string) (id string, lost bool, err error) {
	id, err = m.Send(ctx, Mail{From: from, To: to, Raw: raw, Tags: tags})
	return id, err != nil && Unanswered(err), err
}

type tag struct{ Name, Value string }

// body writes the request around the mail without a second copy of its base64.
func (m *Mailer) body(mail Mail) ([]byte, error) {
	var tags []tag
	for name, value := range mail.Tags {
		tags = append(tags, tag{name, value})
	}
	sort.Slice(tags, func(i, j int) bool { return tags[i].Name < tags[j].Name })
	head, err := json.Marshal(struct {
		FromEmailAddress     string `json:",omitempty"`
		Destination          struct{ ToAddresses []string }
		ConfigurationSetName string `json:",omitempty"`
		EmailTags            []tag  `json:",omitempty"`
	}{mail.From, struct{ ToAddresses []string }{mail.To}, m.set, tags})
	if err != nil {
		return nil, err
	}
	const before, after = `,"Content":{"Raw":{"Data":"`, `"}}}`
	body := make([]byte, 0, len(head)+len(before)+base64.StdEncoding.EncodedLen(len(mail.Raw))+len(after))
	body = append(body, head[:len(head)-1]...)
	body = append(body, before...)
	body = base64.StdEncoding.AppendEncode(body, mail.Raw)
	return append(body, after...), nil
}

// Unanswered reports whether the answer never came although the request was under way: SES may have the mail.
func Unanswered(err error) bool {
	var f *aws.Failure
	return errors.As(err, &f) && (f.Unanswered || f.Status == http.StatusGatewayTimeout)
}

func inWords(err error) error {
	var f *aws.Failure
	if !errors.As(err, &f) {
		return err
	}
	switch f.Code {
	case "MessageRejected":
		return refuse(desk.Invalid, "The mail was refused: "+f.Message, f)
	case "MailFromDomainNotVerifiedException":
		return refuse(desk.Invalid, "The domain that the mail is sent from is not verified with Amazon SES.", f)
	case "BadRequestException":
		return refuse(desk.Invalid, "Amazon SES could not read the mail: "+f.Message, f)
	case "NotFoundException":
		return refuse(desk.Invalid, "Amazon SES misses a part of its set-up: "+f.Message, f)
	case "SendingPausedException":
		return refuse(desk.Forbidden, "Sending of mail is paused in the Amazon SES account.", f)
	case "AccountSuspendedException":
		return refuse(desk.Forbidden, "The Amazon SES account is suspended.", f)
	case "AccessDeniedException", "MessageTooLarge":
		return refuse(desk.Internal, "Amazon SES did not accept the request.", f)
	}
	return f.Refusal(desk.Internal, "Amazon SES did not accept the request.")
}

func refuse(code desk.Code, sentence string, f *aws.Failure) error {
	return desk.Refuse(code, sentence).Because(f)
}
