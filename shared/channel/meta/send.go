package meta

import (
	"context"
	"fmt"
	"mime"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// outgoing is the body of a send of a page or an Instagram account.
type outgoing struct {
	Recipient struct {
		ID string `json:"id"`
	} `json:"recipient"`
	Type    string   `json:"messaging_type"`
	Tag     string   `json:"tag,omitempty"`
	ReplyTo *replied `json:"reply_to,omitempty"`
	Message content  `json:"message"`
}

type replied struct {
	Mid string `json:"mid"`
}

type content struct {
	Text       string    `json:"text,omitempty"`
	Attachment *attached `json:"attachment,omitempty"`
	Metadata   string    `json:"metadata,omitempty"` // comes back in the echo
}

type attached struct {
	Type    string `json:"type"`
	Payload struct {
		URL string `json:"url"`
	} `json:"payload"`
}

// step is one call: a text or a file.
type step struct {
	text string
	file *channel.File
}

// Deliver sends a text, then files, each by a call of its own: no call takes both, and none takes a long text. When a
// later call fails, the earlier ones are there to stay, and the result says so.
func (p API) Deliver(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing, can channel.Capabilities) channel.Result {
	steps, detail := plan(m, can)
	body := outgoing{}
	if detail == "" {
		detail = p.open(&body, m, can)
	}
	if detail != "" {
		return channel.Result{Outcome: channel.Refused, Detail: detail}
	}
	body.Recipient.ID = m.To
	out := channel.Result{Outcome: channel.Accepted}
	for i, s := range steps {
		body.ReplyTo = nil
		if i == 0 && m.ReplyTo != "" && !strings.HasPrefix(m.ReplyTo, "long:") {
			body.ReplyTo = &replied{m.ReplyTo}
		}
		key := ""
		if p.object == "page" { // Instagram takes no metadata
			if key = string(m.Key); i < len(steps)-1 && key != "" {
				key += partMark + strconv.Itoa(i+1) // only the last part's echo is the whole message's
			}
		}
		got := p.step(ctx, d, a, m, s, body, key)
		if got.Outcome != channel.Accepted {
			return channel.Partly(out.IDs, len(steps), got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	return out
}

// open chooses by which right the message is sent: as an answer, or as a person's after that. Later there is none.
func (p API) open(b *outgoing, m channel.Outgoing, can channel.Capabilities) (detail string) {
	age := p.now().Sub(m.LastIn)
	switch {
	case m.To == "" || strings.HasPrefix(m.To, "long:"):
		return "The contact has no id at " + p.product + "."
	case m.LastIn.IsZero(), age <= can.Window: // where nothing is known, the platform knows
		b.Type = "RESPONSE"
	case age <= can.HumanWindow && m.Human:
		b.Type, b.Tag = "MESSAGE_TAG", "HUMAN_AGENT"
	case age <= can.HumanWindow:
		return windowWords + " Only what a person writes may still be sent."
	default:
		return windowWords
	}
	return ""
}

// plan divides a message into calls, or says why it can't be sent.
func plan(m channel.Outgoing, can channel.Capabilities) (steps []step, detail string) {
	for _, t := range channel.Split(m.Text, can.TextPart, can.TextUnit) {
		steps = append(steps, step{text: t})
	}
	for i := range m.Files {
		f := &m.Files[i]
		rule, fits := channel.FileRule{}, false
		for _, r := range can.Attachments {
			if strings.HasPrefix(f.ContentType, r.Type) {
				rule, fits = r, true
				break
			}
		}
		switch {
		case !fits:
			return nil, "Files of the type " + f.ContentType + " can't be sent here: " + f.Name
		case f.Size > rule.MaxSize:
			return nil, fmt.Sprintf("The file %s is too large: at most %d MB.", f.Name, rule.MaxSize>>20)
		}
		steps = append(steps, step{file: f})
	}
	if len(steps) == 0 {
		return nil, "There is nothing to send: neither text nor files."
	}
	return steps, ""
}

func (p API) step(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing, s step, body outgoing, key string) channel.Result {
	body.Message = content{Text: s.text, Metadata: key}
	if s.file != nil {
		link, err := s.file.URL(ctx)
		if err != nil && desk.Transient(err) {
			return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		if err != nil {
			return channel.Result{Outcome: channel.Refused, Detail: "The file " + s.file.Name + " can't be sent: " + desk.Reason(err)}
		}
		body.Message.Attachment = &attached{Type: typeOf(s.file.ContentType)}
		body.Message.Attachment.Payload.URL = link
	}
	var answer struct {
		Mid string `json:"message_id"`
	}
	r := p.Post(ctx, d, a, m, "me/messages", body, &answer)
	switch {
	case r.Outcome != channel.Accepted && body.Tag != "" && strings.HasPrefix(r.Detail, windowWords):
		r.Detail += " A person's late answers need the feature Human Agent, which Meta gives the app by App Review."
	case r.Outcome == channel.Accepted && answer.Mid == "":
		return lost("Meta's answer names no message: it may have been sent.")
	case r.Outcome == channel.Accepted:
		r.IDs = []string{bounded(answer.Mid)}
	}
	return r
}

// typeOf is how a file is shown: whatever is neither seen nor heard is a file.
func typeOf(contentType string) string {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch top, _, _ := strings.Cut(kind, "/"); top {
	case "image", "audio", "video":
		return top
	default:
		return "file"
	}
}
