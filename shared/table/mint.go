package table

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/loket-desk/loket/shared/desk"
)

// mint makes ULIDs that never go backwards within this process.
type mint struct {
	mu      sync.Mutex
	entropy *ulid.MonotonicEntropy
	last    uint64
}

func newMint() *mint { return &mint{entropy: ulid.Monotonic(rand.Reader, 0)} }

// at makes a ULID of a time, or of the latest time used before when the clock went back.
func (m *mint) at(t time.Time) ulid.ULID {
	m.mu.Lock()
	defer m.mu.Unlock()
	ms := max(ulid.Timestamp(t), m.last)
	id, err := ulid.New(ms, m.entropy)
	for err != nil { // the millisecond's numbers are used up
		ms++
		id, err = ulid.New(ms, m.entropy)
	}
	m.last = ms
	return id
}

// NewID is a fresh id that sorts by time.
func (t *Table) NewID() string { return t.ids.at(t.now()).String() }

// keyAfter is a fresh message key that sorts after prev, whatever the clocks of the processes that minted both.
func (t *Table) keyAfter(prev desk.MessageKey) desk.MessageKey {
	k := t.ids.at(t.now())
	if p, err := ulid.ParseStrict(string(prev)); err == nil && p.Compare(k) >= 0 {
		k = t.ids.at(ulid.Time(p.Time() + 1))
	}
	return desk.MessageKey(k.String())
}

// keyBefore is the key right before k: an event caused by a message stands just above it, and has the same key on every try.
func keyBefore(k desk.MessageKey) desk.MessageKey {
	id, err := ulid.ParseStrict(string(k))
	if err != nil {
		return k + "-"
	}
	for i := len(id) - 1; i > 5; i-- {
		id[i]--
		if id[i] != 0xff {
			break
		}
	}
	return desk.MessageKey(id.String())
}
