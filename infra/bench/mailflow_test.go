package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/mime"
)

func TestEachMailIsOneOfItsWritersThread(t *testing.T) {
	p := &postman{mail: mailOf(4<<10, 1<<10)}
	first, err := mime.Read(bytes.NewReader(p.letter(3, "writer3@example.com")), nil, mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	later, err := mime.Read(bytes.NewReader(p.letter(3+mailWriters, "writer3@example.com")), nil, mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.References) != 0 || len(later.References) != 1 || later.References[0] != first.MessageID || later.MessageID == first.MessageID {
		t.Errorf("%q of %q, then %q of %q", first.MessageID, first.References, later.MessageID, later.References)
	}
	if later.From[0].Addr != "writer3@example.com" {
		t.Errorf("from %+v", later.From)
	}
}

func TestTheTimeOfProcessesThatComeUpCountsAndOneThatEndsIsNoticed(t *testing.T) {
	type times = map[string]map[int]time.Duration
	got, err := spentBetween(times{"router": {1: 10}}, times{"router": {1: 15, 2: 7}, "ticket": {3: 4}})
	if err != nil || got["router"] != 12 || got["ticket"] != 4 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := spentBetween(times{"router": {1: 10}}, times{"router": {2: 7}}); err == nil {
		t.Error("a process that ended was not noticed")
	}
	row := cpuRow("cpu.message_ms", []string{"router", "ticket"}, map[string]time.Duration{"router": 2 * time.Second, "ticket": time.Second, "api": time.Hour}, 1000)
	if row.Measured != 3 || !row.OK {
		t.Errorf("%+v", row)
	}
}
