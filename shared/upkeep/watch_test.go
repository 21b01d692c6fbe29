package upkeep

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"
)

func TestItIsNotedSinceWhenSomethingWaitsInAQueue(t *testing.T) {
	w := newWorld()
	begun := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		minute int
		depth  map[string]int
		want   map[string]int // minutes since which something waits
		noted  int
	}{
		{0, nil, nil, 0}, // an idle stack writes nothing
		{5, map[string]int{"inbound": 3}, map[string]int{"inbound": 5}, 1},
		{7, nil, map[string]int{"inbound": 5}, 1}, // between two looks nothing is asked
		{10, map[string]int{"inbound": 9}, map[string]int{"inbound": 5}, 1},
		{15, map[string]int{"inbound": 1, "mail": 1}, map[string]int{"inbound": 5, "mail": 15}, 2},
		{20, map[string]int{"mail": 1}, map[string]int{"mail": 15}, 3},
		{25, nil, nil, 4},
		{30, nil, nil, 4},
	} {
		w.now, w.depth = begun.Add(time.Duration(step.minute)*2*time.Minute), step.depth
		w.mustSweep(t)
		got := map[string]int{}
		for queue, since := range w.waiting {
			got[queue] = int(since.Sub(begun) / (2 * time.Minute))
		}
		if !maps.Equal(got, step.want) || w.noted != step.noted {
			t.Errorf("minute %d: %v after %d notes, want %v after %d", step.minute, got, w.noted, step.want, step.noted)
		}
	}
}

func TestAQueueThatDoesNotAnswerIsAnErrorOfThisTaskAlone(t *testing.T) {
	for _, part := range []string{"Depth", "QueuesWaiting", "NoteQueuesWaiting"} {
		w := newWorld()
		w.now = time.Date(2026, 5, 4, 10, 10, 0, 0, time.UTC)
		w.depth, w.down[part] = map[string]int{"outbound": 1}, errors.New("away")
		if err := w.sweep(t); err == nil {
			t.Errorf("%s: nothing was said", part)
		}
		if slices.Contains(w.swept, "") {
			t.Errorf("%s: the sweep counts as a good one", part)
		}
	}
}
