package api

import (
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Attempt is one try to hand a message over, and what the other side said.
type Attempt struct {
	At     time.Time `json:"at"`
	State  string    `json:"state" doc:"What became of the message by it." example:"QUEUED"`
	Detail string    `json:"detail" example:"HTTP 500 in 12 ms"`
}

func showAttempts(m desk.Message) []Attempt {
	out := []Attempt{}
	for _, t := range m.Attempts {
		out = append(out, Attempt{t.At.UTC(), showStatus(desk.Status{State: t.State}).State, t.Detail})
	}
	return out
}
