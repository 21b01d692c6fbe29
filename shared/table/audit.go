package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// auditDays bounds how many days one page of the audit looks through.
const auditDays = 60

// auditIn is the write that tells a change of the set-up, part of the transaction that makes the change.
func (t *Table) auditIn(a desk.Audit) types.TransactWriteItem {
	a.At = t.now()
	it := auditKey(day(a.At), t.NewID()).item()
	it["d"] = doc(a)
	return t.putIn(it, "", nil)
}

// Audits lists what changed in the set-up, newest first: at most limit entries older than the cursor `after` (empty
// begins with today). next is empty at the end; a page may be short and still have a next.
func (t *Table) Audits(ctx context.Context, after string, limit int) (page []desk.Audit, next string, err error) {
	page = []desk.Audit{}
	it, found, err := t.get(ctx, versionKey())
	if err != nil || !found {
		return page, "", err
	}
	begin, at := day(getTime(it, "t0")), day(t.now())
	sk := ""
	if after != "" {
		at, sk, _ = strings.Cut(after, "#")
		if _, err := time.Parse(time.DateOnly, at); err != nil {
			return nil, "", desk.Refuse(desk.Malformed, "The cursor is not valid.")
		}
	}
	for range auditDays {
		if at < begin {
			return page, "", nil
		}
		got, last, err := t.auditOf(ctx, at, sk, limit-len(page))
		if err != nil {
			return nil, "", err
		}
		if page = append(page, got...); len(page) == limit {
			return page, at + "#" + last, nil
		}
		at, sk = dayBefore(at), ""
	}
	return page, at + "#", nil
}

// auditOf reads entries of a day, newest first, older than sk when it isn't empty; last is the key of the last one.
func (t *Table) auditOf(ctx context.Context, at, sk string, limit int) (got []desk.Audit, last string, err error) {
	in := &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(auditKey(at, "").pk)},
		ScanIndexForward:          aws.Bool(false),
		Limit:                     aws.Int32(int32(limit)),
	}
	if sk != "" {
		in.KeyConditionExpression = aws.String("pk = :p AND sk < :s")
		in.ExpressionAttributeValues[":s"] = str(sk)
	}
	items, _, err := t.query(ctx, in)
	if err != nil {
		return nil, "", err
	}
	for _, it := range items {
		a := desk.Audit{}
		if err := getDoc(it, "d", &a); err != nil {
			return nil, "", desk.Refuse(desk.Internal, "An entry of the audit could not be read.").Because(err)
		}
		got, last = append(got, a), getStr(it, "sk")
	}
	return got, last, nil
}

func dayBefore(at string) string {
	d, err := time.Parse(time.DateOnly, at)
	if err != nil {
		return ""
	}
	return day(d.AddDate(0, 0, -1))
}
