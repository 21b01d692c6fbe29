package desk

import (
	"strconv"
	"strings"
	"time"
)

// The verbs of work: what an item that was just saved leaves for somebody else to do. A work value is the verb, then
// ":" and a number that makes it new, then "." and how often the sweep had to hand it on again: "open:7.1".
const (
	WorkSend   = "out"    // an outgoing message: send it
	WorkMedia  = "media"  // a message whose attachments are still at the platform: fetch them
	WorkOpen   = "open"   // a conversation is new or open again: ticket and assignee
	WorkReplay = "replay" // a failure: put its payload back
	WorkDrain  = "drain"  // somebody became available, or fit: give out what waits
	WorkTake   = "take"   // an assignment's time is over: take it back if nothing happened
	WorkJob    = "job"    // the next step of background work
)

// WorkVerb is the verb of a work value.
func WorkVerb(work string) string {
	if i := strings.IndexAny(work, ":."); i >= 0 {
		return work[:i]
	}
	return work
}

// WorkTries is how often the sweep has handed the work on again.
func WorkTries(work string) int {
	_, tries, _ := strings.Cut(work, ".")
	n, err := strconv.Atoi(tries)
	if err != nil {
		return 0
	}
	return n
}

// WorkBase is the work value without the sweep's tries.
func WorkBase(work string) string {
	base, _, _ := strings.Cut(work, ".")
	return base
}

// WorkAgain is the work value under which the sweep hands the same work on once more.
func WorkAgain(work string) string { return WorkBase(work) + "." + strconv.Itoa(WorkTries(work)+1) }

// Saved is a change of the table that leaves work: what the dispatcher reads off the stream.
type Saved struct {
	Item string // the changed item as "<pk>/<sk>"; with Work it names the piece of work for good
	Work string // what is to be done now
	Was  string // what was to be done before the change; the same as Work means it was handed on already

	Conversation ConversationID // of send, media and open
	Channel      ChannelID      // of send, media and open
	Message      Message        // of send and media
	User         UserID         // of drain
	Job          string         // of job
	Failure      Failure        // of replay
}

// Fresh reports whether the change left work that was not there before.
func (s Saved) Fresh() bool { return s.Work != "" && s.Work != s.Was }

// Pool names the queue of people that a channel's conversations are given to. Whatever decides over one pool is done in
// one FIFO group, one after the other, so that "nobody is free" and "somebody came" can't miss each other.
func Pool(ch ChannelID) string { return Digest("pool", string(ch)) }

// crockford is the alphabet of ULIDs.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Time is when the key was minted, to the millisecond; zero when it is no key of ours.
func (k MessageKey) Time() time.Time {
	if len(k) != 26 {
		return time.Time{}
	}
	var ms int64
	for _, c := range string(k[:10]) {
		i := strings.IndexRune(crockford, c)
		if i < 0 {
			return time.Time{}
		}
		ms = ms<<5 | int64(i)
	}
	return time.UnixMilli(ms).UTC()
}
