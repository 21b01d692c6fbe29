// Dispatcher turns saved changes into queue messages.
package main

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/dispatch"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/table"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.QueueInbound, config.QueueTickets, config.QueueOutbound, config.QueueMail)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.SQS)
	stage := dispatch.New(dispatch.Options{
		Decode: func(c dispatch.Change) (desk.Saved, error) { return table.ReadSaved(c.Old, c.New) }, Queues: queue.New(cloud, cfg.Queues),
		Failures: table.New(dynamo.New(cloud), cfg.Table), Objects: object.New(cloud, cfg.Bucket), Now: time.Now,
	})
	return lambdaio.Stream(func(ctx context.Context, records []lambdaio.Change) (int, error) {
		changes := make([]dispatch.Change, len(records))
		for i, r := range records {
			changes[i] = dispatch.Change{ID: r.ID, New: r.New, Old: r.Old}
		}
		return stage.HandOn(ctx, changes)
	}), nil
}
