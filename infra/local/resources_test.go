package main

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/infra/local/template"
)

func TestATableIsCreatedAsTheTemplateHasIt(t *testing.T) {
	in := tableInput("t", template.Table{
		Hash: template.Key{Name: "pk", Type: "S"}, Range: template.Key{Name: "sk", Type: "S"}, Stream: "NEW_AND_OLD_IMAGES",
		Indexes: []template.Index{
			{Name: "i1", Hash: template.Key{Name: "a", Type: "S"}, Range: template.Key{Name: "n", Type: "N"}, Projection: "INCLUDE", Attributes: []string{"x"}},
			{Name: "i2", Hash: template.Key{Name: "a", Type: "S"}, Projection: "KEYS_ONLY"},
		},
	})
	var attributes []string
	for _, a := range in.AttributeDefinitions {
		attributes = append(attributes, *a.AttributeName+string(a.AttributeType))
	}
	if !slices.Equal(attributes, []string{"pkS", "skS", "aS", "nN"}) {
		t.Errorf("attributes: %v", attributes)
	}
	if len(in.KeySchema) != 2 || in.KeySchema[1].KeyType != ddb.KeyTypeRange || in.BillingMode != ddb.BillingModePayPerRequest {
		t.Errorf("keys: %+v", in.KeySchema)
	}
	if i := in.GlobalSecondaryIndexes; len(i) != 2 || len(i[0].KeySchema) != 2 || i[0].Projection.NonKeyAttributes[0] != "x" || len(i[1].KeySchema) != 1 {
		t.Errorf("indexes: %+v", i)
	}
	if !aws.ToBool(in.StreamSpecification.StreamEnabled) || in.StreamSpecification.StreamViewType != ddb.StreamViewTypeNewAndOldImages {
		t.Errorf("stream: %+v", in.StreamSpecification)
	}
	if plain := tableInput("t", template.Table{Hash: template.Key{Name: "pk", Type: "S"}}); plain.StreamSpecification != nil || len(plain.KeySchema) != 1 {
		t.Errorf("without a stream: %+v", plain)
	}
}

func TestDeadLetterQueuesComeBeforeTheirQueues(t *testing.T) {
	var ids []string
	for _, q := range deadLettersFirst([]template.Queue{{ID: "A", DeadLetters: "B"}, {ID: "B"}, {ID: "C", DeadLetters: "D"}, {ID: "D"}}) {
		ids = append(ids, q.ID)
	}
	if !slices.Equal(ids, []string{"B", "D", "A", "C"}) {
		t.Errorf("the order is %v", ids)
	}
}

func TestNamesOfSharedServersAreTheRunsOwn(t *testing.T) {
	r := newRunner(options{}, nil, nil)
	r.names["Q"] = map[string]string{"QueueName": "inbound"}
	r.prefix = "run1-"
	for own, want := range map[string]string{"": "run1-loket-T", "mine": "run1-mine"} {
		if got, err := r.physical(own, "T"); err != nil || got != want {
			t.Errorf("%q is named %q, %v", own, got, err)
		}
	}
}

func TestThisMachineBoundsWhatRunsAtOnce(t *testing.T) {
	queues := func(max ...int) []template.QueueSource {
		var out []template.QueueSource
		for _, m := range max {
			out = append(out, template.QueueSource{MaxConcurrency: m})
		}
		return out
	}
	for _, c := range []struct {
		f    template.Function
		want int
	}{
		{template.Function{}, 4},
		{template.Function{Queues: queues(2)}, 4},
		{template.Function{Queues: queues(10)}, 10},
		{template.Function{Queues: queues(1000)}, 10},
		{template.Function{Queues: queues(10, 10, 0)}, 16},
		{template.Function{Concurrency: 1, Queues: queues(10)}, 1},
		{template.Function{Concurrency: 500}, 16},
	} {
		if got := concurrency(c.f); got != c.want {
			t.Errorf("%+v runs %d at once, want %d", c.f, got, c.want)
		}
	}
}

func TestTheEnvironmentNamesServersThatAreNotStarted(t *testing.T) {
	r := newRunner(options{}, []string{"AWS_ENDPOINT_URL_SQS=http://q", "AWS_ENDPOINT_URL_S3=http://o", "AWS_ENDPOINT_URL_SESV2=http://m", "AWS_ENDPOINT_URL_SSM=http://p", "AWS_ENDPOINT_URL_DYNAMODB="}, nil)
	if r.given("SQS") != "http://q" || r.given("DYNAMODB") != "" {
		t.Errorf("given: %q, %q", r.given("SQS"), r.given("DYNAMODB"))
	}
	for _, start := range []func() error{r.startObjects, r.startSending, r.startParameters} {
		if err := start(); err != nil {
			t.Error(err)
		}
	}
	if want := (endpoints{S3: "http://o", SES: "http://m", SSM: "http://p"}); !reflect.DeepEqual(r.endpoints, want) {
		t.Errorf("the endpoints are %+v", r.endpoints)
	}
	env := r.endpoints.environment()
	if env["AWS_ENDPOINT_URL_S3"] != "http://o" || env["AWS_ENDPOINT_URL_SESV2"] != "http://m" || len(env) != 5 {
		t.Errorf("functions get %v", env)
	}
}

func TestAMappingHasTheSameIDInEachRun(t *testing.T) {
	a := mappingID("F", "T")
	if a != mappingID("F", "T") || a == mappingID("F", "U") || len(a) != 36 {
		t.Errorf("the id is %s", a)
	}
}
