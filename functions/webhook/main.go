// Webhook takes the calls of messaging platforms and puts what they hold on the inbound queue.
package main

import (
	"context"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/aws/secret"
	"github.com/loket-desk/loket/shared/channel/all"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/intake"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/table"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.QueueInbound, config.MasterKeyParameter)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.DynamoDB, aws.SQS)
	return lambdaio.HTTP(intake.Handler(intake.New(intake.Options{
		Setup: table.New(dynamo.New(cloud), cfg.Table), Kinds: all.Find, Seals: secret.New(cloud, cfg.MasterKey),
		Letters: queue.New(cloud, cfg.Queues), Objects: object.New(cloud, cfg.Bucket), Count: count,
	}))), nil
}

func count(metric string, n int, t desk.ChannelType) {
	lambdaio.Metric(metric, float64(n), lambdaio.Count, lambdaio.Dimension{Name: "ChannelType", Value: string(t)})
}
