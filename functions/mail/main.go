// Mail reads what the mail service stored, and hears what became of mails that it sent for us.
package main

import (
	"context"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/aws/secret"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/mailroom"
	"github.com/loket-desk/loket/shared/table"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.QueueInbound, config.QueueMail, config.MasterKeyParameter)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.S3, aws.SQS)
	t, queues, files := table.New(dynamo.New(cloud), cfg.Table), queue.New(cloud, cfg.Queues), object.New(cloud, cfg.Bucket)
	room := mailroom.New(mailroom.Options{
		Memory: 24 << 20, Domain: cfg.MailDomain, Setup: t, Letters: queues, Objects: files, Tokens: secret.New(cloud, cfg.MasterKey), Threads: t, Failures: t, Diary: t,
		Write: func(ctx context.Context, key, kind string) mailroom.Writer { return files.Writer(ctx, key, kind) },
		Count: func(metric string, n int) { lambdaio.Metric(metric, float64(n), lambdaio.Count) },
	})
	return lambdaio.Queue(lambdaio.BatchOptions{
		Handle: mailroom.Handle[lambdaio.Record](room), GiveUp: mailroom.GiveUp[lambdaio.Record](room), Parallel: 2,
		Backoff: queues.Hider(desk.QueueMail), Transient: desk.Transient, Wait: desk.WaitOf,
	}), nil
}
