package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Send sends a text, or files of which the first carries the text as its caption where that is short enough. Telegram
// takes one thing a call: when a later call fails, the earlier ones are there to stay, and the result says so.
func (bots) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	p, err := reach(d, a)
	if err != nil {
		return channel.Result{Outcome: channel.Refused, Detail: "The channel has no valid bot token.", Broken: "The bot token is missing or misspelt. Paste it anew."}
	}
	chat, err := strconv.ParseInt(m.To, 10, 64)
	if err != nil {
		return refused("The contact has no Telegram chat.")
	}
	steps, detail := plan(m)
	if detail != "" {
		return refused(detail)
	}
	out := channel.Result{Outcome: channel.Accepted}
	for i, s := range steps {
		if i == 0 && m.ReplyTo != "" {
			s.reply, _ = messageNumber(m.ReplyTo)
		}
		got := p.step(ctx, chat, s)
		if got.Outcome != channel.Accepted {
			return partly(out.IDs, len(steps), got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	return out
}

// step is one call: a text, or a file with its caption.
type step struct {
	text  string
	file  *channel.File
	reply int64
}

// plan divides a message into calls, or says why it can't be sent.
func plan(m channel.Outgoing) (steps []step, detail string) {
	text := strings.TrimSpace(m.Text)
	if units(text) > textLimit {
		return nil, fmt.Sprintf("The text is too long for Telegram: %d of at most %d characters.", units(text), textLimit)
	}
	caption := text
	if text != "" && (len(m.Files) == 0 || units(text) > captionLimit) {
		steps, caption = append(steps, step{text: text}), ""
	}
	for i := range m.Files {
		f := &m.Files[i]
		if f.Size > fileLimit {
			return nil, fmt.Sprintf("The file %q is too large for Telegram: at most %d MB.", f.Name, fileLimit>>20)
		}
		steps = append(steps, step{text: caption, file: f})
		caption = ""
	}
	if len(steps) == 0 {
		return nil, "There is nothing to send: neither text nor files."
	}
	return steps, ""
}

func (p api) step(ctx context.Context, chat int64, s step) channel.Result {
	if s.file == nil {
		return p.outcome(p.callJSON(ctx, "sendMessage", textMessage{Chat: chat, Text: s.text, Reply: replyTo(s.reply)}), chat)
	}
	as := methodFor(*s.file)
	r := p.sendFile(ctx, chat, as, s)
	if as == asPhoto && r.refusedPicture() {
		r = p.sendFile(ctx, chat, asDocument, s)
	}
	return p.outcome(r, chat)
}

// textMessage is sendMessage's parameters. There is no parse_mode: what an agent writes is what the contact reads.
type textMessage struct {
	Chat  int64            `json:"chat_id"`
	Text  string           `json:"text"`
	Reply *replyParameters `json:"reply_parameters,omitempty"`
}

// replyParameters lets a message through whose original was deleted in the meantime.
type replyParameters struct {
	Message int64 `json:"message_id"`
	Allow   bool  `json:"allow_sending_without_reply"`
}

func replyTo(id int64) *replyParameters {
	if id == 0 {
		return nil
	}
	return &replyParameters{id, true}
}

// partly is the result of a message whose first calls were done and one was not: it is in part at the contact's, and
// sending it again would double that part.
func partly(ids []string, of int, last channel.Result) channel.Result {
	if len(ids) == 0 {
		return last
	}
	last.Detail = fmt.Sprintf("Only %d of %d parts were sent. %s", len(ids), of, last.Detail)
	last.Outcome, last.IDs, last.Wait = channel.Lost, ids, 0
	return last
}

func refused(detail string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: detail}
}

// units counts UTF-16 code units, which Telegram's limits are in.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

func decodeResult(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return desk.Refuse(desk.Busy, "Telegram's answer has no result.")
	}
	return json.Unmarshal(raw, into)
}
