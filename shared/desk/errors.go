package desk

import (
	"errors"
	"time"
)

// Code says in the product's words what kind of refusal an error is. The API's one table turns it into a status.
type Code string

// The codes; `api` maps each to an HTTP status and nothing else does.
const (
	Invalid         Code = "invalid"         // a field is wrong; Fields says which
	Malformed       Code = "malformed"       // the request can't be read at all
	Unauthenticated Code = "unauthenticated" // nobody we know, or a wrong signature
	Forbidden       Code = "forbidden"       // known, but may not
	NotFound        Code = "not_found"       // isn't there, or may not be seen
	Conflict        Code = "conflict"        // somebody was faster, or it exists already
	TooLarge        Code = "too_large"       // over a stated limit
	Unsupported     Code = "unsupported"     // a media type or a part that the channel can't carry
	WindowClosed    Code = "window_closed"   // the platform's messaging window is over
	ChannelOff      Code = "channel_off"     // the channel is switched off
	AddressFailed   Code = "address_failed"  // mail to the address came back, or was called spam
	Busy            Code = "busy"            // throttled, or a dependency is away: try again
	Internal        Code = "internal"        // our fault; the cause is only in the logs
)

// FieldError names one wrong field, as a path such as "routing.assign", and what is wrong with it.
type FieldError struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error is a refusal: a code and a sentence that is safe to show to the caller. Cause is for logs only.
type Error struct {
	Code    Code
	Message string
	Fields  []FieldError
	Cause   error
	Wait    time.Duration // for Busy: trying again sooner is useless; 0 leaves it to the backoff
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return string(e.Code) + ": " + e.Message + ": " + e.Cause.Error()
	}
	return string(e.Code) + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Cause }

// Refuse makes a refusal with a code and a sentence for the caller.
func Refuse(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// RefuseField makes an Invalid refusal about one field.
func RefuseField(location, message string) *Error {
	return &Error{Code: Invalid, Message: location + ": " + message, Fields: []FieldError{{location, message}}}
}

// Because attaches the cause that only the logs may see.
func (e *Error) Because(cause error) *Error { e.Cause = cause; return e }

// After says how long to wait before trying again.
func (e *Error) After(wait time.Duration) *Error { e.Wait = wait; return e }

// WaitOf is how long to wait before trying again; 0 when the error doesn't say.
func WaitOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.Wait
	}
	return 0
}

// CodeOf is the code of an error: Internal for any that is not ours.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Transient reports whether trying again later may help without anybody's act: throttling and outages.
func Transient(err error) bool { return CodeOf(err) == Busy }
