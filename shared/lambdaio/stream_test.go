package lambdaio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

const threeChanges = `{"Records":[
 {"eventID":"e1","eventName":"INSERT","dynamodb":{"ApproximateCreationDateTime":1700000000,"Keys":{"pk":{"S":"a"}},"NewImage":{"pk":{"S":"a"},"n":{"N":"12345678901234567890"}},"SequenceNumber":"11"}},
 {"eventID":"e2","eventName":"MODIFY","dynamodb":{"Keys":{"pk":{"S":"b"}},"OldImage":{"pk":{"S":"b"}},"NewImage":{"pk":{"S":"b"},"x":{"BOOL":true}},"SequenceNumber":"12"}},
 {"eventID":"e3","eventName":"REMOVE","userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},"dynamodb":{"Keys":{"pk":{"S":"c"}},"OldImage":{"pk":{"S":"c"}},"NewImage":null,"SequenceNumber":"13"}}
]}`

func TestChangesComeInOrderWithTheirImagesAsTheyWere(t *testing.T) {
	var got []Change
	out, err := Stream(func(_ context.Context, c []Change) (int, error) { got = c; return len(c), nil }).Invoke(t.Context(), []byte(threeChanges))
	if err != nil || string(out) != `{"batchItemFailures":[]}` {
		t.Fatal(string(out), err)
	}
	if len(got) != 3 || got[0].ID != "e1" || got[0].Kind != Insert || got[0].Sequence != "11" || got[0].At.Unix() != 1700000000 ||
		string(got[0].New) != `{"pk":{"S":"a"},"n":{"N":"12345678901234567890"}}` || got[0].Old != nil || got[0].Expired {
		t.Errorf("%+v", got)
	}
	if string(got[1].Old) != `{"pk":{"S":"b"}}` || got[1].Kind != Modify || got[2].New != nil || !got[2].Expired {
		t.Errorf("%+v", got)
	}
}

func TestLambdaBeginsAgainAtTheFirstChangeThatIsNotDone(t *testing.T) {
	failed := errors.New("throttled")
	for _, c := range []struct {
		done  int
		err   error
		panic bool
		want  string
	}{
		{3, nil, false, `{"batchItemFailures":[]}`},
		{1, failed, false, `{"batchItemFailures":[{"itemIdentifier":"12"}]}`},
		{0, failed, false, `{"batchItemFailures":[{"itemIdentifier":"11"}]}`},
		{1, nil, false, `{"batchItemFailures":[{"itemIdentifier":"12"}]}`},
		{3, failed, false, `{"batchItemFailures":[{"itemIdentifier":"13"}]}`}, // an error never counts as done
		{-1, failed, false, `{"batchItemFailures":[{"itemIdentifier":"11"}]}`},
		{0, nil, true, `{"batchItemFailures":[{"itemIdentifier":"11"}]}`},
	} {
		h := Stream(func(context.Context, []Change) (int, error) {
			if c.panic {
				panic("oh")
			}
			return c.done, c.err
		})
		if out, err := h.Invoke(t.Context(), []byte(threeChanges)); err != nil || string(out) != c.want {
			t.Errorf("%+v gave %s %v", c, out, err)
		}
	}
}

func TestAnEmptyBatchIsFine(t *testing.T) {
	h := Stream(func(context.Context, []Change) (int, error) { return 0, errors.New("nothing to do") })
	if out, err := h.Invoke(t.Context(), []byte(`{"Records":[]}`)); err != nil || string(out) != `{"batchItemFailures":[]}` {
		t.Errorf("%s %v", out, err)
	}
}

func TestTheStreamsOwnSampleIsRead(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("..", "..", "events", "dispatcher.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got []Change
	h := Stream(func(_ context.Context, c []Change) (int, error) { got = c; return len(c), nil })
	if _, err := h.Invoke(t.Context(), sample); err != nil || len(got) == 0 {
		t.Fatal(got, err)
	}
	for _, c := range got {
		if c.Sequence == "" || c.New == nil || c.At.IsZero() || fmt.Sprint(c.Kind) == "" {
			t.Errorf("%+v", c)
		}
	}
}
