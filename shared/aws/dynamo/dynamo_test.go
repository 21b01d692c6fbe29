package dynamo

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/config"
)

func TestOnlyWhatWaitingHelpsIsTriedAgain(t *testing.T) {
	const cancelled = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":`
	for name, c := range map[string]struct {
		answer string
		calls  int
	}{
		"two writers at once":     {`{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException"}`, 4},
		"a transaction in a race": {cancelled + `[{"Code":"None"},{"Code":"TransactionConflict"}]}`, 4},
		"a throttle":              {`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`, 4},
		"a refused condition":     {`{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}`, 1},
		"a refused transaction":   {cancelled + `[{"Code":"ConditionalCheckFailed"},{"Code":"TransactionConflict"}]}`, 1},
		"a wrong request":         {`{"__type":"com.amazon.coral.validate#ValidationException"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, c.answer)
			}))
			t.Cleanup(server.Close)
			db := New(aws.New(config.Config{
				Region: "us-east-1", Credentials: config.Credentials{AccessKey: "a", Secret: "b"},
				Endpoints: config.Endpoints{DynamoDB: server.URL},
			}))
			_, err := db.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
				TransactItems: []types.TransactWriteItem{{Delete: &types.Delete{
					TableName: sdk.String("t"), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "x"}},
				}}},
			})
			if err == nil || calls != c.calls {
				t.Errorf("%v after %d calls, want %d", err, calls, c.calls)
			}
		})
	}
}
