package desk

import "time"

// JobState is how far background work has come.
type JobState string

// The states of a job.
const (
	JobRunning JobState = "RUNNING"
	JobDone    JobState = "DONE"
	JobFailed  JobState = "FAILED"
)

// The kinds of jobs.
const JobMoveChannel = "channel.move"

// Job is background work whose progress is shown. It is done in steps: after each its state is saved, so that a step that
// was cut short is done again from there.
type Job struct {
	ID      string    `json:"-"`
	Kind    string    `json:"kind"`
	State   JobState  `json:"st"`
	Done    int       `json:"done"`
	Total   int       `json:"total"`
	Errors  []string  `json:"err,omitempty"`
	By      Author    `json:"by"`
	Begun   time.Time `json:"t"`
	Ended   time.Time `json:"end,omitzero"`
	Channel ChannelID `json:"ch,omitempty"`
	From    InboxID   `json:"from,omitempty"`
	To      InboxID   `json:"to,omitempty"`
	Step    string    `json:"step,omitempty"`  // the list that is being moved
	After   string    `json:"after,omitempty"` // how far it was read
	Found   int       `json:"found,omitempty"` // what this round through the lists found: one that finds nothing is the last
	Round   time.Time `json:"round,omitzero"`  // when this round began
	Version int64     `json:"-"`
}
