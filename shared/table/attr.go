package table

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is one item of the table as DynamoDB holds it.
type item = map[string]types.AttributeValue

func str(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func num(v int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}
func blob(v []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: v} }
func flag() types.AttributeValue         { return &types.AttributeValueMemberBOOL{Value: true} }

func set(v ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: v} }

// moment stores a time as Unix milliseconds.
func moment(v time.Time) types.AttributeValue { return num(v.UnixMilli()) }

// doc stores what is only read whole as one JSON text; encoding/json can't fail on our own types.
func doc(v any) types.AttributeValue {
	b, err := json.Marshal(v)
	if err != nil {
		b = []byte(fmt.Sprintf("%q", err))
	}
	return str(string(b))
}

func getStr(it item, name string) string {
	if v, ok := it[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func getNum(it item, name string) int64 {
	if v, ok := it[name].(*types.AttributeValueMemberN); ok {
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}

func getBlob(it item, name string) []byte {
	if v, ok := it[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

func getFlag(it item, name string) bool {
	v, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && v.Value
}

func getSet(it item, name string) []string {
	if v, ok := it[name].(*types.AttributeValueMemberSS); ok {
		return v.Value
	}
	return nil
}

// getTime is the zero time where the attribute is absent.
func getTime(it item, name string) time.Time {
	if _, ok := it[name]; !ok {
		return time.Time{}
	}
	return time.UnixMilli(getNum(it, name)).UTC()
}

// getDoc reads a JSON text written by doc into v; an absent attribute leaves v as it is.
func getDoc(it item, name string, v any) error {
	s := getStr(it, name)
	if s == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return fmt.Errorf("%s of %s: %w", name, keyOf(it), err)
	}
	return nil
}

// The setters leave out what is empty: absent attributes cost nothing.
func putStr(it item, name, v string) {
	if v == "" {
		delete(it, name)
		return
	}
	it[name] = str(v)
}

func putNum(it item, name string, v int64) {
	if v == 0 {
		delete(it, name)
		return
	}
	it[name] = num(v)
}

func putTime(it item, name string, v time.Time) {
	if v.IsZero() {
		delete(it, name)
		return
	}
	it[name] = moment(v)
}

func putFlag(it item, name string, v bool) {
	if !v {
		delete(it, name)
		return
	}
	it[name] = flag()
}
