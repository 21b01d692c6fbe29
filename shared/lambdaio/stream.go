package lambdaio

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"
)

// Kind is what happened to an item of the table.
type Kind string

// What can happen to an item.
const (
	Insert Kind = "INSERT"
	Modify Kind = "MODIFY"
	Remove Kind = "REMOVE"
)

// Change is one change of the table. The images are DynamoDB's JSON of the whole item, such as {"pk":{"S":"CONFIG"}}, as
// it came; the table knows how to read it. Nil is: there was none.
type Change struct {
	ID       string // the same on every try
	Kind     Kind
	Sequence string
	At       time.Time // to the second
	Keys     json.RawMessage
	Old      json.RawMessage
	New      json.RawMessage
	Expired  bool // removed by its time to live
}

type streamEvent struct {
	Records []struct {
		EventID      string `json:"eventID"`
		EventName    Kind   `json:"eventName"`
		UserIdentity struct {
			PrincipalID string `json:"principalId"`
		} `json:"userIdentity"`
		DynamoDB struct {
			At       json.Number     `json:"ApproximateCreationDateTime"`
			Keys     json.RawMessage `json:"Keys"`
			OldImage json.RawMessage `json:"OldImage"`
			NewImage json.RawMessage `json:"NewImage"`
			Sequence string          `json:"SequenceNumber"`
		} `json:"dynamodb"`
	}
}

type streamAnswer struct {
	Failures []streamFailure `json:"batchItemFailures"`
}

type streamFailure struct {
	Sequence string `json:"itemIdentifier"`
}

// Stream hands the table's changes on, in order. handle returns how many of them, counted from the first, are done for
// good; with an error, the one after those is where Lambda begins again.
func Stream(handle func(ctx context.Context, changes []Change) (done int, err error)) Handler {
	return handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		begun := time.Now()
		var event streamEvent
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		changes := event.changes()
		working, cancel := within(ctx)
		defer cancel()
		var done int
		err := guarded(func() (err error) {
			done, err = handle(working, changes)
			return err
		})
		answer := streamAnswer{Failures: []streamFailure{}}
		if err != nil {
			done = min(max(done, 0), max(len(changes)-1, 0))
			warn(ctx, "changes come back", err, "done", done, "of", len(changes))
		}
		if done < len(changes) {
			answer.Failures = append(answer.Failures, streamFailure{changes[done].Sequence})
		}
		slog.InfoContext(ctx, "changes", "records", len(changes), "done", done, "ms", since(begun))
		return json.Marshal(answer)
	})
}

func (e streamEvent) changes() []Change {
	changes := make([]Change, 0, len(e.Records))
	for _, r := range e.Records {
		at, _ := strconv.ParseFloat(r.DynamoDB.At.String(), 64) // zero when the stream doesn't say
		changes = append(changes, Change{
			ID: r.EventID, Kind: r.EventName, Sequence: r.DynamoDB.Sequence, At: time.Unix(int64(at), 0).UTC(),
			Keys: present(r.DynamoDB.Keys), Old: present(r.DynamoDB.OldImage), New: present(r.DynamoDB.NewImage),
			Expired: r.EventName == Remove && r.UserIdentity.PrincipalID == "dynamodb.amazonaws.com",
		})
	}
	return changes
}

func present(image json.RawMessage) json.RawMessage {
	if string(image) == "null" || string(image) == "{}" {
		return nil
	}
	return image
}
