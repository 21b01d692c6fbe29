package table

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

// Wait puts a conversation into a pool's line, by the time since when its contact waits. It may stay there after the
// conversation was given to somebody: whoever takes the first of the line looks. not is whom it was taken back from; empty
// for nobody.
func (t *Table) Wait(ctx context.Context, pool string, c desk.Conversation, not desk.UserID) error {
	since := c.Waiting
	if since.IsZero() {
		since = c.CreatedAt
	}
	it := key{waitPK(pool), stamp(since) + "#" + string(c.ID)}.item()
	if not == "" { // a place in line that is there already keeps what it says
		_, err := t.putNew(ctx, it)
		return err
	}
	it["no"] = str(string(not))
	_, err := t.put(ctx, it, "", nil)
	return err
}

// Waiting reads a pool's line strongly, oldest first, after a position.
func (t *Table) Waiting(ctx context.Context, pool, after string, limit int) ([]desk.Waiting, error) {
	items, _, err := t.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p AND sk > :after"),
		ExpressionAttributeValues: item{":p": str(waitPK(pool)), ":after": str(after + " ")}, Limit: aws.Int32(int32(limit)),
	})
	var out []desk.Waiting
	for _, it := range items {
		sk := getStr(it, "sk")
		_, id, _ := strings.Cut(sk, "#")
		out = append(out, desk.Waiting{Conversation: desk.ConversationID(id), Position: sk, Not: desk.UserID(getStr(it, "no"))})
	}
	return out, err
}

// EndWait takes a conversation out of a pool's line.
func (t *Table) EndWait(ctx context.Context, pool string, w desk.Waiting) error {
	_, err := t.remove(ctx, key{waitPK(pool), w.Position}, "", nil)
	return err
}
