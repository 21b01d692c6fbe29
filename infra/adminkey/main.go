// Command adminkey makes an administrator's API key of a deployed stack and prints it, alone on one line: the operator's
// first way in. It takes the table's name, the mail domain and AWS credentials from the environment.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/table"
)

func main() {
	key, err := newKey()
	if err != nil {
		fmt.Fprintln(os.Stderr, "admin key:", err)
		os.Exit(1)
	}
	fmt.Println(key)
}

func newKey() (string, error) {
	cfg, err := config.Read(config.Table, config.MailDomain)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return table.New(dynamo.New(aws.New(cfg)), cfg.Table).AdminKey(ctx, cfg.MailDomain)
}
