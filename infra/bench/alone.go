package main

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loket-desk/loket/shared/table"
)

// aloneTable is the table by itself, on a server of its own, with its stream that nobody reads.
type aloneTable struct {
	table *table.Table
	next  int
}

func (b *bench) aloneTable() (*aloneTable, func(), error) {
	db, stop, err := startDatabase(b.ctx)
	if err != nil {
		return nil, nil, err
	}
	name, err := db.create(b.ctx, true)
	if err != nil {
		stop()
		return nil, nil, err
	}
	a := &aloneTable{table: table.New(db.plain, name)}
	if _, err = a.file(b.ctx, 500); err != nil { // as warm as the local run's
		stop()
		return nil, nil, err
	}
	return a, func() { db.remove(b.ctx, name); stop() }, nil
}

// file files n messages of as many people as write in the local run, and says how long it took.
func (a *aloneTable) file(ctx context.Context, n int) (time.Duration, error) {
	begun, from := time.Now(), a.next
	a.next += n
	group, ctx := errgroup.WithContext(ctx)
	for worker := range posters {
		group.Go(func() error { // a person's messages one after the other, as on the queue
			for i := range n {
				if person := i % parties; person%posters == worker {
					who := strconv.Itoa(from*1000 + person)
					f := filing(benchChannel, who+":"+strconv.Itoa(from+i), who)
					f.Work = "open"
					if _, err := a.table.FileInbound(ctx, f); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(begun), err
}
