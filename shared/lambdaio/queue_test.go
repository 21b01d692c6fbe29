package lambdaio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var errBusy = errors.New("busy")

// hand is a handler whose records say what becomes of them.
type hand struct {
	mu      sync.Mutex
	handled []string
	givenUp []string
	hidden  []string
	fail    map[string]error
	stored  error // what GiveUp answers
	hide    error // what Backoff answers
}

func (h *hand) options() BatchOptions {
	return BatchOptions{
		Handle: func(_ context.Context, r Record) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.handled = append(h.handled, string(r.Body))
			if string(r.Body) == "panic" {
				panic("a nil map")
			}
			return h.fail[string(r.Body)]
		},
		GiveUp: func(_ context.Context, r Record, why error) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.givenUp = append(h.givenUp, string(r.Body)+": "+why.Error())
			return h.stored
		},
		Backoff: func(_ context.Context, receipt string, d time.Duration) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.hidden = append(h.hidden, receipt+" "+d.String())
			return h.hide
		},
		Transient: func(err error) bool { return errors.Is(err, errBusy) },
	}
}

func message(body, group string, tries int) string {
	attributes := fmt.Sprintf(`"ApproximateReceiveCount":"%d","SentTimestamp":"1700000000000"`, tries)
	if group != "" {
		attributes += fmt.Sprintf(`,"MessageGroupId":%q`, group)
	}
	return fmt.Sprintf(`{"messageId":"id-%s","receiptHandle":"r-%s","body":%q,"attributes":{%s}}`, body, body, body, attributes)
}

// deliver hands a batch over and gives the ids that are to come back.
func deliver(t *testing.T, ctx context.Context, o BatchOptions, messages ...string) []string { //nolint:revive // a test's context comes second
	t.Helper()
	out, err := Queue(o).Invoke(ctx, []byte(`{"Records":[`+strings.Join(messages, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(out, &answer); err != nil || !strings.Contains(string(out), `"batchItemFailures":[`) {
		t.Fatalf("%s %v", out, err)
	}
	var ids []string
	for _, f := range answer.BatchItemFailures {
		ids = append(ids, strings.TrimPrefix(f.ItemIdentifier, "id-"))
	}
	return ids
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestARecordCarriesItsFacts(t *testing.T) {
	o := (&hand{}).options()
	var got Record
	o.Handle = func(_ context.Context, r Record) error { got = r; return nil }
	equal(t, "come back", deliver(t, t.Context(), o, message("a", "g", 3)))
	want := Record{ID: "id-a", Receipt: "r-a", Group: "g", Body: []byte("a"), Tries: 3, SentAt: time.UnixMilli(1700000000000).UTC()}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v", got)
	}
}

func TestAfterAFailureTheRestOfItsGroupComesBackInOrderAndOthersGoOn(t *testing.T) {
	h := &hand{fail: map[string]error{"a2": errors.New("no")}}
	back := deliver(t, t.Context(), h.options(),
		message("a1", "a", 1), message("b1", "b", 1), message("a2", "a", 3), message("b2", "b", 1), message("a3", "a", 1))
	equal(t, "come back", back, "a2", "a3")
	equal(t, "hidden for the same while, the first one first", h.hidden, "r-a2 4s", "r-a3 4s")
	if slices.Contains(h.handled, "a3") {
		t.Error("a3 overtook a2")
	}
	slices.Sort(h.handled)
	equal(t, "handled", h.handled, "a1", "a2", "b1", "b2")
}

func TestRecordsWithoutAGroupDoNotHoldEachOtherUp(t *testing.T) {
	h := &hand{fail: map[string]error{"1": errors.New("no")}}
	equal(t, "come back", deliver(t, t.Context(), h.options(), message("1", "", 1), message("2", "", 1)), "1")
	slices.Sort(h.handled)
	equal(t, "handled", h.handled, "1", "2")
}

func TestThePauseDoublesToAMinuteAndIsAQuarterOfAnHourInALastingOutage(t *testing.T) {
	for tries, want := range map[int]string{1: "1s", 2: "2s", 4: "8s", 6: "32s", 7: "1m0s", 15: "1m0s", 16: "15m0s", 50: "15m0s"} {
		h := &hand{fail: map[string]error{"x": errBusy}}
		equal(t, "come back", deliver(t, t.Context(), h.options(), message("x", "g", tries)), "x")
		equal(t, "hidden", h.hidden, "r-x "+want)
	}
	h := &hand{fail: map[string]error{"x": errBusy}}
	o := h.options()
	for wait, want := range map[time.Duration]string{90 * time.Second: "1m30s", time.Hour: "15m0s", 0: "1s"} {
		h.hidden = nil
		o.Wait = func(error) time.Duration { return wait }
		deliver(t, t.Context(), o, message("x", "g", 1))
		equal(t, "hidden", h.hidden, "r-x "+want)
	}
}

func TestAPoisonousRecordIsStoredAfterItsTriesAndItsFollowersGoOn(t *testing.T) {
	h := &hand{fail: map[string]error{"bad": errors.New("can't be read")}}
	equal(t, "come back", deliver(t, t.Context(), h.options(), message("bad", "g", 5), message("good", "g", 1)))
	equal(t, "given up", h.givenUp, "bad: can't be read")
	equal(t, "handled", h.handled, "bad", "good")
	equal(t, "hidden", h.hidden)
}

func TestARecordThatCanNotBeStoredAsAFailureStays(t *testing.T) {
	h := &hand{fail: map[string]error{"bad": errors.New("no")}, stored: errBusy}
	equal(t, "come back", deliver(t, t.Context(), h.options(), message("bad", "g", 9), message("next", "g", 1)), "bad", "next")
	equal(t, "handled", h.handled, "bad")
}

func TestWhatWaitingHelpsIsNeverGivenUp(t *testing.T) {
	h := &hand{fail: map[string]error{"x": errBusy}}
	equal(t, "come back", deliver(t, t.Context(), h.options(), message("x", "g", 40)), "x")
	equal(t, "given up", h.givenUp)
}

func TestAFaultInOurCodeFailsOneRecordOnly(t *testing.T) {
	h := &hand{}
	equal(t, "come back", deliver(t, t.Context(), h.options(), message("panic", "a", 1), message("fine", "b", 1)), "panic")
	h.givenUp = nil
	deliver(t, t.Context(), h.options(), message("panic", "a", 5))
	equal(t, "given up", h.givenUp, "panic: a fault in the code: a nil map")
}

func TestARecordThatCanNotBeHiddenStillComesBack(t *testing.T) {
	h := &hand{fail: map[string]error{"x": errBusy}, hide: errors.New("throttled")}
	equal(t, "come back", deliver(t, t.Context(), h.options(), message("x", "g", 1)), "x")
}

func TestARecordEndsBeforeTheFunctionDoes(t *testing.T) {
	h := &hand{}
	o := h.options()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var left time.Duration
	o.Handle = func(ctx context.Context, _ Record) error {
		<-ctx.Done()
		d, _ := ctx.Deadline()
		left = time.Until(d)
		return ctx.Err()
	}
	equal(t, "come back", deliver(t, ctx, o, message("slow", "g", 1), message("next", "g", 1)), "slow", "next")
	if ctx.Err() != nil || left > 0 {
		t.Error("there was no time left to answer")
	}
	if len(h.hidden) != 2 {
		t.Errorf("hidden: %v", h.hidden)
	}
}

func TestARecordThatBeganLateIsNotGivenUpForThat(t *testing.T) {
	h := &hand{}
	o := h.options()
	o.Parallel = 1
	o.Handle = func(ctx context.Context, r Record) error {
		if string(r.Body) == "first" {
			time.Sleep(600 * time.Millisecond)
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	equal(t, "come back", deliver(t, ctx, o, message("first", "a", 1), message("late", "b", 5), message("never", "c", 9)), "late", "never")
	equal(t, "given up", h.givenUp)
	equal(t, "hidden", h.hidden, "r-late 1s", "r-never 1s")
}

func TestGroupsAreWorkedOnSideBySideWithinABound(t *testing.T) {
	var mu sync.Mutex
	var now, most int
	o := (&hand{}).options()
	o.Parallel = 3
	o.Handle = func(context.Context, Record) error {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	}
	var batch []string
	for i := range 10 {
		batch = append(batch, message(fmt.Sprint(i), fmt.Sprint(i), 1))
	}
	equal(t, "come back", deliver(t, t.Context(), o, batch...))
	if most != 3 {
		t.Errorf("%d at once", most)
	}
}

func TestAnEventThatIsNoneFailsTheInvocation(t *testing.T) {
	for _, h := range []Handler{Queue((&hand{}).options()), Stream(nil), HTTP(nil)} {
		if _, err := h.Invoke(t.Context(), []byte(`[]`)); err == nil {
			t.Error("no error")
		}
	}
}
