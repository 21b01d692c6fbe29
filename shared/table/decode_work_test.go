package table_test

import (
	"encoding/json"
	"testing"

	"github.com/loket-desk/loket/shared/table"
)

func TestTheStreamTellsWhatIsToBeTakenBackAndWhichJobGoesOn(t *testing.T) {
	s, err := table.ReadSaved(
		json.RawMessage(`{"pk":{"S":"CONV#c1"},"sk":{"S":"DUE#takeback"},"ch":{"S":"ch1"}}`),
		json.RawMessage(`{"pk":{"S":"CONV#c1"},"sk":{"S":"DUE#takeback"},"ch":{"S":"ch1"},"q":{"S":"take:5"}}`),
	)
	if err != nil || s.Conversation != "c1" || s.Channel != "ch1" || !s.Fresh() {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = table.ReadSaved(nil, json.RawMessage(`{"pk":{"S":"JOB#j1"},"sk":{"S":"JOB"},"q":{"S":"job:1"}}`))
	if err != nil || s.Job != "j1" || !s.Fresh() {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = table.ReadSaved(nil, json.RawMessage(`{"pk":{"S":"USER#*"},"sk":{"S":"PRESENCE"},"q":{"S":"drain:1"}}`))
	if err != nil || s.User != "*" {
		t.Errorf("%+v, %v", s, err)
	}
}
