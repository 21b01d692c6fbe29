package javaserver

import (
	"context"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func config(endpoint string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	}
}

type starter func(context.Context, Options) (*Server, error)

func started(t *testing.T, start starter, o Options) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s, err := start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustEnd(t *testing.T, s *Server) {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the server's process is still there")
	}
}

func createTable(t *testing.T, db *dynamodb.Client) {
	t.Helper()
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("things"), BillingMode: dynamotypes.BillingModePayPerRequest,
		KeySchema:            []dynamotypes.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: dynamotypes.KeyTypeHash}},
		AttributeDefinitions: []dynamotypes.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: dynamotypes.ScalarAttributeTypeS}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, db *dynamodb.Client, value string) {
	t.Helper()
	_, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("things"), Item: map[string]dynamotypes.AttributeValue{
		"pk": &dynamotypes.AttributeValueMemberS{Value: "a"}, "v": &dynamotypes.AttributeValueMemberS{Value: value},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, db *dynamodb.Client) string {
	t.Helper()
	out, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("things"), Key: map[string]dynamotypes.AttributeValue{
		"pk": &dynamotypes.AttributeValueMemberS{Value: "a"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := out.Item["v"].(*dynamotypes.AttributeValueMemberS)
	if v == nil {
		return ""
	}
	return v.Value
}

func TestDynamoDBLocalAnswersOnLoopbackOnly(t *testing.T) {
	s := started(t, DynamoDB, Options{})
	db := dynamodb.NewFromConfig(config(s.Endpoint))
	createTable(t, db)
	put(t, db, "kept")
	if got := get(t, db); got != "kept" {
		t.Fatalf("read back %q", got)
	}
	noAnswerElsewhere(t, s.Endpoint)
}

// noAnswerElsewhere dials the same port on every other address of this machine.
func noAnswerElsewhere(t *testing.T, endpoint string) {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() != "127.0.0.1" {
		t.Fatalf("endpoint %q, %v", endpoint, err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.IsLinkLocalUnicast() {
			continue
		}
		if c, err := net.DialTimeout("tcp", net.JoinHostPort(n.IP.String(), u.Port()), 2*time.Second); err == nil {
			c.Close()
			t.Errorf("it answers on %s too", n.IP)
		}
	}
}

func TestAQueuesAddressWorksAsItIsReturned(t *testing.T) {
	s := started(t, ElasticMQ, Options{})
	noAnswerElsewhere(t, s.Endpoint)
	q := sqs.NewFromConfig(config(s.Endpoint))
	address := createQueue(t, q)
	if !strings.HasPrefix(address, s.Endpoint+"/") {
		t.Fatalf("queue address %q does not lead to %s", address, s.Endpoint)
	}
	send(t, q, address, "hello")
	if got := receive(t, q, address); got != "hello" {
		t.Fatalf("received %q", got)
	}
}

func createQueue(t *testing.T, q *sqs.Client) string {
	t.Helper()
	out, err := q.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("in.fifo"), Attributes: map[string]string{"FifoQueue": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

func send(t *testing.T, q *sqs.Client, address, body string) {
	t.Helper()
	_, err := q.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &address, MessageBody: &body, MessageGroupId: aws.String("g"), MessageDeduplicationId: aws.String("1"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, q *sqs.Client, address string) string {
	t.Helper()
	out, err := q.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &address, WaitTimeSeconds: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Messages) != 1 {
		t.Fatalf("%d messages", len(out.Messages))
	}
	return *out.Messages[0].Body
}

func TestWithADataFolderTablesAndQueuesOutliveTheServers(t *testing.T) {
	o := Options{Data: t.TempDir()}
	first, queues := started(t, DynamoDB, o), started(t, ElasticMQ, o)
	createTable(t, dynamodb.NewFromConfig(config(first.Endpoint)))
	put(t, dynamodb.NewFromConfig(config(first.Endpoint)), "kept")
	q := sqs.NewFromConfig(config(queues.Endpoint))
	send(t, q, createQueue(t, q), "kept too")
	first.Close()
	queues.Close()

	second, again := started(t, DynamoDB, o), started(t, ElasticMQ, o)
	if got := get(t, dynamodb.NewFromConfig(config(second.Endpoint))); got != "kept" {
		t.Errorf("the item is %q after a restart", got)
	}
	q = sqs.NewFromConfig(config(again.Endpoint))
	found, err := q.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("in.fifo")})
	if err != nil {
		t.Fatal(err)
	}
	if got := receive(t, q, *found.QueueUrl); got != "kept too" {
		t.Errorf("the message is %q after a restart", got)
	}
}

func TestAServerEndedFromOutsideSaysSo(t *testing.T) {
	s := started(t, DynamoDB, Options{})
	select {
	case <-s.Done():
		t.Fatal("done before it ended")
	default:
	}
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, s)
	s.Close()
	s.Close()
}

func TestAPortTakenInTheLastMomentIsReplacedByAnother(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().(*net.TCPAddr).Port
	k, tries := elasticMQ, 0
	k.command = func(home, data string) ([]string, int, error) {
		args, port, err := elasticMQCommand(home, data)
		if tries++; tries == 1 {
			for i, a := range args {
				args[i] = strings.ReplaceAll(a, "port="+itoa(port), "port="+itoa(taken))
			}
			port = taken
		}
		return args, port, err
	}
	s := started(t, func(ctx context.Context, o Options) (*Server, error) { return start(ctx, o, k) }, Options{})
	if tries != 2 || strings.HasSuffix(s.Endpoint, ":"+itoa(taken)) {
		t.Fatalf("%d tries, now on %s", tries, s.Endpoint)
	}
}

func TestAStartThatIsGivenUpLeavesNoProcess(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := DynamoDB(ctx, Options{}); err == nil {
		s.Close()
		t.Fatal("it started although the caller had given up")
	}
}
