package source

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

func TestARecordIsWrittenAsLambdaWritesIt(t *testing.T) {
	r := types.Record{
		EventID: aws.String("e1"), EventName: types.OperationTypeRemove, EventVersion: aws.String("1.1"),
		UserIdentity: &types.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")},
		Dynamodb: &types.StreamRecord{
			ApproximateCreationDateTime: aws.Time(time.Unix(1480642020, 0)), SequenceNumber: aws.String("42"), SizeBytes: aws.Int64(54), StreamViewType: types.StreamViewTypeNewAndOldImages,
			Keys: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a<b"}},
			OldImage: map[string]types.AttributeValue{"a": &types.AttributeValueMemberL{Value: []types.AttributeValue{
				&types.AttributeValueMemberN{Value: "1.50"}, &types.AttributeValueMemberB{Value: []byte{0, 1}}, &types.AttributeValueMemberBOOL{Value: false},
				&types.AttributeValueMemberNULL{Value: true}, &types.AttributeValueMemberSS{Value: []string{"x"}}, &types.AttributeValueMemberNS{Value: []string{"1"}},
				&types.AttributeValueMemberBS{Value: [][]byte{{1}}}, &types.AttributeValueMemberS{}, &types.AttributeValueMemberM{}, &types.AttributeValueMemberL{},
				&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}}, &types.UnknownUnionMember{},
			}}},
		},
	}
	got, err := compact((&Stream{ARN: "arn:stream", Region: "us-east-1"}).record(r))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"eventID":"e1","eventName":"REMOVE","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1",` +
		`"dynamodb":{"ApproximateCreationDateTime":1480642020,"Keys":{"pk":{"S":"a<b"}},` +
		`"OldImage":{"a":{"L":[{"N":"1.50"},{"B":"AAE="},{"BOOL":false},{"NULL":true},{"SS":["x"]},{"NS":["1"]},{"BS":["AQ=="]},{"S":""},{"M":{}},{"L":[]},{"M":{"k":{"S":"v"}}},{}]}},` +
		`"SequenceNumber":"42","SizeBytes":54,"StreamViewType":"NEW_AND_OLD_IMAGES"},` +
		`"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},"eventSourceARN":"arn:stream"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
