// Sweeper repairs, every minute, what was cut short.
package main

import (
	"context"
	"time"
	_ "time/tzdata" // working hours: the functions' own system has no zones

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/lambdaio"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/upkeep"
)

func main() { lambdaio.Start(build) }

func build(ctx context.Context) (lambdaio.Handler, error) {
	cfg, err := config.Read(config.Table, config.Bucket, config.DeadInbound, config.DeadTickets, config.DeadOutbound, config.DeadMail, config.QueueMail)
	if err != nil {
		return nil, err
	}
	lambdaio.LogAt(cfg.LogLevel)
	cloud := aws.New(cfg)
	cloud.Warm(ctx, aws.DynamoDB)
	t, files, live := table.New(dynamo.New(cloud), cfg.Table), object.New(cloud, cfg.Bucket), queue.New(cloud, cfg.Queues)
	sweep := upkeep.New(upkeep.Options{
		Work: t, Leases: t, Dead: queue.New(cloud, cfg.DeadLetters), Objects: files, Mailbox: files, Diary: t, Shifts: t,
		Letters: live, Depths: live, Keeper: upkeep.Keeper{Failures: t, Store: files, Now: time.Now}, Now: time.Now,
	})
	return lambdaio.Schedule(sweep.Run), nil
}
