// Command adminkey makes an administrator's API key for the stack that the environment names, and prints it once.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/table"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// run makes what a new stack is born with, where it isn't there yet, and a key of the user Administrator.
func run(ctx context.Context, out io.Writer) error {
	cfg, err := config.Read(config.Table)
	if err != nil {
		return err
	}
	domain := cfg.MailDomain
	if domain == "" {
		domain = "loket.invalid" // an address that nothing is ever sent to
	}
	key, err := table.New(dynamo.New(aws.New(cfg)), cfg.Table).AdminKey(ctx, domain)
	if err != nil {
		return fmt.Errorf("the key could not be made: %w", err)
	}
	_, err = fmt.Fprintln(out, key)
	return err
}
