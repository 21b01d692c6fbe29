package source

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// Failure is a batch that was given up, as Lambda keeps it at an on-failure destination.
type Failure struct {
	Condition     string // RetryAttemptsExhausted or RecordAgeExceeded
	Invocations   int
	FunctionError bool // the function failed; false where it reported the records in a good answer

	at        time.Time
	document  failureDocument
	mappingID string
	payload   json.RawMessage
}

type failureDocument struct {
	RequestContext struct {
		RequestID              string `json:"requestId"`
		FunctionARN            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	ResponseContext struct {
		StatusCode      int    `json:"statusCode"`
		ExecutedVersion string `json:"executedVersion"`
		FunctionError   string `json:"functionError,omitempty"`
	} `json:"responseContext"`
	Version   string `json:"version"`
	Timestamp string `json:"timestamp"`
	Batch     struct {
		ShardID                         string `json:"shardId"`
		StartSequenceNumber             string `json:"startSequenceNumber"`
		EndSequenceNumber               string `json:"endSequenceNumber"`
		ApproximateArrivalOfFirstRecord string `json:"approximateArrivalOfFirstRecord"`
		ApproximateArrivalOfLastRecord  string `json:"approximateArrivalOfLastRecord"`
		BatchSize                       int    `json:"batchSize"`
		StreamARN                       string `json:"streamArn"`
	} `json:"DDBStreamBatchInfo"`
	Payload string `json:"payload,omitempty"`
}

func (f *Failure) fill(s *Stream, shard string, items []streamItem) {
	f.at, f.mappingID = time.Now().UTC(), s.MappingID
	d := &f.document
	d.RequestContext.RequestID, d.RequestContext.FunctionARN = uuid(), s.FunctionARN
	d.RequestContext.Condition, d.RequestContext.ApproximateInvokeCount = f.Condition, f.Invocations
	d.ResponseContext.StatusCode, d.ResponseContext.ExecutedVersion = 200, "$LATEST"
	if f.FunctionError {
		d.ResponseContext.FunctionError = "Unhandled"
	}
	d.Version, d.Timestamp = "1.0", f.at.Format("2006-01-02T15:04:05.000Z")
	first, last := items[0], items[len(items)-1]
	d.Batch.ShardID, d.Batch.StreamARN, d.Batch.BatchSize = shard, s.ARN, len(items)
	d.Batch.StartSequenceNumber, d.Batch.EndSequenceNumber = first.sequence, last.sequence
	d.Batch.ApproximateArrivalOfFirstRecord = first.created.UTC().Format(time.RFC3339)
	d.Batch.ApproximateArrivalOfLastRecord = last.created.UTC().Format(time.RFC3339)
	records := make([]streamRecord, len(items))
	for i, item := range items {
		records[i] = item.record
	}
	f.payload, _ = compact(struct{ Records []streamRecord }{records}) // these records were an event before
}

// Message is what an SQS queue gets: where the records are in the stream, not the records.
func (f Failure) Message() ([]byte, error) { return compact(f.document) }

// Object is what an S3 bucket gets: the same with the whole event, under the key that Lambda gives it.
func (f Failure) Object() (key string, body []byte, err error) {
	d := f.document
	d.Payload = string(f.payload)
	body, err = compact(d)
	key = fmt.Sprintf("aws/lambda/%s/%s/%s/%s-%s", f.mappingID, d.Batch.ShardID, f.at.Format("2006/01/02"), f.at.Format("2006-01-02T15.04.05"), uuid())
	return key, body, err
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
