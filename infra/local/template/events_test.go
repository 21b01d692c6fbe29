package template

import (
	"reflect"
	"testing"
	"time"
)

func TestAStreamSourceHasLambdasDefaults(t *testing.T) {
	f := mustLoad(t, function("{Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, StartingPosition: LATEST, MaximumRecordAgeInSeconds: -1}}"), nil).Functions[0]
	want := StreamSource{Table: "T", Latest: true, BatchSize: 100, Retries: -1}
	if !reflect.DeepEqual(f.Streams, []StreamSource{want}) {
		t.Errorf("got %+v", f.Streams)
	}
}

func TestAStreamSourceIsRead(t *testing.T) {
	f := mustLoad(t, function(`{Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 5, MaximumBatchingWindowInSeconds: 2,
          MaximumRetryAttempts: 4, MaximumRecordAgeInSeconds: 120, BisectBatchOnFunctionError: true, ParallelizationFactor: 2,
          FilterCriteria: {Filters: [{Pattern: '{"a": [1]}'}, {Pattern: '{"b": [2]}'}]}, DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Q.Arn}}}}`), nil).Functions[0]
	want := StreamSource{
		Table: "T", BatchSize: 5, Window: 2 * time.Second, Bisect: true, Retries: 4, MaxAge: 2 * time.Minute,
		Filters: []string{`{"a": [1]}`, `{"b": [2]}`}, OnFailure: reference("Q", "Arn"),
	}
	if !reflect.DeepEqual(f.Streams, []StreamSource{want}) {
		t.Errorf("got %+v", f.Streams)
	}
}

func TestAQueueSourceIsRead(t *testing.T) {
	f := mustLoad(t, function(`{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: 100, MaximumBatchingWindowInSeconds: 5, FilterCriteria: {Filters: [{Pattern: '{"body": {"k": ["v"]}}'}]}}}`), nil).Functions[0]
	want := QueueSource{Queue: "Q", BatchSize: 100, Window: 5 * time.Second, Filters: []string{`{"body": {"k": ["v"]}}`}}
	if !reflect.DeepEqual(f.Queues, []QueueSource{want}) {
		t.Errorf("got %+v", f.Queues)
	}
}

func TestSchedulesOfBothKindsAreRead(t *testing.T) {
	for event, want := range map[string]Schedule{
		`{Type: Schedule, Properties: {Schedule: rate(1 minute), Input: '{"a":1}', Description: words}}`:                                                     {Name: "FE", Expression: "rate(1 minute)", Input: `{"a":1}`},
		`{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Europe/Amsterdam, FlexibleTimeWindow: {Mode: "OFF"}}}`: {Name: "FE", Expression: "rate(1 day)", Timezone: "Europe/Amsterdam", Scheduler: true},
	} {
		if f := mustLoad(t, function(event), nil).Functions[0]; !reflect.DeepEqual(f.Schedules, []Schedule{want}) {
			t.Errorf("got %+v, want %+v", f.Schedules, want)
		}
	}
}

func TestRoutesAreReadInEachForm(t *testing.T) {
	for event, want := range map[string]Route{
		`{Type: HttpApi, Properties: {Path: /a, Method: post, TimeoutInMillis: 5000, PayloadFormatVersion: "2.0"}}`: {API: implicitAPI, Key: "POST /a", Timeout: 5 * time.Second},
		`{Type: HttpApi, Properties: {Path: /a, Method: "*"}}`:                                                      {API: implicitAPI, Key: "ANY /a", Timeout: 30 * time.Second},
		`{Type: HttpApi, Properties: {Path: /a, Method: x-amazon-apigateway-any-method}}`:                           {API: implicitAPI, Key: "ANY /a", Timeout: 30 * time.Second},
		`{Type: HttpApi, Properties: {Path: $default}}`:                                                             {API: implicitAPI, Key: "$default", Timeout: 30 * time.Second},
	} {
		if f := mustLoad(t, function(event), nil).Functions[0]; !sameRoutes(f.Routes, []Route{want}) {
			t.Errorf("got %+v, want %+v", f.Routes, want)
		}
	}
}

func TestAnAPIsStageAndCORSAreRead(t *testing.T) {
	for properties, want := range map[string]API{
		`{}`: {ID: "A", Stage: "$default"},
		`{StageName: prod, CorsConfiguration: false}`:           {ID: "A", Stage: "prod"},
		`{CorsConfiguration: true}`:                             {ID: "A", Stage: "$default", CORS: &CORS{AllowOrigins: []string{"*"}}},
		`{CorsConfiguration: {AllowOrigins: [x], MaxAge: "5"}}`: {ID: "A", Stage: "$default", CORS: &CORS{AllowOrigins: []string{"x"}, MaxAge: 5}},
	} {
		tpl := mustLoad(t, "Resources:\n  A: {Type: AWS::Serverless::HttpApi, Properties: "+properties+"}\n", nil)
		if !reflect.DeepEqual(tpl.APIs, []API{want}) {
			t.Errorf("%s: got %+v", properties, tpl.APIs)
		}
	}
	if _, err := load(t, "Resources:\n  A: {Type: AWS::Serverless::HttpApi, Properties: {CorsConfiguration: {Odd: 1}}}\n", nil); err == nil {
		t.Error("an unknown property of CORS was passed over")
	}
	if _, err := load(t, "Resources:\n  A: {Type: AWS::Serverless::HttpApi, Properties: {Auth: {}}}\n", nil); err == nil {
		t.Error("authorizers were passed over")
	}
}
