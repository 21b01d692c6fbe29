package desk

import (
	"errors"
	"strings"
	"time"
)

// StageDispatcher is the Stage of failures that come from the stream, where the others are named after their queue.
const StageDispatcher = "dispatcher"

// LostWork is the payload of a dispatcher's failure: which item's work could not be handed on. Its replay marks it anew.
type LostWork struct {
	Item string `json:"item"`
	Work string `json:"work"`
}

// The states of a failure. One without a state waits for an admin.
const (
	FailureReplaying = "replay"   // an admin wants it put back
	FailureReplayed  = "replayed" // it was put back; if it fails again that is a new failure
)

// NewFailureID names a failure by the day and the queue message's id.
func NewFailureID(at time.Time, message string) FailureID {
	return FailureID(at.UTC().Format(time.DateOnly) + "." + message)
}

// Split takes a failure's id apart; ok is false when it is not one.
func (f FailureID) Split() (day, message string, ok bool) {
	day, message, ok = strings.Cut(string(f), ".")
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "", "", false
	}
	return day, message, ok && message != ""
}

// Reason is what may be shown of an error: a refusal's sentence, and nothing of an error that is not ours.
func Reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "Something went wrong on our side; the logs say what."
}
