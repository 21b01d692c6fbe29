package table_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
)

// image is an item as the stream would show it.
func (b *bench) image(t *testing.T, pk, sk string) json.RawMessage {
	t.Helper()
	out, err := b.raw.GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: &b.name, Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
		},
	})
	if err != nil || len(out.Item) == 0 {
		t.Fatalf("reading %s/%s: %v", pk, sk, err)
	}
	fields := map[string]map[string]any{}
	for name, v := range out.Item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			fields[name] = map[string]any{"S": v.Value}
		case *types.AttributeValueMemberN:
			fields[name] = map[string]any{"N": v.Value}
		case *types.AttributeValueMemberB:
			fields[name] = map[string]any{"B": base64.StdEncoding.EncodeToString(v.Value)}
		case *types.AttributeValueMemberBOOL:
			fields[name] = map[string]any{"BOOL": v.Value}
		case *types.AttributeValueMemberSS:
			fields[name] = map[string]any{"SS": v.Value}
		case *types.AttributeValueMemberL:
			list := []map[string]string{}
			for _, x := range v.Value {
				list = append(list, map[string]string{"S": x.(*types.AttributeValueMemberS).Value})
			}
			fields[name] = map[string]any{"L": list}
		default:
			t.Fatalf("%s is a %T", name, v)
		}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(t *testing.T, before, after json.RawMessage) desk.Saved {
	t.Helper()
	s, err := table.ReadSaved(before, after)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASavedReplyIsReadOffTheStream(t *testing.T) {
	b := newBench(t)
	m := b.reply(t, "42")
	pk, sk := "CONV#"+string(m.Conversation), "MSG#"+string(m.Key)
	now := b.image(t, pk, sk)
	s := read(t, nil, now)
	if s.Item != pk+"/"+sk || s.Work != "out" || !s.Fresh() || s.Conversation != m.Conversation || s.Channel != "ch1" ||
		s.Message.Key != m.Key || s.Message.Thread != "42" {
		t.Errorf("read %+v", s)
	}
	if again := read(t, now, now); again.Fresh() || again.Was != "out" {
		t.Errorf("a later change reads %+v", again)
	}
	if gone := read(t, now, nil); gone.Fresh() || gone.Item != "" {
		t.Errorf("a deletion reads %+v", gone)
	}
}

func TestAnOpenedConversationAFailureAndAPersonAreReadOffTheStream(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	c := b.opened(t, "42")
	if s := read(t, nil, b.image(t, "CONV#"+string(c.ID), "HEAD")); s.Conversation != c.ID || s.Channel != "ch1" || s.Work != c.Work {
		t.Errorf("the conversation reads %+v", s)
	}
	f := b.fail(t, "2026-11-01.m1")
	if err := b.ReplayFailure(ctx, f.ID); err != nil {
		t.Fatal(err)
	}
	s := read(t, nil, b.image(t, "FAILURE#2026-11-01", "m1"))
	if s.Failure.ID != f.ID || string(s.Failure.Payload) != string(f.Payload) || s.Failure.Group != "g1" || s.Failure.Stage != "inbound" {
		t.Errorf("the failure reads %+v", s)
	}
	if _, err := b.SetAvailability(ctx, "ada", true, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if s := read(t, nil, b.image(t, "USER#ada", "PRESENCE")); s.User != "ada" || desk.WorkVerb(s.Work) != desk.WorkDrain {
		t.Errorf("the person reads %+v", s)
	}
}

func TestEveryKindOfValueIsReadAndGarbageIsAnErrorThatNamesItsItem(t *testing.T) {
	all := `"pk":{"S":"USER#a"},"sk":{"S":"PRESENCE"},"n":{"N":"-1.5"},"b":{"B":"aGk="},"t":{"BOOL":false},"x":{"NULL":true},
		"ss":{"SS":["a"]},"ns":{"NS":["1"]},"bs":{"BS":["aGk="]},"l":{"L":[{"S":"a"},{"L":[]}]},"m":{"M":{"k":{"M":{}}}},"e":{"S":""},"q":{"S":"drain:1"}`
	if s := read(t, nil, json.RawMessage("{"+all+"}")); s.User != "a" {
		t.Errorf("read %+v", s)
	}
	for name, bad := range map[string]string{
		"no type":            `"y":{}`,
		"an unknown type":    `"y":{"Z":"1"}`,
		"no value":           `"y":7`,
		"a bad list":         `"y":{"L":[{}]}`,
		"a bad map":          `"y":{"M":{"k":{}}}`,
		"bytes that are not": `"y":{"B":"%%"}`,
	} {
		if _, err := table.ReadSaved(nil, json.RawMessage("{"+all+","+bad+"}")); desk.CodeOf(err) != desk.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := table.ReadSaved(json.RawMessage(`7`), json.RawMessage("{"+all+"}"))
	if err == nil || s.Item != "USER#a/PRESENCE" || s.Work != "drain:1" {
		t.Errorf("an old image that can't be read: %+v, %v", s, err)
	}
	broken := strings.Replace(`{"pk":{"S":"CONV#c"},"sk":{"S":"MSG#k"},"d":{"S":"{"},"q":{"S":"Q"}}`, "Q", "out", 1)
	if s, err := table.ReadSaved(nil, json.RawMessage(broken)); err == nil || s.Item != "CONV#c/MSG#k" || s.Work != "out" {
		t.Errorf("a message that can't be read: %+v, %v", s, err)
	}
	lost := strings.Replace(broken, `"out"`, `"replay:1"`, 1)
	if _, err := table.ReadSaved(nil, json.RawMessage(lost)); err == nil {
		t.Error("a failure that can't be read is no error")
	}
}

func FuzzReadingTheStreamNeverFaults(f *testing.F) {
	f.Add([]byte(`{"pk":{"S":"CONV#c"},"sk":{"S":"MSG#k"},"d":{"S":"{}"},"q":{"S":"out"}}`), []byte(`{}`))
	f.Add([]byte(`{"pk":{"S":"FAILURE#d"},"sk":{"S":"m"},"q":{"S":"replay:1"},"py":{"B":"aGk="},"l":{"L":[{"M":{}}]}}`), []byte(``))
	f.Fuzz(func(t *testing.T, after, before []byte) {
		s, err := table.ReadSaved(before, after)
		if err != nil && desk.CodeOf(err) != desk.Internal {
			t.Errorf("an error of another kind: %v", err)
		}
		if s.Fresh() && s.Work == s.Was {
			t.Error("work that was there before is fresh")
		}
	})
}
