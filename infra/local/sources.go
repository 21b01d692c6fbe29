package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/loket-desk/loket/infra/local/pattern"
	"github.com/loket-desk/loket/infra/local/source"
	"github.com/loket-desk/loket/infra/local/template"
)

// startSources begins to feed the functions. They are fed until the run stops, not only while ctx lasts.
func (r *runner) startSources(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	r.onClose(stageSources, func(context.Context) { cancel() })
	r.onClose(stageFunctions, func(context.Context) { running.Wait() })
	for _, f := range r.template.Functions {
		feeds, err := r.feeds(f)
		if err != nil {
			return fmt.Errorf("the function %s: %w", f.ID, err)
		}
		for _, run := range feeds {
			running.Go(func() { run(ctx) })
		}
	}
	return nil
}

// feeds are one function's event sources.
func (r *runner) feeds(f template.Function) ([]func(context.Context), error) {
	var out []func(context.Context)
	for _, q := range f.Queues {
		filters, err := pattern.ParseAll(q.Filters)
		if err != nil {
			return nil, err
		}
		s := &source.Queue{
			Client: r.clients.sqs, URL: r.names[q.Queue][""], ARN: r.names[q.Queue]["Arn"], Region: region, BatchSize: q.BatchSize, Window: q.Window,
			Concurrency: polls(q), PartialFailures: q.PartialFailures, Filters: filters, Function: r.pools[f.ID], Log: r.log,
		}
		out = append(out, s.Run)
	}
	for _, st := range f.Streams {
		s, err := r.stream(f, st)
		if err != nil {
			return nil, err
		}
		out = append(out, s.Run)
	}
	for _, t := range f.Schedules {
		schedule, err := source.ParseSchedule(t.Expression, t.Timezone)
		if err != nil {
			return nil, err
		}
		s := &source.Timer{
			Schedule: schedule, Name: t.Name, Input: t.Input, Scheduler: t.Scheduler, Region: region, AccountID: accountID, Function: r.pools[f.ID], Log: r.log,
		}
		out = append(out, s.Run)
	}
	return out, nil
}

func (r *runner) stream(f template.Function, st template.StreamSource) (*source.Stream, error) {
	filters, err := pattern.ParseAll(st.Filters)
	if err != nil {
		return nil, err
	}
	id := mappingID(f.ID, st.Table)
	s := &source.Stream{
		Client: r.clients.streams, ARN: r.names[st.Table]["StreamArn"], Region: region, FunctionARN: functionARN(f), MappingID: id,
		Latest: st.Latest, BatchSize: st.BatchSize, Window: st.Window, PartialFailures: st.PartialFailures, Bisect: st.Bisect, Retries: st.Retries,
		MaxAge: st.MaxAge, Filters: filters, OnFailure: r.onFailure(st.OnFailure), Function: r.pools[f.ID], Log: r.log,
	}
	if r.o.data != "" {
		if s.Checkpoints, err = openCheckpoints(r.o.data, id, r.log); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// mappingID is the UUID of an event source mapping: the same in each run, so that what is kept stays under one prefix.
func mappingID(function, source string) string {
	b := sha256.Sum256([]byte(function + " " + source))
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// onFailure keeps given-up records in the bucket or queue that the template names.
func (r *runner) onFailure(destination string) func(context.Context, source.Failure) error {
	id, _, ok := template.Referred(destination)
	if !ok {
		return nil
	}
	name := r.names[id][""]
	for _, b := range r.template.Buckets {
		if b.ID == id {
			return func(ctx context.Context, f source.Failure) error { return r.keepInBucket(ctx, name, f) }
		}
	}
	return func(ctx context.Context, f source.Failure) error {
		body, err := f.Message()
		if err != nil {
			return err
		}
		_, err = r.clients.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &name, MessageBody: aws.String(string(body))})
		return err
	}
}

func (r *runner) keepInBucket(ctx context.Context, bucket string, f source.Failure) error {
	key, body, err := f.Object()
	if err != nil {
		return err
	}
	_, err = r.clients.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("application/json")})
	return err
}
