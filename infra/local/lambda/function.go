// Package lambda runs functions' bootstrap binaries as AWS Lambda does: through the Lambda Runtime API, one request
// at a time for each running copy, with the function's time-out and memory limit.
package lambda

import (
	"fmt"
	"log/slog"
	"time"
)

// Function says what to run and within which limits.
type Function struct {
	Name      string // also the prefix of its log lines
	ARN       string
	Bootstrap string // path of the binary
	Handler   string
	Region    string
	MemoryMB  int
	Timeout   time.Duration
	Max       int               // copies at once
	Env       map[string]string // the template's variables
	Log       *slog.Logger
	Changed   func() // called after a copy was started or ended; may be nil
}

// Kind says how an invocation failed.
type Kind string

// The ways in which an invocation fails.
const (
	Handled  Kind = "error"     // the function answered with an error
	TimedOut Kind = "timeout"   // it was ended at its time-out
	Exited   Kind = "exit"      // its process ended in mid-work
	Memory   Kind = "memory"    // it was ended because it passed its memory size
	Init     Kind = "init"      // its process did not come up
	Stopped  Kind = "stopped"   // the runner is stopping, or the caller stopped waiting
	TooLarge Kind = "too-large" // payload or answer over 6 MB
)

// Error is a failed invocation, with Lambda's error type and message.
type Error struct {
	Kind      Kind
	Type      string // "Runtime.ExitError", "Sandbox.Timedout", or the function's own
	Message   string
	RequestID string
	Payload   []byte // the error document as Lambda returns it
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Type, e.Message) }

// MaxPayload is the size that a synchronous request or answer may have.
const MaxPayload = 6 * 1024 * 1024

// initTimeout is what Lambda gives a function to come up.
const initTimeout = 10 * time.Second
