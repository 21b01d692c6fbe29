// Package lambdaio stands between Lambda's events and plain functions: requests, batches from queues, changes from the
// table's stream, and schedules.
//
// A function's main.go is a recipe in the same order everywhere: configuration, table, stage, start.
//
//	package main
//
//	func main() { lambdaio.Start(build) }
//
//	func build(ctx context.Context) (lambdaio.Handler, error) {
//		cfg, err := config.Read(config.Table, config.Bucket, config.QueueInbound)
//		if err != nil {
//			return nil, err
//		}
//		lambdaio.LogAt(cfg.LogLevel)
//		cloud := aws.New(cfg)
//		cloud.Warm(ctx, aws.DynamoDB, aws.SQS)
//		queues := queue.New(cloud, cfg.Queues)
//		desktop := table.New(dynamo.New(cloud), cfg.Table)
//		stage := routing.New(routing.Options{Table: desktop, Objects: object.New(cloud, cfg.Bucket)})
//		return lambdaio.Queue(lambdaio.BatchOptions{
//			Handle:    func(ctx context.Context, r lambdaio.Record) error { return stage.Route(ctx, r.Body) },
//			GiveUp:    func(ctx context.Context, r lambdaio.Record, why error) error { … write the FAILURE item … },
//			Backoff:   func(ctx context.Context, receipt string, d time.Duration) error {
//				return queues.Backoff(ctx, desk.QueueInbound, receipt, d)
//			},
//			Transient: desk.Transient,
//		}), nil
//	}
//
// A function behind the HTTP API ends in `return lambdaio.HTTP(handler), nil`, the dispatcher in lambdaio.Stream and the
// sweeper in lambdaio.Schedule. An error of build is printed in one line and ends the process.
package lambdaio
