package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/loket-desk/loket/infra/local/pattern"
)

// numbers are the sequence numbers of an event's records.
func numbers(event []byte) []string {
	var e struct {
		Records []struct {
			DynamoDB struct{ SequenceNumber string }
		}
	}
	_ = json.Unmarshal(event, &e) // a test that depends on it compares the result
	var out []string
	for _, r := range e.Records {
		out = append(out, r.DynamoDB.SequenceNumber)
	}
	return out
}

func changes(n int) []types.Record {
	var out []types.Record
	for i := range n {
		out = append(out, types.Record{
			EventID: aws.String(fmt.Sprint("e", i)), EventName: types.OperationTypeInsert, EventVersion: aws.String("1.1"),
			Dynamodb: &types.StreamRecord{
				SequenceNumber: aws.String(fmt.Sprint(i)), ApproximateCreationDateTime: aws.Time(time.Now()),
				Keys: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint("K", i)}},
			},
		})
	}
	return out
}

// notes remembers checkpoints and failures.
type notes struct {
	done     []string
	failures []Failure
}

func (n *notes) After(string) string            { return "" }
func (n *notes) Done(_ string, sequence string) { n.done = append(n.done, sequence) }

func stream(f Invoker, n *notes, change func(*Stream)) *Stream {
	s := &Stream{
		ARN: "arn:stream", Region: "us-east-1", FunctionARN: "arn:function", MappingID: "mapping", BatchSize: 100, Retries: -1, PartialFailures: true,
		Function: f, Log: slog.New(slog.DiscardHandler), Checkpoints: n,
		OnFailure: func(_ context.Context, f Failure) error { n.failures = append(n.failures, f); return nil },
	}
	if change != nil {
		change(s)
	}
	return s
}

// failing answers with the failure of the records of these numbers, an error where one of them is "error".
func failing(which ...string) func(int, []byte) ([]byte, error) {
	return func(_ int, event []byte) ([]byte, error) {
		var items []string
		for _, n := range numbers(event) {
			if slices.Contains(which, n) {
				items = append(items, fmt.Sprintf(`{"itemIdentifier":%q}`, n))
			}
		}
		if len(items) > 0 && slices.Contains(which, "error") {
			return nil, errors.New("told to fail")
		}
		return fmt.Appendf(nil, `{"batchItemFailures":[%s]}`, strings.Join(items, ",")), nil
	}
}

func batches(f *recorder) string {
	var out []string
	for _, e := range f.events {
		out = append(out, strings.Join(numbers(e), ","))
	}
	return strings.Join(out, " ")
}

func TestABatchIsTriedAgainFromItsLowestFailure(t *testing.T) {
	f, n := &recorder{answer: failing("2", "4")}, &notes{}
	s := stream(f, n, func(s *Stream) { s.Retries = 1 })
	s.process(t.Context(), "shard", changes(5))
	if got := batches(f); got != "0,1,2,3,4 2,3,4" {
		t.Errorf("the batches were %s", got)
	}
	if len(n.failures) != 1 || n.failures[0].Condition != "RetryAttemptsExhausted" || n.failures[0].FunctionError || n.failures[0].Invocations != 2 {
		t.Errorf("given up: %+v", n.failures)
	}
	if got := n.done[len(n.done)-1]; got != "4" {
		t.Errorf("the last checkpoint is %s", got)
	}
}

func TestAFailedBatchIsCutInTwoWithoutCostingARetry(t *testing.T) {
	f, n := &recorder{answer: failing("2", "error")}, &notes{}
	s := stream(f, n, func(s *Stream) { s.Retries, s.Bisect = 0, true })
	s.process(t.Context(), "shard", changes(4))
	if got := batches(f); got != "0,1,2,3 0,1 2,3 2 3" {
		t.Errorf("the batches were %s", got)
	}
	if len(n.failures) != 1 || !n.failures[0].FunctionError || n.failures[0].document.Batch.StartSequenceNumber != "2" || n.failures[0].document.Batch.BatchSize != 1 {
		t.Errorf("given up: %+v", n.failures)
	}
}

func TestWithoutALimitABatchIsTriedUntilItWorks(t *testing.T) {
	f, n := &recorder{}, &notes{}
	f.answer = func(call int, event []byte) ([]byte, error) {
		if call < 4 {
			return nil, errors.New("not yet")
		}
		return nil, nil
	}
	stream(f, n, nil).process(t.Context(), "shard", changes(2))
	if got := batches(f); got != "0,1 0,1 0,1 0,1" || len(n.failures) != 0 {
		t.Errorf("the batches were %s, given up %v", got, n.failures)
	}
}

func TestAMalformedAnswerFailsTheWholeBatch(t *testing.T) {
	for _, answer := range []string{`{"batchItemFailures":"x"}`, `{"batchItemFailures":[{"itemIdentifier":""}]}`, `{"batchItemFailures":[{"itemIdentifier":"99"}]}`, `{"batchItemFailures":[{"id":"1"}]}`, `nonsense`} {
		f, n := &recorder{answer: func(int, []byte) ([]byte, error) { return []byte(answer), nil }}, &notes{}
		stream(f, n, func(s *Stream) { s.Retries = 0 }).process(t.Context(), "shard", changes(2))
		if len(n.failures) != 1 || n.failures[0].document.Batch.BatchSize != 2 {
			t.Errorf("%s: given up %+v", answer, n.failures)
		}
	}
	for _, answer := range []string{"", "null", "{}", `{"batchItemFailures":[]}`, `{"batchItemFailures":null}`} {
		f, n := &recorder{answer: func(int, []byte) ([]byte, error) { return []byte(answer), nil }}, &notes{}
		stream(f, n, func(s *Stream) { s.Retries = 0 }).process(t.Context(), "shard", changes(2))
		if len(n.failures) != 0 {
			t.Errorf("%q: given up %+v", answer, n.failures)
		}
	}
}

func TestAnAnswerIsNotReadWhereTheMappingDoesNotSaySo(t *testing.T) {
	f, n := &recorder{answer: failing("0")}, &notes{}
	stream(f, n, func(s *Stream) { s.Retries, s.PartialFailures = 0, false }).process(t.Context(), "shard", changes(1))
	if len(n.failures) != 0 {
		t.Errorf("given up: %+v", n.failures)
	}
}

func TestRecordsThatAreTooOldAreGivenUp(t *testing.T) {
	records := changes(3)
	records[0].Dynamodb.ApproximateCreationDateTime = aws.Time(time.Now().Add(-3 * time.Hour))
	f, n := &recorder{}, &notes{}
	stream(f, n, func(s *Stream) { s.MaxAge = time.Hour }).process(t.Context(), "shard", records)
	if got := batches(f); got != "1,2" {
		t.Errorf("the batches were %s", got)
	}
	if len(n.failures) != 1 || n.failures[0].Condition != "RecordAgeExceeded" || n.failures[0].FunctionError {
		t.Errorf("given up: %+v", n.failures)
	}
}

func TestATimeToldToTheMinuteIsNotTooOld(t *testing.T) {
	records := changes(1)
	records[0].Dynamodb.ApproximateCreationDateTime = aws.Time(time.Now().Truncate(time.Minute))
	if age := time.Since(created(records[0])); age < 0 || age > 2*time.Second {
		t.Errorf("it counts as %s old", age)
	}
}

func TestBatchesAreNoLargerThanTheMappingAndLambdaAllow(t *testing.T) {
	f, n := &recorder{}, &notes{}
	stream(f, n, func(s *Stream) { s.BatchSize = 2 }).process(t.Context(), "shard", changes(5))
	if got := batches(f); got != "0,1 2,3 4" {
		t.Errorf("the batches were %s", got)
	}
	large := changes(4)
	for i := range large {
		large[i].Dynamodb.NewImage = map[string]types.AttributeValue{"x": &types.AttributeValueMemberS{Value: strings.Repeat("x", 2<<20)}}
	}
	f = &recorder{}
	stream(f, n, nil).process(t.Context(), "shard", large)
	if got := batches(f); got != "0,1 2,3" {
		t.Errorf("the batches of 2 MB records were %s", got)
	}
}

func TestRecordsThatNoFilterLetsThroughAreDone(t *testing.T) {
	filters, err := pattern.ParseAll([]string{`{"dynamodb": {"Keys": {"pk": {"S": ["K1"]}}}}`})
	if err != nil {
		t.Fatal(err)
	}
	f, n := &recorder{}, &notes{}
	stream(f, n, func(s *Stream) { s.Filters = filters }).process(t.Context(), "shard", changes(3))
	if got := batches(f); got != "1" || n.done[len(n.done)-1] != "2" {
		t.Errorf("the batches were %s, the checkpoints %v", got, n.done)
	}
}

func TestGivenUpRecordsAreKeptWhenTheDestinationIsBack(t *testing.T) {
	f, n := &recorder{answer: failing("0")}, &notes{}
	tries := 0
	s := stream(f, n, func(s *Stream) {
		s.Retries = 0
		s.OnFailure = func(context.Context, Failure) error {
			if tries++; tries < 3 {
				return errors.New("away")
			}
			return nil
		}
	})
	s.process(t.Context(), "shard", changes(1))
	if tries != 3 {
		t.Errorf("it was tried %d times", tries)
	}
}

func TestAStopLeavesRecordsWithoutACheckpoint(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f, n := &recorder{}, &notes{}
	f.answer = func(int, []byte) ([]byte, error) { cancel(); return nil, errors.New("stopped") }
	stream(f, n, nil).process(ctx, "shard", changes(2))
	if len(n.done) != 0 || len(n.failures) != 0 {
		t.Errorf("checkpoints %v, given up %v", n.done, n.failures)
	}
}
