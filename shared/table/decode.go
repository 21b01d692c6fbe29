package table

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// ReadSaved reads a record of the stream: the item before and after, each in DynamoDB's JSON; old is empty for a new
// item. Beside an error, the item and its work are given as far as they could be read.
func ReadSaved(before, after json.RawMessage) (desk.Saved, error) {
	if len(after) == 0 { // it was deleted
		return desk.Saved{}, nil
	}
	it, err := decodeImage(after)
	if err != nil {
		return desk.Saved{}, unreadable(err)
	}
	k := keyOf(it)
	s := desk.Saved{Item: k.String(), Work: getStr(it, "q")}
	if len(before) > 0 {
		old, err := decodeImage(before)
		if err != nil {
			return s, unreadable(err)
		}
		s.Was = getStr(old, "q")
	}
	if !s.Fresh() {
		return s, nil
	}
	return s, fill(&s, k, it)
}

// fill reads of the item what its work needs.
func fill(s *desk.Saved, k key, it item) error {
	var err error
	switch desk.WorkVerb(s.Work) {
	case desk.WorkSend, desk.WorkMedia:
		s.Message, err = decodeMessage(it)
		s.Conversation, s.Channel = s.Message.Conversation, s.Message.Channel
	case desk.WorkOpen:
		c := decodeHead(it).Conversation
		s.Conversation, s.Channel = c.ID, c.Channel
	case desk.WorkReplay:
		s.Failure, err = decodeFailure(it)
	case desk.WorkDrain:
		s.User = desk.UserID(strings.TrimPrefix(k.pk, "USER#"))
	case desk.WorkTake:
		s.Conversation, s.Channel = desk.ConversationID(strings.TrimPrefix(k.pk, "CONV#")), desk.ChannelID(getStr(it, "ch"))
	case desk.WorkJob:
		s.Job = strings.TrimPrefix(k.pk, "JOB#")
	}
	return err
}

func unreadable(err error) error {
	return desk.Refuse(desk.Internal, "A changed item could not be read.").Because(err)
}

// decodeImage reads an item in DynamoDB's JSON, where each value stands under its type.
func decodeImage(raw json.RawMessage) (item, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	out := item{}
	for name, v := range fields {
		value, err := decodeValue(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = value
	}
	return out, nil
}

// image is one value in DynamoDB's JSON: one of the fields is there.
type image struct {
	S    *string
	N    *string
	B    []byte
	BOOL *bool
	NULL bool
	SS   []string
	NS   []string
	BS   [][]byte
	L    []json.RawMessage
	M    map[string]json.RawMessage
}

func decodeValue(raw json.RawMessage) (types.AttributeValue, error) {
	var v image
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	switch {
	case v.S != nil:
		return &types.AttributeValueMemberS{Value: *v.S}, nil
	case v.N != nil:
		return &types.AttributeValueMemberN{Value: *v.N}, nil
	case v.B != nil:
		return &types.AttributeValueMemberB{Value: v.B}, nil
	case v.BOOL != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.BOOL}, nil
	case v.NULL:
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case v.SS != nil:
		return &types.AttributeValueMemberSS{Value: v.SS}, nil
	case v.NS != nil:
		return &types.AttributeValueMemberNS{Value: v.NS}, nil
	case v.BS != nil:
		return &types.AttributeValueMemberBS{Value: v.BS}, nil
	}
	return decodeNested(v)
}

func decodeNested(v image) (types.AttributeValue, error) {
	switch {
	case v.L != nil:
		list := make([]types.AttributeValue, len(v.L))
		for i, raw := range v.L {
			var err error
			if list[i], err = decodeValue(raw); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	case v.M != nil:
		fields := map[string]types.AttributeValue{}
		for name, raw := range v.M {
			var err error
			if fields[name], err = decodeValue(raw); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberM{Value: fields}, nil
	}
	return nil, fmt.Errorf("a value of no known type")
}
