package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// Mailer hands a finished mail to the mail service, once: from an address without a name, to the envelope's recipients.
// It gives the service's id of the mail. The tags come back with the service's news. Errors: desk.Busy (surely not sent,
// later it may be), desk.Forbidden (the account may not send), others are refusals; lost says that the mail may have gone
// out all the same.
type Mailer interface {
	Deliver(ctx context.Context, from string, to []string, raw []byte, tags map[string]string) (id string, lost bool, err error)
}

// Tokens makes the signed tokens of reply addresses, and signs what codes are made of.
type Tokens interface {
	ReplyToken(ctx context.Context, id desk.ConversationID) (string, error)
	HMAC(ctx context.Context, purpose string, data []byte) ([]byte, error)
}

// Options are what sending needs. Domain is the stack's mail domain, Region the mail service's.
type Options struct {
	Mailer Mailer
	Tokens Tokens
	Domain string
	Region string
	Now    func() time.Time // the clock; UTC's when nil
}

type sender struct {
	described
	Options
}

// New is mail as a kind of channel that can send.
func New(o Options) channel.Kind {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	s := sender{Options: o}
	kind := Describe()
	kind.Channel = s
	if o.Domain != "" {
		kind.Names = func(m channel.Outgoing) []string { return []string{alias(s.ownID(m.Key))} }
	}
	return kind
}

// The tags that come back with the service's news of a mail, and the field by which one of ours is known that comes back.
const (
	tagMessage = "loket-message"
	tagChannel = "loket-channel"
	ownField   = "X-Loket-Message"
)

// Send writes the mail and hands it to the mail service.
func (s sender) Send(ctx context.Context, _ channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	if s.Domain == "" {
		return refused("No mail domain is set up, so no mail can be sent.")
	}
	out, err := s.compose(ctx, a, m)
	if err != nil {
		if desk.Transient(err) {
			return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		return refused(sentence(err))
	}
	envelope := recipients(out)
	switch {
	case len(envelope) == 0:
		return refused("Nobody is named that the mail could go to.")
	case len(envelope) > maxRecipients:
		return refused(fmt.Sprintf("The mail has %d recipients; it can have %d.", len(envelope), maxRecipients))
	}
	return s.hand(ctx, a, m, out, envelope)
}

// hand gives the mail to the mail service. Where that may not send from the address of the company (any more), the mail
// goes out from the inbox's own address at once: it surely was not sent.
func (s sender) hand(ctx context.Context, a channel.Account, m channel.Outgoing, out mime.Outgoing, envelope []string) channel.Result {
	raw, err := write(out, m.Files)
	if err != nil {
		if desk.Transient(err) {
			return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		return refused(sentence(err))
	}
	tags := map[string]string{tagMessage: string(m.Key), tagChannel: string(a.Channel)}
	id, lost, err := s.Mailer.Deliver(ctx, out.From.Addr, envelope, raw, tags)
	if own := out.From.Addr; own == a.Sender.Address && !lost && unproven(err) {
		out.From.Addr = s.fallback(a)
		r := s.hand(ctx, a, m, out, envelope)
		if r.Outcome == channel.Accepted {
			r.Warning = "Answers are sent from " + out.From.Addr + ": the mail service may not send from " + own + ". " + sentence(err)
			r.Detail = "Sent from " + out.From.Addr + ", because the mail service may not send from " + own + "."
		}
		return r
	}
	return s.outcome(id, lost, err)
}

// unproven says that the mail service does not let us send from the address: the words are Amazon's, where an identity is
// not, or not any more, verified.
func unproven(err error) bool {
	return err != nil && desk.CodeOf(err) == desk.Invalid && strings.Contains(strings.ToLower(sentence(err)), "not verified")
}

// write makes the whole mail in memory: the mail service takes it in one call.
func write(out mime.Outgoing, files []channel.File) ([]byte, error) {
	size := int64(64<<10 + len(out.Text) + len(out.HTML))
	for _, f := range files {
		size += f.Size + f.Size*2/5
	}
	b := bytes.NewBuffer(make([]byte, 0, min(size, maxMail)))
	if err := mime.Compose(&bounded{b}, out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// bounded refuses what makes a mail too large.
type bounded struct{ *bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxMail {
		return 0, desk.Refuse(desk.TooLarge, fmt.Sprintf("The mail is larger than %d MB with its files, as they are encoded for sending.", maxMail>>20))
	}
	return b.Buffer.Write(p)
}

// recipients are the envelope's: everybody once.
func recipients(out mime.Outgoing) []string {
	var all []string
	seen := map[string]bool{}
	for _, list := range [][]mime.Address{out.To, out.Cc, out.Bcc} {
		for _, a := range list {
			if low := strings.ToLower(a.Addr); !seen[low] {
				seen[low] = true
				all = append(all, a.Addr)
			}
		}
	}
	return all
}

// outcome is what became of a mail, with every id by which an answer or a report may name it.
func (s sender) outcome(id string, lost bool, err error) channel.Result {
	switch {
	case err == nil:
		return channel.Result{Outcome: channel.Accepted, IDs: append([]string{id}, wireAliases(id, s.Region)...)}
	case lost:
		return channel.Result{Outcome: channel.Lost, Detail: "The mail service's answer never came: the mail may have been sent."}
	case desk.Transient(err):
		return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err), Wait: desk.WaitOf(err)}
	case desk.CodeOf(err) == desk.Forbidden:
		return channel.Result{Outcome: channel.Refused, Detail: desk.Reason(err), Broken: desk.Reason(err)}
	}
	return refused(sentence(err))
}

func refused(detail string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: detail}
}

// sentence is what an agent may read of an error: a refusal's words, or the writer's, which says what can't be written.
func sentence(err error) string {
	var ours *desk.Error
	if errors.As(err, &ours) {
		return ours.Message
	}
	words := err.Error()
	return "The mail can't be written: " + words + "."
}

// files are the attachments as the writer takes them.
func files(ctx context.Context, all []channel.File) []mime.File {
	var out []mime.File
	for _, f := range all {
		out = append(out, mime.File{
			Name: f.Name, ContentType: f.ContentType, ContentID: f.ContentID, Inline: f.Inline,
			Open: func() (io.ReadCloser, error) { return open(ctx, f) },
		})
	}
	return out
}

// open opens a file, and makes a connection that breaks off later a reason to try again.
func open(ctx context.Context, f channel.File) (io.ReadCloser, error) {
	body, err := f.Open(ctx)
	if desk.CodeOf(err) == desk.NotFound && err != nil {
		return nil, desk.Refuse(desk.NotFound, "The file "+f.Name+" is not here any more and can't be sent.").Because(err)
	}
	if err != nil {
		return nil, busy(f.Name, err)
	}
	return fileBody{body, f.Name}, nil
}

func busy(name string, err error) error {
	return desk.Refuse(desk.Busy, "The file "+name+" could not be read; it is tried again.").Because(err)
}

type fileBody struct {
	io.ReadCloser
	name string
}

func (b fileBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = busy(b.name, err)
	}
	return n, err
}
