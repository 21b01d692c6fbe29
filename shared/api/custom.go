package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The calls of custom channels speak another company's contract, so that programs written for it work here: its paths, its
// shapes and its form of refusals. They are served by hand, since the machinery of our own calls has ours.

// customBases are the paths under which the contract is served, all alike.
func customBases() []string {
	return []string{
		"/conversations/v3/custom-channels", "/conversations/custom-channels/2026-03", "/conversations/custom-channels/2026-09",
	}
}

// customPath takes a path of the contract apart, with or without a slash at its end; ok is false for any other.
func customPath(path string) (base string, parts []string, ok bool) {
	for _, base := range customBases() {
		rest, found := strings.CutPrefix(path, base)
		if !found || rest != "" && rest[0] != '/' {
			continue
		}
		if rest = strings.Trim(rest, "/"); rest == "" {
			return base, nil, true
		}
		return base, strings.Split(rest, "/"), true
	}
	return "", nil, false
}

// customCall is one call of the contract: who makes it, the ids in its path, and its body.
type customCall struct {
	who     *caller
	base    string
	channel string // the registration's id
	id      string // of what is below it
	r       *http.Request
	body    []byte
}

// customAnswer is what a call gives. A nil body is no body.
type customAnswer struct {
	status int
	body   any
}

type customDo func(ctx context.Context, in customCall) (customAnswer, error)

// customCalls are the calls that a path takes, by their method; nil for an address that isn't there.
func (a *API) customCalls(parts []string) map[string]customDo {
	shape := len(parts)
	if shape == 0 {
		return map[string]customDo{get: a.listRegistrations, post: a.register}
	}
	if shape == 1 {
		return map[string]customDo{get: a.readRegistration, patch: a.changeRegistration, del: a.archiveRegistration}
	}
	switch fmt.Sprint(parts[1], " ", shape) {
	case "channel-accounts 2":
		return map[string]customDo{get: a.listAccounts, post: a.createAccount}
	case "channel-accounts 3":
		return map[string]customDo{get: a.readAccount, patch: a.changeAccount}
	case "channel-account-staging-tokens 3":
		return map[string]customDo{patch: a.connectStaged}
	case "messages 2":
		return map[string]customDo{post: a.postCustom}
	case "messages 3":
		return map[string]customDo{get: a.readCustom, patch: a.reportCustom}
	}
	return nil
}

// custom serves a call of the contract.
func (a *API) custom(w http.ResponseWriter, r *http.Request, base string, parts []string) {
	ctx := r.Context()
	in := customCall{base: base, r: r}
	if len(parts) > 0 {
		in.channel = parts[0]
	}
	if len(parts) > 2 {
		in.id = parts[2]
	}
	var err error
	if in.who, err = a.identify(r); err == nil && !in.who.may(desk.PermCustomChannels) {
		err = desk.Refuse(desk.Forbidden, "This needs the permission "+string(desk.PermCustomChannels)+", which this key doesn't have.")
	}
	if err == nil {
		err = a.admit(ctx, in.who.id)
	}
	if err != nil {
		a.refuseCustom(ctx, w, err)
		return
	}
	calls := a.customCalls(parts)
	do, there := calls[r.Method]
	if !there {
		a.noSuchCustom(ctx, w, calls)
		return
	}
	if in.body, err = io.ReadAll(r.Body); err != nil {
		a.refuseCustom(ctx, w, desk.Refuse(desk.Malformed, "The body could not be read to its end.").Because(err))
		return
	}
	out, err := do(ctx, in)
	if err != nil {
		a.refuseCustom(ctx, w, err)
		return
	}
	writeJSON(w, out.status, out.body)
}

// noSuchCustom refuses an address that isn't there, or that takes other methods.
func (a *API) noSuchCustom(ctx context.Context, w http.ResponseWriter, calls map[string]customDo) {
	if len(calls) == 0 {
		a.refuseCustom(ctx, w, desk.Refuse(desk.NotFound, "There is no such address."))
		return
	}
	var allow []string
	for method := range calls {
		allow = append(allow, method)
	}
	slices.Sort(allow)
	w.Header().Set("Allow", strings.Join(allow, ", "))
	p := a.customProblem(ctx, desk.Refuse(desk.Malformed, "This address takes "+strings.Join(allow, ", ")+" only."))
	writeJSON(w, http.StatusMethodNotAllowed, p)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // the caller is gone: nothing is left to do
}

// customProblem is a refusal in the contract's form.
type customProblem struct {
	Status   string        `json:"status"`
	Message  string        `json:"message"`
	ID       string        `json:"correlationId"`
	Category string        `json:"category"`
	Errors   []customFault `json:"errors"`
}

// customFault is one field that is wrong.
type customFault struct {
	Message string              `json:"message"`
	In      string              `json:"in"`
	Code    string              `json:"code"`
	Context map[string][]string `json:"context"`
}

// customStatus is the status and category of the contract for a code of ours.
func customStatus(c desk.Code) (int, string) {
	status, _ := statusOf(c)
	switch c {
	case desk.Invalid, desk.Malformed, desk.Unsupported, desk.WindowClosed, desk.ChannelOff:
		return http.StatusBadRequest, "VALIDATION_ERROR"
	case desk.Unauthenticated:
		return status, "INVALID_AUTHENTICATION"
	case desk.Forbidden:
		return status, "MISSING_SCOPES"
	case desk.NotFound:
		return status, "OBJECT_NOT_FOUND"
	case desk.Conflict:
		return status, "CONFLICT"
	case desk.TooLarge:
		return status, "PAYLOAD_TOO_LARGE"
	case desk.Busy:
		return status, "SERVICE_UNAVAILABLE"
	}
	return http.StatusInternalServerError, "INTERNAL_ERROR"
}

func (a *API) customProblem(ctx context.Context, err error) customProblem {
	ours := a.problem(ctx, err)
	_, category := customStatus(desk.CodeOf(err))
	p := customProblem{"error", ours.Detail, ours.RequestID, category, []customFault{}}
	for _, f := range ours.Errors {
		code := "INVALID_VALUE"
		if strings.HasPrefix(f.Message, isRequired) {
			code = "REQUIRED_FIELD"
		}
		p.Errors = append(p.Errors, customFault{f.Message, f.Location, code, map[string][]string{"field": {f.Location}}})
	}
	return p
}

// isRequired is how the words of a missing field begin.
const isRequired = "is required"

func (a *API) refuseCustom(ctx context.Context, w http.ResponseWriter, err error) {
	var over *limited
	if errors.As(err, &over) {
		p := customProblem{"error", a.tooMany(ctx).Detail, requestOf(ctx).id, "RATE_LIMITS", []customFault{}}
		w.Header().Set("Retry-After", strconv.Itoa(max(int(over.until.Sub(a.Now()).Seconds()), 1)))
		writeJSON(w, http.StatusTooManyRequests, p)
		return
	}
	status, _ := customStatus(desk.CodeOf(err))
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if wait := desk.WaitOf(err); wait > 0 || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(max(int(wait.Seconds()), 1)))
	}
	writeJSON(w, status, a.customProblem(ctx, err))
}

// decodeCustom reads a body. Fields that the contract doesn't have are left aside, as programs written for it expect.
func decodeCustom(body []byte, to any) error {
	err := json.Unmarshal(body, to)
	if err == nil {
		return nil
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return desk.RefuseField(kind.Field, "is of the wrong kind: "+kind.Value)
	}
	return desk.Refuse(desk.Malformed, "The body can't be read: "+channel.Unreadable(err)+".").Because(err)
}

// faults gathers what is wrong with a body, so that its author sees all of it at once.
type faults []desk.FieldError

func (f *faults) add(at, words string) {
	*f = append(*f, desk.FieldError{Location: at, Message: words})
}

// take adds the fields of a refusal below a place.
func (f *faults) take(below string, err error) {
	var e *desk.Error
	if errors.As(err, &e) {
		for _, x := range e.Fields {
			f.add(below+x.Location, x.Message)
		}
	}
}

func (f faults) refusal() error {
	if len(f) == 0 {
		return nil
	}
	var words []string
	for _, x := range f {
		words = append(words, x.Location+" "+x.Message)
	}
	e := desk.Refuse(desk.Invalid, "The request is not valid: "+strings.Join(words, "; ")+".")
	e.Fields = f
	return e
}

// customID is an id that programs give as text or as a number.
type customID string

// UnmarshalJSON reads both.
func (c *customID) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*c = customID(text)
		return nil
	}
	var n json.Number
	err := json.Unmarshal(b, &n)
	*c = customID(n)
	return err
}
