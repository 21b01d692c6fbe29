package desk

import "time"

// QueueDepth is how many letters wait in a queue, roughly, how many are being worked on, and how many are put off.
type QueueDepth struct{ Waiting, Working, Delayed int }

// Signs are what the stages noted of themselves, for whoever looks after the stack. A zero time is never.
type Signs struct {
	Swept   time.Time            // the end of the last sweep that went well
	Note    string               // what it did
	Mail    time.Time            // when a mail came in last, to the minute
	Waiting map[string]time.Time // by queue: since when something was waiting at every look; absent when nothing is
}
