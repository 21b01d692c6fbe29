package delivery

import (
	"context"
	"io"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	longestText = 4 << 20          // bytes of a text that lies in the object store
	linkValid   = 30 * time.Minute // of a file's address, for platforms that fetch

	threadEntries = 40 // of the conversation, for a mail's references and recipients
)

// outgoing makes of a message what its channel sends. An error means that nothing was sent: for good unless transient.
func (s *Stage) outgoing(ctx context.Context, can channel.Capabilities, m desk.Message) (channel.Outgoing, error) {
	out := channel.Outgoing{
		Key: m.ID(), To: m.Thread, Message: m, Text: m.Text, ReplyTo: m.ReplyTo, Human: m.Author.Kind == desk.ByUser,
		Integration: []string{m.Thread}, HTML: m.HTML,
	}
	conv, err := s.Threads.Conversation(ctx, m.Conversation)
	if err != nil && desk.CodeOf(err) != desk.NotFound {
		return out, err
	}
	out.LastIn, out.Conversation = conv.LastIn.Time(), conv
	if can.Subject {
		if out.Thread, _, err = s.Threads.Messages(ctx, m.Conversation, "", m.Key, threadEntries); err != nil {
			return out, err
		}
	}
	if out.ReplyTo == "" && m.InReplyTo != "" {
		if out.ReplyTo, err = s.answers(ctx, m); err != nil {
			return out, err
		}
	}
	if m.TextKey != "" {
		if out.Text, err = s.text(ctx, m.TextKey); err != nil {
			return out, err
		}
	}
	if m.HTMLKey != "" {
		if out.HTML, err = s.text(ctx, m.HTMLKey); err != nil {
			return out, err
		}
	}
	for _, a := range m.Attachments {
		if a.Key == "" {
			return out, desk.Refuse(desk.NotFound, "The file "+a.Name+" is not here and can't be sent.")
		}
		out.Files = append(out.Files, s.file(a))
	}
	return out, nil
}

// answers is the platform's id of the message that m answers; empty when that is gone, which is no reason not to answer.
func (s *Stage) answers(ctx context.Context, m desk.Message) (string, error) {
	to, err := s.Threads.Message(ctx, m.InReplyTo)
	switch {
	case desk.CodeOf(err) == desk.NotFound && err != nil:
		return "", nil
	case err != nil:
		return "", err
	case to.Channel != m.Channel:
		return "", nil
	case to.ProviderID == "" && len(to.Providers) > 0:
		return to.Providers[0], nil
	}
	return to.ProviderID, nil
}

func (s *Stage) text(ctx context.Context, key string) (string, error) {
	body, _, err := s.Objects.Get(ctx, key)
	if err != nil {
		return "", err
	}
	defer body.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(body, longestText))
	if err != nil {
		return "", desk.Refuse(desk.Busy, "The message's text could not be read; it is tried again.").Because(err)
	}
	return string(raw), nil
}

func (s *Stage) file(a desk.Attachment) channel.File {
	return channel.File{
		Attachment: a,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			body, _, err := s.Objects.Get(ctx, a.Key)
			return body, err
		},
		URL: func(ctx context.Context) (string, error) {
			return s.Objects.Link(ctx, a.Key, a.Name, a.ContentType, linkValid)
		},
	}
}
