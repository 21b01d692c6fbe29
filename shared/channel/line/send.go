package line

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Send pushes a text and its pictures, up to five messages a call. Each call's retry key comes from our own message id, so
// that a text whose answer never came is sent again: LINE takes it once, within a day.
func (accounts) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	p, err := reach(d, a)
	if err != nil {
		return channel.Result{Outcome: channel.Refused, Detail: "The channel has no valid access token.", Broken: desk.Reason(err)}
	}
	if !isUser(m.To) {
		return refused("The contact has no LINE user id.")
	}
	calls, failed := plan(ctx, m)
	if failed.Outcome != "" {
		return failed
	}
	out := channel.Result{Outcome: channel.Accepted}
	for i, some := range calls {
		got := p.push(ctx, push{m.To, some}, retryKey(m.Key, i))
		switch {
		case got.Outcome == channel.Again && i <= 1:
			return got // the texts' call before is known by its key: nothing is sent twice
		case got.Outcome != channel.Accepted:
			return channel.Partly(out.IDs, len(calls), got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	return out
}

// plan divides a message into calls, or says why it can't be sent. Pictures' addresses differ from try to try, and a retry
// key stands for one and the same request, so they go in calls of their own, after the texts.
func plan(ctx context.Context, m channel.Outgoing) ([][]outward, channel.Result) {
	texts := channel.Split(m.Text, textPart, channel.UTF16)
	if len(texts) > parts {
		return nil, refused(fmt.Sprintf("The text is too long for LINE: it would be %d messages, %d at most.", len(texts), parts))
	}
	var said, shown []outward
	for _, t := range texts {
		said = append(said, outward{Type: "text", Text: t})
	}
	for _, f := range m.Files {
		kind, _, _ := strings.Cut(f.ContentType, ";")
		switch {
		case kind != "image/jpeg" && kind != "image/png":
			return nil, refused(fmt.Sprintf("LINE takes no files but pictures (JPEG, PNG): %q can't be sent.", f.Name))
		case f.Size > imageLimit:
			return nil, refused(fmt.Sprintf("The picture %q is too large for LINE: at most %d MB.", f.Name, imageLimit>>20))
		}
		link, err := f.URL(ctx)
		if err != nil {
			if desk.Transient(err) {
				return nil, channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
			}
			return nil, refused("A picture could not be sent: " + desk.Reason(err))
		}
		shown = append(shown, outward{Type: "image", Original: link, Preview: link})
	}
	calls := slices.Collect(slices.Chunk(said, perCall))
	calls = slices.AppendSeq(calls, slices.Chunk(shown, perCall))
	if len(calls) == 0 {
		return nil, refused("There is nothing to send: neither text nor pictures.")
	}
	return calls, channel.Result{}
}

// retryKey is a UUID that one call of one message always has.
func retryKey(key desk.MessageID, n int) string {
	if key == "" {
		return ""
	}
	b := sha256.Sum256([]byte("line/" + strconv.Itoa(n) + "/" + string(key)))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: of our own making
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// push makes one call that sends.
func (p api) push(ctx context.Context, body push, key string) channel.Result {
	r, f := p.call(ctx, http.MethodPost, p.base+"/v2/bot/message/push", key, body)
	switch {
	case r.Status == http.StatusOK || r.Status == http.StatusConflict && key != "": // taken now, or before
		var done pushed
		if r.Err == nil && json.Unmarshal(r.Body, &done) == nil && (len(done.Sent) > 0 || f != nil) {
			return channel.Result{Outcome: channel.Accepted, IDs: done.ids()}
		}
	case f != nil:
		return said(r, f)
	}
	out := r.Unclear(platform)
	if out.Outcome == channel.Lost && key != "" && body.Messages[0].Type == "text" {
		out.Outcome, out.Detail = channel.Again, "LINE's answer can't be read or never came; it takes the message once, so it is sent again."
	}
	return out
}

func (p pushed) ids() []string {
	var out []string
	for _, s := range p.Sent {
		if s.ID != "" {
			out = append(out, channel.Bounded(s.ID))
		}
	}
	return out
}

// said is the result of a refusal in LINE's own words.
func said(r channel.Reply, f *fault) channel.Result {
	out := refused(f.said())
	switch {
	case r.Status == http.StatusUnauthorized:
		out.Broken = "LINE no longer accepts the channel access token. Issue a new one in the LINE Developers console and paste it."
	case r.Status == http.StatusForbidden:
		out.Broken = "LINE doesn't allow this account to send: " + f.Message
	case r.Status == http.StatusTooManyRequests && strings.Contains(f.Message, "monthly limit"):
		out.Detail = "The account has used up its messages of this month."
		out.Broken = "The account has used up its messages of this month: buy more in LINE's Official Account Manager, or wait for the next."
	case r.Status == http.StatusTooManyRequests || r.Status >= http.StatusInternalServerError:
		out.Outcome, out.Wait = channel.Again, r.Wait
	}
	return out
}

func refused(detail string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: detail}
}
