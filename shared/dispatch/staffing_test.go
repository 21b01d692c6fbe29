package dispatch

import (
	"encoding/json"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestTakeBacksGoToTheirPoolAndStepsOfAJobToTheJobsOwnGroup(t *testing.T) {
	for _, c := range []struct {
		saved desk.Saved
		group string
		want  desk.TicketJob
	}{
		{
			desk.Saved{Item: "CONV#c1/DUE#takeback", Work: "take:1", Conversation: "c1", Channel: "ch"},
			desk.Pool("ch"),
			desk.TicketJob{Kind: desk.JobTake, Conversation: "c1", Pool: desk.Pool("ch")},
		},
		{desk.Saved{Item: "JOB#j1/JOB", Work: "job:2", Job: "j1"}, desk.Digest("job", "j1"), desk.TicketJob{Kind: desk.JobStep, Job: "j1"}},
	} {
		letters, err := Letters(c.saved)
		if err != nil || len(letters) != 1 {
			t.Fatalf("%v, %v", letters, err)
		}
		var job desk.TicketJob
		if err := json.Unmarshal(letters[0].Body, &job); err != nil || job != c.want || letters[0].Queue != desk.QueueTickets || letters[0].Group != c.group {
			t.Errorf("%+v, %v", letters[0], err)
		}
	}
}
