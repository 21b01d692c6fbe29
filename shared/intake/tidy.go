package intake

import (
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Bounds of what is shown on one line, in bytes. Texts have none: they go to S3.
const (
	maxName   = 300
	maxHandle = 100
	maxLine   = 1000 // subjects, reasons
	maxData   = 16 << 10
)

// tidy makes every text of an event storable and bounds the short ones. Ids stay whole, since they must match later:
// only the table knows how it shortens them.
func tidy(e *desk.Inbound, now time.Time) {
	for _, s := range []*string{
		&e.ID, &e.MessageID, &e.Thread, &e.Text, &e.ReplyTo, &e.Target, &e.Account, &e.From.Value, &e.From.Kind,
	} {
		*s = channel.Clean(*s)
	}
	line(&e.From.Name, maxName)
	line(&e.From.Handle, maxHandle)
	line(&e.Subject, maxLine)
	line(&e.Unsupported, maxLine)
	line(&e.Reason, maxLine)
	for i := range e.Attachments {
		tidyPart(&e.Attachments[i])
	}
	for i := range e.From.Also {
		e.From.Also[i].Value = channel.Clean(e.From.Also[i].Value)
	}
	e.At = sane(e.At, now)
	if e.Status != nil {
		news := *e.Status
		news.At = sane(news.At, e.At)
		if !news.UpTo.IsZero() {
			news.UpTo = sane(news.UpTo, e.At)
		}
		line(&news.Detail, maxLine)
		e.Status = &news
	}
}

func tidyPart(a *desk.Attachment) {
	line(&a.Name, maxName)
	line(&a.ContentType, maxName)
	line(&a.Reason, maxLine)
	a.Ref, a.Data = channel.Clean(a.Ref), channel.Clean(a.Data)
	if len(a.Data) > maxData {
		a.State, a.Data, a.Reason = desk.PartRefused, "", "It is too large to be kept with the message."
	}
}

func line(s *string, limit int) { *s = begin(channel.Clean(*s), limit) }
