package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Send sends a text with its files, which Twilio fetches by their links. A text that is too long for one message, and on
// WhatsApp each file, is a message of its own.
func (n numbers) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	p, err := reach(d, a)
	if err != nil {
		return channel.Result{Outcome: channel.Refused, Detail: "The channel has no Twilio account.", Broken: desk.Reason(err)}
	}
	if t := m.Message.Template; t != nil {
		return n.template(ctx, p, a, m, t)
	}
	if n.whatsapp && !m.LastIn.IsZero() && n.now().Sub(m.LastIn) > window {
		return refused(words(63016, ""))
	}
	steps, detail := n.plan(m)
	if detail != "" {
		return refused(detail)
	}
	out := channel.Result{Outcome: channel.Accepted}
	for i, s := range steps {
		form, err := n.form(ctx, a, m, s, i == 0)
		if err != nil {
			return channel.Partly(out.IDs, len(steps), unfetched(err))
		}
		got := p.message(ctx, form)
		if got.Outcome != channel.Accepted {
			return channel.Partly(out.IDs, len(steps), got)
		}
		out.IDs = append(out.IDs, got.IDs...)
	}
	return out
}

// template sends what WhatsApp has approved beforehand, after its window too. Twilio names templates by their content SIDs
// and their gaps by numbers from 1.
func (n numbers) template(ctx context.Context, p api, a channel.Account, m channel.Outgoing, t *desk.Template) channel.Result {
	if !n.whatsapp || !isSID(t.Name, "HX") {
		return refused("Twilio names templates by their content SID: HX and 32 characters, in its console under Content Template Builder.")
	}
	form, err := n.form(ctx, a, m, step{}, true)
	if err != nil {
		return unfetched(err)
	}
	form.Set("ContentSid", t.Name)
	if len(t.Values) > 0 {
		gaps := map[string]string{}
		for i, v := range t.Values {
			gaps[strconv.Itoa(i+1)] = v
		}
		b, _ := json.Marshal(gaps) // texts only: this can't fail
		form.Set("ContentVariables", string(b))
	}
	return p.message(ctx, form)
}

// step is one message of Twilio's.
type step struct {
	text  string
	files []channel.File
}

// plan divides a message into Twilio's, or says why it can't be sent.
func (n numbers) plan(m channel.Outgoing) (steps []step, detail string) {
	var total int64
	for _, f := range m.Files {
		limit := int64(mmsLimit)
		if total += f.Size; n.whatsapp {
			total, limit = f.Size, whatsappLimit
		}
		if total > limit {
			return nil, fmt.Sprintf("The file %q is too large: %s takes %d MB.", f.Name, n.name(), limit>>20)
		}
	}
	texts := channel.Split(m.Text, textPart, channel.UTF16)
	if len(texts) > parts {
		return nil, fmt.Sprintf("The text is too long: it would be %d messages, %d at most.", len(texts), parts)
	}
	files := m.Files
	if len(texts) > 0 && len(files) > 0 && captionable(n.whatsapp, files[0]) {
		first := step{text: texts[0], files: files}
		if n.whatsapp {
			first.files = files[:1]
		}
		steps, texts, files = append(steps, first), texts[1:], files[len(first.files):]
	}
	for _, t := range texts {
		steps = append(steps, step{text: t})
	}
	switch {
	case n.whatsapp:
		for i := range files {
			steps = append(steps, step{files: files[i : i+1]})
		}
	case len(files) > 0:
		steps = append(steps, step{files: files})
	}
	if len(steps) == 0 {
		return nil, "There is nothing to send: neither text nor files."
	}
	return steps, ""
}

// captionable reports whether a file can carry a text: WhatsApp drops it from what is listened to.
func captionable(whatsapp bool, f channel.File) bool {
	return !whatsapp || !strings.HasPrefix(f.ContentType, "audio/") && f.Usage != desk.UsageSticker
}

func (n numbers) name() string {
	if n.whatsapp {
		return "WhatsApp"
	}
	return "an MMS"
}

// form is a message's parameters. Only the first of several brings our own id back with its statuses: it stands for all.
func (n numbers) form(ctx context.Context, a channel.Account, m channel.Outgoing, s step, first bool) (url.Values, error) {
	from, to := fromOf(a), m.To
	if n.whatsapp {
		from, to = prefix+from, prefix+to
	}
	form := url.Values{"To": {to}}
	if isService(from) {
		form.Set("MessagingServiceSid", from)
	} else {
		form.Set("From", from)
	}
	if s.text != "" {
		form.Set("Body", s.text)
	}
	for _, f := range s.files {
		link, err := f.URL(ctx)
		if err != nil {
			return nil, err
		}
		form.Add("MediaUrl", link)
	}
	if a.Hook != "" {
		hook := a.Hook
		if first && m.Key != "" {
			hook += "?" + url.Values{keyParam: {string(m.Key)}}.Encode()
		}
		form.Set("StatusCallback", hook)
	}
	return form, nil
}

func unfetched(err error) channel.Result {
	if desk.Transient(err) {
		return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
	}
	return refused("A file could not be sent: " + desk.Reason(err))
}

// message sends one message. Only what Twilio itself refused, or what surely never reached it, may be sent again.
func (p api) message(ctx context.Context, form url.Values) channel.Result {
	r, f := p.call(ctx, "/Messages.json", form)
	if f != nil {
		return said(r, f)
	}
	var sent struct {
		SID   string `json:"sid"`
		State string `json:"status"`
		Code  int    `json:"error_code"`
	}
	if r.Err != nil || r.Status != http.StatusCreated && r.Status != http.StatusOK || json.Unmarshal(r.Body, &sent) != nil || sent.SID == "" {
		return r.Unclear(platform)
	}
	if sent.State == "failed" || sent.State == "undelivered" {
		return refused(words(sent.Code, ""))
	}
	return channel.Result{Outcome: channel.Accepted, IDs: []string{channel.Bounded(sent.SID)}}
}

// said is the result of a refusal in Twilio's own words.
func said(r channel.Reply, f *fault) channel.Result {
	m := meaning(f.Code)
	out := channel.Result{Outcome: channel.Refused, Detail: words(f.Code, f.Message), Blocked: m.blocked, Broken: m.broken}
	switch {
	case m.outcome == channel.Again || r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		out.Outcome, out.Wait = channel.Again, r.Wait
	case r.Status >= http.StatusInternalServerError:
		out.Outcome = channel.Lost // it says that something broke, not where
	}
	return out
}

func refused(detail string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: detail}
}
