package source

import (
	"encoding/json"
	"regexp"
	"testing"
)

func TestAFailureIsKeptAsLambdaKeepsIt(t *testing.T) {
	f, n := &recorder{answer: failing("0", "error")}, &notes{}
	stream(f, n, func(s *Stream) { s.Retries = 0 }).process(t.Context(), "shardId-1", changes(2))
	if len(n.failures) != 1 {
		t.Fatalf("given up: %v", n.failures)
	}
	key, body, err := n.failures[0].Object()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^aws/lambda/mapping/shardId-1/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$`).MatchString(key) {
		t.Errorf("the key is %s", key)
	}
	var d failureDocument
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	if d.RequestContext.FunctionARN != "arn:function" || d.RequestContext.ApproximateInvokeCount != 1 || d.ResponseContext.FunctionError != "Unhandled" || d.Version != "1.0" {
		t.Errorf("the contexts are %+v, %+v", d.RequestContext, d.ResponseContext)
	}
	if b := d.Batch; b.ShardID != "shardId-1" || b.StartSequenceNumber != "0" || b.EndSequenceNumber != "1" || b.BatchSize != 2 || b.StreamARN != "arn:stream" {
		t.Errorf("the batch is %+v", b)
	}
	if got := numbers([]byte(d.Payload)); len(got) != 2 || got[1] != "1" {
		t.Errorf("the payload is %s", d.Payload)
	}
	message, err := n.failures[0].Message()
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(message, &m); err != nil || m["payload"] != nil || m["DDBStreamBatchInfo"] == nil {
		t.Errorf("a queue gets %s, %v", message, err)
	}
}
