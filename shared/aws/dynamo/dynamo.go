// Package dynamo makes the SDK's DynamoDB client, with the retries that one conditional write at a time wants.
package dynamo

import (
	"errors"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/loket-desk/loket/shared/aws"
)

// New makes the client. Throttling, outages, lost connections and two writers at once are tried again, four times in
// all within about a second; what still fails is for the queue's backoff.
func New(c *aws.Client) *dynamodb.Client {
	return dynamodb.NewFromConfig(c.Config(), func(o *dynamodb.Options) {
		if address, standIn := c.Endpoint(aws.DynamoDB); standIn {
			o.BaseEndpoint = sdk.String(address)
		}
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = 4
			r.Backoff = retry.BackoffDelayerFunc(func(try int, _ error) (time.Duration, error) { return aws.Backoff(try), nil })
			// The SDK's bucket of retry tokens would refuse retries after a burst of throttles; the queues pace us already.
			r.RateLimiter = ratelimit.None
			r.Retryables = append(r.Retryables, retry.IsErrorRetryableFunc(conflict))
		})
	})
}

// conflict: another transaction held the item for a moment. The SDK does not retry it by itself.
func conflict(err error) sdk.Ternary {
	var said smithy.APIError // by its code: not every operation has the type
	if errors.As(err, &said) && said.ErrorCode() == "TransactionConflictException" {
		return sdk.TrueTernary
	}
	var many *types.TransactionCanceledException
	if !errors.As(err, &many) {
		return sdk.UnknownTernary
	}
	found := sdk.UnknownTernary
	for _, reason := range many.CancellationReasons {
		switch sdk.ToString(reason.Code) {
		case "None", "":
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			found = sdk.TrueTernary
		default:
			return sdk.FalseTernary // a condition was refused: the writer must look again
		}
	}
	return found
}
