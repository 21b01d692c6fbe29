package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// world stands for the table, the dead-letter queues and the object store.
type world struct {
	now      time.Time
	stale    []desk.StaleWork
	again    map[string]time.Time
	dropped  []string
	stuck    string // an item that can't be changed
	leases   []desk.Message
	expired  []desk.MessageID
	dead     map[string][]desk.QueueMessage
	deleted  []string
	objects  map[string]string
	fresh    []string // keys of objects that were stored a moment ago
	letters  []desk.Letter
	failures []desk.Failure
	swept    []string
	depth    map[string]int
	waiting  map[string]time.Time
	noted    int
	down     map[string]error // by method
	rota     rota
}

func newWorld() *world {
	return &world{
		now: time.Date(2026, 11, 2, 0, 10, 0, 0, time.UTC), again: map[string]time.Time{}, dead: map[string][]desk.QueueMessage{},
		objects: map[string]string{}, down: map[string]error{},
	}
}

func (w *world) StaleWork(_ context.Context, before time.Time, limit int) ([]desk.StaleWork, error) {
	var out []desk.StaleWork
	for _, s := range w.stale {
		if s.Due.Before(before) && len(out) < limit {
			out = append(out, s)
		}
	}
	return out, w.down["StaleWork"]
}

func (w *world) HandOnAgain(_ context.Context, s desk.StaleWork, next time.Time) (bool, error) {
	if s.Item == w.stuck {
		return false, desk.Refuse(desk.Internal, "The table refused to change it.")
	}
	w.again[s.Item] = next
	w.stale = slices.DeleteFunc(slices.Clone(w.stale), func(x desk.StaleWork) bool { return x == s })
	return false, nil
}

func (w *world) DropWork(_ context.Context, s desk.StaleWork, words string) (bool, error) {
	w.dropped = append(w.dropped, s.Item+": "+words)
	w.stale = slices.DeleteFunc(slices.Clone(w.stale), func(x desk.StaleWork) bool { return x == s })
	return false, w.down["DropWork"]
}

func (w *world) SavedNow(_ context.Context, keys json.RawMessage) (desk.StaleWork, error) {
	var k struct{ Pk struct{ S string } }
	if err := json.Unmarshal(keys, &k); err != nil {
		return desk.StaleWork{}, err
	}
	for _, s := range w.stale {
		if s.Item == k.Pk.S {
			return s, nil
		}
	}
	return desk.StaleWork{}, w.down["SavedNow"]
}

func (w *world) ExpiredLeases(_ context.Context, before time.Time, limit int) ([]desk.Message, error) {
	var out []desk.Message
	for _, m := range w.leases {
		if m.Lease.Before(before) && len(out) < limit {
			out = append(out, m)
		}
	}
	return out, w.down["ExpiredLeases"]
}

func (w *world) ExpireLease(_ context.Context, id desk.MessageID, _ time.Time) error {
	w.expired = append(w.expired, id)
	w.leases = slices.DeleteFunc(slices.Clone(w.leases), func(m desk.Message) bool { return m.ID() == id })
	return w.down["ExpireLease"]
}

func (w *world) Receive(_ context.Context, queue string, most int) ([]desk.QueueMessage, error) {
	letters := w.dead[queue]
	return letters[:min(most, len(letters))], w.down["Receive "+queue]
}

func (w *world) Keys(_ context.Context, prefix string, _ int) ([]string, error) {
	var out []string
	for k := range w.objects {
		if strings.HasPrefix(k, prefix) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out, w.down["Keys"]
}

func (w *world) Older(ctx context.Context, prefix string, before time.Time, most int) ([]string, error) {
	keys, err := w.Keys(ctx, prefix, most)
	young := func(key string) bool { return slices.Contains(w.fresh, key) && before.Before(w.now) }
	keys = slices.DeleteFunc(keys, young)
	return keys[:min(most, len(keys))], errors.Join(err, w.down["Older"])
}

func (w *world) Copy(_ context.Context, from, to string) error {
	body, ok := w.objects[from]
	if !ok {
		return desk.Refuse(desk.NotFound, "There is no such object.")
	}
	w.objects[to] = body
	return w.down["Copy"]
}

func (w *world) Send(_ context.Context, letters []desk.Letter) error {
	if w.down["Send"] == nil {
		w.letters = append(w.letters, letters...)
	}
	return w.down["Send"]
}

func (w *world) Get(_ context.Context, key string) (io.ReadCloser, int64, error) {
	body, ok := w.objects[key]
	if !ok {
		return nil, 0, desk.Refuse(desk.NotFound, "There is no such object.")
	}
	return io.NopCloser(strings.NewReader(body)), int64(len(body)), w.down["Get"]
}

func (w *world) Put(_ context.Context, key, _ string, body io.Reader, _ int64) error {
	raw, err := io.ReadAll(body)
	w.objects[key] = string(raw)
	return errors.Join(err, w.down["Put"])
}

func (w *world) RecordFailure(_ context.Context, f desk.Failure) error {
	if w.down["RecordFailure"] == nil {
		w.failures = append(w.failures, f)
	}
	return w.down["RecordFailure"]
}

func (w *world) Swept(_ context.Context, note string) error {
	w.swept = append(w.swept, note)
	return nil
}

func (w *world) Depth(_ context.Context, queue string) (desk.QueueDepth, error) {
	return desk.QueueDepth{Waiting: w.depth[queue], Working: 1}, w.down["Depth"]
}

func (w *world) QueuesWaiting(context.Context) (map[string]time.Time, error) {
	return w.waiting, w.down["QueuesWaiting"]
}

func (w *world) NoteQueuesWaiting(_ context.Context, since map[string]time.Time) error {
	w.waiting, w.noted = since, w.noted+1
	return w.down["NoteQueuesWaiting"]
}

func stale(item, work string, due time.Time) desk.StaleWork {
	return desk.StaleWork{Item: item, Work: work, Due: due}
}

// queuesOf and storeOf are the two things that delete.
type (
	queuesOf struct{ *world }
	storeOf  struct{ *world }
)

func (q queuesOf) Delete(_ context.Context, queue, receipt string) error {
	q.deleted = append(q.deleted, queue+" "+receipt)
	q.dead[queue] = slices.DeleteFunc(slices.Clone(q.dead[queue]), func(l desk.QueueMessage) bool { return l.Receipt == receipt })
	return q.down["Delete "+queue]
}

func (s storeOf) Delete(_ context.Context, key string) error {
	delete(s.objects, key)
	return nil
}

func (w *world) sweep(t *testing.T) error {
	t.Helper()
	now := func() time.Time { return w.now }
	return New(Options{
		Work: w, Leases: w, Dead: queuesOf{w}, Objects: storeOf{w}, Mailbox: storeOf{w}, Letters: w, Depths: w, Diary: w, Shifts: w, Keeper: Keeper{Failures: w, Store: w, Now: now}, Now: now,
	}).Run(t.Context())
}

func (w *world) mustSweep(t *testing.T) {
	t.Helper()
	if err := w.sweep(t); err != nil {
		t.Fatal(err)
	}
}

func TestSavedWorkThatNobodyTookUpIsHandedOnAgainLaterAndLater(t *testing.T) {
	w := newWorld()
	due := w.now.Add(-time.Minute)
	w.stale = []desk.StaleWork{
		stale("a", "out", due), stale("b", "open:7.2", due), stale("c", "media.30", due), stale("d", "", due), stale("e", "out", w.now.Add(time.Minute)),
	}
	w.mustSweep(t)
	for item, wait := range map[string]time.Duration{"a": 2 * time.Minute, "b": 8 * time.Minute, "c": time.Hour, "d": 2 * time.Minute} {
		if got := w.again[item].Sub(w.now); got != wait {
			t.Errorf("%s is looked at again after %v, want %v", item, got, wait)
		}
	}
	if _, early := w.again["e"]; early || len(w.again) != 4 {
		t.Errorf("handed on: %v", w.again)
	}
	if len(w.swept) != 1 || w.swept[0] != "work handed on again: 4" {
		t.Errorf("noted: %q", w.swept)
	}
}

func TestALongBacklogIsHandedOnToItsEnd(t *testing.T) {
	w := newWorld()
	for i := range 3*page + 1 {
		w.stale = append(w.stale, stale(fmt.Sprint("i", i), "out", w.now.Add(-time.Hour)))
	}
	w.mustSweep(t)
	if len(w.again) != 3*page+1 {
		t.Errorf("handed on: %d", len(w.again))
	}
}

func TestWorkThatNobodyDoesForTwoDaysIsShown(t *testing.T) {
	w := newWorld()
	due := w.now.Add(-time.Minute)
	w.stale = []desk.StaleWork{stale("CONV#c1/MSG#k1", "out:5.60", due), stale("CONV#c1/HEAD", "open:7.60", due)}
	w.mustSweep(t)
	if len(w.dropped) != 2 || w.dropped[0] != "CONV#c1/MSG#k1: "+neverDone || len(w.again) != 0 {
		t.Errorf("given up: %v, handed on %v", w.dropped, w.again)
	}
	if len(w.failures) != 1 {
		t.Fatalf("failures: %v", w.failures)
	}
	f := w.failures[0]
	if f.Stage != desk.StageDispatcher || string(f.Payload) != `{"item":"CONV#c1/HEAD","work":"open:7.60"}` || f.Reason != neverDone {
		t.Errorf("the failure is %+v", f)
	}
}

func TestWorkIsNotDroppedBeforeItsFailureIsKept(t *testing.T) {
	w := newWorld()
	w.stale = []desk.StaleWork{stale("CONV#c1/HEAD", "open:7.60", w.now.Add(-time.Minute))}
	w.down["RecordFailure"] = desk.Refuse(desk.Busy, "The table is busy; try again.")
	if err := w.sweep(t); err == nil || len(w.dropped) != 0 {
		t.Errorf("%v, dropped %v", err, w.dropped)
	}
}

func TestAnItemThatCanNotBeChangedHoldsUpNoOther(t *testing.T) {
	w := newWorld()
	due := w.now.Add(-time.Minute)
	w.stale = []desk.StaleWork{stale("stuck", "out", due), stale("a", "out", due)}
	w.stuck = "stuck"
	if err := w.sweep(t); err == nil || !strings.Contains(err.Error(), "stuck") {
		t.Errorf("told: %v", err)
	}
	if len(w.again) != 1 || len(w.swept) != 0 {
		t.Errorf("handed on %v, noted %v", w.again, w.swept)
	}
}

func TestSendsThatWereCutShortAreSettled(t *testing.T) {
	w := newWorld()
	for i := range page + 2 {
		w.leases = append(w.leases, desk.Message{Conversation: "c1", Key: desk.MessageKey(fmt.Sprint("k", i)), Lease: w.now.Add(-time.Second)})
	}
	w.leases = append(w.leases, desk.Message{Conversation: "c1", Key: "live", Lease: w.now.Add(time.Second)})
	w.mustSweep(t)
	if len(w.expired) != page+2 || slices.Contains(w.expired, "c1-live") {
		t.Errorf("settled %d", len(w.expired))
	}
}

func TestWhatCrashedTooOftenBecomesAFailureWithItsPayload(t *testing.T) {
	w := newWorld()
	sent := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	for i := range 12 {
		w.dead["inbound"] = append(w.dead["inbound"], desk.QueueMessage{
			ID: fmt.Sprint("m", i), Receipt: fmt.Sprint("r", i), Group: "g", Body: []byte(`{"ch":"ch1"}`), Tries: 50, SentAt: sent,
		})
	}
	w.dead["mail"] = []desk.QueueMessage{{ID: "m99", Receipt: "r99", Body: []byte(strings.Repeat("x", 200<<10)), Tries: 50, SentAt: sent}}
	w.mustSweep(t)
	if len(w.failures) != 13 || len(w.dead["inbound"]) != 0 || len(w.dead["mail"]) != 0 {
		t.Fatalf("%d failures, left %v", len(w.failures), w.dead)
	}
	f := w.failures[0]
	if f.ID != "2026-11-01.m0" || f.Stage != "inbound" || f.Group != "g" || f.Tries != 50 || string(f.Payload) != `{"ch":"ch1"}` ||
		!f.At.Equal(w.now) || !strings.Contains(f.Reason, "50 times") || !strings.Contains(f.Reason, "away") {
		t.Errorf("the failure is %+v", f)
	}
	large := w.failures[12]
	if large.Payload != nil || large.PayloadKey != "failures/2026-11-01.m99" || len(w.objects[large.PayloadKey]) != 200<<10 {
		t.Errorf("the large failure is %+v", large)
	}
}

func TestALetterStaysInItsDeadLetterQueueUntilItIsKept(t *testing.T) {
	w := newWorld()
	w.dead["tickets"] = []desk.QueueMessage{{ID: "m1", Receipt: "r1", Body: []byte(strings.Repeat("x", 200<<10))}}
	w.down["Put"] = desk.Refuse(desk.Busy, "The file store is away.")
	if err := w.sweep(t); err == nil || len(w.deleted) != 0 || len(w.failures) != 0 {
		t.Errorf("%v, deleted %v, failures %v", err, w.deleted, w.failures)
	}
	delete(w.down, "Put")
	w.down["RecordFailure"] = desk.Refuse(desk.Busy, "The table is busy; try again.")
	if err := w.sweep(t); err == nil || len(w.deleted) != 0 {
		t.Errorf("%v, deleted %v", err, w.deleted)
	}
}

func TestOneQueuesTroubleKeepsNoOtherTaskFromRunning(t *testing.T) {
	w := newWorld()
	w.down["StaleWork"] = errors.New("the index is away")
	w.down["Receive inbound"] = errors.New("the queue is away")
	w.dead["mail"] = []desk.QueueMessage{{ID: "m1", Receipt: "r1"}}
	err := w.sweep(t)
	if err == nil || !strings.Contains(err.Error(), "the index is away") || !strings.Contains(err.Error(), "inbound: the queue is away") {
		t.Errorf("told: %v", err)
	}
	if len(w.failures) != 1 || len(w.swept) != 0 {
		t.Errorf("failures %v, noted %v", w.failures, w.swept)
	}
}

func TestAFaultInOneTaskIsAnErrorOfThatTask(t *testing.T) {
	n, err := guarded(t.Context(), func(context.Context) (int, error) { var none []int; return none[3], nil })
	if n != 0 || err == nil || !strings.Contains(err.Error(), "fault") {
		t.Errorf("%d, %v", n, err)
	}
}

const given = `{"version":"1.0","requestContext":{"condition":"RetryAttemptsExhausted"},"payload":%s}`

func TestChangesThatTheDispatcherGaveUpAreHandedOnAgainAsTheyAreNow(t *testing.T) {
	event := `{"Records":[{"dynamodb":{"Keys":{"pk":{"S":"a"},"sk":{"S":"HEAD"}}}},{"dynamodb":{"Keys":{"pk":{"S":"done"},"sk":{"S":"HEAD"}}}},{"dynamodb":{}}]}`
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	for name, payload := range map[string]string{"as text": string(text), "as it is": event} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.stale = []desk.StaleWork{stale("a", "open:1", w.now.Add(time.Hour))}
			w.objects["aws/lambda/x/1"] = fmt.Sprintf(given, payload)
			w.objects["media/1"] = "untouched"
			w.mustSweep(t)
			if len(w.again) != 1 || len(w.objects) != 1 || len(w.failures) != 0 {
				t.Errorf("handed on %v, left %v, failures %v", w.again, w.objects, w.failures)
			}
		})
	}
}

func TestABatchThatCanNotBeReadIsShownAndNotReadForEver(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON": "garbage", "no payload": `{}`, "a payload that is none": fmt.Sprintf(given, `"garbage"`), "no records": fmt.Sprintf(given, `{"Records":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.objects["aws/lambda/x/1"] = body
			w.mustSweep(t)
			if len(w.failures) != 1 || w.failures[0].Stage != desk.StageDispatcher || string(w.failures[0].Payload) != body || len(w.objects) != 0 {
				t.Errorf("failures %v, left %v", w.failures, w.objects)
			}
		})
	}
}

func TestABatchStaysUntilItsChangesAreHandedOn(t *testing.T) {
	w := newWorld()
	w.objects["aws/lambda/x/1"] = fmt.Sprintf(given, `{"Records":[{"dynamodb":{"Keys":{"pk":{"S":"a"}}}}]}`)
	w.down["SavedNow"] = desk.Refuse(desk.Busy, "The table is busy; try again.")
	if err := w.sweep(t); err == nil || len(w.objects) != 1 {
		t.Errorf("%v, left %v", err, w.objects)
	}
}

func TestAMessageThatItsFunctionGivesUpIsKeptUnderItsQueue(t *testing.T) {
	type record struct {
		ID      string
		Receipt string
		Group   string
		Body    []byte
		Tries   int
		SentAt  time.Time
	}
	w := newWorld()
	giveUp := GiveUp[record](Keeper{Queue: desk.QueueTickets, Failures: w, Store: w})
	why := desk.Refuse(desk.Unsupported, "Nobody does that.").Because(errors.New("secret"))
	for range 2 {
		if err := giveUp(t.Context(), record{ID: "m1", Group: "g", Body: []byte("{}"), Tries: 5}, why); err != nil {
			t.Fatal(err)
		}
	}
	f := w.failures[0]
	if f.ID != w.failures[1].ID || f.Stage != desk.QueueTickets || f.Code != desk.Unsupported || f.Reason != "Nobody does that." || f.Tries != 5 || f.At.IsZero() {
		t.Errorf("the failure is %+v", f)
	}
}
