package api

import (
	"context"
	"sync"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Rates counts calls over all copies of the function.
type Rates interface {
	// CountCalls adds calls of a caller to the count of a minute and gives the sum.
	CountCalls(ctx context.Context, caller string, minute time.Time, calls int) (int, error)
}

// callsPerMinute is how many calls one key, or one person, may make in a minute. It stops a program that runs wild
// before it takes the gateway's throughput from everybody else.
const callsPerMinute = 6000

// callsAtOnce is after how many calls a copy tells the table: one write for so many calls, and at most so many calls a
// copy more than are allowed.
const callsAtOnce = 20

// meter counts the calls of each caller in the minute that runs.
type meter struct {
	most   int
	rates  Rates
	mu     sync.Mutex
	minute time.Time
	calls  map[string]int
	over   map[string]bool
}

func newMeter(most int, rates Rates) *meter {
	if most == 0 {
		most = callsPerMinute
	}
	return &meter{most: most, rates: rates}
}

// limited is a caller's refusal, with the time until which it holds.
type limited struct{ until time.Time }

func (l *limited) Error() string { return "too many calls in a minute" }

// admit counts a call and refuses it when the caller has made too many in this minute. A count that fails is let pass.
func (a *API) admit(ctx context.Context, caller string) error {
	m, now := a.meter, a.Now()
	minute := now.Truncate(time.Minute)
	over, tell := m.count(caller, minute)
	if over {
		return &limited{minute.Add(time.Minute)}
	}
	if tell == 0 {
		return nil
	}
	sum, err := m.rates.CountCalls(ctx, caller, minute, tell)
	if err != nil {
		a.Log.WarnContext(ctx, "calls were not counted", "error", err)
		return nil
	}
	if sum > m.most {
		m.close(caller, minute)
		return &limited{minute.Add(time.Minute)}
	}
	return nil
}

// count notes a call; tell is how many calls the table has to hear of, 0 while there are few.
func (m *meter) count(caller string, minute time.Time) (over bool, tell int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.minute.Equal(minute) {
		m.minute, m.calls, m.over = minute, map[string]int{}, map[string]bool{}
	}
	m.calls[caller]++
	if m.calls[caller] >= min(callsAtOnce, m.most+1) {
		tell, m.calls[caller] = m.calls[caller], 0
	}
	return m.over[caller], tell
}

func (m *meter) close(caller string, minute time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.minute.Equal(minute) {
		m.over[caller] = true
	}
}

// tooMany is the refusal of a call over the limit.
func (a *API) tooMany(ctx context.Context) *Problem {
	p := a.problem(ctx, desk.Refuse(desk.Invalid, "This key has made too many calls in this minute. Go on after the time in Retry-After."))
	p.Status, p.Title, p.Code = 429, "Too Many Requests", codeOf(429)
	return p
}
