package meta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// fewTries is how often a message is tried against an error that seldom passes.
const fewTries = 5

// Post makes a call that must not be made twice, and reads what Meta answered into the value given. Only what Meta itself
// refused, or what surely never reached it, may be sent again.
func (p API) Post(ctx context.Context, d channel.Doer, a channel.Account, m channel.Outgoing, path string, body, into any) channel.Result {
	r := p.call(ctx, d, a, http.MethodPost, path, nil, body)
	switch {
	case r.Fault != nil:
		return said(r, m.Message.Tries)
	case !r.Sent:
		return unsent(r.Err)
	case r.Status == 0 || r.Err != nil:
		return lost("Meta's answer never came: the message may have been sent.")
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		return channel.Result{Outcome: channel.Again, Detail: slowWords, Wait: r.Wait}
	case r.Status >= 300 && r.Status < 500 && r.Status != http.StatusRequestTimeout:
		return channel.Result{Outcome: channel.Refused, Detail: fmt.Sprintf("The address of the Graph API refused the message (status %d), not in Meta's words.", r.Status)}
	case r.Status >= 500 || json.Unmarshal(r.Body, into) != nil:
		return lost(fmt.Sprintf("Meta's answer can't be read (status %d): the message may have been sent.", r.Status))
	}
	return channel.Result{Outcome: channel.Accepted}
}

// said is the result of a refusal in Meta's own words.
func said(r reply, tries int) channel.Result {
	f := r.Fault
	m, known := meaningOf(f.Code, f.Subcode)
	if !known && (r.Status >= 500 || r.Status == http.StatusTooManyRequests) {
		m.verdict = few
	}
	out := channel.Result{Outcome: channel.Refused, Detail: wordsOf(f.Code, f.Subcode, f.said())}
	switch m.verdict {
	case again:
		out.Outcome, out.Wait = channel.Again, r.Wait
	case few:
		if tries < fewTries {
			out.Outcome, out.Wait = channel.Again, r.Wait
		}
	case blocked:
		out.Blocked = true
	case broken:
		out.Broken = m.words
	}
	return out
}

// unsent is for a request that did not get out: later is safe, unless the address itself or the account is refused.
func unsent(err error) channel.Result {
	switch desk.CodeOf(err) {
	case desk.Invalid, desk.Forbidden, desk.NotFound, desk.TooLarge:
		return channel.Result{Outcome: channel.Refused, Detail: "The message could not be sent: " + desk.Reason(err)}
	}
	return channel.Result{Outcome: channel.Again, Detail: "Meta can't be reached."}
}

func lost(detail string) channel.Result {
	return channel.Result{Outcome: channel.Lost, Detail: detail}
}

// Ask makes a call that may be repeated, and reads its answer unless into is nil. Refusals: desk.Invalid (a credential or
// the form), desk.Forbidden (a permission), desk.NotFound (no such thing for this token), desk.Busy.
func (p API) Ask(ctx context.Context, d channel.Doer, a channel.Account, method, path string, query url.Values, body, into any) error {
	r := p.call(ctx, d, a, method, path, query, body)
	switch {
	case r.Fault != nil:
		return refusal(r)
	case desk.CodeOf(r.Err) != desk.Internal && r.Err != nil:
		return r.Err
	case r.Err != nil:
		return desk.Refuse(desk.Busy, "Meta can't be reached; try again, and check the address of the Graph API if one is set.").Because(r.Err)
	case r.Status != http.StatusOK:
		return desk.Refuse(desk.Busy, fmt.Sprintf("The address of the Graph API gave an answer (status %d) that is not Meta's; try again, and check the address if one is set.", r.Status))
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(r.Body, into); err != nil {
		return desk.Refuse(desk.Busy, "Meta's answer can't be read; is the address of the Graph API right?").Because(err)
	}
	return nil
}

// refusal says in an admin's words what Meta refused.
func refusal(r reply) error {
	f := r.Fault
	m, known := meaningOf(f.Code, f.Subcode)
	cause := errors.New(f.Message)
	switch {
	case strings.Contains(f.Message, "appsecret_proof"):
		return desk.RefuseField("credentials."+secretField, "This is not the secret of the app that the access token belongs to. It is shown in the app dashboard under App settings, Basic.").Because(cause)
	case f.Code == 190 || f.Code == 0 || f.Code == 102:
		return desk.RefuseField("credentials."+tokenField, "Meta doesn't accept this access token: "+f.said()+" Make a new one and paste it whole.").Because(cause)
	case f.Code == 10 || f.Code == 3 || f.Code >= 200 && f.Code <= 299:
		return desk.Refuse(desk.Forbidden, "The access token lacks a permission: "+f.said()).Because(cause)
	case f.Code == 100 && f.Subcode == 33, f.Code == 803, r.Status == http.StatusNotFound:
		return desk.Refuse(desk.NotFound, "Meta knows no such account for this access token: "+f.said()).Because(cause)
	case known && (m.verdict == again || m.verdict == few), r.Status >= 500, r.Status == http.StatusTooManyRequests:
		return desk.Refuse(desk.Busy, "Meta is busy; try again in a moment: "+f.said()).After(r.Wait).Because(cause)
	default:
		return desk.Refuse(desk.Invalid, "Meta refused: "+f.said()).Because(cause)
	}
}
