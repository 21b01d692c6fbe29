package source

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// streamRecord is one record of a DynamoDB event.
type streamRecord struct {
	EventID      string              `json:"eventID"`
	EventName    types.OperationType `json:"eventName"`
	EventVersion string              `json:"eventVersion"`
	EventSource  string              `json:"eventSource"`
	AWSRegion    string              `json:"awsRegion"`
	DynamoDB     streamChange        `json:"dynamodb"`
	UserIdentity *identity           `json:"userIdentity,omitempty"` // of what TTL deletes
	EventARN     string              `json:"eventSourceARN"`
}

type identity struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
}

type streamChange struct {
	Created        int64                `json:"ApproximateCreationDateTime"` // seconds
	Keys           item                 `json:"Keys"`
	NewImage       item                 `json:"NewImage,omitempty"`
	OldImage       item                 `json:"OldImage,omitempty"`
	SequenceNumber string               `json:"SequenceNumber"`
	SizeBytes      int64                `json:"SizeBytes"`
	StreamViewType types.StreamViewType `json:"StreamViewType"`
}

// item is an item in DynamoDB's JSON: {"pk": {"S": "…"}, …}.
type item map[string]value

// value has exactly one field set.
type value struct {
	S    *string           `json:"S,omitempty"`
	N    *string           `json:"N,omitempty"`
	B    *[]byte           `json:"B,omitempty"`
	BOOL *bool             `json:"BOOL,omitempty"`
	NULL *bool             `json:"NULL,omitempty"`
	M    *map[string]value `json:"M,omitempty"`
	L    *[]value          `json:"L,omitempty"`
	SS   []string          `json:"SS,omitempty"`
	NS   []string          `json:"NS,omitempty"`
	BS   [][]byte          `json:"BS,omitempty"`
}

func (s *Stream) record(r types.Record) streamRecord {
	out := streamRecord{
		EventID: aws.ToString(r.EventID), EventName: r.EventName, EventVersion: aws.ToString(r.EventVersion), EventSource: "aws:dynamodb",
		AWSRegion: s.Region, EventARN: s.ARN,
		DynamoDB: streamChange{
			Keys: toItem(r.Dynamodb.Keys), NewImage: toItem(r.Dynamodb.NewImage), OldImage: toItem(r.Dynamodb.OldImage),
			SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber), SizeBytes: aws.ToInt64(r.Dynamodb.SizeBytes), StreamViewType: r.Dynamodb.StreamViewType,
			Created: aws.ToTime(r.Dynamodb.ApproximateCreationDateTime).Unix(),
		},
	}
	if u := r.UserIdentity; u != nil {
		out.UserIdentity = &identity{Type: aws.ToString(u.Type), PrincipalID: aws.ToString(u.PrincipalId)}
	}
	return out
}

func toItem(attributes map[string]types.AttributeValue) item {
	if attributes == nil {
		return nil
	}
	out := item{}
	for name, a := range attributes {
		out[name] = toValue(a)
	}
	return out
}

func toValue(a types.AttributeValue) value {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		return value{S: &a.Value}
	case *types.AttributeValueMemberN:
		return value{N: &a.Value}
	case *types.AttributeValueMemberB:
		return value{B: &a.Value}
	case *types.AttributeValueMemberBOOL:
		return value{BOOL: &a.Value}
	case *types.AttributeValueMemberNULL:
		return value{NULL: &a.Value}
	case *types.AttributeValueMemberM:
		m := map[string]value(toItem(a.Value))
		if m == nil {
			m = map[string]value{}
		}
		return value{M: &m}
	case *types.AttributeValueMemberL:
		l := make([]value, len(a.Value))
		for i, e := range a.Value {
			l[i] = toValue(e)
		}
		return value{L: &l}
	case *types.AttributeValueMemberSS:
		return value{SS: a.Value}
	case *types.AttributeValueMemberNS:
		return value{NS: a.Value}
	case *types.AttributeValueMemberBS:
		return value{BS: a.Value}
	}
	return value{}
}
