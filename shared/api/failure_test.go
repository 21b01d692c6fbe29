package api_test

import (
	"fmt"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestWhatCouldNotBeProcessedIsListedReplayedAndDeleted(t *testing.T) {
	s := newStack(t)
	for i, f := range []desk.Failure{
		{Payload: []byte(`{"a":1}`)}, {Payload: []byte("not json")}, {PayloadKey: "failures/big"},
	} {
		f.ID, f.At = desk.NewFailureID(s.clock(), fmt.Sprint("m", i)), s.clock()
		f.Stage, f.Code, f.Reason, f.Channel, f.Tries = "inbound", desk.Invalid, "It can't be read.", "c1", 5
		if err := s.table.RecordFailure(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]bool{}
	after := ""
	for range 3 {
		a := s.ok(s.admin, "GET", "/v1/failures?limit=2&after="+after, "")
		for i := range a.count("results") {
			at := fmt.Sprintf("results.%d.", i)
			found[a.text(at+"payload")+a.text(at+"payload.a")+a.text(at+"payloadUrl")] = true
			if a.text(at+"reason") != "It can't be read." || a.text(at+"stage") != "inbound" || a.text(at+"state") != "FAILED" || a.text(at+"tries") != "5" || a.text(at+"channelId") != "c1" {
				t.Errorf("%s", a.Raw)
			}
		}
		if after = a.text("next"); after == "" {
			break
		}
	}
	if len(found) != 3 || !found["not json"] || !found["map[a:1]1"] {
		t.Errorf("payloads %v", found)
	}
	id := string(desk.NewFailureID(s.clock(), "m0"))
	if a := s.ok(s.admin, "POST", "/v1/failures/"+id+"/replay", ""); a.Status != 202 || a.text("state") != "REPLAYING" || a.text("replays") != "1" {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	s.ok(s.admin, "DELETE", "/v1/failures/"+id, "")
	for _, none := range []string{id, "x", "2026-01-01.none"} {
		s.refused(404, "not_found", s.admin, "POST", "/v1/failures/"+none+"/replay", "")
		s.refused(404, "not_found", s.admin, "DELETE", "/v1/failures/"+none, "")
	}
}
