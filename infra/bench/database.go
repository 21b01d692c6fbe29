package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/infra/local/javaserver"
	"github.com/loket-desk/loket/infra/local/template"
)

// database is a DynamoDB Local: the one that the environment names, else one of the bench's own.
type database struct {
	endpoint string
	plain    *dynamodb.Client
}

// startDatabase starts one with nothing in it, where the environment names none.
func startDatabase(ctx context.Context) (db *database, stop func(), err error) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	stop = func() {}
	if endpoint == "" {
		s, err := javaserver.DynamoDB(ctx, javaserver.Options{})
		if err != nil {
			return nil, nil, err
		}
		endpoint, stop = s.Endpoint, func() { _ = s.Close() }
	}
	return &database{endpoint: endpoint, plain: client(endpoint, nil)}, stop, nil
}

// tables gives the database that the parts share whose tables have no stream.
func (b *bench) tables() (*database, error) {
	if b.database == nil {
		db, stop, err := startDatabase(b.ctx)
		if err != nil {
			return nil, err
		}
		b.onClose(stop)
		b.database = db
	}
	return b.database, nil
}

// client makes a client on an endpoint, through a transport of the caller's (nil for one with connections enough).
func client(endpoint string, transport http.RoundTripper) *dynamodb.Client {
	if transport == nil {
		transport = &http.Transport{MaxIdleConnsPerHost: 64}
	}
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
}

// create makes an empty table as the template defines it, with its stream or without, and gives its name.
func (d *database) create(ctx context.Context, streamed bool) (string, error) {
	t, err := loadTemplate()
	if err != nil {
		return "", err
	}
	if len(t.Tables) != 1 {
		return "", errors.New("the template has not one table")
	}
	name := "bench-" + rand.Text()
	in := tableInput(name, t.Tables[0])
	if !streamed {
		in.StreamSpecification = nil
	}
	_, err = d.plain.CreateTable(ctx, in)
	return name, err
}

func tableInput(name string, t template.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.Stream)},
	}
	seen := map[string]bool{}
	schema := func(hash, sort template.Key) []types.KeySchemaElement {
		for _, k := range []template.Key{hash, sort} {
			if !seen[k.Name] {
				seen[k.Name] = true
				in.AttributeDefinitions = append(in.AttributeDefinitions,
					types.AttributeDefinition{AttributeName: aws.String(k.Name), AttributeType: types.ScalarAttributeType(k.Type)})
			}
		}
		return []types.KeySchemaElement{
			{AttributeName: aws.String(hash.Name), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(sort.Name), KeyType: types.KeyTypeRange},
		}
	}
	in.KeySchema = schema(t.Hash, t.Range)
	for _, i := range t.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.Name), KeySchema: schema(i.Hash, i.Range),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(i.Projection), NonKeyAttributes: i.Attributes},
		})
	}
	return in
}

// remove deletes a table; the server may be somebody else's.
func (d *database) remove(ctx context.Context, name string) {
	_, _ = d.plain.DeleteTable(context.WithoutCancel(ctx), &dynamodb.DeleteTableInput{TableName: &name}) // best effort
}
