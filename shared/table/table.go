// Package table is the one DynamoDB table: its map (keys.go), one file an entity, and methods named after acts.
//
// Every method that changes something is safe to repeat. Errors are desk errors: Busy for throttling and outages,
// Conflict for a lost race that trying again can't win, NotFound for what isn't there.
package table

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/loket-desk/loket/shared/desk"
)

// Table gives access to the items of one table. It is safe for concurrent use.
type Table struct {
	db   *dynamodb.Client
	name string
	now  func() time.Time
	ids  *mint
	conf *configCache
}

// New makes a Table over a client. The clock is UTC's.
func New(db *dynamodb.Client, name string) *Table {
	return NewAt(db, name, func() time.Time { return time.Now().UTC() })
}

// NewAt makes a Table with a clock of the caller's.
func NewAt(db *dynamodb.Client, name string, now func() time.Time) *Table {
	return &Table{db: db, name: name, now: now, ids: newMint(), conf: &configCache{}}
}

// get reads one item strongly; found is false when it isn't there.
func (t *Table) get(ctx context.Context, k key) (item, bool, error) {
	out, err := t.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: k.attrs(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, false, t.fail("read "+k.String(), err)
	}
	return out.Item, len(out.Item) > 0, nil
}

// mustGet is get for what has to be there: NotFound with the sentence given when it isn't.
func (t *Table) mustGet(ctx context.Context, k key, missing string) (item, error) {
	it, ok, err := t.get(ctx, k)
	if err == nil && !ok {
		err = desk.Refuse(desk.NotFound, missing)
	}
	return it, err
}

// put writes a whole item under a condition (empty for none). refused reports that the condition did not hold.
func (t *Table) put(ctx context.Context, it item, cond string, args item) (refused bool, err error) {
	in := &dynamodb.PutItemInput{TableName: &t.name, Item: it}
	if cond != "" {
		in.ConditionExpression = &cond
		if len(args) > 0 {
			in.ExpressionAttributeValues = args
		}
	}
	_, err = t.db.PutItem(ctx, in)
	return t.outcome("write "+keyOf(it).String(), err)
}

// putNew writes an item unless one with its key is there: exists reports that.
func (t *Table) putNew(ctx context.Context, it item) (exists bool, err error) {
	return t.put(ctx, it, "attribute_not_exists(pk)", nil)
}

// update changes attributes of one item under a condition (empty for none).
func (t *Table) update(ctx context.Context, k key, expr, cond string, args item) (refused bool, err error) {
	in := &dynamodb.UpdateItemInput{TableName: &t.name, Key: k.attrs(), UpdateExpression: &expr}
	if len(args) > 0 {
		in.ExpressionAttributeValues = args
	}
	if cond != "" {
		in.ConditionExpression = &cond
	}
	_, err = t.db.UpdateItem(ctx, in)
	return t.outcome("change "+k.String(), err)
}

// remove deletes one item under a condition (empty for none).
func (t *Table) remove(ctx context.Context, k key, cond string, args item) (refused bool, err error) {
	in := &dynamodb.DeleteItemInput{TableName: &t.name, Key: k.attrs()}
	if cond != "" {
		in.ConditionExpression = &cond
		if len(args) > 0 {
			in.ExpressionAttributeValues = args
		}
	}
	_, err = t.db.DeleteItem(ctx, in)
	return t.outcome("delete "+k.String(), err)
}

// query reads a page of one partition, strongly when the base table is read. Limit 0 is up to 1 MB.
func (t *Table) query(ctx context.Context, in *dynamodb.QueryInput) ([]item, item, error) {
	in.TableName = &t.name
	if in.IndexName == nil {
		in.ConsistentRead = aws.Bool(true)
	}
	out, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, nil, t.fail("list", err)
	}
	return out.Items, out.LastEvaluatedKey, nil
}

// together makes several writes in one transaction. refused holds, for each write, whether its own condition did not
// hold; it is nil when all were made.
func (t *Table) together(ctx context.Context, writes ...types.TransactWriteItem) (refused []bool, err error) {
	_, err = t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil, t.fail("write together", err)
	}
	refused = make([]bool, len(writes))
	lost := false
	for i, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ConditionalCheckFailed":
			refused[i], lost = true, true
		case "None", "":
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return nil, desk.Refuse(desk.Busy, "The table is busy; try again.").Because(err)
		case "ValidationError":
			if overfull(aws.ToString(r.Message)) {
				return nil, tooLarge(err)
			}
		}
	}
	if !lost {
		return nil, t.fail("write together", err)
	}
	return refused, nil
}

// putIn and its like are the parts of a transaction.
func (t *Table) putIn(it item, cond string, args item) types.TransactWriteItem {
	p := &types.Put{TableName: &t.name, Item: it}
	if cond != "" {
		p.ConditionExpression = &cond
	}
	if len(args) > 0 {
		p.ExpressionAttributeValues = args
	}
	return types.TransactWriteItem{Put: p}
}

func (t *Table) updateIn(k key, expr, cond string, args item) types.TransactWriteItem {
	u := &types.Update{TableName: &t.name, Key: k.attrs(), UpdateExpression: &expr}
	if cond != "" {
		u.ConditionExpression = &cond
	}
	if len(args) > 0 {
		u.ExpressionAttributeValues = args
	}
	return types.TransactWriteItem{Update: u}
}

func (t *Table) removeIn(k key) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: k.attrs()}}
}

func (t *Table) outcome(what string, err error) (refused bool, _ error) {
	var no *types.ConditionalCheckFailedException
	if errors.As(err, &no) {
		return true, nil
	}
	return false, t.fail(what, err)
}

// fail turns an SDK error into a desk error: throttling, conflicts and anything that kept us from an answer are Busy,
// since every act here is safe to repeat.
func (t *Table) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
			"TransactionConflictException", "TransactionInProgressException", "InternalServerError", "ServiceUnavailable",
			"LimitExceededException":
			return desk.Refuse(desk.Busy, "The table is busy; try again.").Because(err)
		case "ValidationException":
			if overfull(api.ErrorMessage()) {
				return tooLarge(err)
			}
		}
		return desk.Refuse(desk.Internal, "The table refused to "+what+".").Because(err)
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &timeout) {
		return desk.Refuse(desk.Busy, "The table did not answer in time; try again.").Because(err)
	}
	return desk.Refuse(desk.Busy, "The table could not be reached; try again.").Because(err)
}

// overfull reports whether a refusal says that an item would be larger than DynamoDB takes: 400 KB.
func overfull(words string) bool { return strings.Contains(words, "Item size") }

func tooLarge(cause error) error {
	return desk.Refuse(desk.TooLarge, "That is more than can be kept in one place (400 KB): make it shorter.").Because(cause)
}
