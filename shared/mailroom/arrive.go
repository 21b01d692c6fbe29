package mailroom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// arrived reads a mail and puts one event a receiving inbox on the queue. All of it is safe to repeat.
func (s *Stage) arrived(ctx context.Context, m desk.QueueMessage, a arrival) error {
	if a.at.IsZero() {
		if a.at = m.SentAt; a.at.IsZero() {
			a.at = s.Now()
		}
	}
	read, lies, err := s.read(ctx, a)
	if err != nil {
		return err
	}
	if !a.told {
		a.recipients = s.writtenTo(read.mail)
	}
	d, err := s.deliver(ctx, a.recipients, read.mail)
	if back := s.returned(read.mail); err == nil && back != "" {
		d, err = s.deliverReport(ctx, back, d, read.mail)
	}
	if err != nil {
		return err
	}
	letters, err := s.letters(ctx, a, read, d)
	if err != nil {
		return err
	}
	if err := s.copyRaw(ctx, a, lies); err != nil {
		return err
	}
	if len(letters) > 0 {
		if err := s.Letters.Send(ctx, letters); err != nil {
			return err
		}
	}
	if d.off > 0 {
		s.Count(CountOff, d.off)
	}
	if len(d.places) == 0 && (d.off == 0 || len(d.strangers) > 0) {
		if err := s.belongsToNothing(ctx, m, a, d); err != nil {
			return err
		}
	}
	s.note(ctx)
	s.noteForwarding(ctx, a, read.mail, d)
	return s.clear(ctx, a, lies)
}

// note tells the diary that mail comes in, at most once a minute. What isn't noted is noted with the next mail.
func (s *Stage) note(ctx context.Context) {
	now := s.Now()
	minute := now.Unix() / 60
	if s.noted.Swap(minute) == minute {
		return
	}
	if err := s.Diary.MailCame(ctx, now); err != nil {
		s.Log.WarnContext(ctx, "that mail came in was not noted", "error", err)
	}
}

// letters are the events of a mail, and those of the mails of ours that it reports on.
func (s *Stage) letters(ctx context.Context, a arrival, read reading, d delivered) ([]desk.Letter, error) {
	if len(d.places) == 0 {
		return nil, nil
	}
	base, err := s.event(ctx, a, read)
	if err != nil {
		return nil, err
	}
	var letters []desk.Letter
	for _, p := range d.places {
		letters = append(letters, fit(eventFor(base, p, d.strangers, read.mail)))
	}
	reports, err := s.reports(ctx, a, read.mail, d)
	return append(letters, reports...), err
}

// reading is a mail as it was read, with its attachments stored.
type reading struct {
	mail  *mime.Mail
	parts []desk.Attachment
}

// where a mail can lie: as it was told, where it was moved to when it was announced before, where the sweep put it.
func (a arrival) where() []string {
	all := []string{a.key, incoming + a.id, done + a.id, late + a.id}
	if a.key == "" {
		all = all[1:]
	}
	return slices.Compact(all)
}

// read reads the mail wherever it lies, and stores its attachments on the way.
func (s *Stage) read(ctx context.Context, a arrival) (_ reading, lies string, err error) {
	for _, lies = range a.where() {
		raw, _, err := s.Objects.Get(ctx, lies)
		if err != nil && desk.CodeOf(err) == desk.NotFound {
			continue
		}
		if err != nil {
			return reading{}, lies, err
		}
		defer raw.Close() //nolint:errcheck // only read
		r, err := s.readMail(ctx, a, raw)
		return r, lies, err
	}
	return reading{}, "", desk.Refuse(desk.NotFound, "The mail that the mail service told of is not in the store.")
}

// maxParts is how many attachments of a mail are kept as files of their own; the raw mail holds the others.
const maxParts = 200

func (s *Stage) readMail(ctx context.Context, a arrival, raw io.Reader) (reading, error) {
	from := &source{r: raw}
	into := &sink{stage: s, ctx: ctx, id: a.id, from: from, unwanted: a.verdicts.Virus == fail}
	m, err := mime.Read(from, into, mime.Limits{})
	if err == nil {
		err = from.err
	}
	if err != nil {
		into.abort()
		if desk.CodeOf(err) == desk.Internal { // the connection's own
			err = desk.Refuse(desk.Busy, "A mail could not be read from the store to its end; it is tried again.").Because(err)
		}
		return reading{}, err
	}
	r := reading{mail: m}
	for i, p := range m.Attachments {
		if i == maxParts {
			break
		}
		r.parts = append(r.parts, into.attachment(p))
	}
	return r, nil
}

// source remembers that the mail broke off, so that no half of an attachment is kept as a whole one.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// sink stores attachments under keys that come from the mail, one after the other.
type sink struct {
	stage    *Stage
	ctx      context.Context //nolint:containedctx // mime.Sink has no other way
	id       string
	from     *source
	unwanted bool // a virus was found
	open     Writer
}

func (k *sink) key(index int) string { return fmt.Sprintf("parts/%s/%d", k.id, index) }

// Attach begins to store an attachment.
func (k *sink) Attach(a mime.Attachment) (io.WriteCloser, error) {
	if k.unwanted || a.Index >= maxParts {
		return nil, nil
	}
	k.open = k.stage.Write(k.ctx, k.key(a.Index), contentType(a))
	return partWriter{k.open, k}, nil
}

func (k *sink) abort() {
	if k.open != nil {
		k.open.Abort()
	}
}

// partWriter ends an attachment only when the mail was read up to there.
type partWriter struct {
	Writer
	sink *sink
}

func (w partWriter) Close() error {
	if err := w.sink.from.err; err != nil {
		w.Abort()
		return err
	}
	return w.Writer.Close()
}

const fail = "FAIL"

// attachment is a part of the mail as the message shows it.
func (k *sink) attachment(a mime.Attachment) desk.Attachment {
	out := desk.Attachment{
		ID: fmt.Sprint(a.Index), Name: a.Name, ContentType: contentType(a), Size: a.Size, Usage: usage(a.ContentType), SHA256: a.SHA256,
		ContentID: a.ContentID, Inline: a.Disposition == mime.Inline, State: desk.PartStored, Key: k.key(a.Index),
	}
	if k.unwanted {
		out.State, out.Key, out.Reason = desk.PartRefused, "", "The mail service found a virus in this mail. The raw mail is kept."
	}
	return out
}

// contentType is what a part says it is, where that is short enough to be true.
func contentType(a mime.Attachment) string {
	if a.ContentType == "" || len(a.ContentType) > 100 {
		return "application/octet-stream"
	}
	return a.ContentType
}

func usage(contentType string) desk.Usage {
	kind, _, _ := strings.Cut(contentType, "/")
	switch kind {
	case "image":
		return desk.UsageImage
	case "audio":
		return desk.UsageAudio
	case "video":
		return desk.UsageVideo
	}
	return desk.UsageFile
}

// copyRaw puts the raw mail where it stays. lies is where it was read.
func (s *Stage) copyRaw(ctx context.Context, a arrival, lies string) error {
	if lies == done+a.id {
		return nil
	}
	return s.Objects.Copy(ctx, lies, done+a.id)
}

// clear takes the mail out of the folder where it waited to be announced.
func (s *Stage) clear(ctx context.Context, a arrival, lies string) error {
	if lies == done+a.id {
		return nil
	}
	return s.Objects.Delete(ctx, lies)
}

// move is copyRaw and clear for a mail that was given up.
func (s *Stage) move(ctx context.Context, a arrival, lies string) error {
	if err := s.copyRaw(ctx, a, lies); err != nil {
		return err
	}
	return s.clear(ctx, a, lies)
}

// belongsToNothing keeps a mail that no inbox gets as a failure: a replay reads it again.
func (s *Stage) belongsToNothing(ctx context.Context, m desk.QueueMessage, a arrival, d delivered) error {
	why := "The mail went to no address of this desk."
	switch {
	case len(d.forged) > 0 && len(d.forged) == len(d.strangers):
		why = "The reply address belongs to nothing: its token was changed, or its conversation is gone. The mail went to " + list(d.strangers) + "."
	case len(d.strangers) > 0:
		why = "The address belongs to nothing: no inbox and no channel has " + list(d.strangers) + "."
	}
	if a.source != "" {
		why += " It came from " + a.source + "."
	}
	f := s.failure(m)
	f.Code, f.Reason, f.Payload, f.PayloadKey = desk.NotFound, clip(why, 1000), a.payload(), done+a.id
	return s.Failures.RecordFailure(ctx, f)
}

// list names the first few addresses.
func list(addresses []string) string {
	if more := len(addresses) - 5; more > 0 {
		return fmt.Sprintf("%s and %d others", strings.Join(addresses[:5], ", "), more)
	}
	return strings.Join(addresses, ", ")
}
