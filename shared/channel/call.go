package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// answerLimit bounds what is read of an answer, in bytes; those of platforms are far smaller.
const answerLimit = 1 << 20

// longestWait is the longest that a platform may ask us to wait.
const longestWait = 24 * time.Hour

// Reply is a platform's answer to a call, with what is known of its way. Status 0 means that none came; Sent is false when
// the call surely did not arrive.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte        // the first megabyte
	Wait   time.Duration // how long the answer asks to wait, by Retry-After
	Sent   bool
	Err    error // why no whole answer came
}

// Call makes a call and reads its answer.
func Call(d Doer, req *http.Request) Reply {
	resp, sent, err := Do(d, req)
	if err != nil {
		return Reply{Sent: sent, Err: err}
	}
	defer resp.Body.Close()
	out := Reply{Status: resp.StatusCode, Header: resp.Header, Sent: true}
	if seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64); err == nil {
		out.Wait = Seconds(seconds)
	}
	if out.Body, err = io.ReadAll(io.LimitReader(resp.Body, answerLimit)); err != nil {
		out.Err = unaddressed(err)
	}
	return out
}

// Seconds is a wait that a platform asks for, within reason.
func Seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), int64(longestWait/time.Second))) * time.Second
}

// Unclear is what became of a send whose answer is not in the platform's own words, so that nobody knows who gave it. Only
// what surely never arrived, or was turned away for the moment, may be sent again.
func (r Reply) Unclear(platform string) Result {
	switch {
	case !r.Sent:
		return r.unsent(platform)
	case r.Status == 0 || r.Err != nil:
		return Result{Outcome: Lost, Detail: platform + "'s answer never came: the message may have been sent."}
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		return Result{Outcome: Again, Detail: platform + " is overloaded.", Wait: r.Wait}
	case r.Status == http.StatusRequestEntityTooLarge:
		return Result{Outcome: Refused, Detail: "The message is too large for " + platform + "."}
	case r.Status >= 300 && r.Status < 500 && r.Status != http.StatusRequestTimeout:
		return Result{Outcome: Refused, Detail: fmt.Sprintf("The address of %s refused the message (status %d), not in %s's words.", platform, r.Status, platform)}
	default:
		return Result{Outcome: Lost, Detail: fmt.Sprintf("%s's answer can't be read (status %d): the message may have been sent.", platform, r.Status)}
	}
}

// unsent is for a request that did not get out: later is safe, unless the address itself is refused.
func (r Reply) unsent(platform string) Result {
	switch desk.CodeOf(r.Err) {
	case desk.Invalid, desk.Forbidden, desk.NotFound, desk.TooLarge:
		return Result{Outcome: Refused, Detail: "The message could not be sent: " + desk.Reason(r.Err)}
	}
	return Result{Outcome: Again, Detail: platform + " can't be reached."}
}

// Strange is the refusal of a call that may be repeated and whose answer is not in the platform's own words.
func (r Reply) Strange(platform string) error {
	switch {
	case desk.CodeOf(r.Err) != desk.Internal && r.Err != nil:
		return r.Err // ours already: a refused address, a wrong setting
	case r.Status == 0 || r.Err != nil:
		return desk.Refuse(desk.Busy, platform+" can't be reached; try again, and check settings.apiBase if it is set.").Because(r.Err)
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		return desk.Refuse(desk.Busy, platform+" is busy; try again in a moment.").After(r.Wait)
	default:
		return desk.Refuse(desk.Busy, fmt.Sprintf("%s's address gave an answer (status %d) that is not %s's; try again, and check settings.apiBase if it is set.", platform, r.Status, platform))
	}
}

// NewRequest makes a request to a platform. An address that can't be read is refused without being repeated, since it may
// hold a secret.
func NewRequest(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, desk.RefuseField("settings.apiBase", "The address can't be read.")
	}
	return req, nil
}

// Hide takes secrets out of words that a platform or a network said.
func Hide(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) > 5 {
			text = strings.ReplaceAll(strings.ReplaceAll(text, s, "…"), url.QueryEscape(s), "…")
		}
	}
	return text
}

// HideIn is an error that holds none of the secrets, whatever its text was made of. Refusals of ours keep their code.
func HideIn(err error, secrets ...string) error {
	if err == nil || desk.CodeOf(err) != desk.Internal {
		return err
	}
	if text := err.Error(); text != Hide(text, secrets...) {
		return errors.New(Hide(text, secrets...))
	}
	return err
}

// Bounded keeps an id that a platform makes of text within what a key may hold.
func Bounded(id string) string {
	if len(id) > 190 {
		return "long:" + desk.Derive(id)
	}
	return id
}

// Fetched is the opened body of a file, or one of the refusals of a fetch: gone for good, too large, try again later.
func Fetched(d Doer, req *http.Request, part desk.Attachment, platform string) (Media, error) {
	resp, _, err := Do(d, req)
	if err != nil {
		return Media{}, desk.Refuse(desk.Busy, platform+"'s files can't be reached.").Because(err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return Media{}, withheld(resp.StatusCode, platform)
	}
	out := Media{Body: resp.Body, Size: resp.ContentLength, ContentType: part.ContentType, Name: part.Name}
	if t := resp.Header.Get("Content-Type"); out.ContentType == "" || t != "" && t != "application/octet-stream" {
		out.ContentType = t
	}
	return out, nil
}

func withheld(status int, platform string) error {
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return desk.Refuse(desk.NotFound, platform+" no longer has the file.")
	case http.StatusRequestEntityTooLarge:
		return desk.Refuse(desk.TooLarge, platform+" doesn't give the file: it is too large.")
	}
	return desk.Refuse(desk.Busy, fmt.Sprintf("%s doesn't give the file now (status %d).", platform, status))
}
