package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Send writes a text into its thread, in several messages where it is long, and then shares the files there together.
func (apps) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	p, err := reach(d, a)
	if err != nil {
		return channel.Result{Outcome: channel.Refused, Detail: "The channel has no valid bot token.", Broken: desk.Reason(err)}
	}
	room, thread := address(m.To)
	if !isRoom(room) {
		return refused("The contact has no Slack thread.")
	}
	texts := channel.Split(m.Text, textPart, channel.Characters)
	if detail := unfit(texts, m.Files); detail != "" {
		return refused(detail)
	}
	steps := len(texts)
	if len(m.Files) > 0 {
		steps++
	}
	out := channel.Result{Outcome: channel.Accepted}
	for i, t := range texts {
		body := post{Channel: room, Thread: thread, Text: escaped(t)}
		if i == 0 && m.Key != "" {
			body.Metadata = &mark{metadata, map[string]string{"key": string(m.Key)}}
		}
		got := p.post(ctx, body)
		if got.Outcome != channel.Accepted {
			return channel.Partly(out.IDs, steps, got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	if len(m.Files) > 0 {
		got := p.share(ctx, room, thread, m.Files)
		if got.Outcome != channel.Accepted {
			return channel.Partly(out.IDs, steps, got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	return out
}

// unfit says why a message can't be sent; empty is that it can.
func unfit(texts []string, files []channel.File) string {
	for _, f := range files {
		if f.Size > fileLimit {
			return fmt.Sprintf("The file %q is too large: at most %d MB.", f.Name, fileLimit>>20)
		}
		if f.Size <= 0 {
			return fmt.Sprintf("The file %q is empty, which Slack doesn't take.", f.Name)
		}
	}
	switch {
	case len(texts) > parts:
		return fmt.Sprintf("The text is too long: it would be %d messages, %d at most.", len(texts), parts)
	case len(texts)+len(files) == 0:
		return "There is nothing to send: neither text nor files."
	}
	return ""
}

// post is chat.postMessage's body.
type post struct {
	Channel  string `json:"channel"`
	Thread   string `json:"thread_ts,omitempty"`
	Text     string `json:"text"`
	Metadata *mark  `json:"metadata,omitempty"`
}

type mark struct {
	Type    string            `json:"event_type"`
	Payload map[string]string `json:"event_payload"`
}

func (p api) post(ctx context.Context, body post) channel.Result {
	r, a := p.call(ctx, "chat.postMessage", body)
	var sent struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	switch {
	case a == nil || a.OK && (json.Unmarshal(r.Body, &sent) != nil || sent.TS == ""):
		return r.Unclear(platform)
	case !a.OK:
		return said(r, a)
	}
	return channel.Result{Outcome: channel.Accepted, IDs: []string{messageID(or(sent.Channel, body.Channel), sent.TS)}}
}

// shared is a file of those that are shared together.
type shared struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// share uploads files, which nobody sees yet, and then shows all of them at once. Only that last call must not be repeated.
func (p api) share(ctx context.Context, room, thread string, files []channel.File) channel.Result {
	var all []shared
	var ids []string
	for _, f := range files {
		id, failed := p.upload(ctx, f)
		if failed.Outcome != "" {
			return failed
		}
		all, ids = append(all, shared{id, f.Name}), append(ids, messageID(room, id))
	}
	r, a := p.call(ctx, "files.completeUploadExternal", struct {
		Files   []shared `json:"files"`
		Channel string   `json:"channel_id"`
		Thread  string   `json:"thread_ts,omitempty"`
	}{all, room, thread})
	switch {
	case a == nil:
		return r.Unclear(platform)
	case !a.OK:
		return said(r, a)
	}
	return channel.Result{Outcome: channel.Accepted, IDs: ids}
}

// upload brings one file's bytes to Slack, to an address that is proof enough: no token goes there.
func (p api) upload(ctx context.Context, f channel.File) (id string, failed channel.Result) {
	r, a := p.call(ctx, "files.getUploadURLExternal", url.Values{"filename": {or(f.Name, "file")}, "length": {strconv.FormatInt(f.Size, 10)}})
	var place struct {
		ID  string `json:"file_id"`
		URL string `json:"upload_url"`
	}
	switch {
	case a == nil || a.OK && (json.Unmarshal(r.Body, &place) != nil || place.ID == "" || place.URL == ""):
		return "", unseen(r.Unclear(platform))
	case !a.OK:
		return "", unseen(said(r, a))
	}
	content, err := f.Open(ctx)
	if err != nil {
		if desk.Transient(err) {
			return "", channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		return "", refused("A file could not be sent: " + desk.Reason(err))
	}
	defer content.Close()
	req, err := channel.NewRequest(ctx, http.MethodPost, place.URL, content)
	if err != nil {
		return "", channel.Result{Outcome: channel.Again, Detail: "Slack names no place for the file."}
	}
	req.ContentLength = f.Size
	req.Header.Set("Content-Type", "application/octet-stream")
	if up := channel.Call(p.http, req); up.Err != nil || up.Status != http.StatusOK {
		return "", unseen(up.Unclear(platform))
	}
	return place.ID, channel.Result{}
}

// unseen is for a step after which nobody has seen anything yet: it may be repeated.
func unseen(r channel.Result) channel.Result {
	if r.Outcome == channel.Lost {
		r.Outcome, r.Detail = channel.Again, "The file could not be brought to Slack."
	}
	return r
}

// said is the result of a refusal in Slack's own words.
func said(r channel.Reply, a *answer) channel.Result {
	m := meaning(a.Error)
	out := channel.Result{Outcome: channel.Refused, Detail: words(a), Broken: m.broken}
	switch {
	case m.outcome == channel.Again || r.Status == http.StatusTooManyRequests:
		out.Outcome, out.Wait = channel.Again, r.Wait
	case m.outcome == channel.Lost:
		out.Outcome = channel.Lost
	}
	return out
}

func refused(detail string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: detail}
}
