package template

import (
	"strings"
	"testing"
)

const head = `
Globals:
  Function: {Runtime: provided.al2023, Timeout: 5}
Resources:
  Q: {Type: AWS::SQS::Queue}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: KEYS_ONLY}
`

func function(events string) string {
	return head + "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: functions/f/\n      Events:\n        E: " + events + "\n"
}

func TestWhatTheRunnerDoesNotKnowIsAFaultWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		head + "  X: {Type: AWS::Kinesis::Stream}":                                                                         "template.yaml:12: X: the local runner does not know the resource type AWS::Kinesis::Stream",
		head + "  X: {Type: AWS::SQS::Queue, Properties: {Colour: red}}":                                                   "X: the local runner does not know the property Colour of AWS::SQS::Queue",
		head + "  X: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Q.Arn, count: 3}}}": "the property count of AWS::SQS::Queue RedrivePolicy",
		head + "  X: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: arn, maxReceiveCount: 3}}}": "the RedrivePolicy must name its source by !GetAtt",
		head + "  X: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: soon}}":                                       "X: a property has the wrong form",
		head + "  X: {Type: AWS::SQS::Queue, CreationPolicy: {}}":                                                          "does not know the attribute CreationPolicy",
		head + "  X: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {}}}":                                 "the property NotificationConfiguration of AWS::S3::Bucket",
		head + "  X: {Type: AWS::DynamoDB::Table}":                                                                         "a KeySchema has no HASH key",
		head + "  X: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{AttributeName: a, KeyType: HASH}]}}":           "the key a is not among the AttributeDefinitions",
		head + "  X: {Properties: {}}":                                                                                     "X has no Type",
		head + "Hooks: {}":                                                                                                 "does not know the section Hooks",
		"Globals: {Api: {}}\nResources: {}":                                                                                "does not know Globals of Api",
		"Description: nothing":                                                                                             "the template has no Resources",
		function("{Type: S3, Properties: {Bucket: b}}"):                                                                    "F: the local runner does not know the event type S3",
		function("{Type: SQS, Properties: {Queue: !Ref Q}}"):                                                               "must name its source by !GetAtt",
		function("{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: 50}}"):                                         "takes a BatchSize of 1 to 10",
		function("{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, FunctionResponseTypes: [Other]}}"):                        "the function response type Other",
		function("{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, ProvisionedPollerConfig: {}}}"):                           "the property ProvisionedPollerConfig of SQS event",
		function("{Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn}}"):                                            "needs a StartingPosition",
		function("{Type: DynamoDB, Properties: {Stream: !GetAtt Q.Arn, StartingPosition: LATEST}}"):                        "must name its source by !GetAtt",
		function("{Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, StartingPosition: LATEST, DestinationConfig: {OnFailure: {Destination: arn}}}}"): "needs an OnFailure destination",
		function("{Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, StartingPosition: LATEST, TumblingWindowInSeconds: 5}}"):                         "the property TumblingWindowInSeconds",
		function("{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, FilterCriteria: {Filters: [{Pattern: odd}]}}}"):                                              "template.yaml:17: F: the event E: an odd operator",
		function("{Type: ScheduleV2, Properties: {ScheduleExpression: at(noon)}}"):                                                                            "F: the schedule E: an odd schedule",
		function("{Type: Schedule, Properties: {}}"):                                                    "has no expression",
		function("{Type: HttpApi, Properties: {Path: x, Method: GET}}"):                                 "needs a Path that begins with /",
		function("{Type: HttpApi, Properties: {Path: /x, Method: GET, Auth: {Authorizer: A}}}"):         "the property Auth of HttpApi event",
		function("{Type: HttpApi, Properties: {Path: /x, Method: GET, PayloadFormatVersion: \"1.0\"}}"): "speaks PayloadFormatVersion 2.0",
		function("{Type: HttpApi, Properties: {Path: /x, Method: GET, ApiId: abc}}"):                    "must name an API of this template",
		head + "  F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13}}":              "runs bootstrap binaries",
		head + "  F: {Type: AWS::Serverless::Function, Properties: {Timeout: 1000}}":                    "a Timeout of 1 to 900 seconds",
		head + "  F: {Type: AWS::Serverless::Function, Properties: {Layers: [a]}}":                      "the property Layers",
	} {
		_, err := load(t, text, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error\n  %v\nwant\n  %s", err, want)
		}
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	_, err := load(t, head+"  X: {Type: A::B::C}\n  Y: {Type: D::E::F}\n", nil)
	if err == nil || strings.Count(err.Error(), "template.yaml:") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestTwoFunctionsCanNotClaimOneRoute(t *testing.T) {
	event := "{Runtime: provided.al2023, Events: {E: {Type: HttpApi, Properties: {Path: /a, Method: get}}}}"
	text := head + "  F: {Type: AWS::Serverless::Function, Properties: " + event + "}\n  G: {Type: AWS::Serverless::Function, Properties: " + event + "}\n"
	if _, err := load(t, text, nil); err == nil || !strings.Contains(err.Error(), "the route GET /a belongs to F already") {
		t.Errorf("got %v", err)
	}
}

func TestAnEventThatIsSwitchedOffFeedsNothing(t *testing.T) {
	for _, event := range []string{
		"{Type: SQS, Properties: {Queue: !GetAtt Q.Arn, Enabled: false}}", "{Type: Schedule, Properties: {Schedule: rate(1 minute), Enabled: false}}",
		"{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute), State: DISABLED}}", "{Type: SNS, Properties: {Topic: x}}",
	} {
		f := mustLoad(t, function(event), nil).Functions[0]
		if len(f.Queues)+len(f.Schedules)+len(f.Streams)+len(f.Routes) != 0 {
			t.Errorf("%s feeds: %+v", event, f)
		}
	}
}

func TestAnHTTPEventWithoutAnAPIGetsSAMsOwn(t *testing.T) {
	tpl := mustLoad(t, function("{Type: HttpApi}"), nil)
	if len(tpl.APIs) != 1 || tpl.APIs[0].ID != implicitAPI || tpl.Functions[0].Routes[0].Key != "$default" {
		t.Errorf("got %+v, %+v", tpl.APIs, tpl.Functions[0].Routes)
	}
}

func TestAFileThatIsNoTemplateIsSaidInASentence(t *testing.T) {
	for text, want := range map[string]string{"a: [": "is not YAML", "- a": "holds no template", "": "holds no template"} {
		if _, err := load(t, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := Load(options("absent.yaml", nil)); err == nil || !strings.Contains(err.Error(), "can't be read") {
		t.Errorf("got %v", err)
	}
}
