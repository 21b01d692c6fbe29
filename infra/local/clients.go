package main

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// endpoints are the servers' addresses.
type endpoints struct {
	DynamoDB string `json:"dynamodb"`
	SQS      string `json:"sqs"`
	S3       string `json:"s3"`
	SES      string `json:"ses"`
	SSM      string `json:"ssm"`
}

// environment is how a function learns of the servers: the AWS SDKs' own variables.
func (e endpoints) environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": e.DynamoDB, "AWS_ENDPOINT_URL_SQS": e.SQS, "AWS_ENDPOINT_URL_S3": e.S3,
		"AWS_ENDPOINT_URL_SESV2": e.SES, "AWS_ENDPOINT_URL_SSM": e.SSM,
	}
}

// clients talk to the servers.
type clients struct {
	dynamodb *dynamodb.Client
	streams  *dynamodbstreams.Client
	sqs      *sqs.Client
	s3       *s3.Client

	connections *http.Transport
}

func newClients(e endpoints) clients {
	connections := http.DefaultTransport.(*http.Transport).Clone()
	connections.Proxy = nil                // everything is on this machine
	connections.MaxIdleConnsPerHost = 1000 // each poller has its own
	connections.MaxIdleConns = 0
	key := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}
	cfg := aws.Config{
		Region:      region,
		HTTPClient:  &http.Client{Transport: connections},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }),
	}
	return clients{
		connections: connections,

		dynamodb: dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &e.DynamoDB }),
		streams:  dynamodbstreams.NewFromConfig(cfg, func(o *dynamodbstreams.Options) { o.BaseEndpoint = &e.DynamoDB }),
		sqs:      sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.BaseEndpoint = &e.SQS }),
		s3:       s3.NewFromConfig(cfg, func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = &e.S3, true }),
	}
}
