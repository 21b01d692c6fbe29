package table

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// attemptBytes bounds what is kept of an answer.
const attemptBytes = 300

// attempting adds an attempt to an update, where every try is kept.
func (t *Table) attempting(expr string, args item, r desk.SendResult) string {
	if r.Attempt == "" {
		return expr
	}
	one := doc(desk.Attempt{At: t.now(), State: r.State, Detail: clip(r.Attempt, attemptBytes)})
	args[":try"], args[":none"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{one}}, &types.AttributeValueMemberL{}
	return expr + ", al = list_append(if_not_exists(al, :none), :try)"
}

// noteAttempt keeps an attempt of a message whose state moved on before its result was there.
func (t *Table) noteAttempt(ctx context.Context, m desk.Message, r desk.SendResult) error {
	if r.Attempt == "" {
		return nil
	}
	args := item{":v": num(0)}
	expr := t.attempting("SET tr = if_not_exists(tr, :v)", args, r)
	_, err := t.update(ctx, messageKey(m.Conversation, m.Key), expr, "attribute_exists(pk)", args)
	return err
}

func decodeAttempts(it item) ([]desk.Attempt, error) {
	list, ok := it["al"].(*types.AttributeValueMemberL)
	if !ok {
		return nil, nil
	}
	out := make([]desk.Attempt, 0, len(list.Value))
	for _, v := range list.Value {
		text, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			continue
		}
		var a desk.Attempt
		if err := json.Unmarshal([]byte(text.Value), &a); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
