package dispatch

import (
	"encoding/json"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestWhatAnIntegrationIsToldIsAJobOfItsOwnKind(t *testing.T) {
	m := desk.Message{Conversation: desk.HookLog("a1"), Key: "K", Kind: desk.KindEvent, Channel: "a1", Thread: "hooks"}
	letters, err := Letters(desk.Saved{Item: "CONV#hooks.a1/MSG#K", Work: "out", Conversation: m.Conversation, Channel: "a1", Message: m})
	if err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	var job desk.OutboundJob
	if err := json.Unmarshal(letters[0].Body, &job); err != nil || job.Kind != desk.CallHook || job.Conversation != desk.HookLog("a1") || job.Message != "K" || job.Channel != "a1" {
		t.Errorf("the job: %+v, %v", job, err)
	}
	m.Change = &desk.Change{What: desk.OwnerTold}
	if letters, err = Letters(desk.Saved{Item: "x", Work: "out", Message: m}); err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	if err := json.Unmarshal(letters[0].Body, &job); err != nil || job.Kind != desk.TellOwner {
		t.Errorf("a colleague's: %+v, %v", job, err)
	}
}
