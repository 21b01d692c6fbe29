// Api serves agents, admins and integrations over HTTP.
package main

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/aws/secret"
	"github.com/loket-desk/loket/shared/channel/all"
	"github.com/loket-desk/loket/shared/channel/custom"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/egress"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/routing"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/ticketing"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.MasterKeyParameter)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.DynamoDB)
	t, files, web, seals := table.New(dynamo.New(cloud), cfg.Table), object.New(cloud, cfg.Bucket), egress.New(cfg.AllowPrivate, egress.Options{}), secret.New(cloud, cfg.MasterKey)
	router := routing.New(t, seals, ticketing.On(t, time.Now), func() { lambdaio.Metric(lambdaio.MetricFailures, 1, lambdaio.Count) })
	return lambdaio.HTTP(api.New(api.Options{
		Desk: t, Kinds: all.All(), Custom: custom.Describe, Filer: router, Doer: web, Check: web.Check, Sealer: seals, Objects: files, Domain: cfg.MailDomain, Base: cfg.PublicURL, Issuer: cfg.OIDCIssuer, Audience: cfg.OIDCAudience,
		Form: files.FormOf, RequestID: lambdaio.RequestID, Origin: cfg.ConsoleOrigin, Queues: queue.New(cloud, cfg.Queues), Dead: queue.New(cloud, cfg.DeadLetters),
	})), nil
}
