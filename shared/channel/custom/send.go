package custom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// answerBytes is how much of an answer is read; only its beginning is kept.
const (
	answerBytes = 4 << 10
	shownBytes  = 120
)

// waits are the pauses between the tries of one event; after the last try it has failed.
func waits() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
	}
}

// event is the body of the webhook, one a call.
type event struct {
	Type       string                 `json:"type"`
	Portal     int                    `json:"portalId"`
	Channel    string                 `json:"channelId"`
	ID         string                 `json:"eventId"`
	At         time.Time              `json:"eventTimestamp"`
	Account    string                 `json:"channelAccountId,omitempty"`
	Authorized *bool                  `json:"authorized,omitempty"`
	Threads    []string               `json:"channelIntegrationThreadIds"`
	Message    *channel.CustomMessage `json:"message,omitempty"`
	Shown      json.RawMessage        `json:"channelAccount,omitempty"`
}

// Send hands a message, or what happened to an account, to the integration. Every try of one event has the same id, so that
// it is safe to try again whatever happened to the one before.
func (customs) Send(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing) channel.Result {
	x := a.Custom
	switch {
	case x.ID == "" || x.Archived:
		return refused("The custom channel is not registered any more.")
	case x.WebhookURL == "":
		return refused(x.Name + " has told no webhook address, so that nothing can be sent.")
	case a.Credentials[channel.CustomSecret] == "":
		return refused("The secret of " + x.Name + " is not there: register the channel anew.")
	}
	e, err := eventOf(ctx, a, m)
	if err != nil {
		if desk.Transient(err) {
			return channel.Result{Outcome: channel.Again, Detail: desk.Reason(err)}
		}
		return refused(desk.Reason(err))
	}
	body, err := json.Marshal(e)
	if err != nil {
		return refused("The message could not be written down.")
	}
	begun := time.Now()
	status, said, err := post(ctx, d, a, e.ID, body)
	return result(x, m, status, said, err, time.Since(begun))
}

func refused(words string) channel.Result {
	return channel.Result{Outcome: channel.Refused, Detail: words}
}

// eventOf is what is posted. Its id is made of the message and of when it was put in line, so that what an agent sends
// again by hand is a new event.
func eventOf(ctx context.Context, a channel.Account, m channel.Outgoing) (event, error) {
	first := m.First
	if first.IsZero() {
		first = m.Message.At
	}
	e := event{
		Portal: channel.CustomPortal, Channel: a.Custom.ID, At: first.UTC(), Threads: []string{},
		ID: desk.Derive("event", string(m.Key), first.UTC().Format(time.RFC3339Nano)),
	}
	if m.Message.Kind == desk.KindEvent && m.Message.Change != nil {
		var shown channel.CustomAccount
		if err := json.Unmarshal([]byte(m.Message.Raw), &shown); err != nil {
			return e, desk.Refuse(desk.Internal, "The account's state can't be read.").Because(err)
		}
		e.Type, e.Account, e.Authorized, e.Shown = m.Message.Change.What, shown.ID, &shown.Authorized, json.RawMessage(m.Message.Raw)
		return e, nil
	}
	text := m.Text
	if text == "" {
		text = plain(m.HTML)
	}
	links := map[string]string{}
	for _, f := range m.Files {
		link, err := f.URL(ctx)
		if err != nil {
			return e, err
		}
		links[f.ID] = link
	}
	e.Type, e.Account = "OUTGOING_CHANNEL_MESSAGE_CREATED", string(a.Channel)
	shown := channel.ShowCustom(desk.Channel{ID: a.Channel, Type: a.Type}, m.Message, text, m.HTML, links)
	shown.Status, shown.Attempts = channel.CustomStatus{Type: string(desk.Sent)}, nil
	e.Message = &shown
	if a.Custom.Capabilities.ThreadingModel != desk.ThreadByIdentifier {
		e.Threads = append(e.Threads, m.Integration...)
	}
	return e, nil
}

// post makes the call, signed in both ways, and gives the status and the beginning of the answer.
func post(ctx context.Context, d channel.Doer, a channel.Account, id string, body []byte) (status int, said string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Custom.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	now, secret := time.Now().UTC(), a.Credentials[channel.CustomSecret]
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Loket-Webhook/1")
	if err := signature.SignStandard(req.Header, secret, id, body, now); err != nil {
		return 0, "", err
	}
	signature.SignHubSpot(req.Header, secret, http.MethodPost, a.Custom.WebhookURL, body, now)
	resp, _, err := channel.Do(d, req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, answerBytes))
	return resp.StatusCode, brief(string(answer)), nil
}

// brief is the beginning of an answer on one line.
func brief(s string) string {
	line := channel.Clean(s)
	out := []rune{}
	for _, r := range line {
		if r < ' ' {
			r = ' '
		}
		if out = append(out, r); len(out) == shownBytes {
			return string(out) + "…"
		}
	}
	return string(out)
}

// result is what an answer means. Only 410 ends it at once; anything but 2xx is tried again until the tries are over.
func result(x desk.CustomChannel, m channel.Outgoing, status int, said string, err error, took time.Duration) channel.Result {
	attempt := fmt.Sprintf("HTTP %d in %d ms", status, took.Milliseconds())
	if said != "" && status/100 != 2 {
		attempt += ": " + said
	}
	answered := fmt.Sprintf("answered %d", status)
	if err != nil {
		attempt, answered = "No answer: "+err.Error(), "did not answer"
	}
	switch {
	case err == nil && status/100 == 2:
		return channel.Result{Outcome: channel.Accepted, Attempt: attempt}
	case err == nil && status == http.StatusGone:
		gone := x.Name + " answered 410: it wants no more messages, so the account was switched off."
		return channel.Result{Outcome: channel.Refused, Detail: gone, Broken: gone, Gone: true, Attempt: attempt}
	case forbidden(err):
		words := "The webhook address of " + x.Name + " leads where Loket does not call: it must be a public https address."
		return channel.Result{Outcome: channel.Refused, Detail: words, Broken: words, Attempt: attempt}
	}
	tried := max(m.Message.Tries, 1)
	if tried > len(waits()) {
		words := fmt.Sprintf("%s %s at the last of %d tries.", x.Name, answered, tried)
		return channel.Result{Outcome: channel.Refused, Detail: words, Attempt: attempt}
	}
	wait := waits()[tried-1]
	return channel.Result{
		Outcome: channel.Again, Wait: wait, Attempt: attempt,
		Detail: fmt.Sprintf("%s %s; it is tried again %s later.", x.Name, answered, span(wait)),
	}
}

// forbidden reports whether the guarded client refused the address itself.
func forbidden(err error) bool {
	var f interface{ Forbidden() bool }
	return errors.As(err, &f) && f.Forbidden()
}

func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
