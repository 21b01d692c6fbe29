package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// world stands for the queues, the failures and the object store.
type world struct {
	sent     []desk.Letter
	failures []desk.Failure
	replayed []desk.FailureID
	objects  map[string]string
	down     error // of the queues
	keep     error // of the failures
}

func (w *world) Send(_ context.Context, letters []desk.Letter) error {
	if w.down != nil {
		return w.down
	}
	w.sent = append(w.sent, letters...)
	return nil
}

func (w *world) RecordFailure(_ context.Context, f desk.Failure) error {
	if w.keep != nil {
		return w.keep
	}
	w.failures = append(w.failures, f)
	return nil
}

func (w *world) FailureReplayed(_ context.Context, id desk.FailureID, _ string) error {
	w.replayed = append(w.replayed, id)
	return w.keep
}

func (w *world) Get(_ context.Context, key string) (io.ReadCloser, int64, error) {
	body, ok := w.objects[key]
	if !ok {
		return nil, 0, desk.Refuse(desk.NotFound, "There is no such object.")
	}
	return io.NopCloser(strings.NewReader(body)), int64(len(body)), nil
}

// image is a stream image of these tests: the change that the table would read from it.
type image struct {
	desk.Saved
	Key desk.MessageKey // which a message's own JSON leaves out
}

// stage reads images; one that is none can't be decoded.
func stage(w *world) *Stage {
	return New(Options{
		Decode: func(c Change) (desk.Saved, error) {
			var i image
			if err := json.Unmarshal(c.New, &i); err != nil {
				return desk.Saved{}, desk.Refuse(desk.Malformed, "The item can't be read.").Because(err)
			}
			i.Message.Key, i.Message.Conversation = i.Key, i.Conversation
			if string(i.Failure.Payload) == "null" {
				i.Failure.Payload = nil
			}
			return i.Saved, nil
		},
		Queues: w, Failures: w, Objects: w,
		Now: func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) },
	})
}

func change(t *testing.T, s desk.Saved) Change {
	t.Helper()
	raw, err := json.Marshal(image{s, s.Message.Key})
	if err != nil {
		t.Fatal(err)
	}
	return Change{ID: "r1", New: raw}
}

func outgoing(key desk.MessageKey, thread, work string) desk.Saved {
	return desk.Saved{
		Item: "CONV#c1/MSG#" + string(key), Work: work, Conversation: "c1", Channel: "ch1",
		Message: desk.Message{Conversation: "c1", Key: key, Thread: thread},
	}
}

func handOn(t *testing.T, w *world, changes ...Change) {
	t.Helper()
	if done, err := stage(w).HandOn(t.Context(), changes); err != nil || done != len(changes) {
		t.Fatalf("%d of %d handed on: %v", done, len(changes), err)
	}
}

func TestASavedReplyBecomesOneLetterInItsThreadsGroup(t *testing.T) {
	w := &world{}
	handOn(t, w, change(t, outgoing("k1", "alice", "out")), change(t, outgoing("k2", "alice", "out")), change(t, outgoing("k3", "bob", "out")))
	if len(w.sent) != 3 {
		t.Fatalf("%d letters", len(w.sent))
	}
	if w.sent[0].Group != w.sent[1].Group || w.sent[0].Group == w.sent[2].Group {
		t.Error("the group is not the thread's")
	}
	if w.sent[0].Dedup == w.sent[1].Dedup {
		t.Error("two messages have one deduplication id")
	}
	var job desk.OutboundJob
	if err := json.Unmarshal(w.sent[0].Body, &job); err != nil || w.sent[0].Queue != desk.QueueOutbound {
		t.Fatal(w.sent[0].Queue, err)
	}
	if job != (desk.OutboundJob{Kind: desk.SendMessage, Conversation: "c1", Message: "k1", Channel: "ch1"}) {
		t.Errorf("the job is %+v", job)
	}
}

func TestTheSameChangeTwiceHasOneDeduplicationIdAndHandedOnAgainAnother(t *testing.T) {
	w := &world{}
	again := outgoing("k1", "alice", "out.1")
	again.Was = "out"
	handOn(t, w, change(t, outgoing("k1", "alice", "out")), change(t, outgoing("k1", "alice", "out")), change(t, again))
	if w.sent[0].Dedup != w.sent[1].Dedup || w.sent[0].Dedup == w.sent[2].Dedup {
		t.Errorf("deduplication ids %q, %q, %q", w.sent[0].Dedup, w.sent[1].Dedup, w.sent[2].Dedup)
	}
}

func TestWorkThatWasHandedOnBeforeIsNotHandedOnByALaterChange(t *testing.T) {
	w := &world{}
	s := outgoing("k1", "alice", "out")
	s.Was = "out"
	handOn(t, w, change(t, s))
	if len(w.sent) != 0 {
		t.Errorf("%d letters", len(w.sent))
	}
}

func TestEachPendingAttachmentIsFetchedInTheMessagesOwnGroup(t *testing.T) {
	w := &world{}
	s := outgoing("k1", "alice", "media")
	s.Message.Attachments = []desk.Attachment{
		{ID: "0", State: desk.PartPending},
		{ID: "1", State: desk.PartStored},
		{ID: "2", State: desk.PartPending},
	}
	other := s
	other.Message.Key = "k2"
	handOn(t, w, change(t, s), change(t, other))
	if len(w.sent) != 4 || w.sent[0].Group != w.sent[1].Group || w.sent[0].Group == w.sent[2].Group {
		t.Fatalf("%d letters, groups not by message", len(w.sent))
	}
	if w.sent[0].Dedup == w.sent[1].Dedup || !strings.Contains(string(w.sent[1].Body), `"part":"2"`) {
		t.Errorf("the second letter is %s", w.sent[1].Body)
	}
}

func TestMediaWorkWithNothingPendingStillReachesTheSenderWhoClearsIt(t *testing.T) {
	w := &world{}
	handOn(t, w, change(t, outgoing("k1", "alice", "media")))
	if len(w.sent) != 1 || strings.Contains(string(w.sent[0].Body), "part") {
		t.Fatalf("letters %v", w.sent)
	}
}

func TestTicketsAreOpenedOneAfterTheOtherInEachPool(t *testing.T) {
	w := &world{}
	handOn(t, w,
		change(t, desk.Saved{Item: "a", Work: "open:1", Conversation: "c1", Channel: "ch1"}),
		change(t, desk.Saved{Item: "b", Work: "open:1", Conversation: "c2", Channel: "ch1"}),
		change(t, desk.Saved{Item: "c", Work: "open:1", Conversation: "c3", Channel: "ch2"}),
		change(t, desk.Saved{Item: "d", Work: "drain:1", User: "u1"}))
	if w.sent[0].Group != w.sent[1].Group || w.sent[0].Group == w.sent[2].Group || w.sent[0].Queue != desk.QueueTickets {
		t.Errorf("letters %v", w.sent)
	}
	if want := `{"kind":"drain","user":"u1"}`; string(w.sent[3].Body) != want {
		t.Errorf("the drain is %s", w.sent[3].Body)
	}
}

func failure(stage, payload string) desk.Saved {
	return desk.Saved{Item: "FAILURE#2026-03-01/m1", Work: "replay:1", Failure: desk.Failure{
		ID: "2026-03-01.m1", Stage: stage, Group: "g1", Payload: json.RawMessage(payload),
	}}
}

func TestAReplayedEventGoesBackToItsGroupMarkedAsPutBack(t *testing.T) {
	w := &world{}
	s := failure("inbound", `{"ch":"ch1","future":{"x":12345678901234567890}}`)
	handOn(t, w, change(t, s))
	l := w.sent[0]
	if l.Queue != desk.QueueInbound || l.Group != "g1" || l.Dedup == "" {
		t.Errorf("the letter is %+v", l)
	}
	var in desk.Inbound
	if err := json.Unmarshal(l.Body, &in); err != nil || in.Replay == "" || in.Channel != "ch1" {
		t.Errorf("put back: %s (%v)", l.Body, err)
	}
	if !strings.Contains(string(l.Body), "12345678901234567890") {
		t.Error("a field that this version doesn't know was changed")
	}
	if len(w.replayed) != 1 || w.replayed[0] != "2026-03-01.m1" {
		t.Errorf("noted as put back: %v", w.replayed)
	}
}

func TestAReplayOfALargePayloadIsReadFromTheObjectStore(t *testing.T) {
	w := &world{objects: map[string]string{"failures/x": `{"kind":"open","conv":"c1"}`}}
	s := failure("tickets", "")
	s.Failure.PayloadKey, s.Failure.Payload = "failures/x", nil
	handOn(t, w, change(t, s))
	if len(w.sent) != 1 || string(w.sent[0].Body) != w.objects["failures/x"] {
		t.Errorf("letters %v", w.sent)
	}
}

func TestAReplayToTheMailQueueHasNoGroup(t *testing.T) {
	w := &world{}
	handOn(t, w, change(t, failure("mail", `{"Message":"…"}`)))
	if w.sent[0].Group != "" || w.sent[0].Dedup != "" {
		t.Errorf("the letter is %+v", w.sent[0])
	}
}

func TestAReplayWithoutAGroupGetsOneOfItsOwn(t *testing.T) {
	w := &world{}
	s := failure("outbound", `{}`)
	s.Failure.Group = ""
	handOn(t, w, change(t, s))
	if w.sent[0].Group == "" {
		t.Error("no group: the queue would refuse it")
	}
}

func TestWhatCanNotBeHandedOnBecomesOneFailureAndHoldsUpNothing(t *testing.T) {
	gone := failure("tickets", "")
	gone.Failure.PayloadKey, gone.Failure.Payload = "failures/gone", nil
	for name, bad := range map[string]Change{
		"an image that can't be read": {ID: "r9", New: json.RawMessage(`"garbage"`)},
		"work that nobody does":       change(t, desk.Saved{Item: "x", Work: "dance:1"}),
		"a payload that is no event":  change(t, failure("inbound", `"text"`)),
		"a stage that has no queue":   change(t, failure("dispatcher", `{}`)),
		"a payload that is gone":      change(t, gone),
		"a payload beyond the queue":  change(t, failure("outbound", `"`+strings.Repeat("x", 1<<20)+`"`)),
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{}
			handOn(t, w, change(t, outgoing("k1", "a", "out")), bad, bad, change(t, outgoing("k2", "a", "out")))
			if len(w.sent) != 2 || len(w.failures) != 2 || w.failures[0].ID != w.failures[1].ID {
				t.Fatalf("%d letters, failures %v", len(w.sent), w.failures)
			}
			f := w.failures[0]
			if f.Stage != desk.StageDispatcher || f.Reason == "" || f.Code == "" || len(f.Payload) == 0 {
				t.Errorf("the failure is %+v", f)
			}
		})
	}
}

func TestTroubleWithAQueueBringsEverythingBack(t *testing.T) {
	w := &world{down: desk.Refuse(desk.Busy, "The queue is away.")}
	done, err := stage(w).HandOn(t.Context(), []Change{change(t, outgoing("k1", "a", "out"))})
	if done != 0 || !errors.Is(err, w.down) {
		t.Errorf("done %d, %v", done, err)
	}
	if len(w.failures) != 0 {
		t.Error("trouble with a queue is no failure of the record")
	}
}

func TestAFailureThatCanNotBeKeptBringsTheRecordBack(t *testing.T) {
	w := &world{keep: desk.Refuse(desk.Busy, "The table is away.")}
	if done, err := stage(w).HandOn(t.Context(), []Change{{ID: "r", New: json.RawMessage(`1`)}}); err == nil || done != 0 {
		t.Errorf("done %d, %v", done, err)
	}
	if done, err := stage(w).HandOn(t.Context(), []Change{change(t, failure("tickets", `{}`))}); err == nil || done != 0 {
		t.Errorf("a replay that was not noted: done %d, %v", done, err)
	}
}
