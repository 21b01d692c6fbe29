// Router files each inbound event under its conversation.
package main

import (
	"context"
	"log/slog"
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
	t, queues := table.New(dynamo.New(cloud), cfg.Table), queue.New(cloud, cfg.Queues)
	r := &routing.Router{
		Setup: t, Filer: t, Changes: t, Evidence: t, Copies: t, Failures: t, Now: time.Now, Log: slog.Default(),
		Tokens: secret.New(cloud, cfg.MasterKey),
	}
	return lambdaio.Queue(lambdaio.BatchOptions{
		Handle: func(ctx context.Context, l lambdaio.Record) error { return r.Route(ctx, l.ID, l.Body, l.Tries) },
		GiveUp: func(ctx context.Context, l lambdaio.Record, why error) error {
			return r.GiveUp(ctx, l.ID, l.Body, l.Tries, why)
		},
		Backoff: func(ctx context.Context, receipt string, d time.Duration) error {
			return queues.Backoff(ctx, desk.QueueInbound, receipt, d)
		},
		Transient: desk.Transient,
		Wait:      desk.WaitOf,
	}), nil
}
