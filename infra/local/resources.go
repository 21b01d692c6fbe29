package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/loket-desk/loket/infra/local/template"
)

// createResources makes the template's queues, tables and buckets, and notes their names, addresses and ARNs.
func (r *runner) createResources(ctx context.Context) error {
	if r.given("DYNAMODB") != "" || r.given("SQS") != "" {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails
		r.prefix = "run" + hex.EncodeToString(b[:]) + "-"
	}
	for _, f := range r.template.Functions {
		r.names[f.ID] = map[string]string{"": f.Name, "Arn": functionARN(f)}
	}
	for _, a := range r.template.APIs {
		r.names[a.ID] = map[string]string{"": apiID, "ApiEndpoint": r.base}
	}
	for _, q := range deadLettersFirst(r.template.Queues) {
		if err := r.createQueue(ctx, q); err != nil {
			return fmt.Errorf("the queue %s can't be created: %w", q.ID, err)
		}
	}
	for _, t := range r.template.Tables {
		if err := r.createTable(ctx, t); err != nil {
			return fmt.Errorf("the table %s can't be created: %w", t.ID, err)
		}
	}
	for _, b := range r.template.Buckets {
		if err := r.createBucket(ctx, b); err != nil {
			return fmt.Errorf("the bucket %s can't be created: %w", b.ID, err)
		}
	}
	return nil
}

func functionARN(f template.Function) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", region, accountID, f.Name)
}

// physical is a resource's name on the servers.
func (r *runner) physical(own, id string) (string, error) {
	if own == "" {
		own = stackName + "-" + id
	}
	name, err := r.names.Expand(own)
	return r.prefix + name, err
}

// deadLettersFirst orders queues so that each comes after the one that its redrive refers to.
func deadLettersFirst(queues []template.Queue) []template.Queue {
	var first, then []template.Queue
	for _, q := range queues {
		if q.DeadLetters == "" {
			first = append(first, q)
		} else {
			then = append(then, q)
		}
	}
	return append(first, then...)
}

func (r *runner) createQueue(ctx context.Context, q template.Queue) error {
	name, err := r.physical(q.Name, q.ID)
	if err != nil {
		return err
	}
	if q.FIFO && !strings.HasSuffix(name, ".fifo") {
		name += ".fifo"
	}
	attributes := map[string]string{}
	for k, v := range q.Attributes {
		attributes[k] = v
	}
	if q.DeadLetters != "" {
		policy, err := json.Marshal(map[string]string{"deadLetterTargetArn": r.names[q.DeadLetters]["Arn"], "maxReceiveCount": strconv.Itoa(q.MaxReceives)})
		if err != nil {
			return err
		}
		attributes["RedrivePolicy"] = string(policy)
	}
	out, err := r.clients.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	var exists *types.QueueNameExists
	if errors.As(err, &exists) { // kept from an earlier run, with other attributes
		return fmt.Errorf("it is there from an earlier run with other attributes; begin with a new -data folder: %w", err)
	}
	if err != nil {
		return err
	}
	url := aws.ToString(out.QueueUrl)
	r.names[q.ID] = map[string]string{"": url, "QueueUrl": url, "QueueName": name, "Arn": fmt.Sprintf("arn:aws:sqs:%s:%s:%s", region, accountID, name)}
	if r.prefix != "" {
		r.onClose(stageResources, func(ctx context.Context) {
			_, _ = r.clients.sqs.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &url}) // the servers are others': best effort
		})
	}
	return nil
}

func (r *runner) createTable(ctx context.Context, t template.Table) error {
	name, err := r.physical(t.Name, t.ID)
	if err != nil {
		return err
	}
	_, err = r.clients.dynamodb.CreateTable(ctx, tableInput(name, t))
	if exists := new(ddb.ResourceInUseException); err != nil && !errors.As(err, &exists) {
		return err
	}
	created := err == nil
	out, err := r.clients.dynamodb.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return err
	}
	r.names[t.ID] = map[string]string{"": name, "Arn": aws.ToString(out.Table.TableArn), "StreamArn": aws.ToString(out.Table.LatestStreamArn)}
	if r.prefix != "" {
		r.onClose(stageResources, func(ctx context.Context) {
			_, _ = r.clients.dynamodb.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}) // best effort, as above
		})
	}
	if t.TTL == "" || !created {
		return nil
	}
	_, err = r.clients.dynamodb.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &name, TimeToLiveSpecification: &ddb.TimeToLiveSpecification{AttributeName: &t.TTL, Enabled: aws.Bool(true)},
	})
	return err
}

func tableInput(name string, t template.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: ddb.BillingModePayPerRequest}
	seen := map[string]bool{}
	schema := func(hash, sort template.Key) []ddb.KeySchemaElement {
		var out []ddb.KeySchemaElement
		for i, k := range []template.Key{hash, sort} {
			if k.Name == "" {
				continue
			}
			out = append(out, ddb.KeySchemaElement{AttributeName: aws.String(k.Name), KeyType: []ddb.KeyType{ddb.KeyTypeHash, ddb.KeyTypeRange}[i]})
			if !seen[k.Name] {
				seen[k.Name] = true
				in.AttributeDefinitions = append(in.AttributeDefinitions, ddb.AttributeDefinition{AttributeName: aws.String(k.Name), AttributeType: ddb.ScalarAttributeType(k.Type)})
			}
		}
		return out
	}
	in.KeySchema = schema(t.Hash, t.Range)
	for _, i := range t.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, ddb.GlobalSecondaryIndex{
			IndexName: aws.String(i.Name), KeySchema: schema(i.Hash, i.Range),
			Projection: &ddb.Projection{ProjectionType: ddb.ProjectionType(i.Projection), NonKeyAttributes: i.Attributes},
		})
	}
	if t.Stream != "" {
		in.StreamSpecification = &ddb.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: ddb.StreamViewType(t.Stream)}
	}
	return in
}

func (r *runner) createBucket(ctx context.Context, b template.Bucket) error {
	name, err := r.physical(b.Name, b.ID)
	if err != nil {
		return err
	}
	name = strings.ToLower(name)
	_, err = r.clients.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	owned, exists := new(s3types.BucketAlreadyOwnedByYou), new(s3types.BucketAlreadyExists)
	if err != nil && !errors.As(err, &owned) && !errors.As(err, &exists) {
		return err
	}
	domain := name + ".s3." + region + ".amazonaws.com"
	r.names[b.ID] = map[string]string{"": name, "Arn": "arn:aws:s3:::" + name, "DomainName": name + ".s3.amazonaws.com", "RegionalDomainName": domain}
	return nil
}
