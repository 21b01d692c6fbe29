// Package tabletest makes tables on a real DynamoDB Local for tests: one a test, empty, as the template defines it.
package tabletest

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/table"
)

// Client makes a DynamoDB client on the server that AWS_ENDPOINT_URL_DYNAMODB names, through a transport of the test's
// (nil for the usual one): faults are made there. `make test` starts the server.
func Client(t testing.TB, transport http.RoundTripper) *dynamodb.Client {
	t.Helper()
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	if endpoint == "" {
		t.Fatal("AWS_ENDPOINT_URL_DYNAMODB is not set: run `make test`, or `go run ./infra/local/servers -- go test ./...`")
	}
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
}

// Create makes an empty table without a stream and returns its name.
func Create(t testing.TB) string {
	t.Helper()
	name := "test-" + rand.Text()
	s := func(n string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(n), AttributeType: types.ScalarAttributeTypeS}
	}
	h3 := types.AttributeDefinition{AttributeName: aws.String("h3"), AttributeType: types.ScalarAttributeTypeN}
	_, err := Client(t, nil).CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: keys("pk", "sk"),
		AttributeDefinitions: []types.AttributeDefinition{s("pk"), s("sk"), s("g1"), s("h1"), s("g2"), s("h2"), s("g3"), h3},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index("gsi1", "g1", "h1", "ch", "ct", "as", "tm", "wa"), index("gsi2", "g2", "h2", "wa", "ib", "ch", "ct"), index("gsi3", "g3", "h3"),
		},
	})
	if err != nil {
		t.Fatalf("making a table: %v", err)
	}
	return name
}

// New makes a Table over a fresh empty table.
func New(t testing.TB) *table.Table { return table.New(Client(t, nil), Create(t)) }

func keys(pk, sk string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &pk, KeyType: types.KeyTypeHash}, {AttributeName: &sk, KeyType: types.KeyTypeRange},
	}
}

func index(name, pk, sk string, projected ...string) types.GlobalSecondaryIndex {
	p := &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
	if len(projected) > 0 {
		p = &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: projected}
	}
	return types.GlobalSecondaryIndex{IndexName: &name, KeySchema: keys(pk, sk), Projection: p}
}
