package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// each reads every item, strongly.
func (s *store) each(ctx context.Context, do func(item) error) error {
	pages := dynamodb.NewScanPaginator(s.db, &dynamodb.ScanInput{TableName: &s.name, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("the table %s can't be read: %w", s.name, err)
		}
		for _, it := range page.Items {
			if err := do(it); err != nil {
				return err
			}
		}
	}
	return nil
}

// export writes every item as a line.
func (s *store) export(ctx context.Context, out io.Writer) (int, error) {
	n, w := 0, bufio.NewWriter(out)
	err := s.each(ctx, func(it item) error {
		line, err := encode(it)
		if err == nil {
			_, err = w.Write(append(line, '\n'))
		}
		n++
		return err
	})
	if err != nil {
		return n, err
	}
	return n, w.Flush()
}

const (
	atOnce  = 25 // what one request takes
	tries   = 10
	longest = 16 << 20 // bytes of a line: an item is 400 KB at most
)

// load puts the items of an export.
func (s *store) load(ctx context.Context, in io.Reader) (int, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), longest)
	n := 0
	var batch []types.WriteRequest
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		it, err := decode(lines.Bytes())
		if err != nil {
			return n, fmt.Errorf("line %d is no item: %w", n+1, err)
		}
		n++
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: it}})
		if len(batch) == atOnce {
			if err := s.write(ctx, batch); err != nil {
				return n, err
			}
			batch = batch[:0]
		}
	}
	if err := lines.Err(); err != nil {
		return n, err
	}
	return n, s.write(ctx, batch)
}

// write puts a batch, and what the table did not take at once again after a pause.
func (s *store) write(ctx context.Context, batch []types.WriteRequest) error {
	for try := 0; len(batch) > 0; try++ {
		out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{s.name: batch}})
		if err != nil {
			return fmt.Errorf("the table %s can't be written: %w", s.name, err)
		}
		if batch = out.UnprocessedItems[s.name]; len(batch) == 0 {
			return nil
		}
		if try == tries {
			return fmt.Errorf("the table %s takes no more items", s.name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond << try):
		}
	}
	return nil
}

// item is one item of a table.
type item = map[string]types.AttributeValue

// encode writes an item as DynamoDB's own JSON.
func encode(it item) ([]byte, error) {
	out := map[string]any{}
	for name, v := range it {
		out[name] = plain(v)
	}
	return json.Marshal(out)
}

func plain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": slices.Sorted(slices.Values(v.Value))} // a set has no order: two exports are to be the same
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": slices.Sorted(slices.Values(v.Value))}
	case *types.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, e := range v.Value {
			list = append(list, plain(e))
		}
		return map[string]any{"L": list}
	case *types.AttributeValueMemberM:
		out := map[string]any{}
		for name, e := range v.Value {
			out[name] = plain(e)
		}
		return map[string]any{"M": out}
	}
	return nil
}

// value is an attribute in DynamoDB's JSON: exactly one of these is set.
type value struct {
	S    *string
	N    *string
	B    []byte
	BOOL *bool
	NULL *bool
	SS   []string
	NS   []string
	BS   [][]byte
	L    *[]value
	M    *map[string]value
}

func decode(line []byte) (item, error) {
	var in map[string]value
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, err
	}
	return values(in)
}

func values(in map[string]value) (item, error) {
	out := item{}
	for name, v := range in {
		a, err := v.attribute()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = a
	}
	return out, nil
}

func (v value) attribute() (types.AttributeValue, error) {
	switch {
	case v.S != nil:
		return &types.AttributeValueMemberS{Value: *v.S}, nil
	case v.N != nil:
		return &types.AttributeValueMemberN{Value: *v.N}, nil
	case v.B != nil:
		return &types.AttributeValueMemberB{Value: v.B}, nil
	case v.BOOL != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.BOOL}, nil
	case v.NULL != nil:
		return &types.AttributeValueMemberNULL{Value: *v.NULL}, nil
	case v.SS != nil:
		return &types.AttributeValueMemberSS{Value: v.SS}, nil
	case v.NS != nil:
		return &types.AttributeValueMemberNS{Value: v.NS}, nil
	case v.BS != nil:
		return &types.AttributeValueMemberBS{Value: v.BS}, nil
	case v.M != nil:
		m, err := values(*v.M)
		return &types.AttributeValueMemberM{Value: m}, err
	case v.L != nil:
		list := &types.AttributeValueMemberL{}
		for _, e := range *v.L {
			a, err := e.attribute()
			if err != nil {
				return nil, err
			}
			list.Value = append(list.Value, a)
		}
		return list, nil
	}
	return nil, fmt.Errorf("a value of no type that DynamoDB has")
}
