package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/loket-desk/loket/infra/local/javaserver"
)

// table is a streamed table of one test.
type table struct {
	client  *dynamodb.Client
	streams *dynamodbstreams.Client
	name    string
	arn     string
}

func newTable(t *testing.T) *table {
	t.Helper()
	at, key := endpoint(t, "AWS_ENDPOINT_URL_DYNAMODB", javaserver.DynamoDB), aws.CredentialsProviderFunc(credentials)
	tb := &table{
		client:  dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: at, Credentials: key}),
		streams: dynamodbstreams.New(dynamodbstreams.Options{Region: "us-east-1", BaseEndpoint: at, Credentials: key}),
		name:    unique("t"),
	}
	out, err := tb.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &tb.name, BillingMode: ddb.BillingModePayPerRequest,
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: ddb.ScalarAttributeTypeS}},
		KeySchema:            []ddb.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: ddb.KeyTypeHash}},
		StreamSpecification:  &ddb.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: ddb.StreamViewTypeKeysOnly},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = tb.client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &tb.name})
	})
	tb.arn = aws.ToString(out.TableDescription.LatestStreamArn)
	return tb
}

func (tb *table) put(t *testing.T, pk string) {
	t.Helper()
	if _, err := tb.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &tb.name, Item: map[string]ddb.AttributeValue{"pk": &ddb.AttributeValueMemberS{Value: pk}}}); err != nil {
		t.Fatal(err)
	}
}

func (tb *table) stream(f Invoker, c Checkpoints) *Stream {
	s := stream(f, &notes{}, nil)
	s.Client, s.ARN, s.Checkpoints = tb.streams, tb.arn, c
	return s
}

func (r *recorder) saw(pk string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.events {
		n += strings.Count(string(e), fmt.Sprintf(`{"S":%q}`, pk))
	}
	return n
}

// memory keeps checkpoints in memory.
type memory struct{ m sync.Map }

func (m *memory) After(shard string) string {
	v, _ := m.m.Load(shard)
	s, _ := v.(string)
	return s
}
func (m *memory) Done(shard, sequence string) { m.m.Store(shard, sequence) }

func TestAStreamIsReadFromItsBeginningAndThenFromItsCheckpoint(t *testing.T) {
	tb := newTable(t)
	tb.put(t, "before")
	f, c := &recorder{}, &memory{}
	during(t, tb.stream(f, c).Run, func() {
		waitFor(t, "what was there", func() bool { return f.saw("before") == 1 })
		tb.put(t, "during")
		waitFor(t, "what came", func() bool { return f.saw("during") == 1 })
	})
	tb.put(t, "between")
	again := &recorder{}
	during(t, tb.stream(again, c).Run, func() { waitFor(t, "what came in between", func() bool { return again.saw("between") == 1 }) })
	if again.saw("before")+again.saw("during") != 0 {
		t.Errorf("it began anew: %s", again.events)
	}
}

func TestAWindowGathersChanges(t *testing.T) {
	tb, f := newTable(t), &recorder{}
	s := tb.stream(f, nil)
	s.Window = 2 * time.Second
	during(t, s.Run, func() {
		for i := range 3 {
			tb.put(t, fmt.Sprint("part", i))
			time.Sleep(100 * time.Millisecond)
		}
		waitFor(t, "the changes", func() bool { return f.saw("part2") == 1 })
	})
	if n := f.count(); n == 3 {
		t.Errorf("each change came by itself: %d batches", n)
	}
}

func TestTheLatestIsWhatComesAfterTheStart(t *testing.T) {
	tb := newTable(t)
	tb.put(t, "before")
	f := &recorder{}
	s := tb.stream(f, nil)
	s.Latest = true
	during(t, s.Run, func() {
		for i := 0; f.count() == 0; i++ { // the reader may begin after some of them
			tb.put(t, fmt.Sprint("after", i))
			time.Sleep(20 * time.Millisecond)
		}
	})
	if f.saw("before") != 0 {
		t.Errorf("what was there came too: %s", f.events)
	}
}

func TestACheckpointOfAnotherStreamIsForgotten(t *testing.T) {
	tb := newTable(t)
	tb.put(t, "there")
	f, c := &recorder{}, &memory{}
	shards, err := tb.stream(f, nil).shards(t.Context())
	if err != nil || len(shards) == 0 {
		t.Fatalf("the stream has the shards %v, %v", shards, err)
	}
	c.Done(*shards[0].ShardId, "nonsense")
	during(t, tb.stream(f, c).Run, func() { waitFor(t, "what is there", func() bool { return f.saw("there") == 1 }) })
}

func TestAChildShardWaitsForItsParent(t *testing.T) {
	shard := func(id, parent string) types.Shard {
		s := types.Shard{ShardId: &id}
		if parent != "" {
			s.ParentShardId = &parent
		}
		return s
	}
	shards := []types.Shard{shard("a", "trimmed"), shard("b", "a"), shard("c", "b"), shard("d", "")}
	var finished sync.Map
	if got := startable(shards, map[string]bool{}, &finished); !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("first: %v", got)
	}
	finished.Store("a", true)
	if got := startable(shards, map[string]bool{"a": true, "d": true}, &finished); !slices.Equal(got, []string{"b"}) {
		t.Errorf("after a: %v", got)
	}
}

func TestAQuietStreamIsAskedLessOften(t *testing.T) {
	wait := activePoll
	for range 30 {
		wait = pause(wait, 0)
	}
	if wait != idlePoll {
		t.Errorf("the pause has grown to %s", wait)
	}
	if got := pause(wait, 1); got != activePoll {
		t.Errorf("with records the pause is %s", got)
	}
}
