// Sender makes every call to a platform.
package main

import (
	"context"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/mailer"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/aws/secret"
	"github.com/loket-desk/loket/shared/channel/all"
	"github.com/loket-desk/loket/shared/channel/email"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/delivery"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/egress"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/upkeep"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.QueueOutbound, config.MasterKeyParameter)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.DynamoDB)
	t, files, seals := table.New(dynamo.New(cloud), cfg.Table), object.New(cloud, cfg.Bucket), secret.New(cloud, cfg.MasterKey)
	post := email.New(email.Options{Mailer: mailer.New(cloud, cfg.MailEvents), Tokens: seals, Domain: cfg.MailDomain, Region: cfg.Region})
	s := delivery.New(delivery.Options{Outbox: t, Threads: t, Setup: t, Objects: files, Opener: seals, HTTP: egress.New(cfg.AllowPrivate, egress.Options{}), Kind: all.With(post)})
	return lambdaio.Queue(lambdaio.BatchOptions{
		Handle: func(ctx context.Context, r lambdaio.Record) error { return s.Handle(ctx, r.Body) }, Transient: desk.Transient, Wait: desk.WaitOf,
		GiveUp: upkeep.GiveUp[lambdaio.Record](upkeep.Keeper{Queue: desk.QueueOutbound, Failures: t, Store: files}), Backoff: queue.New(cloud, cfg.Queues).Hider(desk.QueueOutbound),
	}), nil
}
