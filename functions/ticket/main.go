// Ticket gives conversations their ticket and somebody who answers.
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
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/ticketing"
	"github.com/loket-desk/loket/shared/upkeep"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.QueueTickets)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.DynamoDB)
	t, queues := table.New(dynamo.New(cloud), cfg.Table), queue.New(cloud, cfg.Queues)
	stage := ticketing.On(t, time.Now)
	keeper := upkeep.Keeper{Queue: desk.QueueTickets, Failures: t, Store: object.New(cloud, cfg.Bucket), Now: time.Now}
	return lambdaio.Queue(lambdaio.BatchOptions{
		Handle: func(ctx context.Context, r lambdaio.Record) error { return stage.Handle(ctx, r.Body) },
		GiveUp: upkeep.GiveUp[lambdaio.Record](keeper), Backoff: queues.Hider(desk.QueueTickets), Transient: desk.Transient, Wait: desk.WaitOf,
	}), nil
}
