package whatsapp

import (
	"context"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// outgoing is the body of a send.
type outgoing struct {
	Product   string        `json:"messaging_product"`
	Kind      string        `json:"recipient_type"`
	To        string        `json:"to,omitempty"`        // a number
	Recipient string        `json:"recipient,omitempty"` // a business-scoped user id
	Type      string        `json:"type"`
	Context   *replied      `json:"context,omitempty"`
	Opaque    string        `json:"biz_opaque_callback_data,omitempty"`
	Text      *textBody     `json:"text,omitempty"`
	Image     *fileBody     `json:"image,omitempty"`
	Audio     *fileBody     `json:"audio,omitempty"`
	Video     *fileBody     `json:"video,omitempty"`
	Document  *fileBody     `json:"document,omitempty"`
	Sticker   *fileBody     `json:"sticker,omitempty"`
	Template  *templateBody `json:"template,omitempty"`
}

type replied struct {
	ID string `json:"message_id"`
}

type textBody struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url,omitempty"`
}

type fileBody struct {
	Link    string `json:"link"`
	Caption string `json:"caption,omitempty"`
	Name    string `json:"filename,omitempty"`
}

type templateBody struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []component `json:"components,omitempty"`
}

type component struct {
	Type       string      `json:"type"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// step is one call: a text, a file with its caption, or a template.
type step struct {
	text     string
	file     *channel.File
	template *desk.Template
}

// Send sends a text, files, or a template. WhatsApp takes one thing a call, and texts of 4,096 characters: when a later
// call fails, the earlier ones are there to stay, and the result says so.
func (n numbers) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	steps, detail := plan(m)
	if detail != "" {
		return refused(detail)
	}
	to := outgoing{Product: "whatsapp", Kind: "individual"}
	if detail = address(&to, m.To); detail != "" {
		return refused(detail)
	}
	out := channel.Result{Outcome: channel.Accepted}
	for i, s := range steps {
		body, key := to, string(m.Key)
		if i < len(steps)-1 && key != "" {
			key += partMark + strconv.Itoa(i+1) // only the last part's statuses are the whole message's
		}
		body.Opaque = key
		if i == 0 && strings.HasPrefix(m.ReplyTo, "wamid.") {
			body.Context = &replied{m.ReplyTo}
		}
		got := n.step(ctx, d, a, m, s, body)
		if got.Outcome != channel.Accepted {
			return channel.Partly(out.IDs, len(steps), got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	return out
}

// address names the receiver: by number, or by user id where the number is hidden.
func address(b *outgoing, to string) (detail string) {
	number := strings.TrimPrefix(to, "+")
	switch country, rest, dotted := strings.Cut(to, "."); {
	case isNumber(number):
		b.To = number
	case dotted && len(country) == 2 && rest != "":
		b.Recipient = to
	default:
		return "The contact has no WhatsApp number or id."
	}
	return ""
}

// plan divides a message into calls, or says why it can't be sent. A short text goes with the first file, where its kind
// takes one.
func plan(m channel.Outgoing) (steps []step, detail string) {
	if t := m.Message.Template; t != nil {
		return []step{{template: t}}, ""
	}
	texts := channel.Split(m.Text, textPart, channel.UTF16)
	caption := ""
	if len(m.Files) > 0 && len(texts) == 1 && channel.Measure(texts[0], channel.UTF16) <= captionLimit {
		if kind := kindOf(m.Files[0]); kind != "audio" && kind != "sticker" {
			caption, texts = texts[0], nil
		}
	}
	for _, t := range texts {
		steps = append(steps, step{text: t})
	}
	for i := range m.Files {
		if m.Files[i].Size > fileLimit {
			return nil, "The file " + m.Files[i].Name + " is too large for WhatsApp: at most 100 MB."
		}
		steps = append(steps, step{file: &m.Files[i], text: caption})
		caption = ""
	}
	if len(steps) == 0 {
		return nil, "There is nothing to send: neither text nor files."
	}
	return steps, ""
}

func (n numbers) step(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing, s step, body outgoing) channel.Result {
	switch {
	case s.template != nil:
		body.Type, body.Template = "template", templateOf(s.template)
	case s.file != nil:
		link, err := s.file.URL(ctx)
		if err != nil && desk.Transient(err) {
			return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		if err != nil {
			return refused("The file " + s.file.Name + " can't be sent: " + desk.Reason(err))
		}
		body.Type = kindOf(*s.file)
		body.setFile(&fileBody{Link: link, Caption: s.text}, s.file.Name)
	default:
		body.Type, body.Text = "text", &textBody{s.text, strings.Contains(s.text, "://")}
	}
	var answer accepted
	r := n.graph.Post(ctx, d, a, m, url.PathEscape(a.Settings[numberField])+"/messages", body, &answer)
	if r.Outcome != channel.Accepted {
		return r
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return channel.Result{Outcome: channel.Lost, Detail: "WhatsApp's answer names no message: it may have been sent."}
	}
	r.IDs = []string{bounded(answer.Messages[0].ID)}
	return r
}

func (b *outgoing) setFile(f *fileBody, name string) {
	switch b.Type {
	case "image":
		b.Image = f
	case "audio":
		b.Audio = f
	case "video":
		b.Video = f
	case "sticker":
		b.Sticker = f
	default:
		f.Name = name
		b.Document = f
	}
}

// kindOf chooses how a file is shown. What WhatsApp neither shows nor plays goes as a document, which may be anything.
func kindOf(f channel.File) string {
	kind, _, _ := mime.ParseMediaType(f.ContentType)
	small := f.Size > 0 && f.Size <= mediaLimit
	switch {
	case (kind == "image/jpeg" || kind == "image/png") && f.Size > 0 && f.Size <= imageLimit:
		return "image"
	case kind == "image/webp" && f.Usage == desk.UsageSticker && f.Size <= 500<<10:
		return "sticker"
	case small && slices.Contains([]string{"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}, kind):
		return "audio"
	case small && (kind == "video/mp4" || kind == "video/3gpp"):
		return "video"
	default:
		return "document"
	}
}

func templateOf(t *desk.Template) *templateBody {
	out := &templateBody{Name: t.Name}
	out.Language.Code = t.Language
	if len(t.Values) > 0 {
		c := component{Type: "body"}
		for _, v := range t.Values {
			c.Parameters = append(c.Parameters, parameter{"text", v})
		}
		out.Components = []component{c}
	}
	return out
}

func refused(detail string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: detail}
}
