// Router files each inbound event under its conversation.
package main

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/aws/secret"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/routing"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/ticketing"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.QueueInbound, config.MasterKeyParameter)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.DynamoDB)
	t := table.New(dynamo.New(cloud), cfg.Table)
	count := func() { lambdaio.Metric(lambdaio.MetricFailures, 1, lambdaio.Count) }
	r := routing.New(t, secret.New(cloud, cfg.MasterKey), ticketing.On(t, time.Now), count)
	return lambdaio.Queue(lambdaio.BatchOptions{
		Handle: func(ctx context.Context, l lambdaio.Record) error { return r.Route(ctx, desk.QueueMessage(l)) },
		GiveUp: func(ctx context.Context, l lambdaio.Record, why error) error {
			return r.GiveUp(ctx, desk.QueueMessage(l), why)
		},
		Backoff: queue.New(cloud, cfg.Queues).Hider(desk.QueueInbound), Transient: desk.Transient, Wait: desk.WaitOf,
	}), nil
}
