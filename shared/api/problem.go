package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/loket-desk/loket/shared/desk"
)

// Problem is every refusal, as RFC 9457 has it, with a code in the product's words. It never holds a cause, nor the
// value that was wrong, which may be a secret.
type Problem struct {
	Type      string            `json:"type" doc:"Always about:blank: the code tells the kind." example:"about:blank"`
	Title     string            `json:"title" doc:"The status in words." example:"Conflict"`
	Status    int               `json:"status" example:"409"`
	Detail    string            `json:"detail" doc:"A sentence for people." example:"A newer message came in; look at it first."`
	Code      string            `json:"code" enum:"invalid,unauthenticated,forbidden,not_found,conflict,too_large,window_closed,channel_off,address_failed,busy,internal" example:"conflict"`
	Errors    []desk.FieldError `json:"errors" nullable:"false" doc:"The fields that are wrong, where it is about fields."`
	RequestID string            `json:"requestId" doc:"Names the request in our logs."`
}

var problemType = reflect.TypeFor[Problem]()

// Error is the sentence for people.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// statusOf is the one table from the product's codes to HTTP statuses and to the codes that callers see.
func statusOf(c desk.Code) (int, string) {
	switch c {
	case desk.Invalid:
		return http.StatusUnprocessableEntity, "invalid"
	case desk.Unsupported:
		return http.StatusUnprocessableEntity, "invalid"
	case desk.Malformed:
		return http.StatusBadRequest, "invalid"
	case desk.Unauthenticated:
		return http.StatusUnauthorized, "unauthenticated"
	case desk.Forbidden:
		return http.StatusForbidden, "forbidden"
	case desk.NotFound:
		return http.StatusNotFound, "not_found"
	case desk.Conflict:
		return http.StatusConflict, "conflict"
	case desk.WindowClosed:
		return http.StatusConflict, "window_closed"
	case desk.ChannelOff:
		return http.StatusConflict, "channel_off"
	case desk.AddressFailed:
		return http.StatusConflict, "address_failed"
	case desk.TooLarge:
		return http.StatusRequestEntityTooLarge, "too_large"
	case desk.Busy:
		return http.StatusServiceUnavailable, "busy"
	}
	return http.StatusInternalServerError, "internal"
}

// codeOf is the code for a status that the HTTP machinery itself chose.
func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthenticated"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusConflict:
		return "conflict"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "busy"
	}
	if status < http.StatusInternalServerError {
		return "invalid"
	}
	return "internal"
}

// problem turns an error into what the caller is told. The cause of one that is our fault goes to the logs only.
func (a *API) problem(ctx context.Context, err error) *Problem {
	p := &Problem{Type: "about:blank", RequestID: requestOf(ctx).id, Errors: []desk.FieldError{}}
	p.Status, p.Code = statusOf(desk.CodeOf(err))
	p.Title = http.StatusText(p.Status)
	p.Detail = "Something went wrong on our side. It is in our logs under the request's id."
	var refusal *desk.Error
	if errors.As(err, &refusal) && refusal.Code != desk.Internal {
		p.Detail = refusal.Message
		p.Errors = append(p.Errors, refusal.Fields...)
	}
	if p.Status >= http.StatusInternalServerError {
		a.Log.WarnContext(ctx, "a request failed", "error", err, "request", p.RequestID)
	}
	return p
}

// problems turns the HTTP machinery's own refusals into ours, leaving out the values that it echoes.
func (a *API) problems(ctx huma.Context, _ string, v any) (any, error) {
	e, theirs := v.(*huma.ErrorModel)
	if !theirs {
		return v, nil
	}
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Code: codeOf(e.Status),
		RequestID: requestOf(ctx.Context()).id, Errors: []desk.FieldError{},
	}
	var words []string
	for _, d := range e.Errors {
		at := strings.TrimPrefix(strings.TrimPrefix(d.Location, "body."), "query.")
		p.Errors = append(p.Errors, desk.FieldError{Location: at, Message: d.Message})
		words = append(words, strings.TrimPrefix(at+": "+d.Message, ": "))
	}
	switch {
	case e.Status == http.StatusInternalServerError:
		p.Detail, p.Errors = "Something went wrong on our side. It is in our logs under the request's id.", []desk.FieldError{}
		a.Log.WarnContext(ctx.Context(), "a request failed", "error", e, "details", fmt.Sprint(words), "request", p.RequestID)
	case len(words) > 0:
		p.Detail = "The request is not valid: " + strings.Join(words, "; ") + "."
	default:
		p.Detail = "The request is not valid: " + e.Detail + "."
	}
	return p, nil
}

// refuse writes a refusal where no call is running (yet).
func (a *API) refuse(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// jsonFormat is JSON as callers get and give it: HTML is not escaped, since nothing here is put into a page.
func jsonFormat() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			return enc.Encode(v)
		},
		Unmarshal: json.Unmarshal,
	}
}
