package desk

import "time"

// Turn says whose turn it is with an outgoing message.
type Turn string

// What a claim to send a message can find.
const (
	TurnYours Turn = "yours" // it is being sent by the claimer from now on, until the lease ends
	TurnBusy  Turn = "busy"  // somebody else is sending it; Wait says for how long at most
	TurnEarly Turn = "early" // it is not to be sent yet; Wait says how long
	TurnDone  Turn = "done"  // there is nothing to send: sent, failed, unknown, cancelled or gone
)

// SendTurn is the answer to a claim to send a message.
type SendTurn struct {
	Turn    Turn
	Message Message // as it is now; without a key when it is gone
	Wait    time.Duration
	First   time.Time // when it was tried first
}

// SendResult is what became of an attempt to send, as it is stored.
type SendResult struct {
	State     State    // Sent, Delivered, Failed, Unknown or Retrying
	Detail    string   // in words an agent understands
	IDs       []string // the platform's ids of it
	NotBefore time.Time
	Attempt   string // what the other side said, where every try is kept; else empty
}

// StaleWork is an item whose work is due to be looked at: saved and never picked up, or waiting for its time.
type StaleWork struct {
	Item string    // "<pk>/<sk>"
	Work string    // what is marked; empty for a message that waits to be tried again
	Due  time.Time // when it was to be looked at: changes with every look
}

// FailurePage is a page of the list of failures, newest first; Next is empty at the end.
type FailurePage struct {
	Failures []Failure
	Next     string
}

// The states of a channel's health.
const (
	HealthOK      = "OK"
	HealthWarning = "WARNING" // it works, and needs looking at
	HealthBroken  = "BROKEN"
)
