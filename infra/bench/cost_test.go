package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6*max(1, math.Abs(b)) }

func TestACallIsPricedByItsTimeAndItsShareOfAProcessor(t *testing.T) {
	p := priceList()
	// 1769 MB is a whole processor: 100 ms are 100 ms.
	if got, want := p.call(100, 50, 1769)*million, 0.20+0.1*1769/1024*13.3334; !near(got, want) {
		t.Errorf("a million calls of a whole processor cost %v, want %v", got, want)
	}
	// A quarter of it stretches 50 ms of CPU time to 200 ms: 150 ms more than on a whole one.
	if got, want := p.call(100, 50, 1769/4)*million, 0.20+(0.1+0.05*(1769/442.0-1))*442/1024*13.3334; !near(got, want) {
		t.Errorf("a million calls of a quarter cost %v, want %v", got, want)
	}
	if p.call(100, 50, 3000) <= p.call(100, 50, 1769) {
		t.Error("more memory costs no more")
	}
}

func TestRequestsArePricedByTheirKind(t *testing.T) {
	got := priceList().requests(map[string]float64{
		"sqs SendMessage": 2, "s3 LIST": 1, "s3 PUT": 1, "s3 GET": 1, "s3 DELETE": 7, "ssm GetParameter": 3, "dynamodb PutItem": 9,
	}).times(million)
	if !near(got.SQS, 1.00) || !near(got.S3, 10.40) || !near(got.total(), 11.40) {
		t.Errorf("priced as %+v", got)
	}
}

func TestABillAddsUp(t *testing.T) {
	b := bill{HTTP: 1, Lambda: 2, SQS: 3, Writes: 4, Reads: 5, S3: 6, Logs: 7, Alarms: 8}
	if b.total() != 36 || b.plus(b).total() != 72 || b.times(3).total() != 108 {
		t.Errorf("%v %v %v", b.total(), b.plus(b).total(), b.times(3).total())
	}
	if pollsAMonth != 648_000 {
		t.Errorf("a queue is polled %d times a month", pollsAMonth)
	}
}

func TestTheTemplatesAlarmsAreCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "template.yaml")
	text := `
Resources:
  A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: !If [X, [!Ref Y], !Ref AWS::NoValue]}}
  B:
    Properties: {}
    Type: AWS::CloudWatch::Alarm
  C: {Type: AWS::SQS::Queue}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := alarmsOf(path); n != 2 || err != nil {
		t.Errorf("%d alarms, %v", n, err)
	}
	if n, err := alarmsOf("../../template.yaml"); n < 1 || err != nil {
		t.Errorf("the product has %d alarms, %v", n, err)
	}
	if _, err := alarmsOf(path + "?"); err == nil {
		t.Error("a template that isn't there was read")
	}
}
